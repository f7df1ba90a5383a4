/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the page cache had, and what had to be brought in. Since 6.12 the kernel tells of every step of a read, once its pages
 * are there: it was missed where the same system call had to add one of them. What read-ahead adds lies behind the read, so
 * that the next one finds it. Before, pages that are marked as accessed and pages that are added are counted apart, as bcc's
 * cachestat does: writes are among both.
 */
#ifndef EMBERSCOPE_READY_PAGE_CACHE_BPF_H
#define EMBERSCOPE_READY_PAGE_CACHE_BPF_H

#include "vmlinux.h"
#include "probe.bpf.h"
#include "ready.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

enum { READ_FOUND, READ_MISSED, PAGE_ACCESSED, PAGE_ADDED };

/* Reads and writes that this thread has ended: within one, they stay the same. */
static __always_inline u32 calls_ended(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (!bpf_core_field_exists(task->ioac.syscr))
		return 0;
	return (u32)(BPF_CORE_READ(task, ioac.syscr) + BPF_CORE_READ(task, ioac.syscw));
}

/* The run of pages that a thread has added: `time_ns` whose file, `group` the first, `tgid` the last's distance to it. */
SEC("raw_tp/mm_filemap_add_to_page_cache")
PROGRAM(ready_add_page, struct bpf_raw_tracepoint_args, ctx)
{
	struct folio *folio = (void *)ctx->args[0];
	u64 thread = bpf_get_current_pid_tgid(), file = (u64)BPF_CORE_READ(folio, mapping);
	struct wait_begun *run = bpf_map_lookup_elem(&begun_waits, &thread), first = {};
	const u64 index = BPF_CORE_READ(folio, index);
	const u32 call = calls_ended();
	struct whose whose;

	if (run && run->time_ns == file && run->tid == call && index > run->group) {
		run->tgid = (u32)(index - run->group);
		return 0;
	}
	if (!is_wanted(&whose, true))
		return 0;
	first.time_ns = file;
	first.group = index;
	first.tid = call;
	bpf_map_update_elem(&begun_waits, &thread, &first, BPF_ANY);
	return 0;
}

static __always_inline int read_pages(struct bpf_raw_tracepoint_args *ctx, bool stacks)
{
	u64 thread = bpf_get_current_pid_tgid();
	const u64 first = ctx->args[1], last = ctx->args[2];
	struct wait_begun *run;
	struct answer answer = { .group = READ_FOUND };

	if (!is_wanted(&answer.whose, stacks))
		return 0;
	run = bpf_map_lookup_elem(&begun_waits, &thread);
	if (run && run->time_ns == ctx->args[0] && run->tid == calls_ended() && run->group <= last &&
	    run->group + run->tgid >= first)
		answer.group = READ_MISSED;
	if (run)
		run->time_ns = 0;
	return count_answer(ctx, &answer, stacks);
}

SEC("raw_tp/mm_filemap_get_pages")
PROGRAM(ready_read_pages, struct bpf_raw_tracepoint_args, ctx)
{
	return read_pages(ctx, false);
}

SEC("raw_tp/mm_filemap_get_pages")
PROGRAM(ready_read_pages_with_stacks, struct bpf_raw_tracepoint_args, ctx)
{
	return read_pages(ctx, true);
}

static __always_inline int count_page(void *ctx, u64 group)
{
	struct answer answer = { .group = group };

	return is_wanted(&answer.whose, false) ? count_answer(ctx, &answer, false) : 0;
}

SEC("raw_tp/mm_filemap_add_to_page_cache")
PROGRAM(ready_count_added, void, ctx)
{
	return count_page(ctx, PAGE_ADDED);
}

SEC("kprobe")
PROGRAM(ready_count_accessed, void, ctx)
{
	return count_page(ctx, PAGE_ACCESSED);
}

#endif
