/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Keep the map of targets by fork, exec and exit, and tell the helper. These tracepoints need neither
 * kprobes nor fentry and have carried the same first arguments since long before 5.10.
 */
#ifndef EMBERSCOPE_LIFECYCLE_BPF_H
#define EMBERSCOPE_LIFECYCLE_BPF_H

#include "vmlinux.h"
#include "loss.bpf.h"
#include "records.h"
#include "target.bpf.h"
#include "unwind.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} lifecycles SEC(".maps");

/* A child begins with its parent's code; its space is made afresh only when that changes. */
static __always_inline void copy_address_space(struct lifecycle *record, u32 execs)
{
	struct address_space *parents = bpf_map_lookup_elem(&address_spaces, &record->parent_tgid), child;

	if (!parents)
		return;
	child = *parents;
	child.execs = execs;
	if (!bpf_map_update_elem(&address_spaces, &record->tgid, &child, BPF_ANY))
		record->space = child.first;
}

struct numbers {
	u32 tgid;
	u32 tid;
};

/*
 * What tasks that end were called in the helper's pid namespace: a task has lost its numbers there when it is
 * freed. Only used where that is not the first namespace.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64); /* address of the task */
	__type(value, struct numbers);
} ending SEC(".maps");

static __always_inline void remember_numbers(struct task_struct *task, const struct lifecycle *record)
{
	struct numbers numbers = { record->tgid, record->tid };
	u64 key = (u64)task;
	struct ledger *ledger;

	if (!bpf_map_update_elem(&ending, &key, &numbers, BPF_ANY))
		return;
	/* Better without the last samples than with those of whoever has the number next. */
	if (record->last)
		bpf_map_delete_elem(&targets, &record->tgid);
	ledger = ledger_of(control.active & 1);
	if (ledger)
		__sync_fetch_and_add(&ledger->lifecycle_lost, 1);
}

/* What a task that is freed was called; false: it is of no interest. */
static __always_inline bool numbers_of_freed(struct task_struct *task, struct lifecycle *record)
{
	u64 key = (u64)task;
	struct numbers *numbers;

	if (!settings.pid_namespace) {
		record->tgid = tgid_of(task);
		record->tid = tid_of(task);
		return true;
	}
	numbers = bpf_map_lookup_elem(&ending, &key);
	if (!numbers)
		return false;
	record->tgid = numbers->tgid;
	record->tid = numbers->tid;
	bpf_map_delete_elem(&ending, &key);
	/* A leader while another thread called exec: that one has the number now, and goes on. */
	return record->tid != record->tgid || BPF_CORE_READ(task, signal, live.counter) == 0;
}

static __always_inline void tell(struct lifecycle *record)
{
	struct ledger *ledger;

	record->time_ns = bpf_ktime_get_ns();
	if (!bpf_ringbuf_output(&lifecycles, record, sizeof(*record), BPF_RB_NO_WAKEUP))
		return;
	ledger = ledger_of(control.active & 1);
	/* Unlike a sample, this may be interrupted by another program on the same CPU. */
	if (ledger)
		__sync_fetch_and_add(&ledger->lifecycle_lost, 1);
}

/*
 * A process that is in the cgroup becomes a target when it is met there: moved, or born into it by one that is in none of
 * ours. From then on it is one, wherever it goes. NULL: it is not in it.
 */
static __always_inline struct target *adopt(struct task_struct *task, u32 tgid)
{
	struct lifecycle record = { .kind = LIFECYCLE_JOIN, .tgid = tgid, .tid = tgid };
	struct target target = {
		.execs = (u32)(bpf_ktime_get_ns() >> 20) & 0xffff,
		.start_time = BPF_CORE_READ(task, group_leader, start_time),
	};
	struct ledger *ledger;

	if (!settings.cgroup || !tgid || !is_in_cgroup(task, settings.cgroup))
		return NULL;
	control.lone = 0;
	if (!bpf_map_update_elem(&targets, &tgid, &target, BPF_NOEXIST)) {
		record.generation = target.execs << 16;
		tell(&record);
	}
	/* Another CPU may have been first. */
	ledger = ledger_of(control.active & 1);
	if (ledger && !bpf_map_lookup_elem(&targets, &tgid))
		__sync_fetch_and_add(&ledger->targets_lost, 1);
	return target_of(task, tgid);
}

SEC("raw_tp/sched_process_fork")
int on_fork(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *parent = (void *)ctx->args[0], *child = (void *)ctx->args[1];
	struct lifecycle record = {};

	record.parent_tgid = tgid_of(parent);
	record.tgid = tgid_of(child);
	if (!is_ours(record.parent_tgid, target_of(parent, record.parent_tgid))) {
		if (record.tgid != record.parent_tgid)
			adopt(child, record.tgid);
		return 0;
	}
	record.parent_tid = tid_of(parent);
	record.tid = tid_of(child);
	record.kind = LIFECYCLE_THREAD;
	if (record.tgid != record.parent_tgid) {
		/* Not 0: a number that is used again must not look like the process that had it. */
		struct target target = {
			.execs = (u32)(bpf_ktime_get_ns() >> 20) & 0xffff,
			.start_time = BPF_CORE_READ(child, start_time),
		};

		if (!settings.system && !settings.follow_children && !(settings.cgroup && is_in_cgroup(child, settings.cgroup)))
			return 0;
		/* Before the child can run. */
		control.lone = 0;
		record.kind = LIFECYCLE_FORK;
		record.generation = target.execs << 16;
		if (bpf_map_update_elem(&targets, &record.tgid, &target, BPF_ANY)) {
			struct ledger *ledger = ledger_of(control.active & 1);

			if (ledger)
				__sync_fetch_and_add(&ledger->targets_lost, 1);
			record.generation = 0;
			if (!settings.system)
				return 0;
		}
		copy_address_space(&record, record.generation >> 16);
	}
	bpf_core_read(record.comm, sizeof(record.comm), &child->comm);
	tell(&record);
	return 0;
}

/* Attached only where there is a cgroup to be in. */
SEC("raw_tp/cgroup_attach_task")
int on_attach(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[2];
	u32 tgid = tgid_of(task);

	if (!target_of(task, tgid))
		adopt(task, tgid);
	return 0;
}

SEC("raw_tp/sched_process_exec")
int on_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	struct lifecycle record = { .kind = LIFECYCLE_EXEC };
	struct target *target, first = { .execs = 1, .start_time = BPF_CORE_READ(task, start_time) };

	record.tgid = tgid_of(task);
	target = target_of(task, record.tgid);
	if (!is_ours(record.tgid, target))
		return 0;
	/* Only the process itself execs, and all its other threads are gone. */
	if (target) {
		target->execs = (target->execs + 1) & 0xffff;
		record.generation = target->execs << 16;
	} else if (!bpf_map_update_elem(&targets, &record.tgid, &first, BPF_ANY)) {
		record.generation = first.execs << 16;
	}
	/* New mappings: what replaced what before does not matter any more. */
	if (control.remapped)
		bpf_map_delete_elem(&remaps, &record.tgid);
	record.tid = record.tgid;
	/* A number of the first namespace. */
	record.parent_tid = settings.pid_namespace ? record.tgid : (u32)ctx->args[1];
	bpf_core_read(record.comm, sizeof(record.comm), &task->comm);
	tell(&record);
	return 0;
}

static __always_inline void tell_of_end(struct task_struct *task, struct lifecycle *record)
{
	record->cpu_ns = BPF_CORE_READ(task, se.sum_exec_runtime);
	tell(record);
}

SEC("raw_tp/sched_process_exit")
int on_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	struct lifecycle record = { .kind = LIFECYCLE_EXIT };

	record.tgid = tgid_of(task);
	if (!is_ours(record.tgid, target_of(task, record.tgid)))
		return 0;
	record.last = BPF_CORE_READ(task, signal, live.counter) == 0;
	record.tid = tid_of(task);
	if (settings.pid_namespace)
		remember_numbers(task, &record);
	tell_of_end(task, &record);
	return 0;
}

/* The task was waited for and will never run again. What it did after its exit (freeing its memory,
 * for one) was still sampled as ours: so only now it leaves the map. */
SEC("raw_tp/sched_process_free")
int on_free(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	struct lifecycle record = { .kind = LIFECYCLE_END };
	struct target *target;

	if (!numbers_of_freed(task, &record))
		return 0;
	target = bpf_map_lookup_elem(&targets, &record.tgid);
	if (!target)
		return 0;
	tell_of_end(task, &record);
	/* Not of the process that has the number by now. Its leader may be gone before a thread is: ask the task. */
	if (record.tid == record.tgid &&
	    (!target->start_time || target->start_time == BPF_CORE_READ(task, start_time))) {
		bpf_map_delete_elem(&targets, &record.tgid);
		bpf_map_delete_elem(&remaps, &record.tgid);
		bpf_map_delete_elem(&address_spaces, &record.tgid);
	}
	return 0;
}

#endif
