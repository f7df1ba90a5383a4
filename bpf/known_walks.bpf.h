/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Walks that need not be done again: a thread that waits leaves the CPU at the same place over and over. What a walk
 * finds is told by the registers it begins with, by where the code lies, and by the words that it reads from the stack.
 * So when all of these are what they were, its stack is what it was; reading the words again takes a fraction of finding
 * out which they are. Not so where it reads anything but the stack: frames of Python, signals, code made at run time.
 *
 * By CPU, and only for programs that nothing on their CPU interrupts which remembers walks, too.
 */
#ifndef EMBERSCOPE_KNOWN_WALKS_BPF_H
#define EMBERSCOPE_KNOWN_WALKS_BPF_H

#define WALKS_ARE_KNOWN 1

#include "vmlinux.h"
#include "hash.bpf.h"
#include "records.h"
#include "stack.bpf.h"
#include <bpf/bpf_helpers.h>

/* A power of two: 150 KB a CPU. */
#define KNOWN_WALKS 256

struct known_walk {
	u64 stack; /* hash; 0: none */
	u32 tgid;
	u32 generation;
	u64 version; /* of struct address_space */
	struct walk_reads reads;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KNOWN_WALKS);
	__type(key, u32);
	__type(value, struct known_walk);
} known_walks SEC(".maps");

/* Where the walk that begins with these registers is remembered, if it is. */
static __always_inline struct known_walk *known_place(const struct user_registers *from)
{
	u32 place = hash_step(from->ip, from->sp) >> 16 & (KNOWN_WALKS - 1);

	return bpf_map_lookup_elem(&known_walks, &place);
}

/* Before a walk, with its registers in walk->from. */
static __always_inline void begin_reads(struct walk *walk)
{
	walk->reads.from = walk->from;
	walk->reads.hash = 0;
	walk->reads.count = 0;
	/* Without tables there is no version of where the code lies; a walk along frame pointers is cheap. */
	walk->reads.repeatable = walk->space.version && !walk->space.python && !walk->from.narrow;
}

/* The hash of the stack that the walk would find, of a known one whose words are what they were; 0: it has to be done. */
__noinline u64 recall_walk(void)
{
	struct walk *walk = this_walk();
	struct known_walk *known;
	u64 hash;
	u32 i;

	if (!walk || !walk->reads.repeatable)
		return 0;
	known = known_place(&walk->from);
	if (!known || known->reads.from.ip != walk->from.ip || known->reads.from.sp != walk->from.sp ||
	    known->reads.from.fp != walk->from.fp || known->tgid != walk->stacks[SPACE_USER].tgid ||
	    known->generation != walk->stacks[SPACE_USER].generation || known->version != walk->space.version)
		return 0;
#pragma clang loop unroll(disable)
	for (i = 0; i < WALK_READS; i++) {
		u64 words[2] = {};
		u32 place;

		if (i >= known->reads.count)
			break;
		place = known->reads.places[i];
		if (bpf_probe_read_user(words, sizeof(u64) + sizeof(u64) * (place & READ_TWO),
					(void *)(walk->from.sp + (place & ~READ_TWO))))
			return 0;
		walk->reads.hash = hash_step(hash_step(walk->reads.hash, words[0]), words[1]);
	}
	hash = walk->reads.hash;
	walk->reads.hash = 0;
	return hash == known->reads.hash ? known->stack : 0;
}

/* The walk has left its stack in walk->stacks, and that was handed over. */
__noinline int remember_walk(void)
{
	struct walk *walk = this_walk();
	struct known_walk *known;
	u32 i;

	if (!walk || !walk->reads.repeatable || walk->stacks[SPACE_USER].end == END_READ_FAULT)
		return 0;
	known = known_place(&walk->reads.from);
	if (!known)
		return 0;
	known->stack = walk->stacks[SPACE_USER].hash;
	known->tgid = walk->stacks[SPACE_USER].tgid;
	known->generation = walk->stacks[SPACE_USER].generation;
	known->version = walk->space.version;
	known->reads.from = walk->reads.from;
	known->reads.hash = walk->reads.hash;
	known->reads.count = walk->reads.count;
#pragma clang loop unroll(disable)
	for (i = 0; i < WALK_READS; i++) {
		if (i >= walk->reads.count)
			break;
		known->reads.places[i] = walk->reads.places[i];
	}
	return 0;
}

#endif
