/* SPDX-License-Identifier: Apache-2.0 */
/* One BPF object for each probe: its settings, the maps that it has in common with sampling, and its links. */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "session.h"

#define GROUPS 16384u
/* Not freed yet; 32 bytes each and as much for the map. */
#define ALLOCATIONS 262144u
#define THREADS 4096u
/* A map that forgets the longest unused keeps some free places for each CPU. */
#define THREADS_PER_CPU 256u

int probe_refuse_errno(struct probe_refusal *ret, int code)
{
	switch (code) {
	case EPERM:
	case EACCES:
		return refuse_probe(ret, WIRE_PROBE_NOT_PERMITTED, code, strerror(code));
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return refuse_probe(ret, WIRE_PROBE_NO_MEMORY, code, strerror(code));
	default:
		return refuse_probe(ret, WIRE_PROBE_KERNEL_ERROR, code, strerror(code));
	}
}

/* What a walk works on is each object's own: a probe may be hit in the midst of another one's walk, or of a sample's. */
static bool is_own(const char *name)
{
	return strcmp(name, "walks") == 0 || strcmp(name, "pythons") == 0;
}

static const char *suffix_of(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot ? dot : name;
}

/* The sampler's map of this name; the names of globals begin with that of their object. -1: there is none. */
static int find_common(const struct sampler *sampler, const char *name)
{
	const struct bpf_map *map;

	bpf_object__for_each_map (map, sampler->object) {
		if (strcmp(suffix_of(bpf_map__name(map)), suffix_of(name)) == 0)
			return bpf_map__fd(map);
	}
	return -1;
}

static bool keeps_arguments(const struct probe_settings *settings)
{
	return settings->argument || settings->filter_argument || settings->flags & PROBE_EVENTS || settings->text_argument;
}

bool probe_counts_alone(const struct probe *probe)
{
	const struct probe_settings *settings = &probe->settings;

	return probe->request.kind != WIRE_PROBE_READY && settings->measure == MEASURE_COUNT && !keeps_arguments(settings) &&
	       !(settings->flags & (PROBE_BY_THREAD | PROBE_BY_STACK)) && !settings->at_return;
}

const char *probe_form(const struct probe *probe, const char *counts, const char *hits, const char *walks)
{
	if (probe->settings.flags & (PROBE_BY_STACK | PROBE_EVENT_STACKS))
		return walks;
	return probe_counts_alone(probe) ? counts : hits;
}

static int size_map(struct probe *probe, struct bpf_map *map, const char *name, u32 cpus)
{
	const struct probe_settings *settings = &probe->settings;
	const bool returns = settings->at_return || settings->event_at_return;
	int r = 0;

	if (strncmp(name, "groups_", 7) == 0)
		r = bpf_map__set_max_entries(map, settings->flags & (PROBE_BY_THREAD | PROBE_BY_STACK) ||
							   probe->request.kind == WIRE_PROBE_READY ?
							   GROUPS :
							   1);
	else if (strcmp(name, "allocations") == 0 && settings->of_program)
		r = bpf_map__set_max_entries(map, ALLOCATIONS);
	else if (strcmp(name, "threads") == 0 && returns)
		r = bpf_map__set_max_entries(map, THREADS + THREADS_PER_CPU * cpus);
	if (r == 0 && (strcmp(name, "threads") == 0 || strcmp(name, "no_calls") == 0) && !keeps_arguments(settings))
		r = bpf_map__set_value_size(map, bpf_map__value_size(map) -
							 PROBE_CALLS * PROBE_ARGUMENTS * (u32)sizeof(u64));
	return r;
}

static int configure_maps(struct probe *probe, struct session *session)
{
	const u32 cpus = (u32)session->sampler.possible_cpus;
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map (map, probe->object) {
		const char *name = bpf_map__name(map);
		int common;

		if (strcmp(name, ".rodata.probe") == 0) {
			size_t length = 0;

			if (!bpf_map__initial_value(map, &length) || length != sizeof(probe->settings))
				return -EINVAL;
			r = bpf_map__set_initial_value(map, &probe->settings, sizeof(probe->settings));
		} else if (strcmp(name, "probe_events") == 0) {
			if (!(probe->settings.flags & PROBE_EVENTS))
				r = bpf_map__set_max_entries(map, (u32)sysconf(_SC_PAGESIZE));
			else if (session->probes.events_fd)
				r = bpf_map__reuse_fd(map, session->probes.events_fd);
		} else {
			common = is_own(name) ? -1 : find_common(&session->sampler, name);
			r = common >= 0 ? bpf_map__reuse_fd(map, common) : size_map(probe, map, name, cpus);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int *fd_of(struct probe_programs *programs, const char *name)
{
	for (size_t i = 0; i < PROGRAM_COUNT; i++) {
		if (programs->names[i] && strcmp(programs->names[i], name) == 0)
			return &programs->fds[i];
	}
	return NULL;
}

static int choose_programs(struct probe *probe, struct probe_programs *programs)
{
	struct bpf_program *program;
	int r = 0;

	bpf_object__for_each_program (program, probe->object) {
		const bool wanted = fd_of(programs, bpf_program__name(program)) != NULL;

		bpf_program__set_autoload(program, wanted);
		if (!wanted)
			continue;
		if (programs->attach_type)
			r = bpf_program__set_expected_attach_type(program, programs->attach_type);
		if (r == 0 && programs->attach_to)
			r = bpf_program__set_attach_target(program, 0, programs->attach_to);
		if (r < 0)
			return r;
	}
	return 0;
}

static int find_fds(struct probe *probe, struct session *session, struct probe_programs *programs)
{
	struct bpf_program *program;

	for (size_t i = 0; i < PROGRAM_COUNT; i++)
		programs->fds[i] = -1;
	bpf_object__for_each_program (program, probe->object) {
		int *fd = fd_of(programs, bpf_program__name(program));

		if (!fd)
			continue;
		*fd = probe->program_fds[probe->program_count++] = bpf_program__fd(program);
	}
	probe->figures_fd = bpf_object__find_map_fd_by_name(probe->object, "figures");
	probe->cells_fd = bpf_object__find_map_fd_by_name(probe->object, "cells");
	probe->groups_fds[0] = bpf_object__find_map_fd_by_name(probe->object, "groups_0");
	probe->groups_fds[1] = bpf_object__find_map_fd_by_name(probe->object, "groups_1");
	if (session->probes.events_fd == 0 && probe->settings.flags & PROBE_EVENTS) {
		int fd = bpf_object__find_map_fd_by_name(probe->object, "probe_events");

		session->probes.events_fd = fd < 0 ? fd : dup(fd);
		if (session->probes.events_fd < 0) {
			session->probes.events_fd = 0;
			return -EMFILE;
		}
	}
	return probe->figures_fd < 0 || probe->cells_fd < 0 || probe->groups_fds[0] < 0 || probe->groups_fds[1] < 0 ?
		       -EINVAL :
		       0;
}

int probe_load(struct probe *probe, struct session *session, struct probe_programs *programs, struct probe_refusal *ret)
{
	const struct object_file *file = probe->request.kind == WIRE_PROBE_READY ? &session->probes.ready_object :
										  &session->probes.function_object;
	int r;

	bpf_object__close(probe->object);
	probe->program_count = 0;
	probe->object = file->bytes ? bpf_object__open_mem(file->bytes, file->length, NULL) : NULL;
	if (!probe->object)
		return refuse_probe(ret, WIRE_PROBE_LOAD, ENOENT, "the program of probes is missing beside the helper");
	r = configure_maps(probe, session);
	if (r == 0)
		r = choose_programs(probe, programs);
	if (r == -ESRCH) /* the kernel's own types have no such function */
		return refuse_probe(ret, WIRE_PROBE_NOT_TRACEABLE, -r, NULL);
	if (r < 0)
		return refuse_probe(ret, WIRE_PROBE_LOAD, -r, "the program of probes does not belong to this helper");
	sampler_forget_message();
	r = bpf_object__load(probe->object);
	if (r == -EPERM || r == -ENOMEM || r == -EMFILE || r == -ENFILE)
		return probe_refuse_errno(ret, -r);
	if (r < 0)
		return refuse_probe(ret, WIRE_PROBE_LOAD, -r, *sampler_last_message() ? sampler_last_message() : strerror(-r));
	r = find_fds(probe, session, programs);
	return r < 0 ? probe_refuse_errno(ret, -r) : 0;
}

int probe_keep_link(struct probe *probe, int fd)
{
	if (probe->link_count == probe->link_capacity) {
		size_t capacity = probe->link_capacity ? probe->link_capacity * 2 : 4;
		int *grown = realloc(probe->link_fds, capacity * sizeof(*grown));

		if (!grown) {
			close(fd);
			return -ENOMEM;
		}
		probe->link_fds = grown;
		probe->link_capacity = capacity;
	}
	probe->link_fds[probe->link_count++] = fd;
	return 0;
}

int probe_keep_event(struct probe *probe, int event_fd, int program_fd, u32 function)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .perf_event.bpf_cookie = function);
	int r = probe_keep_link(probe, event_fd), link;

	if (r < 0)
		return r;
	if (probe->settings.has_cookie) {
		link = bpf_link_create(program_fd, event_fd, BPF_PERF_EVENT, &options);
		return link < 0 ? link : probe_keep_link(probe, link);
	}
	if (ioctl(event_fd, PERF_EVENT_IOC_SET_BPF, program_fd) < 0 || ioctl(event_fd, PERF_EVENT_IOC_ENABLE, 0) < 0)
		return -errno;
	return 0;
}

static int attach_by_kind(struct probe *probe, struct session *session, struct probe_refusal *ret)
{
	switch (probe->request.kind) {
	case WIRE_PROBE_KERNEL:
		return probe_attach_kernel(probe, session, ret);
	case WIRE_PROBE_READY:
		return probe_attach_ready(probe, session, ret);
	case WIRE_PROBE_TRACEPOINT:
		return probe_attach_tracepoint(probe, session, ret);
	case WIRE_PROBE_USDT:
	case WIRE_PROBE_USER:
		return probe_attach_user(probe, session, ret);
	default:
		return refuse_probe(ret, WIRE_PROBE_NO_MECHANISM, 0, NULL);
	}
}

int probe_attach(struct probe *probe, struct session *session, struct probe_refusal *ret)
{
	int r = attach_by_kind(probe, session, ret);

	if (r == 0)
		probe->trap_ns = probe_trap_cost(probe);
	return r;
}

void probe_unhook(struct probe *probe)
{
	probe_forsake(probe);
	/* The newest first: a link goes before the event that it is attached to. */
	while (probe->link_count > 0)
		close(probe->link_fds[--probe->link_count]);
}

void probe_close(struct probe *probe)
{
	probe_unhook(probe);
	bpf_object__close(probe->object);
	probe_free(probe);
}

void probes_close(struct probes *probes)
{
	for (size_t i = 0; i < WIRE_MAX_PROBES; i++) {
		if (probes->list[i])
			probe_close(probes->list[i]);
		probes->list[i] = NULL;
	}
	ring_buffer__free(probes->ring);
	if (probes->events_fd)
		close(probes->events_fd);
	free(probes->values);
	free(probes->events);
}
