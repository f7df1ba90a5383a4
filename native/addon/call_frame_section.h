/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMBERSCOPE_CALL_FRAME_SECTION_H
#define EMBERSCOPE_CALL_FRAME_SECTION_H

#include <optional>

#include "call_frames.h"
#include "elf_file.h"

namespace emberscope {

/** An object's .eh_frame; where it has no section headers, as .eh_frame_hdr leads to it. @throws ObjectError */
std::optional<CallFrames> find_call_frames(const ElfFile& file);

}  // namespace emberscope

#endif
