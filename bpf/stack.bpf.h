/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Capture a stack and hand its frames over once. */
#ifndef EMBERSCOPE_STACK_BPF_H
#define EMBERSCOPE_STACK_BPF_H

#include "vmlinux.h"
#include "records.h"
#include "registers.bpf.h"
#include "target.bpf.h"
#include <bpf/bpf_helpers.h>

/* What a walk works on. The two walks are global functions without arguments: the verifier then looks at each
 * once, not once for every way that leads to it, which makes loading several times faster. */
struct walk {
	struct stack_record stacks[2]; /* by stack space */
	struct user_registers from;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct walk);
} walks SEC(".maps");

static __always_inline struct walk *this_walk(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&walks, &zero);
}

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

static __always_inline u64 hash_step(u64 hash, u64 value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ (hash >> 32);
}

static __always_inline u64 hash_start(u32 space, u32 tgid, u32 generation)
{
	return hash_step(hash_step(settings.hash_seed ^ (space + 1), tgid), generation);
}

static __always_inline void hash_finish(struct stack_record *stack, u64 hash)
{
	hash = hash_step(hash, (u64)stack->end << 32 | stack->frame_count);
	stack->hash = hash ? hash : 1;
}

/* The caller's frame pointer and the return address, as a callee saved them at `fp`. 0: read. */
static __always_inline long read_frame(u64 fp, bool narrow, u64 frame[2])
{
	u32 words[2];
	long error;

	if (!narrow)
		return bpf_probe_read_user(frame, 2 * sizeof(u64), (void *)fp);
	error = bpf_probe_read_user(words, sizeof(words), (void *)fp);
	if (!error) {
		frame[0] = words[0];
		frame[1] = words[1];
	}
	return error;
}

/* Follow saved frame pointers outwards. A frame pointer of 0 is the outermost frame's by the ABI. */
__noinline int walk_user(void)
{
	struct walk *walk = this_walk();
	u64 hash, fp, low, frame[2]; /* the caller's frame pointer, the return address */
	struct stack_record *stack;
	bool narrow;
	u32 i;

	if (!walk)
		return 0;
	stack = &walk->stacks[SPACE_USER];
	narrow = walk->from.narrow;
	fp = walk->from.fp;
	low = walk->from.sp;
	stack->space = SPACE_USER;
	stack->end = END_DEPTH_LIMIT;
	stack->frames[0] = walk->from.ip;
	hash = hash_step(hash_start(SPACE_USER, stack->tgid, stack->generation), walk->from.ip);
#pragma clang loop unroll(disable)
	for (i = 1; i <= STACK_DEPTH; i++) {
		if (fp == 0) {
			stack->end = END_OUTERMOST;
			break;
		}
		if (i == STACK_DEPTH)
			break;
		if (fp < low || (fp & (narrow ? 3 : 7))) {
			stack->end = END_BAD_FRAME;
			break;
		}
		if (read_frame(fp, narrow, frame)) {
			stack->end = END_READ_FAULT;
			break;
		}
		if (frame[1] == 0) {
			stack->end = END_OUTERMOST;
			break;
		}
		if ((s64)frame[1] < 0) {
			stack->end = END_BAD_FRAME;
			break;
		}
		stack->frames[i] = frame[1];
		hash = hash_step(hash, frame[1]);
		low = fp + (narrow ? sizeof(frame) / 2 : sizeof(frame));
		fp = frame[0];
	}
	/* i frames: the loop ends before it stores one more. */
	stack->frame_count = i;
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
	if (count > STACK_DEPTH)
		count = STACK_DEPTH;
	if (bpf_ringbuf_query(&stacks, BPF_RB_AVAIL_DATA) > settings.wake_bytes)
		flags = BPF_RB_FORCE_WAKEUP;
	if (bpf_ringbuf_output(&stacks, stack, sizeof(*stack) - sizeof(stack->frames) + count * sizeof(u64),
			       flags))
		return false;
	bpf_map_update_elem(&seen, &hash, &one, BPF_ANY);
	return true;
}

#endif
