/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Separate debug files, found as GDB finds them ("Debugging Information in Separate Files"): by build id
 * as FOLDER/.build-id/xx/yyyy.debug, then by .gnu_debuglink beside the object, in .debug/ beside it, and
 * as FOLDER/<the object's folder>/NAME. A file whose build id or checksum differs is passed over.
 */
#ifndef EMBERSCOPE_DEBUG_FILE_H
#define EMBERSCOPE_DEBUG_FILE_H

#include <optional>
#include <string>
#include <vector>

#include "elf_file.h"

namespace emberscope {

/** @param path of `object`, by which it was opened. Nothing found, or nothing that fits: none. */
std::optional<ElfFile> find_debug_file(const ElfFile& object, const std::string& path,
                                       const std::vector<std::string>& debug_folders);

}  // namespace emberscope

#endif
