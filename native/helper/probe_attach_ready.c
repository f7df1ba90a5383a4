/* SPDX-License-Identifier: Apache-2.0 */
/* How a ready question is attached: to raw tracepoints, beside a function of the kernel, or to a clock. */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel_functions.h"
#include "probe_links.h"
#include "probe_ready.h"
#include "session.h"

/* By the type that the kernel has for each of its raw tracepoints. */
static int find_raw_tracepoint(const struct btf *kernel, const char *name)
{
	char typedef_name[96];

	snprintf(typedef_name, sizeof(typedef_name), "btf_trace_%s", name);
	return kernel ? btf__find_by_name_kind(kernel, typedef_name, BTF_KIND_TYPEDEF) : -ENOENT;
}

static bool has_raw_tracepoint(const char *name)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	const bool found = find_raw_tracepoint(kernel, name) > 0;

	btf__free(kernel);
	return found;
}

/* Before 5.11 a request's queue comes before it. */
static bool has_queue_first(void)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	int id = find_raw_tracepoint(kernel, "block_rq_issue");
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

static void configure(struct probe *probe, const struct ready_question *question)
{
	struct probe_settings *settings = &probe->settings;
	const bool of_result = question->calls[0] && probe->request.measure == WIRE_MEASURE_RETURN;

	settings->measure = of_result ? MEASURE_RETURN : question->measure;
	settings->argument = question->by_call || (strcmp(question->name, "block-io") == 0 && has_queue_first());
	settings->preemptible = 1;
	for (size_t i = 0; i < READY_CALLS_MAX; i++)
		settings->fields[i].offset = (u16)question->calls[i];
}

/* The programs of a list that ends with NULL. Returns their number. */
static size_t choose(struct probe_programs *ret, const char *const names[PROGRAM_COUNT])
{
	size_t count = 0;

	for (; count < PROGRAM_COUNT && names[count]; count++)
		ret->names[count] = names[count];
	return count;
}

static int refuse_tracepoint(struct probe_refusal *ret, int r, const char *name)
{
	return r == -ENOENT ? refuse_probe(ret, WIRE_PROBE_NO_MECHANISM, -r, name) : probe_refuse_errno(ret, -r);
}

static int link_tracepoint(struct probe *probe, const char *name, int program_fd)
{
	int fd = bpf_raw_tracepoint_open(name, program_fd);

	return fd < 0 ? fd : probe_keep_link(probe, fd);
}

/* In place of the last tracepoint a function, of which the kernel has one or the other. */
static int attach_older(struct probe *probe, struct session *session, const struct ready_question *question,
			struct probe_refusal *ret)
{
	struct probe_programs programs = { 0 };
	const size_t last = choose(&programs, question->older_programs) - 1;
	int r = -ENOENT;

	probe->mechanism = WIRE_MECHANISM_KPROBE;
	if (probe_load(probe, session, &programs, ret) < 0)
		return -1;
	for (size_t i = 0; i < 2 && r < 0; i++) {
		struct kernel_places places;

		r = kernel_find_functions(&question->functions[i], 1, &places);
		if (r == 0)
			r = places.count == 0 ? -ENOENT :
						probe_link_address(probe, places.list[0].address, programs.fds[last], false);
		kernel_places_close(&places);
	}
	if (r == -EOPNOTSUPP)
		return refuse_probe(ret, WIRE_PROBE_NO_KPROBES, -r, NULL);
	for (size_t i = 0; i < last && r == 0; i++)
		r = link_tracepoint(probe, question->tracepoints[i], programs.fds[i]);
	probe->functions = (u32)last + 1;
	return r < 0 ? refuse_tracepoint(ret, r, question->functions[0]) : 0;
}

static int attach_tracepoints(struct probe *probe, struct session *session, const struct ready_question *question,
			      struct probe_refusal *ret)
{
	struct probe_programs programs = { 0 };
	const size_t count = choose(&programs, question->programs);

	/* Its programs read what a kernel without it may not have. */
	if (question->functions[0] && !has_raw_tracepoint(question->tracepoints[count - 1]))
		return attach_older(probe, session, question, ret);
	if (question->with_stacks && probe->settings.flags & PROBE_BY_STACK)
		programs.names[count - 1] = question->with_stacks;
	probe->mechanism = WIRE_MECHANISM_RAW_TRACEPOINT;
	if (probe_load(probe, session, &programs, ret) < 0)
		return -1;
	/* What ends a wait first: what begins it before would only find it full. */
	for (size_t i = count; i > 0; i--) {
		int r = link_tracepoint(probe, question->tracepoints[i - 1], programs.fds[i - 1]);

		if (r < 0)
			return refuse_tracepoint(ret, r, question->tracepoints[i - 1]);
	}
	probe->functions = (u32)count;
	return 0;
}

static int attach_clock(struct probe *probe, struct session *session, const struct ready_question *question,
			struct probe_refusal *ret)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = 1000000000u / question->looks_a_second,
		.disabled = 1,
	};
	struct probe_programs programs = { 0 };

	choose(&programs, question->programs);
	probe->mechanism = WIRE_MECHANISM_PERF_EVENT;
	if (probe_load(probe, session, &programs, ret) < 0)
		return -1;
	for (int i = 0; i < session->cpu_count; i++) {
		int fd = (int)syscall(SYS_perf_event_open, &attr, -1, session->cpus[i], -1, PERF_FLAG_FD_CLOEXEC);
		int r = fd < 0 ? -errno : probe_keep_event(probe, fd, programs.fds[PROGRAM_ENTER], 0);

		if (r < 0)
			return probe_refuse_errno(ret, -r);
	}
	probe->functions = (u32)session->cpu_count;
	return 0;
}

int probe_attach_ready(struct probe *probe, struct session *session, struct probe_refusal *ret)
{
	const struct ready_question *question = probe->name_count == 1 ? ready_question_find(probe->names[0]) : NULL;

	if (probe->request.mechanism != WIRE_MECHANISM_BEST)
		return refuse_probe(ret, WIRE_PROBE_NO_MECHANISM, 0, NULL);
	if (question) {
		configure(probe, question);
		return question->looks_a_second ? attach_clock(probe, session, question, ret) :
						  attach_tracepoints(probe, session, question, ret);
	}
	if (probe->name_count == 1 && strcmp(probe->names[0], "allocations") == 0)
		return probe_attach_allocators(probe, session, ret);
	return refuse_probe(ret, WIRE_PROBE_NOT_FOUND, 0, NULL);
}
