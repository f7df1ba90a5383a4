/* SPDX-License-Identifier: Apache-2.0 */
/* Frames about what was sampled: stacks, code objects of Python, counts, CPU time. Part of wire.h, which says how frames are built. */
#ifndef EMBERSCOPE_WIRE_STACKS_H
#define EMBERSCOPE_WIRE_STACKS_H

#include <stdint.h>

enum wire_stack_space {
	WIRE_STACK_USER = 0,
	WIRE_STACK_KERNEL = 1, /* tgid and generation are 0 */
};

/* How a walk ended. */
enum wire_stack_end {
	WIRE_END_OUTERMOST = 0,    /* reached the outermost frame (the table says so, frame pointer 0, or a kernel entry) */
	WIRE_END_DEPTH_LIMIT = 1,
	WIRE_END_NO_MAPPING = 2,   /* the return address lies in no code; it is not sent */
	WIRE_END_NO_ROW = 3,       /* nothing is known of the code of the last frame, or not yet */
	WIRE_END_READ_FAULT = 4,
	WIRE_END_BAD_FRAME = 5,    /* what was saved does not lead outwards */
};

/* Of a frame of a Python program, beside the bits below. No address has it. */
#define WIRE_FRAME_PYTHON (1ull << 62)
#define WIRE_FRAME_CODE_SHIFT 18 /* from here, 43 bits: struct wire_python_code.id */
/* Below: where in the code, in units of 2 bytes; the last value stands for everything beyond. */

/* A stack, sent once, before the first counts that name it. Followed by frame_count x u64 address,
 * leaf first; the leaf is exact, the others are return addresses. (One that was interrupted by a signal is sent plus one,
 * so that one less is right for it, too.) Those with WIRE_FRAME_PYTHON are none. */
struct wire_stack {
	uint64_t hash; /* of (space, tgid, generation, addresses, end); never 0 */
	uint32_t tgid;
	uint32_t generation;
	uint32_t frame_count;
	uint16_t space; /* enum wire_stack_space */
	uint16_t end;   /* enum wire_stack_end */
};

#define WIRE_PYTHON_NAME_MAX 256
#define WIRE_PYTHON_FILE_MAX 512
#define WIRE_PYTHON_LINES_MAX 8192

/* A Python code object, before the stacks that name it; may come again. Followed by lines_length bytes. */
struct wire_python_code {
	uint64_t id; /* below 2^43, never 0 */
	uint32_t tgid;
	uint32_t version;    /* of CPython: 311, 312 or 313 */
	uint32_t first_line; /* co_firstlineno */
	uint32_t lines_length; /* co_linetable, or its first WIRE_PYTHON_LINES_MAX - 1 bytes */
	uint16_t name_length; /* bytes; a longer one has WIRE_PYTHON_NAME_MAX - 4 */
	uint16_t file_length;
	uint8_t name_width; /* bytes of a character: 1 (Latin-1), 2 or 4 */
	uint8_t file_width;
	uint16_t zero;
	uint8_t name[WIRE_PYTHON_NAME_MAX]; /* co_qualname; its beginning */
	uint8_t file[WIRE_PYTHON_FILE_MAX]; /* co_filename; its end */
};

/* Followed by entry_count x struct wire_count. A (slice, thread, stacks) may come again: add. */
struct wire_counts {
	uint32_t entry_count;
	uint32_t zero;
};

struct wire_count {
	uint64_t user_stack;   /* hash, 0: none */
	uint64_t kernel_stack; /* hash, 0: none */
	uint32_t slice;        /* since boot: time_ns / WIRE_SLICE_NS */
	uint32_t tgid;
	uint32_t tid;
	uint32_t samples;
};

/* Followed by entry_count x struct wire_cpu_time_entry. */
struct wire_cpu_time {
	uint32_t entry_count;
	uint32_t slice; /* the slice in which this was read */
};

/* CPU time by the kernel's own accounting, since the last frame that named this thread (or since
 * sampling began). tgid 0: the whole system, all CPUs together, idle left out. */
struct wire_cpu_time_entry {
	uint32_t tgid;
	uint32_t tid;
	uint64_t cpu_ns;
};

#endif
