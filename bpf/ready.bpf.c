/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The questions that are asked most: pairs of tracepoints that need neither kprobes nor fentry, and the allocator's own
 * functions. One object is loaded for each, with the programs of that question only.
 */
#include "vmlinux.h"
#include "probe.bpf.h"
#include "probe_stack.bpf.h"
#include "ready.bpf.h"
#include "registers.bpf.h"
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
	return is_wanted(&answer.whose) ? count_answer(ctx, &answer, stacks) : 0;
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

/* ---- block-io ---- */

/* Before 5.11 the queue comes first; the helper asks the kernel's types. */
SEC("raw_tp/block_rq_issue")
PROGRAM(ready_issue, struct bpf_raw_tracepoint_args, ctx)
{
	u64 request = probe.argument ? ctx->args[1] : ctx->args[0];
	struct whose whose;

	if (is_wanted(&whose))
		begin_wait(request, device_of((void *)request), &whose, this_tid());
	return 0;
}

SEC("raw_tp/block_rq_complete")
PROGRAM(ready_complete, struct bpf_raw_tracepoint_args, ctx)
{
	return end_wait(ctx->args[0]);
}

/* ---- system calls ---- */

/* The helper gives the numbers, each plus one; none: all. */
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

	if (is_asked_for(number) && is_wanted(&whose))
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
	answer.group = asks_for_some() ? 0 : begun->group;
	answer.too_short = probe.measure != MEASURE_RETURN && answer.value < probe.least_ns;
	begun->time_ns = 0;
	return is_wanted(&answer.whose) ? count_answer(ctx, &answer, stacks) : 0;
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

/* ---- page-faults ---- */

static __always_inline int fault(void *ctx, bool stacks)
{
	struct answer answer = {};

	return is_wanted(&answer.whose) ? count_answer(ctx, &answer, stacks) : 0;
}

SEC("raw_tp/page_fault_user")
PROGRAM(ready_fault, void, ctx)
{
	return fault(ctx, false);
}

SEC("raw_tp/page_fault_user")
PROGRAM(ready_fault_with_stacks, void, ctx)
{
	return fault(ctx, true);
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
		if (is_wanted(&whose))
			begin_wait(socket, 0, &whose, this_tid());
	} else if (before == TCP_SYN_SENT && now == TCP_ESTABLISHED) {
		end_wait(socket);
	} else if (before == TCP_SYN_SENT) {
		bpf_map_delete_elem(&begun_waits, &socket);
	}
	return 0;
}

/* ---- heap-growth ---- */

/* Before a brk: where the heap ends. Before an mmap of memory: how much. */
SEC("raw_tp/sys_enter")
PROGRAM(ready_enter_growth, struct bpf_raw_tracepoint_args, ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const u32 number = (u32)ctx->args[1];
	u64 arguments[6] = {}, group;
	struct whose whose;

	if ((number != CALL_BRK && number != CALL_MMAP) || !is_wanted(&whose))
		return 0;
	if (number == CALL_BRK) {
		group = BPF_CORE_READ(task, mm, brk);
	} else {
		read_syscall_arguments(ctx->args[0], arguments);
		if (!(arguments[3] & MAP_ANONYMOUS))
			return 0;
		group = arguments[1];
	}
	begin_wait(bpf_get_current_pid_tgid(), group, &whose, number);
	return 0;
}

SEC("raw_tp/sys_exit")
PROGRAM(ready_leave_growth, struct bpf_raw_tracepoint_args, ctx)
{
	u64 thread = bpf_get_current_pid_tgid(), result = ctx->args[1];
	struct wait_begun *begun = bpf_map_lookup_elem(&begun_waits, &thread);
	struct answer answer = {};
	u64 more;

	if (!begun || !begun->time_ns)
		return 0;
	more = begun->tid != CALL_BRK ? begun->group : result > begun->group ? result - begun->group : 0;
	begun->time_ns = 0;
	/* Errors are the last page of addresses. */
	if (more == 0 || result > -4096ull || !is_wanted(&answer.whose))
		return 0;
	answer.value = more;
	return count_answer(ctx, &answer, true);
}

/* ---- allocations ---- */

/* The numbers of the functions, in the order in which the helper names them. */
enum { MALLOC, CALLOC, REALLOC, ALIGNED_ALLOC, MEMALIGN, POSIX_MEMALIGN };

struct allocation {
	u64 bytes;
	u64 user_stack;
};

/* What was allocated and not freed yet. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct allocation_key);
	__type(value, struct allocation);
} allocations SEC(".maps");

static __always_inline void forget_allocation(u32 tgid, u64 address, struct probe_figures *figures)
{
	struct allocation_key key = { .address = address, .tgid = tgid };
	struct allocation *allocation = bpf_map_lookup_elem(&allocations, &key);
	struct probe_group group = { .group = 1 };

	if (!allocation)
		return;
	group.user_stack = allocation->user_stack;
	group.tgid = tgid;
	group.cell = cell_of(allocation->bytes, false);
	if (!store_group(&group, (s64)allocation->bytes))
		add_to(&figures->lost, 1);
	bpf_map_delete_elem(&allocations, &key);
}

SEC("kprobe")
PROGRAM(ready_free, struct event_registers, regs)
{
	struct probe_figures *figures = this_figures();
	u64 arguments[6];
	struct whose whose;

	read_arguments(regs, arguments);
	if (!figures)
		return 0;
	/* A hit without a value, that costs as much. */
	add_to(&figures->foreign, 1);
	if (arguments[0] && is_wanted(&whose))
		forget_allocation(whose.tgid, arguments[0], figures);
	return 0;
}

SEC("kprobe")
PROGRAM(ready_enter_allocator, struct event_registers, regs)
{
	const u64 function = bpf_get_attach_cookie(regs);
	struct probe_figures *figures = this_figures();
	u64 arguments[6], bytes, other = 0;
	struct whose whose;

	if (!figures)
		return 0;
	if (!is_wanted(&whose)) {
		add_to(&figures->foreign, 1);
		return 0;
	}
	read_arguments(regs, arguments);
	switch (function) {
	case MALLOC:
		bytes = arguments[0];
		break;
	case CALLOC:
		bytes = arguments[0] * arguments[1];
		break;
	case REALLOC:
		other = arguments[0];
		bytes = arguments[1];
		break;
	case POSIX_MEMALIGN:
		other = arguments[0];
		bytes = arguments[2];
		break;
	default:
		bytes = arguments[1];
	}
	/* One allocator may call another: each has a place of its own. */
	begin_allocation(bpf_get_current_pid_tgid() ^ function << 56, bytes, other);
	return 0;
}

SEC("kprobe")
PROGRAM(ready_leave_allocator, struct event_registers, regs)
{
	const u64 function = bpf_get_attach_cookie(regs);
	u64 thread = bpf_get_current_pid_tgid() ^ function << 56, address = event_return(regs);
	struct wait_begun *begun = bpf_map_lookup_elem(&begun_waits, &thread);
	struct probe_figures *figures = this_figures();
	struct answer answer = {};
	struct allocation_key key = {};
	struct allocation allocation = {};
	u64 other;

	if (!begun || !figures || !is_wanted(&answer.whose))
		return 0;
	answer.value = allocation.bytes = begun->group;
	other = begun->time_ns;
	bpf_map_delete_elem(&begun_waits, &thread);
	if (function == POSIX_MEMALIGN && (address != 0 || bpf_probe_read_user(&address, sizeof(address), (void *)other)))
		return 0;
	if (function == REALLOC && other && (address || !answer.value))
		forget_allocation(answer.whose.tgid, other, figures);
	if (!address)
		return 0;
	/* An allocator within this one has counted it already. */
	forget_allocation(answer.whose.tgid, address, figures);
	answer.of_program = regs;
	count_answer(regs, &answer, true);
	key.address = address;
	key.tgid = answer.whose.tgid;
	allocation.user_stack = answer.user_stack;
	if (bpf_map_update_elem(&allocations, &key, &allocation, BPF_ANY))
		add_to(&figures->lost, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
