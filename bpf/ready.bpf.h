/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What ready questions have in common: what has begun and not ended yet, and how an answer is counted. */
#ifndef EMBERSCOPE_READY_BPF_H
#define EMBERSCOPE_READY_BPF_H

#include "vmlinux.h"
#include "probe.bpf.h"
#include "probe_stack.bpf.h"
#include "registers.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define MAP_ANONYMOUS 0x20
#if defined(__TARGET_ARCH_x86)
#define CALL_BRK 12
#define CALL_MMAP 9
#else
#define CALL_BRK 214
#define CALL_MMAP 222
#endif

/* Of a thread, a request to a device, a socket. */
struct wait_begun {
	u64 time_ns; /* 0: nothing */
	u64 group;
	u32 tgid;
	u32 tid;
};

/* What never ends (a request that is thrown away) falls out. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct wait_begun);
} begun_waits SEC(".maps");

struct allocation_key {
	u64 address;
	u32 tgid;
	u32 zero;
};

struct answer {
	struct whose whose;
	const struct event_registers *of_program; /* NULL: the kernel's */
	u64 value;
	u64 group;
	u64 user_stack;
	bool is_signed;
	bool too_short;
};

static __always_inline void begin_wait(u64 key, u64 group, const struct whose *whose, u32 tid)
{
	struct probe_figures *figures = this_figures();
	struct wait_begun begun = { .group = group, .tgid = whose->tgid, .tid = tid }, *before;

	/* A thread's place is kept: to make one takes longer than all the rest. */
	before = bpf_map_lookup_elem(&begun_waits, &key);
	if (before) {
		before->group = group;
		before->tgid = whose->tgid;
		before->tid = tid;
		before->time_ns = bpf_ktime_get_ns();
		return;
	}
	begun.time_ns = bpf_ktime_get_ns();
	if (figures && bpf_map_update_elem(&begun_waits, &key, &begun, BPF_ANY))
		add_to(&figures->missed, 1);
}

static __always_inline void begin_allocation(u64 key, u64 bytes, u64 other)
{
	struct wait_begun begun = { .time_ns = other, .group = bytes };

	bpf_map_update_elem(&begun_waits, &key, &begun, BPF_ANY);
}

static __always_inline void store_answer(const struct probe_group *key, s64 value, struct probe_figures *figures)
{
	add_to(&figures->calls, 1);
	if (store_group(key, value))
		add_to(&figures->measured, 1);
	else
		add_to(&figures->lost, 1);
}

/* The time since it began, of whoever began it. */
static __always_inline int end_wait(u64 key)
{
	struct wait_begun *begun = bpf_map_lookup_elem(&begun_waits, &key);
	struct probe_figures *figures = this_figures();
	struct probe_group place = {};
	u64 ns;

	if (!begun || !figures)
		return 0;
	ns = bpf_ktime_get_ns() - begun->time_ns;
	place.group = begun->group;
	place.tgid = begun->tgid;
	if (probe.flags & PROBE_BY_THREAD)
		place.tid = begun->tid;
	place.cell = cell_of(ns, false);
	bpf_map_delete_elem(&begun_waits, &key);
	if (ns < probe.least_ns) {
		add_to(&figures->calls, 1);
		add_to(&figures->filtered, 1);
		return 0;
	}
	store_answer(&place, (s64)ns, figures);
	return 0;
}

/* Of the thread that runs. `stacks`: the program can walk. */
static __always_inline int count_answer(void *ctx, struct answer *answer, bool stacks)
{
	struct probe_figures *figures = this_figures();
	struct probe_group key = { .group = answer->group };

	if (!figures)
		return 0;
	if (answer->too_short) {
		add_to(&figures->calls, 1);
		add_to(&figures->filtered, 1);
		return 0;
	}
	if (stacks && !take_stacks(ctx, answer->of_program, &answer->whose, &key.user_stack, &key.kernel_stack)) {
		add_to(&figures->calls, 1);
		add_to(&figures->lost, 1);
		return 0;
	}
	answer->user_stack = key.user_stack;
	key.tgid = answer->whose.tgid;
	if (probe.flags & PROBE_BY_THREAD)
		key.tid = this_tid();
	if (probe.measure == MEASURE_COUNT)
		answer->value = 0;
	key.cell = cell_of(answer->value, answer->is_signed);
	store_answer(&key, (s64)answer->value, figures);
	return 0;
}

static __always_inline u64 device_of(struct request *request)
{
	struct gendisk *disk;

	if (bpf_core_field_exists(request->rq_disk))
		disk = BPF_CORE_READ(request, rq_disk);
	else
		disk = BPF_CORE_READ(request, q, disk);
	return disk ? (u64)BPF_CORE_READ(disk, major) << 20 | (u32)BPF_CORE_READ(disk, first_minor) : 0;
}

#endif
