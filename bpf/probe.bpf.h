/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What every probe has: its settings, figures, histogram, groups and events. */
#ifndef EMBERSCOPE_PROBE_BPF_H
#define EMBERSCOPE_PROBE_BPF_H

#include "vmlinux.h"
#include "records.h"
#include "probe_records.h"
#include "target.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define EEXIST 17
#define NS_PER_SECOND 1000000000ull

const volatile struct probe_settings probe SEC(".rodata.probe");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct probe_figures);
} figures SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct probe_cells);
} cells SEC(".maps");

/* The helper makes them as large as the probe needs. */
struct groups {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct probe_group);
	__type(value, struct probe_cell);
};
struct groups groups_0 SEC(".maps");
struct groups groups_1 SEC(".maps");

/* Of all probes with events together: as much as 300,000 a second bring in 0.8 s. The helper makes it small for others. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 32 << 20);
} probe_events SEC(".maps");

/* Where the helper is woken before its time, and how much further it may be: it is woken when that is passed, not by each. */
#define EVENTS_WAKE_BYTES (8 << 20)
#define EVENTS_WAKE_WITHIN (64 << 10)

/* How many events there were in the second that runs. */
struct event_window {
	u64 second;
	u64 count;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct event_window);
} event_windows SEC(".maps");

static __always_inline struct probe_figures *this_figures(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&figures, &zero);
}

/* Where nothing else of the probe can run on this CPU meanwhile, plain adding does. */
static __always_inline void add_to(u64 *figure, u64 more)
{
	if (probe.preemptible)
		__sync_fetch_and_add(figure, more);
	else
		*figure += more;
}

/*
 * Reading the clock costs as much as counting does: one run of so many times itself (a prime, as programs take turns), and
 * each at first, of which the very first takes the longest.
 */
#define RUNS_PER_TIMING 61
#define FIRST_RUNS 64

/* 0: this run is not timed. */
static __always_inline u64 begin_run(struct probe_figures *figures)
{
	if (figures->runs++ < figures->next_timed)
		return 0;
	figures->next_timed = figures->runs + (figures->runs < FIRST_RUNS ? 0 : RUNS_PER_TIMING - 1);
	return bpf_ktime_get_ns();
}

static __always_inline void end_run(struct probe_figures *figures, u64 from_ns)
{
	if (!from_ns)
		return;
	figures->timed_ns += bpf_ktime_get_ns() - from_ns;
	figures->timed_runs++;
}

/* SEC("...") PROGRAM(its name, what its context is, the context's name) { ... } */
#define PROGRAM(name, type, context)							\
	int name(type *context);							\
	static __always_inline int run_##name(__attribute__((unused)) type *context);	\
	int name(type *context)								\
	{										\
		struct probe_figures *figures = this_figures();				\
		const u64 from_ns = figures ? begin_run(figures) : 0;			\
		const int result = run_##name(context);					\
											\
		if (figures)								\
			end_run(figures, from_ns);					\
		return result;								\
	}										\
	static __always_inline int run_##name(__attribute__((unused)) type *context)

/* The thread that runs. */
struct whose {
	u32 tgid;
	struct target *target;
};

/* NULL: of the task that runs, which is asked for only then. */
static __always_inline bool is_asked_about(struct task_struct *task)
{
	if (!probe.cgroup)
		return true;
	return is_in_cgroup(task ? task : (void *)bpf_get_current_task(), probe.cgroup);
}

/* Read as what it is where the kernel lets programs do that (5.11): one call for each hit, where it takes three before. */
static __always_inline u32 read_own(u64 *ret_start_time)
{
	struct task_struct *task;
	u32 tgid;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		task = bpf_get_current_task_btf();
		tgid = (u32)task->tgid;
		*ret_start_time = task->group_leader->start_time;
	} else {
		task = (void *)bpf_get_current_task();
		tgid = (u32)(bpf_get_current_pid_tgid() >> 32);
		*ret_start_time = BPF_CORE_READ(task, group_leader, start_time);
	}
	return settings.pid_namespace ? tgid_of(task) : tgid;
}

/*
 * target_of(), of the task that runs. `with_target`: it must be known, which only walks ask for. A single target is told by
 * its numbers alone: to look into a map takes longer than all the rest of a hit that is only counted.
 */
static __always_inline bool is_wanted(struct whose *ret, bool with_target)
{
	const u32 lone = *(volatile u32 *)&control.lone;
	struct target *target;
	u64 start_time;

	ret->target = NULL;
	ret->tgid = read_own(&start_time);
	if (!with_target && settings.system)
		return ret->tgid != 0 && is_asked_about(NULL);
	if (!with_target && lone) {
		if (lone != ret->tgid)
			return false;
		if (control.lone_start_time == start_time)
			return is_asked_about(NULL);
	}
	target = bpf_map_lookup_elem(&targets, &ret->tgid);
	if (target) {
		if (!target->start_time)
			target->start_time = start_time;
		if (target->start_time != start_time)
			target = NULL;
		else if (lone == ret->tgid)
			control.lone_start_time = start_time;
	}
	ret->target = target;
	return is_ours(ret->tgid, target) && is_asked_about(NULL);
}

static __always_inline u32 this_tid(void)
{
	return settings.pid_namespace ? tid_of((void *)bpf_get_current_task()) : (u32)bpf_get_current_pid_tgid();
}

static __always_inline u64 cut_to(u64 value, u32 width)
{
	const u32 bytes = width & ~WIDTH_SIGNED, bits = 64 - 8 * bytes;

	if (bytes == 0 || bytes >= 8)
		return value;
	return width & WIDTH_SIGNED ? (u64)((s64)(value << bits) >> bits) : value << bits >> bits;
}

static __always_inline u32 width_of(u32 argument)
{
	return probe.widths[(argument - 1) & 7];
}

static __always_inline bool passes(u64 value, u32 width)
{
	const u64 other = probe.filter_value;
	const bool is_signed = width & WIDTH_SIGNED;

	switch (probe.filter_test) {
	case TEST_EQUAL:
		return value == other;
	case TEST_OTHER:
		return value != other;
	case TEST_ABOVE:
		return is_signed ? (s64)value > (s64)other : value > other;
	case TEST_BELOW:
		return is_signed ? (s64)value < (s64)other : value < other;
	}
	return true;
}

/* The cell of a value: wire_probes.h has the formula. */
static __always_inline u32 cell_of(u64 value, bool is_signed)
{
	const bool negative = is_signed && (s64)value < 0;
	u64 rest;
	u32 e = 0, cell;

	if (negative)
		value = -value;
	if (value < 8) {
		cell = (u32)value;
	} else {
		rest = value;
#pragma unroll
		for (int step = 32; step > 0; step /= 2) {
			if (rest >> step) {
				rest >>= step;
				e += step;
			}
		}
		cell = (e - 2) * 8 + ((value >> ((e - 3) & 63)) & 7);
	}
	return negative ? cell + PROBE_BUCKETS : cell;
}

/* False: no room. */
static __always_inline bool add_to_group(void *map, const struct probe_group *key, s64 value)
{
	struct probe_cell *cell = bpf_map_lookup_elem(map, key);

	if (!cell) {
		struct probe_cell first = { 1, value };
		long error = bpf_map_update_elem(map, key, &first, BPF_NOEXIST);

		if (!error)
			return true;
		cell = error == -EEXIST ? bpf_map_lookup_elem(map, key) : NULL;
		if (!cell)
			return false;
	}
	__sync_fetch_and_add(&cell->count, 1);
	/* Where it is known to be 0 the compiler would make an atomic "or" of it, which 5.10 does not have. */
	asm volatile("" : "+r"(value));
	__sync_fetch_and_add(&cell->sum, value);
	return true;
}

static __always_inline bool store_group(const struct probe_group *key, s64 value)
{
	return *(volatile u32 *)&control.active & 1 ? add_to_group(&groups_1, key, value)
						    : add_to_group(&groups_0, key, value);
}

static __always_inline bool store_cell(u32 number, s64 value)
{
	u32 zero = 0;
	struct probe_cells *all = bpf_map_lookup_elem(&cells, &zero);
	struct probe_cell *cell;

	if (!all || number >= PROBE_CELLS)
		return false;
	cell = &all->of[number];
	add_to(&cell->count, 1);
	add_to((u64 *)&cell->sum, (u64)value);
	return true;
}

static __always_inline u64 events_flags(void)
{
	const u64 waiting = bpf_ringbuf_query(&probe_events, BPF_RB_AVAIL_DATA);

	return waiting - EVENTS_WAKE_BYTES < EVENTS_WAKE_WITHIN ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

/* Whether another event may be in this second. Two CPUs at its beginning may count one event too few. */
static __always_inline bool has_room_in_window(u64 now_ns)
{
	const u64 second = now_ns / NS_PER_SECOND;
	struct event_window *window;
	u32 zero = 0;

	window = bpf_map_lookup_elem(&event_windows, &zero);
	if (!window)
		return false;
	if (window->second != second) {
		window->second = second;
		window->count = 0;
	}
	if (window->count >= probe.most_events)
		return false;
	__sync_fetch_and_add(&window->count, 1);
	return true;
}

#endif
