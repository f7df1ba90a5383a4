/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What becomes of a hit, whatever it came through: at the entry it is filtered, counted, sent, and kept for its return;
 * there it is measured.
 */
#ifndef EMBERSCOPE_HIT_BPF_H
#define EMBERSCOPE_HIT_BPF_H

#include "vmlinux.h"
#include "calls.bpf.h"
#include "probe.bpf.h"
#include "probe_stack.bpf.h"
#include "registers.bpf.h"
#include <bpf/bpf_helpers.h>

/* What there is to know of a hit. */
struct hit {
	struct whose whose;
	u64 time_ns;
	u64 duration_ns;
	u64 sp;
	u64 value;
	u64 user_stack;
	u64 kernel_stack;
	u32 function;
	u16 flags;
	u64 arguments[PROBE_ARGUMENTS];
};

static __always_inline bool wants_stacks(void)
{
	return probe.flags & (PROBE_BY_STACK | PROBE_EVENT_STACKS);
}

static __always_inline bool wants_arguments(void)
{
	return probe.argument || probe.filter_argument || probe.flags & PROBE_EVENTS || probe.text_argument;
}

static __always_inline u64 argument_of(const u64 *arguments, u32 number)
{
	u64 value = 0;

#pragma unroll
	for (u32 i = 0; i < PROBE_ARGUMENTS; i++)
		if (number == i + 1)
			value = arguments[i];
	return value;
}

static __always_inline void cut_arguments(u64 *arguments)
{
#pragma unroll
	for (int i = 0; i < PROBE_ARGUMENTS; i++)
		arguments[i] = cut_to(arguments[i], probe.widths[i]);
}

/* True: it is in a bucket. */
static __always_inline bool store(const struct hit *hit, u64 value, u32 width)
{
	const u32 cell = probe.measure == MEASURE_COUNT ? 0 : cell_of(value, width & WIDTH_SIGNED);

	if (probe.flags & (PROBE_BY_THREAD | PROBE_BY_STACK)) {
		struct probe_group key = { .cell = cell };

		if (probe.flags & PROBE_BY_STACK) {
			key.user_stack = hit->user_stack;
			key.kernel_stack = hit->kernel_stack;
		}
		/* A user stack is one process's: without threads it is still told whose. */
		key.tgid = hit->whose.tgid;
		if (probe.flags & PROBE_BY_THREAD)
			key.tid = this_tid();
		return store_group(&key, (s64)value);
	}
	/* Counted by `measured` alone. */
	return probe.measure == MEASURE_COUNT || store_cell(cell, (s64)value);
}

static __always_inline void measure(const struct hit *hit, struct probe_figures *figures)
{
	u64 value = 0;
	u32 width = 0;

	if (probe.measure == MEASURE_LATENCY) {
		value = hit->duration_ns;
	} else if (probe.measure == MEASURE_ARGUMENT) {
		value = argument_of(hit->arguments, probe.argument);
		width = width_of(probe.argument);
	} else if (probe.measure == MEASURE_RETURN) {
		value = hit->value;
		width = width_of(PROBE_RETURN);
	}
	if (store(hit, value, width))
		add_to(&figures->measured, 1);
	else
		add_to(&figures->lost, 1);
}

static __always_inline void copy_text(void *ctx, const struct hit *hit, char *ret)
{
	const u64 at = argument_of(hit->arguments, probe.text_argument);

	if (probe.text_is_inside)
		bpf_probe_read_kernel_str(ret, PROBE_TEXT, ctx + (at & 0xffff));
	else if (probe.flags & PROBE_TEXT_OF_KERNEL)
		bpf_probe_read_kernel_str(ret, PROBE_TEXT, (void *)at);
	else
		bpf_probe_read_user_str(ret, PROBE_TEXT, (void *)at);
}

static __always_inline void send_event(void *ctx, const struct hit *hit, struct probe_figures *figures)
{
	struct probe_event *event;

	/* Each size by itself: it must be a constant for the kernel. */
	if (!has_room_in_window(hit->time_ns)) {
		add_to(&figures->dropped, 1);
		add_to(&figures->above_rate, 1);
		return;
	}
	if (probe.text_argument)
		event = bpf_ringbuf_reserve(&probe_events, sizeof(*event), 0);
	else
		event = bpf_ringbuf_reserve(&probe_events, offsetof(struct probe_event, text), 0);
	if (!event) {
		add_to(&figures->dropped, 1);
		return;
	}
	event->time_ns = hit->time_ns;
	event->duration_ns = hit->duration_ns;
	event->user_stack = probe.flags & PROBE_EVENT_STACKS ? hit->user_stack : 0;
	event->kernel_stack = probe.flags & PROBE_EVENT_STACKS ? hit->kernel_stack : 0;
	event->value = (s64)hit->value;
#pragma unroll
	for (int i = 0; i < PROBE_ARGUMENTS; i++)
		event->arguments[i] = hit->arguments[i];
	event->probe = probe.probe;
	event->function = hit->function;
	event->tgid = hit->whose.tgid;
	event->tid = this_tid();
	event->cpu = bpf_get_smp_processor_id();
	event->flags = hit->flags;
	if (probe.text_argument) {
		__builtin_memset(event->text, 0, sizeof(event->text));
		copy_text(ctx, hit, event->text);
	}
	bpf_ringbuf_submit(event, events_flags());
}

static __always_inline u32 this_function(void *ctx)
{
	return probe.has_cookie ? (u32)bpf_get_attach_cookie(ctx) : 0;
}

/* The context of a function that is traced by its type lies on the stack, too. */
static __always_inline u64 address_of(void *ctx, struct calls *calls)
{
	*(volatile u64 *)&calls->address = (u64)ctx;
	return *(volatile u64 *)&calls->address;
}

/* Remembers the call for its return. */
static __always_inline void keep_call(void *ctx, const struct hit *hit, bool passed, bool has_stacks, struct probe_figures *figures)
{
	struct calls *calls = calls_of(bpf_get_current_pid_tgid(), true);
	struct call *call;
	u64 place;

	if (!calls) {
		add_to(&figures->missed, passed);
		return;
	}
	call = push_call(calls, hit->sp ? hit->sp : address_of(ctx, calls), hit->function, figures, &place);
	if (!call)
		return;
	if (wants_arguments()) {
#pragma unroll
		for (int i = 0; i < PROBE_ARGUMENTS; i++)
			calls->arguments[place_of(place)][i] = hit->arguments[i];
	}
	call->user_stack = hit->user_stack;
	call->kernel_stack = hit->kernel_stack;
	call->lost = !has_stacks;
	/* Last: what this program takes is no part of the call. */
	call->time_ns = passed ? bpf_ktime_get_ns() : 0;
}

/* Where nothing is asked but how often: what is counted is measured, which the helper knows. */
static __always_inline int count(void)
{
	struct probe_figures *figures = this_figures();
	struct whose whose;
	u64 from_ns;

	if (!figures)
		return 0;
	from_ns = begin_run(figures);
	add_to(is_wanted(&whose, false) ? &figures->calls : &figures->foreign, 1);
	end_run(figures, from_ns);
	return 0;
}

/* At the entry. `stacks`: the program can walk. */
static __always_inline int begin(void *ctx, const struct event_registers *of_program, struct hit *hit, bool stacks)
{
	struct probe_figures *figures = this_figures();
	bool passed = true, has_stacks = true;

	if (!figures)
		return 0;
	if (!is_wanted(&hit->whose, wants_stacks())) {
		add_to(&figures->foreign, 1);
		return 0;
	}
	add_to(&figures->calls, 1);
	hit->function = this_function(ctx);
	if (wants_arguments())
		cut_arguments(hit->arguments);
	if (probe.filter_argument && probe.filter_argument != PROBE_RETURN)
		passed = passes(argument_of(hit->arguments, probe.filter_argument), width_of(probe.filter_argument));
	if (!passed)
		add_to(&figures->filtered, 1);
	if (stacks && passed && wants_stacks())
		has_stacks = take_stacks(ctx, of_program, &hit->whose, &hit->user_stack, &hit->kernel_stack);
	if (passed && !probe.at_return) {
		if (has_stacks || !(probe.flags & PROBE_BY_STACK))
			measure(hit, figures);
		else
			add_to(&figures->lost, 1);
	}
	if (passed && probe.flags & PROBE_EVENTS && !probe.event_at_return) {
		hit->time_ns = bpf_ktime_get_ns();
		send_event(ctx, hit, figures);
	}
	if (probe.at_return || probe.event_at_return)
		keep_call(ctx, hit, passed, has_stacks, figures);
	return 0;
}

/* At the return. */
static __always_inline int end(void *ctx, struct hit *hit)
{
	struct probe_figures *figures = this_figures();
	struct calls *calls;
	struct call *call;
	u64 place = 0;

	hit->time_ns = bpf_ktime_get_ns();
	if (!figures || !is_wanted(&hit->whose, wants_stacks()))
		return 0;
	calls = calls_of(bpf_get_current_pid_tgid(), false);
	hit->function = this_function(ctx);
	call = pop_call(calls, hit->sp, hit->function, figures, &place);
	if (!call || !calls || !call->time_ns)
		return 0;
	hit->duration_ns = hit->time_ns - call->time_ns;
	hit->value = cut_to(hit->value, width_of(PROBE_RETURN));
	if (hit->duration_ns < probe.least_ns ||
	    (probe.filter_argument == PROBE_RETURN && !passes(hit->value, width_of(PROBE_RETURN)))) {
		add_to(&figures->filtered, 1);
		return 0;
	}
	hit->user_stack = call->user_stack;
	hit->kernel_stack = call->kernel_stack;
	if (wants_arguments()) {
#pragma unroll
		for (int i = 0; i < PROBE_ARGUMENTS; i++)
			hit->arguments[i] = calls->arguments[place_of(place)][i];
	}
	if (probe.at_return) {
		if (call->lost && probe.flags & PROBE_BY_STACK)
			add_to(&figures->lost, 1);
		else
			measure(hit, figures);
	}
	hit->flags |= HIT_RETURN;
	if (probe.flags & PROBE_EVENTS && probe.event_at_return)
		send_event(ctx, hit, figures);
	return 0;
}

#endif
