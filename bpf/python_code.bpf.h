/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names for the code objects of a Python program: each is read once, and only if it is one. Where the interpreter lies
 * is said by an engine without privileges, which must not get at other memory by it: so every object that is read must
 * be of the type that belongs there, by the name of its type.
 */
#ifndef EMBERSCOPE_PYTHON_CODE_BPF_H
#define EMBERSCOPE_PYTHON_CODE_BPF_H

#include "vmlinux.h"
#include "hash.bpf.h"
#include "python_layout.h"
#include "records.h"
#include "target.bpf.h"
#include "unwind.bpf.h"
#include <bpf/bpf_helpers.h>

/* Places for frames and for what stands before each group of them. A power of two. */
#define PYTHON_LIST 2048

/* What the walk of a Python stack works on. */
struct python {
	/*
	 * From 1 on. A group: its mark, an address within its native frame (0: not known); the place of the next group (0:
	 * none); its frames, innermost first, each with FRAME_PYTHON.
	 */
	u64 list[PYTHON_LIST];
	u64 state;	  /* address of the thread's state */
	u64 own_number;	  /* of the thread, as it sees it itself */
	u64 cframe;	  /* 3.11, 3.12: address of the group's _PyCFrame */
	u64 frame;	  /* address of the next frame; 0: none */
	u64 code_address; /* of the frame that is being taken */
	u64 instruction;  /* address */
	u64 value;	  /* what it became */
	u32 length;	  /* of `list` */
	u32 group;	  /* place of the one that is being filled */
	u32 taken;	  /* frames */
	u32 zero;
	/* What was read of the frame, its code object, its names, and a str: kernels before 6.2 give a chain of calls 512
	 * bytes of stack. */
	u64 raw_frame[PYTHON_FRAME_BYTES / sizeof(u64)];
	u64 raw_code[PYTHON_CODE_BYTES / sizeof(u64)];
	u64 objects[4]; /* co_filename, co_name, co_qualname, co_linetable */
	u64 text_head[3]; /* length, hash, state */
	struct python_code code;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct python);
} pythons SEC(".maps");

/* 1: it was handed over; 0: its frames are not of the program. An entry that falls out is only sent again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, u64);
	__type(value, u32);
} python_codes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 2 << 20);
} python_code_ring SEC(".maps");

static __always_inline struct python *this_python(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&pythons, &zero);
}

/* "code", "str" and "bytes", each with the zero that ends it, as numbers; and how long they are. */
#define PYTHON_IS_CODE 0x65646f63ull, 5
#define PYTHON_IS_TEXT 0x727473ull, 4
#define PYTHON_IS_BYTES 0x7365747962ull, 6

/* Whether the object's type has this name. */
static __always_inline bool is_of_type(u64 object, u64 name, u32 length)
{
	u64 type, text, found = 0;

	return !bpf_probe_read_user(&type, sizeof(type), (void *)(object + PYTHON_OBJECT_TYPE)) &&
	       !bpf_probe_read_user(&text, sizeof(text), (void *)(type + PYTHON_TYPE_NAME)) &&
	       !bpf_probe_read_user(&found, length, (void *)text) && found == name;
}

/* Reads up to `max` bytes of a str: its beginning, or its end. Returns how many; a width of 0: it is none. */
static __always_inline u32 read_text(struct python *python, u64 object, u8 *into, u32 max, bool end, u8 *ret_width)
{
	const u32 version = python->code.version;
	u64 *head = python->text_head;
	u64 length, at;
	u32 state, width;

	*ret_width = 0;
	if (!is_of_type(object, PYTHON_IS_TEXT) ||
	    bpf_probe_read_user(head, 3 * sizeof(u64), (void *)(object + PYTHON_TEXT_LENGTH)))
		return 0;
	state = (u32)head[(PYTHON_TEXT_STATE - PYTHON_TEXT_LENGTH) / sizeof(u64)];
	width = PYTHON_TEXT_KIND(state);
	if (!(state & PYTHON_TEXT_COMPACT) || (width != 1 && width != 2 && width != 4) || head[0] > 1 << 20)
		return 0;
	at = object + (state & PYTHON_TEXT_ASCII ? PYTHON_TEXT_ASCII_HEAD(version) : PYTHON_TEXT_HEAD(version));
	length = head[0] * width;
	if (length > max - 4) {
		if (end)
			at += length - (max - 4);
		length = max - 4;
	}
	/* The compiler must not take the bound for known: the verifier would lose sight of it. */
	asm volatile("" : "+r"(length));
	length &= max - 1;
	if (bpf_probe_read_user(into, (u32)length, (void *)at))
		return 0;
	*ret_width = width;
	return length;
}

static __always_inline u32 read_lines(u64 object, u8 *into)
{
	u64 length;

	if (!is_of_type(object, PYTHON_IS_BYTES) ||
	    bpf_probe_read_user(&length, sizeof(length), (void *)(object + PYTHON_BYTES_LENGTH)))
		return 0;
	if (length > PYTHON_LINES_MAX - 1)
		length = PYTHON_LINES_MAX - 1;
	asm volatile("" : "+r"(length));
	length &= PYTHON_LINES_MAX - 1;
	return bpf_probe_read_user(into, (u32)length, (void *)(object + PYTHON_BYTES_HEAD)) ? 0 : length;
}

/* Hands the code object at python->code_address over: python->code has its id. 0: it is none, or cannot be read now, or
 * python_codes says that its frames are not of the program. */
__noinline int send_python_code(void)
{
	struct walk *walk = this_walk();
	struct python *python = this_python();
	struct python_code *code;
	u64 *objects, address, id;
	u32 known = 0, length;

	if (!walk || !python)
		return 0;
	code = &python->code;
	objects = python->objects;
	address = python->code_address;
	if (!is_of_type(address, PYTHON_IS_CODE) ||
	    bpf_probe_read_user(objects, sizeof(python->objects), (void *)(address + PYTHON_CODE_FILE)))
		return 0;
	/* What 3.12 and 3.13 put below a call of __init__, to look at its result. No traceback shows it either. */
	id = code->id;
	if (objects[0] == objects[2] && walk->space.python != 311) {
		bpf_map_update_elem(&python_codes, &id, &known, BPF_ANY);
		return 0;
	}
	code->tgid = walk->stacks[SPACE_USER].tgid;
	code->version = walk->space.python;
	code->name_length = read_text(python, objects[2], code->name, PYTHON_NAME_MAX, false, &code->name_width);
	code->file_length = read_text(python, objects[0], code->file, PYTHON_FILE_MAX, true, &code->file_width);
	if (!code->name_width || !code->file_width)
		return 0;
	length = read_lines(objects[3], code->lines);
	code->lines_length = length;
	length &= PYTHON_LINES_MAX - 1;
	if (bpf_ringbuf_output(&python_code_ring, code, sizeof(*code) - sizeof(code->lines) + length, BPF_RB_NO_WAKEUP))
		return 1; /* no room: tried again with the next sample */
	known = 1;
	bpf_map_update_elem(&python_codes, &id, &known, BPF_ANY);
	return 1;
}

/* Leaves what stands for the frame that is being taken in python->value; 0: it is none of the program. */
__noinline int python_frame(void)
{
	struct walk *walk = this_walk();
	struct python *python = this_python();
	u64 *raw, hash, id;
	const u32 *halves;
	u32 version, *known;
	s64 place;

	if (!walk || !python)
		return 0;
	version = walk->space.python;
	raw = python->raw_code;
	halves = (const u32 *)raw;
	if (bpf_probe_read_user(raw, sizeof(python->raw_code), (void *)(python->code_address + PYTHON_CODE_FROM))) {
		walk->python_cut = 1;
		return 0;
	}
	python->code.first_line = version == 311 ? halves[(PYTHON_CODE_FIRST_LINE(311) - PYTHON_CODE_FROM) / sizeof(u32)]
						 : halves[(PYTHON_CODE_FIRST_LINE(312) - PYTHON_CODE_FROM) / sizeof(u32)];
	/* An address is used again by another object. */
	hash = hash_step(settings.hash_seed, (u64)walk->stacks[SPACE_USER].tgid << 32 | walk->space.execs);
	hash = hash_step(hash, python->code_address);
	hash = hash_step(hash, python->code.first_line);
	hash = hash_step(hash, raw[(PYTHON_CODE_NAME - PYTHON_CODE_FROM) / sizeof(u64)]);
	hash = hash_step(hash, raw[(PYTHON_CODE_LINES - PYTHON_CODE_FROM) / sizeof(u64)]);
	id = hash & FRAME_CODE_MASK;
	if (!id)
		id = 1;
	python->code.id = id;
	known = bpf_map_lookup_elem(&python_codes, &id);
	if (known && !*known)
		return 0;
	if (!known && !send_python_code()) {
		known = bpf_map_lookup_elem(&python_codes, &id);
		walk->python_cut |= !known;
		return 0;
	}
	place = (s64)(python->instruction - python->code_address - PYTHON_CODE_UNITS(version)) >> 1;
	/* Before its first instruction it is one less than the first. */
	if (place < 0)
		place = 0;
	if (place >= 1 << FRAME_PLACE_BITS)
		place = (1 << FRAME_PLACE_BITS) - 1;
	python->value = FRAME_PYTHON | id << FRAME_PLACE_BITS | (u64)place;
	return 1;
}

#endif
