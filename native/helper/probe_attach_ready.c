/* SPDX-License-Identifier: Apache-2.0 */
/* The ready questions: which programs of bpf/ready.bpf.c, where. */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "object_symbols.h"
#include "probe_links.h"
#include "session.h"

#define CALLS_MAX PROBE_ARGUMENTS

struct question {
	const char *name;
	u32 measure; /* MEASURE_ARGUMENT: bytes */
	/* Raw tracepoints, each with its program; the last of them has a form that walks. */
	const char *tracepoints[PROGRAM_COUNT], *programs[PROGRAM_COUNT];
	const char *with_stacks;
	long calls[CALLS_MAX]; /* of the kernel, plus one */
};

#define CALL(name) (SYS_##name + 1)

static const struct question questions[] = {
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
};

/* In the order of bpf/ready.bpf.c's numbers; free by itself. */
static const char *const allocators[] = { "malloc", "calloc", "realloc", "aligned_alloc", "memalign", "posix_memalign" };
#define ALLOCATORS (sizeof(allocators) / sizeof(allocators[0]))

static const struct question *find_question(const char *name)
{
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		if (strcmp(questions[i].name, name) == 0)
			return &questions[i];
	}
	return NULL;
}

/* Before 5.11 a request's queue comes before it. */
static bool has_queue_first(void)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	int id = kernel ? btf__find_by_name_kind(kernel, "btf_trace_block_rq_issue", BTF_KIND_TYPEDEF) : -ENOENT;
	const struct btf_type *type = id > 0 ? btf__type_by_id(kernel, (u32)id) : NULL;
	bool queue = false;

	/* A pointer to a function whose first argument is the tracer's own. */
	type = type ? btf__type_by_id(kernel, type->type) : NULL;
	type = type && btf_is_ptr(type) ? btf__type_by_id(kernel, type->type) : NULL;
	if (type && btf_is_func_proto(type))
		queue = btf_vlen(type) == 3;
	btf__free(kernel);
	return queue;
}

static void configure(struct probe *probe, const struct question *question)
{
	struct probe_settings *settings = &probe->settings;
	const bool of_result = question->calls[0] && probe->request.measure == WIRE_MEASURE_RETURN;

	settings->measure = of_result ? MEASURE_RETURN : question->measure;
	settings->argument = strcmp(question->name, "block-io") == 0 && has_queue_first();
	settings->preemptible = 1;
	for (size_t i = 0; i < CALLS_MAX; i++)
		settings->fields[i].offset = (u16)question->calls[i];
}

static int attach_tracepoints(struct probe *probe, struct session *session, const struct question *question,
			      struct probe_refusal *ret)
{
	struct probe_programs programs = { 0 };
	size_t count = 0;

	for (; count < PROGRAM_COUNT && question->programs[count]; count++)
		programs.names[count] = question->programs[count];
	if (question->with_stacks && probe->settings.flags & PROBE_BY_STACK)
		programs.names[count - 1] = question->with_stacks;
	configure(probe, question);
	probe->mechanism = WIRE_MECHANISM_RAW_TRACEPOINT;
	if (probe_load(probe, session, &programs, ret) < 0)
		return -1;
	/* What ends a wait first: what begins it before would only find it full. */
	for (size_t i = count; i > 0; i--) {
		int fd = bpf_raw_tracepoint_open(question->tracepoints[i - 1], programs.fds[i - 1]);

		fd = fd < 0 ? fd : probe_keep_link(probe, fd);
		if (fd == -ENOENT)
			return refuse_probe(ret, WIRE_PROBE_NO_MECHANISM, -fd, question->tracepoints[i - 1]);
		if (fd < 0)
			return probe_refuse_errno(ret, -fd);
	}
	probe->functions = (u32)count;
	return 0;
}

/* ---- allocations ---- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int find_allocators(int fd, struct object_places *ret)
{
	const char *sorted[ALLOCATORS];
	int r;

	memcpy(sorted, allocators, sizeof(sorted));
	qsort(sorted, ALLOCATORS, sizeof(*sorted), compare_names);
	r = object_find_functions(fd, sorted, ALLOCATORS, ret);
	for (size_t i = 0; r == 0 && i < ret->count; i++) {
		for (u32 number = 0; number < ALLOCATORS; number++) {
			if (strcmp(sorted[ret->list[i].name], allocators[number]) == 0) {
				ret->list[i].name = number;
				break;
			}
		}
	}
	return r;
}

static int attach_allocators(struct probe *probe, struct session *session, int fd, struct probe_refusal *ret)
{
	static const char *const free_name = "free";
	struct probe_programs programs = {
		.names = { "ready_enter_allocator", "ready_leave_allocator", "ready_free" },
		.attach_type = probe->mechanism == WIRE_MECHANISM_UPROBE_MULTI ? TRACE_UPROBE_MULTI : 0,
	};
	struct object_places places = { 0 }, frees = { 0 };
	int r = find_allocators(fd, &places);

	if (r == 0)
		r = object_find_functions(fd, &free_name, 1, &frees);
	if (r < 0 || places.count == 0 || frees.count == 0) {
		r = refuse_probe(ret, WIRE_PROBE_NOT_FOUND, -r, NULL);
	} else {
		probe->scoped = probe->mechanism == WIRE_MECHANISM_UPROBE_MULTI && probe_can_be_scoped(session);
		r = probe_load(probe, session, &programs, ret);
		if (r == 0)
			r = probe_link_places(probe, fd, &frees, programs.fds[PROGRAM_OTHER], false, ret);
		if (r == 0)
			r = probe_link_places(probe, fd, &places, programs.fds[PROGRAM_LEAVE], true, ret);
		if (r == 0)
			r = probe_link_places(probe, fd, &places, programs.fds[PROGRAM_ENTER], false, ret);
		if (r == 0) {
			r = probe_follow(probe, session);
			r = r < 0 ? probe_refuse_link(probe, r, ret) : 0;
		}
		probe->functions = (u32)(places.count + frees.count);
	}
	object_places_close(&places);
	object_places_close(&frees);
	return r;
}

static int attach_heap(struct probe *probe, struct session *session, struct probe_refusal *ret)
{
	int fd, r;

	if (probe_choose_uprobes(probe, ret) < 0)
		return -1;
	/* Which of the functions it is, only a cookie tells. */
	if (!probe->settings.has_cookie)
		return refuse_probe(ret, WIRE_PROBE_NO_MECHANISM, 0, NULL);
	probe->settings.of_program = 1;
	probe->settings.measure = MEASURE_ARGUMENT;
	fd = probe_open_module(session, probe->request.module, ret);
	if (fd < 0)
		return -1;
	r = attach_allocators(probe, session, fd, ret);
	close(fd);
	return r;
}

int probe_attach_ready(struct probe *probe, struct session *session, struct probe_refusal *ret)
{
	const struct question *question = probe->name_count == 1 ? find_question(probe->names[0]) : NULL;

	if (probe->request.mechanism != WIRE_MECHANISM_BEST)
		return refuse_probe(ret, WIRE_PROBE_NO_MECHANISM, 0, NULL);
	if (question)
		return attach_tracepoints(probe, session, question, ret);
	if (probe->name_count == 1 && strcmp(probe->names[0], "allocations") == 0)
		return attach_heap(probe, session, ret);
	return refuse_probe(ret, WIRE_PROBE_NOT_FOUND, 0, NULL);
}
