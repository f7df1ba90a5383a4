/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ready questions about the CPU: who waits for it, who has it, and who takes it away. */
#ifndef EMBERSCOPE_READY_SCHEDULER_BPF_H
#define EMBERSCOPE_READY_SCHEDULER_BPF_H

#include "vmlinux.h"
#include "probe.bpf.h"
#include "ready.bpf.h"
#include "task_state.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* ---- run-queue, switches ---- */

static __always_inline int wake(struct task_struct *task)
{
	struct whose whose = { .tgid = tgid_of(task) };
	u64 key = (u64)task;

	whose.target = target_of(task, whose.tgid);
	if (is_ours(whose.tgid, whose.target) && is_asked_about(task))
		begin_wait(key, 0, &whose, tid_of(task));
	return 0;
}

SEC("raw_tp/sched_wakeup")
PROGRAM(ready_wakeup, struct bpf_raw_tracepoint_args, ctx)
{
	return wake((void *)ctx->args[0]);
}

SEC("raw_tp/sched_wakeup_new")
PROGRAM(ready_wakeup_new, struct bpf_raw_tracepoint_args, ctx)
{
	return wake((void *)ctx->args[0]);
}

SEC("raw_tp/sched_switch")
PROGRAM(ready_run, struct bpf_raw_tracepoint_args, ctx)
{
	return end_wait(ctx->args[2]);
}

static __always_inline int switch_from(struct bpf_raw_tracepoint_args *ctx, bool stacks)
{
	struct task_struct *task = (void *)ctx->args[1];
	struct answer answer = { .group = ctx->args[0] || state_of(task) == 0 };

	/* The one that leaves is still the one that runs. */
	return is_wanted(&answer.whose, stacks) ? count_answer(ctx, &answer, stacks) : 0;
}

SEC("raw_tp/sched_switch")
PROGRAM(ready_switch, struct bpf_raw_tracepoint_args, ctx)
{
	return switch_from(ctx, false);
}

SEC("raw_tp/sched_switch")
PROGRAM(ready_switch_with_stacks, struct bpf_raw_tracepoint_args, ctx)
{
	return switch_from(ctx, true);
}

/* ---- cpu-time ---- */

SEC("raw_tp/sched_switch")
PROGRAM(ready_turn, struct bpf_raw_tracepoint_args, ctx)
{
	struct task_struct *next = (void *)ctx->args[2];
	struct whose whose = { .tgid = tgid_of(next) };

	end_wait(ctx->args[1]);
	whose.target = target_of(next, whose.tgid);
	if (is_ours(whose.tgid, whose.target) && is_asked_about(next))
		begin_wait(ctx->args[2], 0, &whose, tid_of(next));
	return 0;
}

/* ---- run-queue-length ---- */

/* Of the whole system the idle task counts, too: nobody waits then, and nothing is kept from it. */
static __always_inline bool is_anybody(void)
{
	return settings.system && !probe.cgroup;
}

/* A perf event fires it on each CPU. */
SEC("perf_event")
PROGRAM(ready_look_at_queue, void, ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct probe_figures *figures = this_figures();
	struct probe_group place = { .group = bpf_get_smp_processor_id() };
	struct whose whose;
	u32 running;

	if (!figures || (!is_anybody() && !is_wanted(&whose, true)))
		return 0;
	running = BPF_CORE_READ(task, se.cfs_rq, rq, nr_running);
	/* The one that runs does not wait. */
	running = running > 0 ? running - 1 : 0;
	place.cell = cell_of(running, false);
	store_answer(&place, running, figures);
	return 0;
}

/* ---- interrupts, soft-interrupts ---- */

/* One of a kind does not interrupt itself on the same CPU. */
static __always_inline u64 interrupt_key(u64 number)
{
	return (u64)bpf_get_smp_processor_id() << 32 | (u32)number;
}

/* Who is interrupted: of a process that is all that can be said. */
static __always_inline int begin_interrupt(u64 number)
{
	struct whose whose = {};

	if (is_anybody() || is_wanted(&whose, true))
		begin_wait(interrupt_key(number), number, &whose, 0);
	return 0;
}

SEC("raw_tp/irq_handler_entry")
PROGRAM(ready_enter_interrupt, struct bpf_raw_tracepoint_args, ctx)
{
	return begin_interrupt((u32)ctx->args[0]);
}

SEC("raw_tp/irq_handler_exit")
PROGRAM(ready_leave_interrupt, struct bpf_raw_tracepoint_args, ctx)
{
	return end_wait(interrupt_key(ctx->args[0]));
}

SEC("raw_tp/softirq_entry")
PROGRAM(ready_enter_soft_interrupt, struct bpf_raw_tracepoint_args, ctx)
{
	return begin_interrupt((u32)ctx->args[0]);
}

SEC("raw_tp/softirq_exit")
PROGRAM(ready_leave_soft_interrupt, struct bpf_raw_tracepoint_args, ctx)
{
	return end_wait(interrupt_key(ctx->args[0]));
}
#endif
