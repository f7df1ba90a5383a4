/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions and static probes of programs: uprobe_multi where the kernel has it, which takes all places at once, else a
 * perf event each. The file is named by a descriptor of ours: a path could lead to another file by now.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "object_symbols.h"
#include "probe_links.h"
#include "session.h"

#define UPROBE_DEVICE "/sys/bus/event_source/devices/uprobe"

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_place(const void *a, const void *b)
{
	const char *const *left = a, *const *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* The numbers of the names as they were asked for: these lie in their order. */
static void number_places(const struct probe *probe, const char *const *sorted, struct object_places *places)
{
	for (size_t i = 0; i < places->count; i++) {
		const char *name = sorted[places->list[i].name];
		const char **found = bsearch(&name, probe->names, probe->name_count, sizeof(name), by_place);

		places->list[i].name = (u32)(found - probe->names);
	}
}

static int find_places(struct probe *probe, int fd, struct object_places *ret, struct probe_refusal *ret_refusal)
{
	const bool usdt = probe->request.kind == WIRE_PROBE_USDT;
	const char **sorted = malloc(probe->name_count * sizeof(*sorted));
	int r;

	*ret = (struct object_places){ 0 };
	if (!sorted)
		return probe_refuse_errno(ret_refusal, ENOMEM);
	/* A symbol's version is not part of its name in the file. */
	for (u32 i = 0; i < probe->name_count && !usdt; i++)
		((char *)(uintptr_t)probe->names[i])[strcspn(probe->names[i], "@")] = 0;
	memcpy(sorted, probe->names, probe->name_count * sizeof(*sorted));
	qsort(sorted, probe->name_count, sizeof(*sorted), by_text);
	r = usdt ? object_find_static_probes(fd, sorted, probe->name_count, ret) :
		   object_find_functions(fd, sorted, probe->name_count, ret);
	if (r == 0)
		number_places(probe, sorted, ret);
	free(sorted);
	if (r == -ENOEXEC || (r == 0 && ret->count == 0))
		return refuse_probe(ret_refusal, WIRE_PROBE_NOT_FOUND, -r, NULL);
	if (r == -E2BIG)
		return refuse_probe(ret_refusal, WIRE_PROBE_TOO_MANY, OBJECT_PLACES_MAX, NULL);
	return r < 0 ? probe_refuse_errno(ret_refusal, -r) : 0;
}

int probe_link_multi(int fd, const struct object_place *places, size_t count, int program_fd, bool leaves, u32 tgid)
{
	u64 *words = calloc(count * 3, sizeof(*words));
	u64 *offsets = words, *semaphores = words + count, *cookies = words + 2 * count;
	char path[32];
	struct link_create_multi link = {
		.program_fd = (u32)program_fd,
		.attach_type = TRACE_UPROBE_MULTI,
		.uprobe = {
			.path = (uintptr_t)path,
			.offsets = (uintptr_t)offsets,
			.semaphores = (uintptr_t)semaphores,
			.cookies = (uintptr_t)cookies,
			.count = (u32)count,
			.flags = leaves ? MULTI_RETURN : 0,
			.tgid = tgid,
		},
	};
	int r;

	if (!words)
		return -ENOMEM;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (size_t i = 0; i < count; i++) {
		offsets[i] = places[i].offset;
		semaphores[i] = places[i].semaphore;
		cookies[i] = places[i].name;
	}
	r = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &link, sizeof(link));
	r = r < 0 ? -errno : r;
	free(words);
	return r;
}

/* 0 or -errno. */
static int open_event(struct probe *probe, const char *path, const struct object_place *place, int program_fd, bool leaves)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.sample_period = 1,
		.wakeup_events = 1,
		.uprobe_path = (uintptr_t)path,
		.probe_offset = place->offset,
	};
	const long type = probe_read_number(UPROBE_DEVICE "/type"), bit = probe_read_bit(UPROBE_DEVICE "/format/retprobe");
	int fd;

	if (type < 0 || (leaves && bit < 0))
		return -EOPNOTSUPP;
	attr.type = (u32)type;
	attr.config = place->semaphore << 32 | (leaves ? 1ull << bit : 0);
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : probe_keep_event(probe, fd, program_fd, place->name);
}

int probe_link_places(struct probe *probe, int fd, const struct object_places *places, int program_fd, bool leaves,
		      struct probe_refusal *ret)
{
	char path[32];
	int r = 0;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (probe->scoped)
		r = probe_keep_hook(probe, fd, places, program_fd, leaves);
	else if (probe->mechanism == WIRE_MECHANISM_UPROBE_MULTI)
		r = probe_link_multi(fd, places->list, places->count, program_fd, leaves, 0);
	if (r > 0)
		r = probe_keep_link(probe, r);
	for (size_t i = 0; probe->mechanism != WIRE_MECHANISM_UPROBE_MULTI && r == 0 && i < places->count; i++)
		r = open_event(probe, path, &places->list[i], program_fd, leaves);
	return r < 0 ? probe_refuse_link(probe, r, ret) : 0;
}

int probe_refuse_link(const struct probe *probe, int r, struct probe_refusal *ret)
{
	switch (r) {
	case -EOPNOTSUPP:
		return refuse_probe(ret, WIRE_PROBE_NO_MECHANISM, -r, NULL);
	case -EINVAL: /* no instruction that can be stepped over */
	case -EIO:
	case -EILSEQ:
		return refuse_probe(ret, WIRE_PROBE_NOT_TRACEABLE, -r, NULL);
	case -EACCES:
		if (probe->mechanism == WIRE_MECHANISM_UPROBE)
			return refuse_probe(ret, WIRE_PROBE_NEEDS_SYS_ADMIN, -r, NULL);
	}
	return probe_refuse_errno(ret, -r);
}

int probe_choose_uprobes(struct probe *probe, struct probe_refusal *ret)
{
	const u32 asked = probe->request.mechanism;
	const bool has_multi = probe_has_uprobe_multi();

	if ((asked != WIRE_MECHANISM_BEST && asked != WIRE_MECHANISM_UPROBE && asked != WIRE_MECHANISM_UPROBE_MULTI) ||
	    (asked == WIRE_MECHANISM_UPROBE_MULTI && !has_multi))
		return refuse_probe(ret, WIRE_PROBE_NO_MECHANISM, 0, NULL);
	probe->mechanism = has_multi && asked != WIRE_MECHANISM_UPROBE ? WIRE_MECHANISM_UPROBE_MULTI : WIRE_MECHANISM_UPROBE;
	probe->settings.has_cookie = probe->mechanism == WIRE_MECHANISM_UPROBE_MULTI || probe_has_cookies();
	/* Since about then nothing keeps a program of a uprobe from being preempted. */
	probe->settings.preemptible = probe->settings.has_cookie;
	return 0;
}

static int attach_places(struct probe *probe, struct session *session, int fd, const struct object_places *places,
			 struct probe_refusal *ret)
{
	struct probe_settings *settings = &probe->settings;
	const bool usdt = probe->request.kind == WIRE_PROBE_USDT;
	struct probe_programs programs = {
		.names[PROGRAM_ENTER] =
			usdt ? probe_form(probe, "count_function", "hit_static_probe", "hit_static_probe_with_stacks") :
			       probe_form(probe, "count_function", "enter_function", "enter_with_stacks"),
		.names[PROGRAM_LEAVE] = settings->at_return || settings->event_at_return ? "leave_function" : NULL,
		.attach_type = probe->mechanism == WIRE_MECHANISM_UPROBE_MULTI ? TRACE_UPROBE_MULTI : 0,
	};
	int r;

	probe->scoped = probe->mechanism == WIRE_MECHANISM_UPROBE_MULTI && probe_can_be_scoped(session);
	if (usdt)
		probe_read_operands(places->arguments, settings->operands);
	if (probe_load(probe, session, &programs, ret) < 0)
		return -1;
	/* The return first: an entry whose return is not watched would be missed. */
	if (programs.names[PROGRAM_LEAVE] &&
	    probe_link_places(probe, fd, places, programs.fds[PROGRAM_LEAVE], true, ret) < 0)
		return -1;
	if (probe_link_places(probe, fd, places, programs.fds[PROGRAM_ENTER], false, ret) < 0)
		return -1;
	r = probe_follow(probe, session);
	if (r < 0)
		return probe_refuse_link(probe, r, ret);
	probe->functions = (u32)places->count;
	return 0;
}

/* Through some process that has it mapped. */
int probe_open_module(const struct session *session, u32 number, struct probe_refusal *ret)
{
	const struct module *module = module_find(number);
	int fd = module ? module_open(module, module->tgid, &module->mapping, session->privileges.uid) : -ENOENT;

	for (size_t i = 0; module && fd < 0 && i < PROCESS_BUCKETS; i++) {
		for (const struct process *process = session->processes.processes[i]; process && fd < 0;
		     process = process->next) {
			for (size_t j = 0; j < process->mappings.count && fd < 0; j++) {
				const struct mapping *mapping = &process->mappings.list[j];

				if (mapping->module == number && !process->exited_ns)
					fd = module_open(module, process->tgid, mapping, session->privileges.uid);
			}
		}
	}
	if (fd == -ENOENT || fd == -ESTALE || fd == -ESRCH)
		return refuse_probe(ret, WIRE_PROBE_MODULE_GONE, -fd, NULL);
	return fd < 0 ? probe_refuse_errno(ret, -fd) : fd;
}

int probe_attach_user(struct probe *probe, struct session *session, struct probe_refusal *ret)
{
	struct object_places places;
	int fd, r;

	if (probe_choose_uprobes(probe, ret) < 0)
		return -1;
	fd = probe_open_module(session, probe->request.module, ret);
	if (fd < 0)
		return -1;
	r = find_places(probe, fd, &places, ret);
	if (r == 0)
		r = attach_places(probe, session, fd, &places, ret);
	object_places_close(&places);
	close(fd);
	return r;
}
