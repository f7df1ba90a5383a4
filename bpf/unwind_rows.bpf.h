/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is known of a frame's code: where it lies (the run of mapped code that is its process's), and its row in the
 * table of its module.
 */
#ifndef EMBERSCOPE_UNWIND_ROWS_BPF_H
#define EMBERSCOPE_UNWIND_ROWS_BPF_H

#include "vmlinux.h"
#include "records.h"
#include "registers.bpf.h"
#include "target.bpf.h"
#include <bpf/bpf_helpers.h>

/* Not an end: the walk goes on. */
#define END_NOT_YET 0xff
/* Beside enum unwind_rule: along saved frame pointers. */
#define BY_FRAME_POINTER UNWIND_RULES

/* Of the stack, in one walk that known_walks.bpf.h may remember. */
#define WALK_READS 128
#define READ_TWO 1u
struct walk_reads {
	struct user_registers from; /* what it began with */
	u64 hash;		    /* of all words, in their order */
	u32 count;
	u32 repeatable;		 /* it depends on nothing else that a program can change */
	u32 places[WALK_READS];	 /* bytes from from.sp, of a word; with READ_TWO of it and the next */
};

/* What a walk works on. */
struct walk {
	struct stack_record stacks[2]; /* by stack space */
	struct user_registers from;    /* the frame's; step() makes them its caller's */
	struct address_space space;
	struct mapped_code code; /* the mapping that was used last */
	struct unwind_row row;	 /* of the frame; rule: enum unwind_rule or BY_FRAME_POINTER */
	u32 end;		 /* END_... */
	u32 exact;		 /* `from.ip` is no return address */
	u32 guessed;		 /* its code has no row: whether it keeps a frame pointer is not known */
	u32 stepped;		 /* `from` is of a frame that was not stored yet */
	u64 frame;		 /* the next to be stored */
	/* Of struct python: the place of the next group of frames, 0: none; and of the next frame of an open one, 0: none. */
	u32 python_group;
	u32 python_frame;
	u32 python_cut; /* some of them could not be read */
	u32 zero;
	struct walk_reads reads;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct walk);
} walks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u32); /* tgid */
	__type(value, struct address_space);
} address_spaces SEC(".maps");

/* Written by the helper only, and never where a process still looks. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct mapped_code);
} mapped_codes SEC(".maps");

union block {
	u32 at[BLOCK_INDEXES];
	struct unwind_row rows[BLOCK_ROWS];
};

struct block_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BLOCKS_PER_MAP);
	__type(key, u32);
	__type(value, union block);
} blocks_0 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, BLOCK_MAPS_MAX);
	__type(key, u32);
	__array(values, struct block_map);
} blocks SEC(".maps") = {
	.values = { [0] = &blocks_0 },
};

static __always_inline struct walk *this_walk(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&walks, &zero);
}

/* All ones where a <= b, else 0; both below 2^63. Branches of a search would be guessed wrong every other time. */
static __always_inline u64 mask_if_not_above(u64 a, u64 b)
{
	u64 difference = b - a;

	/* Else the compiler makes a branch of it. */
	asm volatile("" : "+r"(difference));
	return (difference >> 63) - 1;
}

/* Leaves the mapping of `address` in walk->code; false: there is none. */
static __always_inline bool find_code(struct walk *walk, u64 address)
{
	u64 low = walk->space.first, count = walk->space.count, last = low + count;
	struct mapped_code *code;
	u32 index, i;

	if (address - walk->code.start < walk->code.end - walk->code.start)
		return true;
	/* The first that ends behind the address. Kernels before 6.2 take the loop, with its counter on the stack, for an
	 * endless one. */
#pragma clang loop unroll(full)
	for (i = 0; i < 17; i++) {
		u64 half = count / 2, above;

		if (count == 0)
			break;
		index = low + half;
		code = bpf_map_lookup_elem(&mapped_codes, &index);
		if (!code)
			return false;
		above = mask_if_not_above(code->end, address);
		low += (half + 1) & above;
		count = (half & ~above) | ((count - half - 1) & above);
	}
	index = low;
	if (low >= last)
		return false;
	code = bpf_map_lookup_elem(&mapped_codes, &index);
	if (!code || address < code->start || address >= code->end)
		return false;
	walk->code = *code;
	return true;
}

static __always_inline union block *block_of(u32 number)
{
	u32 map = number / BLOCKS_PER_MAP, place = number % BLOCKS_PER_MAP;
	void *blocks_of = bpf_map_lookup_elem(&blocks, &map);

	return blocks_of ? bpf_map_lookup_elem(blocks_of, &place) : NULL;
}

/* One step of a search for the last of `list` that is at or below `at`: `i` has no bits below 2 * STEP, and gets the one
 * of STEP if that leads there. What it can be at most is said once more, for verifiers before 6.2 lose sight of it. */
#define SEARCH_STEP(list, field, length, STEP)                              \
	do {                                                                \
		i += mask_if_not_above((list)[i + (STEP)] field, at) & (STEP); \
		asm volatile("" : "+r"(i));                                 \
		i &= (length) - (STEP);                                     \
	} while (0)

/* The last of the row blocks that begins at or below `at`. */
static __always_inline u32 search_index(const union block *index, u32 at)
{
	u64 i = 0;

	SEARCH_STEP(index->at, , BLOCK_INDEXES, 512);
	SEARCH_STEP(index->at, , BLOCK_INDEXES, 256);
	SEARCH_STEP(index->at, , BLOCK_INDEXES, 128);
	SEARCH_STEP(index->at, , BLOCK_INDEXES, 64);
	SEARCH_STEP(index->at, , BLOCK_INDEXES, 32);
	SEARCH_STEP(index->at, , BLOCK_INDEXES, 16);
	SEARCH_STEP(index->at, , BLOCK_INDEXES, 8);
	SEARCH_STEP(index->at, , BLOCK_INDEXES, 4);
	SEARCH_STEP(index->at, , BLOCK_INDEXES, 2);
	SEARCH_STEP(index->at, , BLOCK_INDEXES, 1);
	return i;
}

/* The last row at or below `at`. */
static __always_inline u32 search_rows(const union block *block, u32 at)
{
	u64 i = 0;

	SEARCH_STEP(block->rows, .at, BLOCK_ROWS, 256);
	SEARCH_STEP(block->rows, .at, BLOCK_ROWS, 128);
	SEARCH_STEP(block->rows, .at, BLOCK_ROWS, 64);
	SEARCH_STEP(block->rows, .at, BLOCK_ROWS, 32);
	SEARCH_STEP(block->rows, .at, BLOCK_ROWS, 16);
	SEARCH_STEP(block->rows, .at, BLOCK_ROWS, 8);
	SEARCH_STEP(block->rows, .at, BLOCK_ROWS, 4);
	SEARCH_STEP(block->rows, .at, BLOCK_ROWS, 2);
	SEARCH_STEP(block->rows, .at, BLOCK_ROWS, 1);
	return i;
}

/* Leaves the row of the frame in walk->row, or the end of the walk in walk->end. */
__noinline int find_row(void)
{
	struct walk *walk = this_walk();
	union block *block;
	u64 address, at;
	u32 i;

	if (!walk)
		return 0;
	walk->row.rule = BY_FRAME_POINTER;
	walk->guessed = 0;
	if (!settings.tables)
		return 0;
	/* A return address may lie behind the last instruction of the caller. */
	address = walk->from.ip - !walk->exact;
	if (!find_code(walk, address)) {
		walk->end = END_NO_MAPPING;
		return 0;
	}
	if (walk->code.row_blocks == 0) {
		if (walk->code.index_block == CODE_TABLE_IS_COMING)
			walk->end = END_NO_ROW;
		return 0;
	}
	at = address - walk->code.bias;
	if (at >= ROW_UNUSED)
		goto none;
	block = block_of(walk->code.index_block);
	if (!block)
		goto none;
	i = search_index(block, at);
	if (i >= walk->code.row_blocks)
		goto none;
	block = block_of(walk->code.index_block + 1 + i);
	if (!block)
		goto none;
	i = search_rows(block, at);
	if (block->rows[i].at > at || block->rows[i].rule == UNWIND_NONE)
		goto none; /* V8's builtins, and other code that no compiler wrote, keep one mostly */
	walk->row = block->rows[i];
	if (walk->row.rule == UNWIND_OUTERMOST)
		walk->end = END_OUTERMOST;
	return 0;
none:
	walk->guessed = 1;
	return 0;
}

#endif
