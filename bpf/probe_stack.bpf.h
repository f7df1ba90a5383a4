/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The stacks with which a probe is hit, handed over as those of samples are: in the maps of the sampler's object. */
#ifndef EMBERSCOPE_PROBE_STACK_BPF_H
#define EMBERSCOPE_PROBE_STACK_BPF_H

#include "vmlinux.h"
#include "probe.bpf.h"
#include "registers.bpf.h"
#include "stack.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* How many programs want to walk on this CPU: the first of them does. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} walking SEC(".maps");

static __always_inline bool take_user_stack(struct walk *walk, const struct event_registers *of_program,
					    struct task_struct *task, const struct whose *whose, u64 *ret_hash)
{
	struct stack_record *stack = &walk->stacks[SPACE_USER];

	if (of_program)
		interrupted_registers(of_program, &walk->from);
	else if (!BPF_CORE_READ(task, mm) || BPF_CORE_READ(task, flags) & PF_KTHREAD ||
		 !saved_registers(task, &walk->from))
		return true;
	stack->tgid = whose->tgid;
	stack->generation = generation_of(whose->tgid, whose->target);
	find_address_space(walk, whose->tgid, whose->target);
	walk_python();
	walk_user();
	*ret_hash = stack->hash;
	return hand_over(stack);
}

static __always_inline bool take_kernel_stack(void *ctx, struct walk *walk, u64 *ret_hash)
{
	struct stack_record *stack = &walk->stacks[SPACE_KERNEL];
	long bytes = bpf_get_stack(ctx, stack->frames, STACK_DEPTH * sizeof(u64), 0);

	if (bytes <= 0)
		return true;
	stack->frame_count = (u32)bytes / sizeof(u64);
	finish_kernel();
	*ret_hash = stack->hash;
	return hand_over(stack);
}

/* False: they could not be handed over. `of_program`: the registers of a program's function, else NULL. */
static __always_inline bool take_stacks(void *ctx, const struct event_registers *of_program, const struct whose *whose,
					u64 *ret_user, u64 *ret_kernel)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct walk *walk = this_walk();
	u32 zero = 0;
	u64 *busy = bpf_map_lookup_elem(&walking, &zero);
	bool taken;

	*ret_user = *ret_kernel = 0;
	if (!walk || !busy)
		return false;
	/* Another thread may have been stopped on this CPU in the midst of its walk. */
	if (probe.preemptible) {
		__sync_fetch_and_add(busy, 1);
		if (*(volatile u64 *)busy != 1) {
			__sync_fetch_and_add(busy, -1);
			return false;
		}
	}
	taken = take_user_stack(walk, of_program, task, whose, ret_user);
	if (taken && settings.kernel_stacks && !probe.of_program)
		taken = take_kernel_stack(ctx, walk, ret_kernel);
	if (probe.preemptible)
		__sync_fetch_and_add(busy, -1);
	return taken;
}

#endif
