/* SPDX-License-Identifier: Apache-2.0 */
/* The list of ready questions, but for "allocations". */
#define _GNU_SOURCE
#include <string.h>
#include <sys/syscall.h>

#include "probe_ready.h"

#define CALL(name) (SYS_##name + 1)
/* What younger architectures do not have. */
#ifdef SYS_stat
#define OLD_CALL(name) CALL(name)
#else
#define OLD_CALL(name) 0
#endif

static const struct ready_question questions[] = {
	{ .name = "run-queue",
	  .measure = MEASURE_LATENCY,
	  .tracepoints = { "sched_wakeup", "sched_wakeup_new", "sched_switch" },
	  .programs = { "ready_wakeup", "ready_wakeup_new", "ready_run" } },
	{ .name = "block-io",
	  .measure = MEASURE_LATENCY,
	  .tracepoints = { "block_rq_issue", "block_rq_complete" },
	  .programs = { "ready_issue", "ready_complete" } },
	{ .name = "syscalls",
	  .measure = MEASURE_LATENCY,
	  .tracepoints = { "sys_enter", "sys_exit" },
	  .programs = { "ready_enter_call", "ready_leave_call" },
	  .with_stacks = "ready_leave_call_with_stacks" },
	{ .name = "futex",
	  .measure = MEASURE_LATENCY,
	  .tracepoints = { "sys_enter", "sys_exit" },
	  .programs = { "ready_enter_call", "ready_leave_call" },
	  .with_stacks = "ready_leave_call_with_stacks",
	  .calls = { CALL(futex) } },
	{ .name = "file-reads",
	  .measure = MEASURE_LATENCY,
	  .tracepoints = { "sys_enter", "sys_exit" },
	  .programs = { "ready_enter_call", "ready_leave_call" },
	  .with_stacks = "ready_leave_call_with_stacks",
	  .calls = { CALL(read), CALL(pread64), CALL(readv), CALL(preadv), CALL(preadv2) } },
	{ .name = "file-writes",
	  .measure = MEASURE_LATENCY,
	  .tracepoints = { "sys_enter", "sys_exit" },
	  .programs = { "ready_enter_call", "ready_leave_call" },
	  .with_stacks = "ready_leave_call_with_stacks",
	  .calls = { CALL(write), CALL(pwrite64), CALL(writev), CALL(pwritev), CALL(pwritev2) } },
	{ .name = "page-faults",
	  .measure = MEASURE_COUNT,
	  .tracepoints = { "page_fault_user" },
	  .programs = { "ready_fault" },
	  .with_stacks = "ready_fault_with_stacks" },
	{ .name = "tcp-connects",
	  .measure = MEASURE_LATENCY,
	  .tracepoints = { "inet_sock_set_state" },
	  .programs = { "ready_socket" } },
	{ .name = "switches",
	  .measure = MEASURE_COUNT,
	  .tracepoints = { "sched_switch" },
	  .programs = { "ready_switch" },
	  .with_stacks = "ready_switch_with_stacks" },
	{ .name = "heap-growth",
	  .measure = MEASURE_ARGUMENT,
	  .tracepoints = { "sys_enter", "sys_exit" },
	  .programs = { "ready_enter_growth", "ready_leave_growth" } },
	{ .name = "file-status",
	  .measure = MEASURE_LATENCY,
	  .tracepoints = { "sys_enter", "sys_exit" },
	  .programs = { "ready_enter_call", "ready_leave_call" },
	  .with_stacks = "ready_leave_call_with_stacks",
	  .calls = { CALL(newfstatat), CALL(statx), CALL(fstat), OLD_CALL(stat), OLD_CALL(lstat) },
	  .by_call = true },
	{ .name = "syncs",
	  .measure = MEASURE_LATENCY,
	  .tracepoints = { "sys_enter", "sys_exit" },
	  .programs = { "ready_enter_call", "ready_leave_call" },
	  .with_stacks = "ready_leave_call_with_stacks",
	  .calls = { CALL(fsync), CALL(fdatasync), CALL(sync), CALL(syncfs), CALL(msync), CALL(sync_file_range) },
	  .by_call = true },
	{ .name = "direct-reclaim",
	  .measure = MEASURE_LATENCY,
	  .tracepoints = { "mm_vmscan_direct_reclaim_begin", "mm_vmscan_direct_reclaim_end" },
	  .programs = { "ready_enter_span", "ready_leave_span" },
	  .with_stacks = "ready_leave_span_with_stacks" },
	{ .name = "compaction",
	  .measure = MEASURE_LATENCY,
	  .tracepoints = { "mm_compaction_begin", "mm_compaction_end" },
	  .programs = { "ready_enter_span", "ready_leave_span" },
	  .with_stacks = "ready_leave_span_with_stacks" },
	{ .name = "kernel-locks",
	  .measure = MEASURE_LATENCY,
	  .tracepoints = { "contention_begin", "contention_end" },
	  .programs = { "ready_enter_span", "ready_leave_span" },
	  .with_stacks = "ready_leave_span_with_stacks" },
	{ .name = "interrupts",
	  .measure = MEASURE_LATENCY,
	  .tracepoints = { "irq_handler_entry", "irq_handler_exit" },
	  .programs = { "ready_enter_interrupt", "ready_leave_interrupt" } },
	{ .name = "soft-interrupts",
	  .measure = MEASURE_LATENCY,
	  .tracepoints = { "softirq_entry", "softirq_exit" },
	  .programs = { "ready_enter_soft_interrupt", "ready_leave_soft_interrupt" } },
	{ .name = "cpu-time",
	  .measure = MEASURE_LATENCY,
	  .tracepoints = { "sched_switch" },
	  .programs = { "ready_turn" } },
	{ .name = "run-queue-length",
	  .measure = MEASURE_ARGUMENT,
	  .programs = { "ready_look_at_queue" },
	  .looks_a_second = 99 },
	{ .name = "page-cache",
	  .measure = MEASURE_COUNT,
	  .tracepoints = { "mm_filemap_add_to_page_cache", "mm_filemap_get_pages" },
	  .programs = { "ready_add_page", "ready_read_pages" },
	  .with_stacks = "ready_read_pages_with_stacks",
	  .older_programs = { "ready_count_added", "ready_count_accessed" },
	  .functions = { "folio_mark_accessed", "mark_page_accessed" } },
};

const struct ready_question *ready_question_find(const char *name)
{
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		if (strcmp(questions[i].name, name) == 0)
			return &questions[i];
	}
	return NULL;
}
