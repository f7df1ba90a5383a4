/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Separate debug files, found as GDB finds them ("Debugging Information in Separate Files"): by build id
 * as FOLDER/.build-id/xx/yyyy.debug (and FOLDER/xxyyyy/debuginfo, as debuginfod's clients keep them), then by
 * .gnu_debuglink beside the object, in .debug/ beside it, and as FOLDER/<the object's folder>/NAME. A file whose
 * build id or checksum differs is passed over.
 * Files that a hostile one names are opened like any other: regular files only, and only ever read.
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

/** The file that `debug` shares with other debug files (DWZ), by its link and by build id. */
std::optional<ElfFile> find_alternate_file(const ElfFile& debug, const std::vector<std::string>& debug_folders);

/** Opens an ELF file; none: missing, unreadable or damaged. */
std::optional<ElfFile> open_quietly(const std::string& path, ElfFile::Accepts accepts = ElfFile::kLoadable);

/** "/proc/TGID/root" of a path that begins so: paths named in that file begin there. Else empty. */
std::string root_of(const std::string& path);
/** Without the last slash. */
std::string folder_of(const std::string& path);
/** The path to which links lead; `path` itself where they lead nowhere. */
std::string real_path(const std::string& path);

}  // namespace emberscope

#endif
