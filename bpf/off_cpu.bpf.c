/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where does it wait, and who ends that? When a task of ours leaves the CPU its stacks are taken and kept until it runs
 * again; then the time between is counted, blocked until it was woken and queued from there on. What begins and ends
 * within a slice is summed up here; what spans slices goes to the helper by itself, which splits it. That is at most one
 * wait a slice and thread, however often it switches.
 *
 * The tracepoints run with interrupts off, so nothing here is interrupted by itself. on_cpu.bpf.c may interrupt it from
 * an NMI: scratch and the sets of what was sent are therefore its own, and only what is safe there is shared.
 */
#include "vmlinux.h"
#include "records.h"
#include "known_walks.bpf.h"
#include "registers.bpf.h"
#include "stack.bpf.h"
#include "target.bpf.h"
#include "task_state.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define TASK_DEAD 0x80
/* Innermost in every kernel stack: this program, and the function that runs it. */
#define TRACE_FRAMES 2

/* By tid. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u32);
	__type(value, struct wait);
} open_waits SEC(".maps");

struct sums {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct wait_key);
	__type(value, struct wait_sum);
};
struct sums waits_0 SEC(".maps");
struct sums waits_1 SEC(".maps");

/* Those that span slices. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} ended_waits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct wait_ledger);
} wait_ledgers SEC(".maps");

static __always_inline struct wait_ledger *this_ledger(u32 buffer)
{
	return bpf_map_lookup_elem(&wait_ledgers, &buffer);
}

static __always_inline u32 active_buffer(void)
{
	return *(volatile u32 *)&control.active & 1;
}

/* Hash of the running task's user stack; 0: it has none, or its frames could not be handed over (ret_lost). */
static __always_inline u64 take_user_stack(struct walk *walk, struct task_struct *task, u32 tgid, struct target *target,
					   bool *ret_lost)
{
	struct stack_record *stack = &walk->stacks[SPACE_USER];
	u64 known;

	if (!BPF_CORE_READ(task, mm) || (BPF_CORE_READ(task, flags) & PF_KTHREAD) ||
	    !saved_registers(task, &walk->from))
		return 0;
	stack->tgid = tgid;
	stack->generation = generation_of(tgid, target);
	find_address_space(walk, tgid, target);
	begin_reads(walk);
	known = recall_walk();
	if (known && bpf_map_lookup_elem(&seen, &known))
		return known;
	walk->reads.hash = 0;
	walk_python();
	walk_user();
	if (hand_over(stack)) {
		remember_walk();
		return stack->hash;
	}
	*ret_lost = true;
	return 0;
}

static __always_inline u64 take_kernel_stack(void *ctx, struct walk *walk, bool *ret_lost)
{
	struct stack_record *stack = &walk->stacks[SPACE_KERNEL];
	long bytes;

	if (!settings.kernel_stacks)
		return 0;
	bytes = bpf_get_stack(ctx, stack->frames, STACK_DEPTH * sizeof(u64), TRACE_FRAMES);
	if (bytes <= 0)
		return 0;
	stack->frame_count = (u32)bytes / sizeof(u64);
	finish_kernel();
	if (hand_over(stack))
		return stack->hash;
	*ret_lost = true;
	return 0;
}

static __always_inline void count_lost_stack(struct wait_ledger *ledger, bool lost)
{
	if (ledger && lost)
		ledger->stacks_lost++;
}

/* The entry of a thread, made where there is none yet. */
static __always_inline struct wait *entry_of(u32 tid)
{
	struct wait *wait = bpf_map_lookup_elem(&open_waits, &tid), none = {};

	if (wait)
		return wait;
	if (!bpf_map_update_elem(&open_waits, &tid, &none, BPF_NOEXIST))
		wait = bpf_map_lookup_elem(&open_waits, &tid);
	return wait;
}

static __always_inline void add_to(void *map, const struct wait_key *key, const struct wait_sum *more,
				   struct wait_ledger *ledger)
{
	struct wait_sum *sum = bpf_map_lookup_elem(map, key);

	/* A thread ends its waits one after the other, so nobody adds at the same time. */
	if (sum) {
		sum->away_ns += more->away_ns;
		sum->queued_ns += more->queued_ns;
		sum->count += more->count;
		sum->queued += more->queued;
	} else if (bpf_map_update_elem(map, key, more, BPF_NOEXIST) && ledger) {
		ledger->map_full++;
	}
}

static __noinline int close_wait(struct wait *wait, u64 now, u32 buffer)
{
	struct wait_ledger *ledger = this_ledger(buffer);
	u64 left = wait->left_ns;

	if (now - left < settings.least_wait_ns) {
		if (ledger)
			ledger->short_waits++;
	} else if (now / SLICE_NS == left / SLICE_NS) {
		u64 woken = wait->woken_ns ? wait->woken_ns : now;
		struct wait_sum sum = { .away_ns = woken - left, .queued_ns = now - woken, .count = 1 };
		struct wait_key key = {
			.user_stack = wait->user_stack,
			.kernel_stack = wait->kernel_stack,
			.waker_user_stack = wait->waker_user_stack,
			.waker_kernel_stack = wait->waker_kernel_stack,
			.slice = now / SLICE_NS,
			.tgid = wait->tgid,
			.tid = wait->tid,
			.waker_tgid = wait->waker_tgid,
			.waker_tid = wait->waker_tid,
			.state = wait->state,
			.preempted = wait->preempted,
		};

		sum.queued = wait->woken_ns != 0;
		if (buffer)
			add_to(&waits_1, &key, &sum, ledger);
		else
			add_to(&waits_0, &key, &sum, ledger);
	} else {
		struct ended_wait ended = { .wait = *wait, .ended_ns = now };

		if (bpf_ringbuf_output(&ended_waits, &ended, sizeof(ended), BPF_RB_NO_WAKEUP) && ledger)
			ledger->map_full++;
	}
	*(volatile u64 *)&wait->left_ns = 0;
	return 0;
}

/* The task that runs will not any more. */
static __always_inline void begin(void *ctx, struct task_struct *task, bool preempted)
{
	u32 tgid = tgid_of(task), tid, state;
	struct target *target = target_of(task, tgid);
	struct wait_ledger *ledger;
	u32 buffer = active_buffer();
	struct walk *walk;
	struct wait *wait;
	bool lost = false;

	if (!is_ours(tgid, target))
		return;
	tid = tid_of(task);
	state = state_of(task);
	if (state & TASK_DEAD) {
		bpf_map_delete_elem(&open_waits, &tid);
		return;
	}
	ledger = this_ledger(buffer);
	walk = this_walk();
	wait = entry_of(tid);
	if (!wait || !walk) {
		if (ledger)
			ledger->map_full++;
		return;
	}
	if (wait->left_ns) {
		/* It ran without our being told. When it was woken is known; for how long it then was queued is not. */
		if (ledger)
			ledger->ends_untold++;
		if (wait->woken_ns)
			close_wait(wait, wait->woken_ns, buffer);
	}
	wait->user_stack = take_user_stack(walk, task, tgid, target, &lost);
	count_lost_stack(ledger, lost);
	lost = false;
	wait->kernel_stack = take_kernel_stack(ctx, walk, &lost);
	count_lost_stack(ledger, lost);
	wait->waker_user_stack = 0;
	wait->waker_kernel_stack = 0;
	wait->woken_ns = 0;
	wait->tgid = tgid;
	wait->tid = tid;
	wait->waker_tgid = 0;
	wait->waker_tid = 0;
	wait->state = state;
	wait->preempted = preempted || state == 0;
	/* Last: it is what the helper looks at. */
	*(volatile u64 *)&wait->left_ns = bpf_ktime_get_ns();
}

/* The task runs from now on. */
static __always_inline void end(struct task_struct *task)
{
	/* Before the time is read, as in on_sample(). */
	u32 buffer = active_buffer(), tid = tid_of(task);
	struct wait *wait = bpf_map_lookup_elem(&open_waits, &tid);

	if (wait && wait->left_ns)
		close_wait(wait, bpf_ktime_get_ns(), buffer);
}

SEC("raw_tp/sched_switch")
int on_switch(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *previous = (void *)ctx->args[1], *next = (void *)ctx->args[2];

	if (BPF_CORE_READ(previous, pid))
		begin(ctx, previous, ctx->args[0] & 1);
	if (BPF_CORE_READ(next, pid))
		end(next);
	return 0;
}

/* 0: it is not ours, or does not sleep, or somebody was faster. */
static __always_inline struct wait *asleep(u32 tid)
{
	struct wait *wait = bpf_map_lookup_elem(&open_waits, &tid);

	return wait && wait->left_ns && !wait->woken_ns && !wait->preempted ? wait : NULL;
}

/*
 * Where the waker is known: it runs. But the wakened task may still be on its way off its CPU, and have no entry; then
 * sched_wakeup, which waits for that, is what ends the wait.
 */
SEC("raw_tp/sched_waking")
int on_waking(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0], *waker = (void *)bpf_get_current_task();
	struct wait *wait = asleep(tid_of(task));
	struct target *target;
	struct walk *walk;
	bool lost = false;
	u32 tgid;

	if (!wait)
		return 0;
	wait->woken_ns = bpf_ktime_get_ns();
	walk = this_walk();
	tgid = tgid_of(waker);
	if (!walk)
		return 0;
	wait->waker_tgid = tgid;
	wait->waker_tid = tid_of(waker);
	target = target_of(waker, tgid);
	/* What code a process runs that is no target is not known. */
	if (is_ours(tgid, target))
		wait->waker_user_stack = take_user_stack(walk, waker, tgid, target, &lost);
	wait->waker_kernel_stack = take_kernel_stack(ctx, walk, &lost);
	count_lost_stack(this_ledger(active_buffer()), lost);
	return 0;
}

SEC("raw_tp/sched_wakeup")
int on_wakeup(struct bpf_raw_tracepoint_args *ctx)
{
	struct wait *wait = asleep(tid_of((void *)ctx->args[0]));

	if (wait)
		wait->woken_ns = bpf_ktime_get_ns();
	return 0;
}

/* A new thread waits for its first CPU, and has no stack yet. */
SEC("raw_tp/sched_wakeup_new")
int on_wakeup_new(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	u32 tgid = tgid_of(task), tid = tid_of(task);
	u64 now = bpf_ktime_get_ns();
	struct wait wait = { .left_ns = now, .woken_ns = now, .tgid = tgid, .tid = tid };

	if (!is_ours(tgid, target_of(task, tgid)))
		return 0;
	if (bpf_map_update_elem(&open_waits, &tid, &wait, BPF_ANY)) {
		struct wait_ledger *ledger = this_ledger(active_buffer());

		if (ledger)
			ledger->map_full++;
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
