/* SPDX-License-Identifier: Apache-2.0 */
/* Carries out call frame instructions: DWARF 5, 6.4.2 and 7.24; the GNU ones: Linux Standard Base 5.0, core, 10.6. */
#ifndef EMBERSCOPE_FRAME_INSTRUCTIONS_H
#define EMBERSCOPE_FRAME_INSTRUCTIONS_H

#include "cursor.h"
#include "frame_state.h"
#include "row_list.h"

namespace emberscope {

struct FrameDefaults;

/** false: an instruction that is unknown, cut off or out of place. */
bool read_initial_state(Cursor instructions, const FrameDefaults& defaults, FrameState* ret_state);

/** Adds the rows of a function whose code is at `address`, and from `at` up to `end` in the file. false: as above. */
bool add_function_rows(Cursor instructions, const FrameDefaults& defaults, uint64_t address, uint32_t at,
                       uint32_t end, RowList* rows);

}  // namespace emberscope

#endif
