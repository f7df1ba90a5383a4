/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ready questions about memory: faults, growth, and the allocator's own functions. */
#ifndef EMBERSCOPE_READY_MEMORY_BPF_H
#define EMBERSCOPE_READY_MEMORY_BPF_H

#include "vmlinux.h"
#include "probe.bpf.h"
#include "ready.bpf.h"
#include "registers.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* ---- page-faults ---- */

static __always_inline int fault(void *ctx, bool stacks)
{
	struct answer answer = {};

	return is_wanted(&answer.whose, stacks) ? count_answer(ctx, &answer, stacks) : 0;
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

/* ---- heap-growth ---- */

/* Before a brk: where the heap ends. Before an mmap of memory: how much. */
SEC("raw_tp/sys_enter")
PROGRAM(ready_enter_growth, struct bpf_raw_tracepoint_args, ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const u32 number = (u32)ctx->args[1];
	u64 arguments[6] = {}, group;
	struct whose whose;

	if ((number != CALL_BRK && number != CALL_MMAP) || !is_wanted(&whose, false))
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
	if (more == 0 || result > -4096ull || !is_wanted(&answer.whose, true))
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
	if (arguments[0] && is_wanted(&whose, false))
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
	if (!is_wanted(&whose, true)) {
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

	if (!begun || !figures || !is_wanted(&answer.whose, true))
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

#endif
