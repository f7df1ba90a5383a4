/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ready questions about what programs ask the kernel for, and what it asks of devices and of the network. */
#ifndef EMBERSCOPE_READY_CALLS_BPF_H
#define EMBERSCOPE_READY_CALLS_BPF_H

#include "vmlinux.h"
#include "probe.bpf.h"
#include "ready.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* ---- system calls ---- */

/* The helper gives the numbers, each plus one; none: all. `argument`: they are told apart all the same. */
static __always_inline bool asks_for_some(void)
{
	return probe.fields[0].offset != 0;
}

static __always_inline bool is_asked_for(u32 number)
{
	bool asked = !asks_for_some();

#pragma unroll
	for (int i = 0; i < PROBE_ARGUMENTS; i++)
		asked |= probe.fields[i].offset != 0 && probe.fields[i].offset == number + 1;
	return asked;
}

SEC("raw_tp/sys_enter")
PROGRAM(ready_enter_call, struct bpf_raw_tracepoint_args, ctx)
{
	const u32 number = (u32)ctx->args[1];
	struct whose whose;

	if (is_asked_for(number) && is_wanted(&whose, false))
		begin_wait(bpf_get_current_pid_tgid(), number, &whose, this_tid());
	return 0;
}

static __always_inline int leave_call(struct bpf_raw_tracepoint_args *ctx, bool stacks)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct wait_begun *begun = bpf_map_lookup_elem(&begun_waits, &thread);
	struct answer answer = {};

	if (!begun || !begun->time_ns)
		return 0;
	answer.value = probe.measure == MEASURE_RETURN ? ctx->args[1] : bpf_ktime_get_ns() - begun->time_ns;
	answer.is_signed = probe.measure == MEASURE_RETURN;
	answer.group = asks_for_some() && !probe.argument ? 0 : begun->group;
	answer.too_short = probe.measure != MEASURE_RETURN && answer.value < probe.least_ns;
	begun->time_ns = 0;
	return is_wanted(&answer.whose, stacks) ? count_answer(ctx, &answer, stacks) : 0;
}

SEC("raw_tp/sys_exit")
PROGRAM(ready_leave_call, struct bpf_raw_tracepoint_args, ctx)
{
	return leave_call(ctx, false);
}

SEC("raw_tp/sys_exit")
PROGRAM(ready_leave_call_with_stacks, struct bpf_raw_tracepoint_args, ctx)
{
	return leave_call(ctx, true);
}

/* ---- what a thread begins and ends by itself ---- */

SEC("raw_tp")
PROGRAM(ready_enter_span, void, ctx)
{
	struct whose whose;

	if (is_wanted(&whose, false))
		begin_wait(bpf_get_current_pid_tgid(), 0, &whose, this_tid());
	return 0;
}

static __always_inline int leave_span(void *ctx, bool stacks)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct wait_begun *begun = bpf_map_lookup_elem(&begun_waits, &thread);
	struct answer answer = {};

	if (!begun || !begun->time_ns)
		return 0;
	answer.value = bpf_ktime_get_ns() - begun->time_ns;
	answer.too_short = answer.value < probe.least_ns;
	begun->time_ns = 0;
	return is_wanted(&answer.whose, stacks) ? count_answer(ctx, &answer, stacks) : 0;
}

SEC("raw_tp")
PROGRAM(ready_leave_span, void, ctx)
{
	return leave_span(ctx, false);
}

SEC("raw_tp")
PROGRAM(ready_leave_span_with_stacks, void, ctx)
{
	return leave_span(ctx, true);
}

/* ---- block-io ---- */

/* Before 5.11 the queue comes first; the helper asks the kernel's types. */
SEC("raw_tp/block_rq_issue")
PROGRAM(ready_issue, struct bpf_raw_tracepoint_args, ctx)
{
	u64 request = probe.argument ? ctx->args[1] : ctx->args[0];
	struct whose whose;

	if (is_wanted(&whose, false))
		begin_wait(request, device_of((void *)request), &whose, this_tid());
	return 0;
}

SEC("raw_tp/block_rq_complete")
PROGRAM(ready_complete, struct bpf_raw_tracepoint_args, ctx)
{
	return end_wait(ctx->args[0]);
}

/* ---- tcp-connects ---- */

#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT 2

SEC("raw_tp/inet_sock_set_state")
PROGRAM(ready_socket, struct bpf_raw_tracepoint_args, ctx)
{
	u64 socket = ctx->args[0];
	const u32 before = (u32)ctx->args[1], now = (u32)ctx->args[2];
	struct whose whose;

	if (now == TCP_SYN_SENT) {
		if (is_wanted(&whose, false))
			begin_wait(socket, 0, &whose, this_tid());
	} else if (before == TCP_SYN_SENT && now == TCP_ESTABLISHED) {
		end_wait(socket);
	} else if (before == TCP_SYN_SENT) {
		bpf_map_delete_elem(&begun_waits, &socket);
	}
	return 0;
}

#endif
