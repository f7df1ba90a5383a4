/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which entry belongs to which return: the calls that a thread is in, innermost last. Returns may be missing (longjmp,
 * a kernel that had no room for one more), so each must be that of a call which can be told: of a program by the stack
 * pointer, of the kernel by the function.
 */
#ifndef EMBERSCOPE_CALLS_BPF_H
#define EMBERSCOPE_CALLS_BPF_H

#include "vmlinux.h"
#include "probe.bpf.h"
#include "probe_records.h"
#include <bpf/bpf_helpers.h>

/* As far as two calls of one thread on one stack lie apart, bytes; another stack is further away. */
#define STACK_REACH (probe.of_program ? 1 << 20 : 8192)

struct call {
	u64 time_ns; /* 0: it did not pass the filters */
	u64 sp;
	u64 user_stack;
	u64 kernel_stack;
	u32 function;
	u32 lost; /* its stack could not be handed over */
};

struct calls {
	u32 depth; /* those that are deeper than PROBE_CALLS are counted only */
	u32 zero;
	u64 address; /* of a context: read back from here, it is a number, with which one may reckon */
	struct call of[PROBE_CALLS];
	u64 arguments[PROBE_CALLS][PROBE_ARGUMENTS]; /* the helper leaves them out where nobody asks */
};

/* The longest unused falls out. The helper makes it larger where there are many CPUs. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, struct calls);
} threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct calls);
} no_calls SEC(".maps");

/* Where the call of this depth lies. The compiler would leave the mask out where it is sure; the verifier never is. */
static __always_inline u64 place_of(u64 depth)
{
	asm volatile("%0 &= %1" : "+r"(depth) : "i"(PROBE_CALLS - 1));
	return depth;
}

static __always_inline struct calls *calls_of(u64 thread, bool create)
{
	struct calls *calls = bpf_map_lookup_elem(&threads, &thread), *none;
	u32 zero = 0;

	if (calls || !create)
		return calls;
	none = bpf_map_lookup_elem(&no_calls, &zero);
	if (none)
		bpf_map_update_elem(&threads, &thread, none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&threads, &thread);
}

/* Calls that cannot be on the stack any more where another begins at `sp`. */
static __always_inline u32 drop_left(struct calls *calls, u32 depth, u64 sp, u32 function, struct probe_figures *figures)
{
	if (depth > PROBE_CALLS) {
		if (calls->of[PROBE_CALLS - 1].sp > sp || sp - calls->of[PROBE_CALLS - 1].sp > STACK_REACH)
			return depth;
		depth = PROBE_CALLS;
	}
#pragma unroll
	for (int i = 0; i < PROBE_CALLS; i++) {
		const struct call *last = &calls->of[place_of(depth - 1)];

		if (depth == 0 || last->sp > sp || sp - last->sp > STACK_REACH ||
		    (last->sp == sp && last->function != function))
			break;
		depth--;
		add_to(&figures->missed, last->time_ns != 0);
	}
	return depth;
}

/* NULL: it is deeper than is kept, and counted. */
static __always_inline struct call *push_call(struct calls *calls, u64 sp, u32 function, struct probe_figures *figures,
					      u64 *ret_place)
{
	const u32 depth = drop_left(calls, calls->depth, sp, function, figures);
	struct call *call;

	calls->depth = depth + 1;
	if (depth >= PROBE_CALLS) {
		add_to(&figures->recursed, 1);
		return NULL;
	}
	*ret_place = place_of(depth);
	call = &calls->of[*ret_place];
	call->sp = sp;
	call->function = function;
	call->lost = 0;
	call->user_stack = call->kernel_stack = 0;
	return call;
}

static __always_inline bool is_call(const struct call *call, u64 sp, u32 function)
{
	return probe.of_program ? call->sp == sp : call->function == function;
}

/* The call that returns; NULL: its entry was not seen, which is counted. */
static __always_inline struct call *pop_call(struct calls *calls, u64 sp, u32 function, struct probe_figures *figures,
					     u64 *ret_place)
{
	u32 depth = calls ? calls->depth : 0, left = 0;

	if (depth > PROBE_CALLS) {
		if (!probe.of_program || !is_call(&calls->of[PROBE_CALLS - 1], sp, function)) {
			calls->depth = depth - 1;
			return NULL;
		}
		depth = PROBE_CALLS;
	}
#pragma unroll
	for (int i = 0; i < PROBE_CALLS; i++) {
		u64 place = place_of(depth - 1);
		struct call *call;

		if (depth == 0 || !calls)
			break;
		call = &calls->of[place];
		depth--;
		if (is_call(call, sp, function)) {
			calls->depth = depth;
			add_to(&figures->missed, left);
			*ret_place = place;
			return call;
		}
		left += call->time_ns != 0;
	}
	add_to(&figures->missed, 1);
	return NULL;
}

#endif
