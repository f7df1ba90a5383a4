/* SPDX-License-Identifier: Apache-2.0 */
/* Tracepoints, through perf, which gives a program their record; raw where none is asked for, or perf cannot be had. */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel_functions.h"
#include "probe_links.h"
#include "session.h"

/* "category:name" as the path of a file of its; false: it is no such name. */
static bool path_of(const char *name, const char *file, char *ret, size_t size)
{
	const char *colon = strchr(name, ':');

	if (!colon || colon == name || !colon[1] || strchr(colon + 1, ':') || strchr(name, '.'))
		return false;
	return (size_t)snprintf(ret, size, "events/%.*s/%s/%s", (int)(colon - name), name, colon + 1, file) < size;
}

/* A line of its format: "field:unsigned int prev_prio; offset:8; size:4; signed:0;" */
struct field_line {
	char type[96], name[64];
	u32 offset, size, is_signed;
};

static bool read_field(const char *line, struct field_line *ret)
{
	char declaration[160], *name;

	if (sscanf(line, " field:%159[^;]; offset:%u; size:%u; signed:%u;", declaration, &ret->offset, &ret->size,
		   &ret->is_signed) != 4)
		return false;
	name = strrchr(declaration, ' ');
	if (!name)
		return false;
	*name++ = 0;
	snprintf(ret->type, sizeof(ret->type), "%.95s", declaration);
	/* "char comm[16]": the brackets belong to the type. */
	if (strchr(name, '['))
		snprintf(ret->type, sizeof(ret->type), "%.80s[]", declaration);
	name[strcspn(name, "[")] = 0;
	snprintf(ret->name, sizeof(ret->name), "%.63s", name);
	return strncmp(ret->name, "common_", 7) != 0;
}

/* The first six fields are its arguments. Their names and kinds: "comm:text pid:s4 flags:u8". */
static void take_fields(struct probe *probe, char *format)
{
	char *line, *rest = format;
	size_t told = 0;
	u32 count = 0, text = 0;

	while ((line = strsep(&rest, "\n")) && count < PROBE_ARGUMENTS) {
		struct probe_field *field = &probe->settings.fields[count];
		struct field_line read;
		bool located, array;
		char kind[8];

		if (!read_field(line, &read) || read.offset == 0 || read.offset > UINT16_MAX)
			continue;
		located = strstr(read.type, "__data_loc") != NULL;
		array = strstr(read.type, "[]") != NULL;
		*field = (struct probe_field){ .offset = (u16)read.offset };
		count++;
		if (strstr(read.type, "char") && (located || array)) {
			field->width = located ? 4 : 0;
			snprintf(kind, sizeof(kind), "text");
			text = text ? text : count;
		} else if (!array && (read.size == 1 || read.size == 2 || read.size == 4 || read.size == 8)) {
			field->width = (u16)(read.size | (read.is_signed ? WIDTH_SIGNED : 0));
			snprintf(kind, sizeof(kind), "%c%u", read.is_signed ? 's' : 'u', read.size);
		} else {
			*field = (struct probe_field){ 0 };
			snprintf(kind, sizeof(kind), "other");
		}
		if (told < sizeof(probe->told))
			told += (size_t)snprintf(probe->told + told, sizeof(probe->told) - told, "%s%s:%s",
						 count > 1 ? " " : "", read.name, kind);
	}
	if (!probe->settings.text_argument && probe->settings.flags & PROBE_EVENTS)
		probe->settings.text_argument = text;
	if (probe->settings.text_argument) {
		const u16 width = probe->settings.fields[probe->settings.text_argument - 1].width;

		/* Of 8 bytes: a pointer to it. */
		probe->settings.text_is_inside = (width & ~WIDTH_SIGNED) != 8;
	}
}

/* Its number with perf, or -errno. */
static long read_number(const char *name)
{
	char path[256], *text;
	long number;
	int r;

	if (!path_of(name, "id", path, sizeof(path)))
		return -EINVAL;
	r = tracefs_read(path, &text);
	if (r < 0)
		return r;
	number = strtol(text, NULL, 10);
	free(text);
	return number > 0 ? number : -EIO;
}

static int open_event(struct probe *probe, u32 function, int program_fd)
{
	const long number = read_number(probe->names[function]);
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_TRACEPOINT,
		.config = (u64)number,
		.sample_period = 1,
		.wakeup_events = 1,
	};
	int fd;

	if (number < 0)
		return (int)number;
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : probe_keep_event(probe, fd, program_fd, function);
}

static int open_raw(struct probe *probe, u32 function, int program_fd)
{
	const char *colon = strchr(probe->names[function], ':');
	int fd = bpf_raw_tracepoint_open(colon ? colon + 1 : probe->names[function], program_fd);

	return fd < 0 ? fd : probe_keep_link(probe, fd);
}

static int attach(struct probe *probe, struct session *session, bool raw, struct probe_refusal *ret)
{
	struct probe_programs programs = {
		.names[PROGRAM_ENTER] =
			raw ? probe_form(probe, "count_raw_tracepoint", "hit_raw_tracepoint", "hit_raw_tracepoint_with_stacks") :
			      probe_form(probe, "count_tracepoint", "hit_tracepoint", "hit_tracepoint_with_stacks"),
	};
	int r = 0;

	probe->mechanism = raw ? WIRE_MECHANISM_RAW_TRACEPOINT : WIRE_MECHANISM_TRACEPOINT;
	probe->settings.has_cookie = !raw && probe_has_cookies();
	probe->settings.preemptible = raw;
	if (probe_load(probe, session, &programs, ret) < 0)
		return -1;
	for (u32 i = 0; i < probe->name_count; i++) {
		int one = raw ? open_raw(probe, i, programs.fds[PROGRAM_ENTER]) : open_event(probe, i, programs.fds[PROGRAM_ENTER]);

		if (one == 0)
			probe->functions++;
		r = one < 0 ? one : r;
	}
	if (probe->functions > 0)
		return 0;
	probe_unhook(probe);
	return r == -ENOENT || r == -EINVAL ? refuse_probe(ret, WIRE_PROBE_NOT_FOUND, -r, NULL) : probe_refuse_errno(ret, -r);
}

/*
 * Without perf no record is made of each hit. All or none: what the kernel has no raw tracepoint of (single system calls)
 * is attached as it was asked for.
 */
static bool attach_to_count(struct probe *probe, struct session *session)
{
	struct probe_refusal ignored;

	if (!probe_counts_alone(probe))
		return false;
	for (u32 i = 0; i < probe->name_count; i++) {
		if (read_number(probe->names[i]) < 0)
			return false;
	}
	if (attach(probe, session, true, &ignored) == 0 && probe->functions == probe->name_count)
		return true;
	probe_unhook(probe);
	probe->functions = 0;
	return false;
}

int probe_attach_tracepoint(struct probe *probe, struct session *session, struct probe_refusal *ret)
{
	const u32 asked = probe->request.mechanism;
	char path[256], *format = NULL;
	int r;

	if (asked != WIRE_MECHANISM_BEST && asked != WIRE_MECHANISM_TRACEPOINT && asked != WIRE_MECHANISM_RAW_TRACEPOINT)
		return refuse_probe(ret, WIRE_PROBE_NO_MECHANISM, 0, NULL);
	for (u32 i = 0; i < probe->name_count; i++) {
		if (!path_of(probe->names[i], "id", path, sizeof(path)))
			return refuse_probe(ret, WIRE_PROBE_BAD_NAME, 0, NULL);
	}
	/* Several have no fields in common. */
	if (asked != WIRE_MECHANISM_RAW_TRACEPOINT && probe->name_count == 1 &&
	    path_of(probe->names[0], "format", path, sizeof(path)) && tracefs_read(path, &format) == 0) {
		take_fields(probe, format);
		free(format);
	}
	if (asked == WIRE_MECHANISM_BEST && attach_to_count(probe, session))
		return 0;
	r = asked == WIRE_MECHANISM_RAW_TRACEPOINT ? attach(probe, session, true, ret) : attach(probe, session, false, ret);
	if (r < 0 && asked == WIRE_MECHANISM_BEST && ret->reason == WIRE_PROBE_NOT_PERMITTED)
		r = attach(probe, session, true, ret);
	return r;
}
