/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Is this task ours? A tgid is a process and a tid a thread, as the helper's pid namespace numbers them. */
#ifndef EMBERSCOPE_TARGET_BPF_H
#define EMBERSCOPE_TARGET_BPF_H

#include "vmlinux.h"
#include "records.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#ifndef NULL
#define NULL ((void *)0)
#endif

#define PF_KTHREAD 0x00200000
/* Deeper nesting of pid namespaces than this is not looked through (the kernel's limit is 32). */
#define PID_NAMESPACE_LEVELS 8

const volatile struct settings settings;
struct control control;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u32); /* tgid */
	__type(value, struct target);
} targets SEC(".maps");

/* The lower half of the generation, kept by the helper: how often a mapping replaced another one. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u32); /* tgid */
	__type(value, u32);
} remaps SEC(".maps");

/* A task's number in the helper's namespace; 0: it has none there. */
static __always_inline u32 number_in_namespace(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	u32 size = bpf_core_type_size(struct upid);
	u32 level;

	if (!pid)
		return 0;
#pragma clang loop unroll(disable)
	for (level = 0; level < PID_NAMESPACE_LEVELS; level++) {
		struct upid *number = (void *)&pid->numbers + level * size;

		if (level > BPF_CORE_READ(pid, level))
			break;
		if (BPF_CORE_READ(number, ns, ns.inum) == settings.pid_namespace)
			return BPF_CORE_READ(number, nr);
	}
	return 0;
}

static __always_inline u32 tid_of(struct task_struct *task)
{
	return settings.pid_namespace ? number_in_namespace(task) : (u32)BPF_CORE_READ(task, pid);
}

static __always_inline u32 tgid_of(struct task_struct *task)
{
	return settings.pid_namespace ? number_in_namespace(BPF_CORE_READ(task, group_leader))
				      : (u32)BPF_CORE_READ(task, tgid);
}

/*
 * The target that this task belongs to. A number may be given to another process while the map still has the
 * one before (it goes when its task_struct does, a while after its number), so the number alone says nothing.
 */
static __always_inline struct target *target_of(struct task_struct *task, u32 tgid)
{
	struct target *target = bpf_map_lookup_elem(&targets, &tgid);
	u64 start_time;

	if (!target)
		return NULL;
	start_time = BPF_CORE_READ(task, group_leader, start_time);
	if (!target->start_time)
		target->start_time = start_time;
	return target->start_time == start_time ? target : NULL;
}

/* Deeper nesting of cgroups than this is not looked through. */
#define CGROUP_LEVELS 8

/* A cgroup is the first thing in itself: the parent of its state is its parent. */
static __always_inline bool is_in_cgroup(struct task_struct *task, u64 number)
{
	struct cgroup *group = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	bool is_in = false;

	/* Unrolled: verifiers before 6.2 might take it for endless. What is read above the root is 0. */
#pragma unroll
	for (int level = 0; level < CGROUP_LEVELS; level++) {
		is_in |= BPF_CORE_READ(group, kn, id) == number;
		group = (void *)BPF_CORE_READ(group, self.parent);
	}
	return is_in;
}

/* Of the whole system, every process but idle is ours, whether the map knows it or not. */
static __always_inline bool is_ours(u32 tgid, struct target *target)
{
	return settings.system ? tgid != 0 : target != 0;
}

static __always_inline u32 generation_of(u32 tgid, struct target *target)
{
	u32 generation = target ? target->execs << 16 : 0;

	if (control.remapped) {
		u32 *remap = bpf_map_lookup_elem(&remaps, &tgid);

		if (remap)
			generation |= *remap & 0xffff;
	}
	return generation;
}

#endif
