/* SPDX-License-Identifier: Apache-2.0 */
/* struct unwind_row of bpf/records.h for the addon. */
#ifndef EMBERSCOPE_UNWIND_ROW_H
#define EMBERSCOPE_UNWIND_ROW_H

#include <cstdint>

namespace emberscope {

using s8 = int8_t;
using s16 = int16_t;
using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;

#include "../../bpf/records.h"

static_assert(sizeof(unwind_row) == 8, "rows are handed on as bytes");

}  // namespace emberscope

#endif
