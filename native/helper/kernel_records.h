/* SPDX-License-Identifier: Apache-2.0 */
/* bpf/records.h for the helper. */
#ifndef EMBERSCOPE_KERNEL_RECORDS_H
#define EMBERSCOPE_KERNEL_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "wire.h"

typedef int8_t s8;
typedef int16_t s16;
typedef int64_t s64;
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#include "../../bpf/records.h"

_Static_assert(SLICE_NS == WIRE_SLICE_NS, "records.h and wire.h");
_Static_assert(offsetof(struct stack_record, frames) == sizeof(struct wire_stack) &&
		       offsetof(struct stack_record, space) == offsetof(struct wire_stack, space),
	       "a stack is passed on as it is");
_Static_assert(offsetof(struct python_code, lines) == sizeof(struct wire_python_code) &&
		       offsetof(struct python_code, name) == offsetof(struct wire_python_code, name) &&
		       offsetof(struct python_code, file) == offsetof(struct wire_python_code, file) &&
		       sizeof(((struct python_code *)0)->lines) == WIRE_PYTHON_LINES_MAX &&
		       FRAME_PYTHON == WIRE_FRAME_PYTHON && FRAME_PLACE_BITS == WIRE_FRAME_CODE_SHIFT,
	       "a code object is passed on as it is");
_Static_assert(LOSS_COUNT_MAP_FULL == WIRE_LOSS_COUNT_MAP_FULL &&
		       LOSS_STACK_RING_FULL == WIRE_LOSS_STACK_RING_FULL && LOSS_FAULT == WIRE_LOSS_FAULT,
	       "records.h and wire.h");
_Static_assert(END_DEPTH_LIMIT == WIRE_END_DEPTH_LIMIT && END_NO_MAPPING == WIRE_END_NO_MAPPING &&
		       END_NO_ROW == WIRE_END_NO_ROW && STACK_DEPTH == WIRE_STACK_DEPTH &&
		       STACK_DEPTH_MAX == WIRE_MAX_STACK_DEPTH && END_READ_FAULT == WIRE_END_READ_FAULT &&
		       END_BAD_FRAME == WIRE_END_BAD_FRAME && SPACE_KERNEL == WIRE_STACK_KERNEL,
	       "records.h and wire.h");

#endif
