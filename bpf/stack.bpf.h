/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Capture a stack and hand its frames over once. */
#ifndef EMBERSCOPE_STACK_BPF_H
#define EMBERSCOPE_STACK_BPF_H

#include "vmlinux.h"
#include "hash.bpf.h"
#include "python.bpf.h"
#include "records.h"
#include "registers.bpf.h"
#include "target.bpf.h"
#include "unwind.bpf.h"
#include <bpf/bpf_helpers.h>

/* Hashes of the stacks whose frames were handed over. An entry that falls out is only sent again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, u32);
} seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} stacks SEC(".maps");

static __always_inline u64 hash_start(u32 space, u32 tgid, u32 generation)
{
	return hash_step(hash_step(settings.hash_seed ^ (space + 1), tgid), generation);
}

static __always_inline void hash_finish(struct stack_record *stack, u64 hash)
{
	hash = hash_step(hash, (u64)stack->end << 32 | stack->frame_count);
	stack->hash = hash ? hash : 1;
}

/* Where the code of the task's process lies; empty: not known (yet). */
static __always_inline void find_address_space(struct walk *walk, u32 tgid, const struct target *target)
{
	struct address_space *space = settings.tables ? bpf_map_lookup_elem(&address_spaces, &tgid) : NULL;

	walk->space.count = 0;
	walk->space.python = 0;
	walk->code.start = walk->code.end = 0;
	if (space && space->execs == (target ? target->execs : 0))
		walk->space = *space;
}

/*
 * Leaves the next frame outwards in walk->frame; 0: there is none, and walk->end says why. Frames of a Python program
 * come between that of the interpreter's function which runs them and its caller's.
 */
__noinline int next_frame(void)
{
	struct walk *walk = this_walk();
	u32 guessed;
	u64 low;

	if (!walk)
		return 0;
	if (walk->python_frame && take_python_frame(walk))
		return 1;
	low = walk->from.sp;
	if (walk->end != END_NOT_YET)
		return go_on_with_python(walk, low);
	if (!walk->stepped) {
		step();
		if (walk->end != END_NOT_YET)
			return go_on_with_python(walk, low);
		walk->stepped = 1;
		if (walk->python_group && enter_python(walk, low, walk->from.sp))
			return 1;
	}
	walk->stepped = 0;
	guessed = walk->guessed;
	find_row();
	if (walk->end == END_NO_MAPPING) {
		walk->end = guessed ? END_NO_ROW : END_NO_MAPPING;
		return go_on_with_python(walk, low);
	}
	walk->frame = walk->from.ip + walk->exact;
	return 1;
}

/* From the registers in walk->from outwards. Only what lies in code becomes a frame: where a walk goes astray, what
 * it finds there may be anything, and is nobody's business. */
__noinline int walk_user(void)
{
	struct walk *walk = this_walk();
	struct stack_record *stack;
	u64 hash, frame;
	u32 i;

	if (!walk)
		return 0;
	stack = &walk->stacks[SPACE_USER];
	stack->space = SPACE_USER;
	frame = walk->from.ip;
	stack->frames[0] = frame;
	hash = hash_step(hash_start(SPACE_USER, stack->tgid, stack->generation), frame);
	walk->end = END_NOT_YET;
	walk->exact = 1;
	walk->stepped = 0;
	find_row();
#pragma clang loop unroll(disable)
	for (i = 1; i < STACK_DEPTH_MAX; i++) {
		if (i >= settings.stack_depth || !next_frame())
			break;
		frame = walk->frame;
		stack->frames[i] = frame;
		hash = hash_step(hash, frame);
	}
	/* i frames: the loop ends before it stores one more. */
	stack->frame_count = i;
	stack->end = walk->end == END_NOT_YET ? END_DEPTH_LIMIT : walk->end;
	hash_finish(stack, hash);
	return 0;
}

/* Hashes what bpf_get_stack() left. */
__noinline int finish_kernel(void)
{
	struct walk *walk = this_walk();
	u64 hash = hash_start(SPACE_KERNEL, 0, 0);
	struct stack_record *stack;
	u32 count, i;

	if (!walk)
		return 0;
	stack = &walk->stacks[SPACE_KERNEL];
	count = stack->frame_count;
#pragma clang loop unroll(disable)
	for (i = 0; i < STACK_DEPTH; i++) {
		if (i >= count)
			break;
		hash = hash_step(hash, stack->frames[i]);
	}
	stack->tgid = 0;
	stack->generation = 0;
	stack->space = SPACE_KERNEL;
	stack->end = count >= STACK_DEPTH ? END_DEPTH_LIMIT : END_OUTERMOST;
	hash_finish(stack, hash);
	return 0;
}

/* Send the frames unless they were sent already. False: there was no room, try again next time. */
static __always_inline bool hand_over(struct stack_record *stack)
{
	u64 hash = stack->hash, flags = BPF_RB_NO_WAKEUP;
	u32 one = 1, count = stack->frame_count;

	if (bpf_map_lookup_elem(&seen, &hash))
		return true;
	if (count > STACK_DEPTH_MAX)
		count = STACK_DEPTH_MAX;
	if (bpf_ringbuf_query(&stacks, BPF_RB_AVAIL_DATA) > settings.wake_bytes)
		flags = BPF_RB_FORCE_WAKEUP;
	if (bpf_ringbuf_output(&stacks, stack, sizeof(*stack) - sizeof(stack->frames) + count * sizeof(u64),
			       flags))
		return false;
	bpf_map_update_elem(&seen, &hash, &one, BPF_ANY);
	return true;
}

#endif
