/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where is the CPU time spent? A perf event fires on a CPU; if the task there is ours, its stacks are
 * counted under (slice, thread, stacks) in the map that the helper is not reading.
 */
#include "vmlinux.h"
#include "lifecycle.bpf.h"
#include "loss.bpf.h"
#include "records.h"
#include "registers.bpf.h"
#include "stack.bpf.h"
#include "target.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define EEXIST 17
#define E2BIG 7

struct counts {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct count_key);
	__type(value, u64);
};
struct counts counts_0 SEC(".maps");
struct counts counts_1 SEC(".maps");

/* 0, or the cause of the loss. */
static __always_inline u32 count_in(void *map, const struct count_key *key)
{
	u64 *count = bpf_map_lookup_elem(map, key), one = 1;
	long error;

	if (!count) {
		error = bpf_map_update_elem(map, key, &one, BPF_NOEXIST);
		if (!error)
			return 0;
		if (error == -E2BIG)
			return LOSS_COUNT_MAP_FULL;
		if (error == -EEXIST)
			count = bpf_map_lookup_elem(map, key);
		if (!count)
			return LOSS_FAULT;
	}
	__sync_fetch_and_add(count, 1);
	return 0;
}

/* 0, or the cause of the loss. */
static __always_inline u32 observe(struct bpf_perf_event_data *ctx, u32 buffer, struct ledger *ledger, u32 tgid,
				   struct target *target)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct count_key key = { .tgid = tgid };
	struct walk *walk = this_walk();
	struct stack_record *stack;
	long bytes;

	if (!walk)
		return LOSS_FAULT;
	key.tid = tid_of(task);
	key.slice = bpf_ktime_get_ns() / SLICE_NS;

	if (BPF_CORE_READ(task, mm) && !(BPF_CORE_READ(task, flags) & PF_KTHREAD) &&
	    user_registers(ctx, task, &walk->from)) {
		stack = &walk->stacks[SPACE_USER];
		stack->tgid = tgid;
		stack->generation = generation_of(tgid, target);
		find_address_space(walk, tgid, target);
		walk_python();
		walk_user();
		ledger->python_cut += walk->python_cut;
		if (!hand_over(stack))
			return LOSS_STACK_RING_FULL;
		key.user_stack = stack->hash;
	}

	if (settings.kernel_stacks && (s64)event_ip(&ctx->regs) < 0) {
		stack = &walk->stacks[SPACE_KERNEL];
		bytes = bpf_get_stack(ctx, stack->frames, STACK_DEPTH * sizeof(u64), 0);
		if (bytes > 0) {
			stack->frame_count = (u32)bytes / sizeof(u64);
			finish_kernel();
			if (!hand_over(stack))
				return LOSS_STACK_RING_FULL;
			key.kernel_stack = stack->hash;
		}
	}
	return buffer ? count_in(&counts_1, &key) : count_in(&counts_0, &key);
}

SEC("perf_event")
int on_sample(struct bpf_perf_event_data *ctx)
{
	/* Read before the time is: then nothing older than a flip is ever counted after it. */
	u32 buffer = *(volatile u32 *)&control.active & 1;
	struct ledger *ledger = ledger_of(buffer);
	struct task_struct *task = (void *)bpf_get_current_task();
	struct target *target;
	u32 tgid, loss;

	if (!ledger)
		return 0;
	ledger->fired++;
	tgid = tgid_of(task);
	target = target_of(task, tgid);
	/* Moved into the cgroup while the helper looked who is in it. */
	if (!target && settings.cgroup)
		target = adopt(task, tgid);
	if (!is_ours(tgid, target)) {
		ledger->not_ours++;
		return 0;
	}
	loss = observe(ctx, buffer, ledger, tgid, target);
	if (!loss)
		ledger->stored++;
	else
		ledger->lost[loss & (LOSS_CAUSES - 1)]++;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
