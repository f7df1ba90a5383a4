/* SPDX-License-Identifier: Apache-2.0 */
/* The ready question about memory that was allocated and not freed yet: a library's own functions. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "object_symbols.h"
#include "probe_links.h"
#include "probe_ready.h"
#include "session.h"

/* In the order of bpf/ready_memory.bpf.h's numbers; free by itself. */
static const char *const allocators[] = { "malloc", "calloc", "realloc", "aligned_alloc", "memalign", "posix_memalign" };
#define ALLOCATORS (sizeof(allocators) / sizeof(allocators[0]))

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

int probe_attach_allocators(struct probe *probe, struct session *session, struct probe_refusal *ret)
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
