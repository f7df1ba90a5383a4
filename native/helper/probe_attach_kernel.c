/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of the kernel. One: by its type (probe_attach_typed.c) where the kernel allows, which costs the least, else by a
 * kprobe. Several: by kprobe.multi (probe_attach_multi.c), which takes their addresses at once, else by a kprobe each.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel_attempt.h"
#include "probe_links.h"
#include "session.h"

#define KPROBE_DEVICE "/sys/bus/event_source/devices/kprobe"
/* Above it, kprobes one by one would take a minute to attach. */
#define KPROBES_MAX 1000u

/* ---- kprobe ---- */

static int open_kprobe(struct probe *probe, const struct kernel_place *place, int program_fd, bool leaves)
{
	const long type = probe_read_number(KPROBE_DEVICE "/type"), bit = probe_read_bit(KPROBE_DEVICE "/format/retprobe");
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = (u32)type,
		.sample_period = 1,
		.wakeup_events = 1,
		.kprobe_addr = place->address,
	};
	int fd;

	if (type < 0 || (leaves && bit < 0))
		return -EOPNOTSUPP;
	attr.config = leaves ? 1ull << bit : 0;
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : probe_keep_event(probe, fd, program_fd, place->name);
}

int probe_link_address(struct probe *probe, u64 address, int program_fd, bool leaves)
{
	const struct kernel_place place = { .address = address };
	const u64 cookie = 0;
	int fd;

	if (probe->mechanism == WIRE_MECHANISM_KPROBE)
		return open_kprobe(probe, &place, program_fd, leaves);
	fd = kernel_link_multi(program_fd, &address, &cookie, 1, leaves);
	return fd < 0 ? fd : probe_keep_link(probe, fd);
}

/* Both or none: an entry without its return would be missed again and again. */
static int attach_place(struct kernel_attempt *attempt, const struct kernel_place *place)
{
	const size_t links = attempt->probe->link_count;
	int r = 0;

	if (probe_returns(attempt->probe))
		r = open_kprobe(attempt->probe, place, attempt->programs.fds[PROGRAM_LEAVE], true);
	if (r == 0)
		r = open_kprobe(attempt->probe, place, attempt->programs.fds[PROGRAM_ENTER], false);
	while (r < 0 && attempt->probe->link_count > links)
		close(attempt->probe->link_fds[--attempt->probe->link_count]);
	return r;
}

static int attach_each(struct kernel_attempt *attempt, struct probe_refusal *ret)
{
	struct probe *probe = attempt->probe;
	int r = 0;

	if (attempt->places.count > KPROBES_MAX)
		return refuse_probe(ret, WIRE_PROBE_TOO_MANY, KPROBES_MAX, NULL);
	probe->mechanism = WIRE_MECHANISM_KPROBE;
	probe->settings.has_cookie = probe_has_cookies();
	probe->settings.preemptible = 0;
	attempt->programs = (struct probe_programs){
		.names[PROGRAM_ENTER] = probe_form(probe, "count_function", "enter_function", "enter_with_stacks"),
		.names[PROGRAM_LEAVE] = probe_returns(probe) ? "leave_function" : NULL,
	};
	if (probe_load(probe, attempt->session, &attempt->programs, ret) < 0)
		return -1;
	for (size_t i = 0; i < attempt->places.count; i++) {
		int one = attach_place(attempt, &attempt->places.list[i]);

		if (one == -EPERM || one == -EACCES || one == -ENOMEM || one == -EMFILE)
			return probe_refuse_errno(ret, -one);
		r = one < 0 ? one : r;
		probe->functions += one == 0;
	}
	return probe->functions > 0 ? 0 : probe_refuse_errno(ret, -r);
}

/* ---- which ---- */

/* Why, if no way led there: more than the kernel's error says. */
static int explain(const struct kernel_attempt *attempt, struct probe_refusal *ret)
{
	const bool of_mechanism = ret->reason == WIRE_PROBE_KERNEL_ERROR || ret->reason == WIRE_PROBE_NOT_PERMITTED ||
				  ret->reason == WIRE_PROBE_NOT_TRACEABLE;

	if (!of_mechanism)
		return -1;
	if (ret->value == EOPNOTSUPP && attempt->probe->request.mechanism != WIRE_MECHANISM_BEST)
		return refuse_probe(ret, WIRE_PROBE_NO_MECHANISM, ret->value, NULL);
	if (kernel_is_locked_down())
		return refuse_probe(ret, WIRE_PROBE_LOCKDOWN, ret->value, NULL);
	if (access(KPROBE_DEVICE, F_OK) < 0)
		return refuse_probe(ret, WIRE_PROBE_NO_KPROBES, ret->value, NULL);
	if (kernel_is_blocklisted(attempt->probe->names[0]))
		return refuse_probe(ret, WIRE_PROBE_BLOCKLISTED, ret->value, NULL);
	if (ret->reason == WIRE_PROBE_NOT_PERMITTED)
		return attempt->session->privileges.keeps_sys_admin ?
			       -1 :
			       refuse_probe(ret, WIRE_PROBE_NEEDS_SYS_ADMIN, ret->value, NULL);
	/* EINVAL: it is in the list of those that have no place, which only root's debugfs shows. */
	return refuse_probe(ret, WIRE_PROBE_NOT_TRACEABLE, ret->value, NULL);
}

static int attach_best(struct kernel_attempt *attempt, struct probe_refusal *ret)
{
	const u32 asked = attempt->probe->request.mechanism;
	const bool any = asked == WIRE_MECHANISM_BEST, one = attempt->places.count == 1;

	if (one && (any || asked == WIRE_MECHANISM_FENTRY) && kernel_attach_typed(attempt, ret) == 0)
		return 0;
	if (((any && !one) || asked == WIRE_MECHANISM_KPROBE_MULTI) && probe_has_cookies() && kernel_attach_multi(attempt, ret) == 0)
		return 0;
	if ((any || asked == WIRE_MECHANISM_KPROBE) && attach_each(attempt, ret) == 0)
		return 0;
	return -1;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_place(const void *a, const void *b)
{
	const char *const *left = a, *const *right = b;

	return *left < *right ? -1 : *left > *right;
}

static int find_places(struct probe *probe, struct kernel_places *ret)
{
	const char **sorted = malloc(probe->name_count * sizeof(*sorted));
	int r;

	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, probe->names, probe->name_count * sizeof(*sorted));
	qsort(sorted, probe->name_count, sizeof(*sorted), by_text);
	r = kernel_find_functions(sorted, probe->name_count, ret);
	for (size_t i = 0; r == 0 && i < ret->count; i++) {
		const char *name = sorted[ret->list[i].name];
		const char **found = bsearch(&name, probe->names, probe->name_count, sizeof(name), by_place);

		ret->list[i].name = (u32)(found - probe->names);
	}
	free(sorted);
	return r;
}

int probe_attach_kernel(struct probe *probe, struct session *session, struct probe_refusal *ret)
{
	struct kernel_attempt attempt = { .probe = probe, .session = session };
	const u32 asked = probe->request.mechanism;
	int r = find_places(probe, &attempt.places);

	if (r < 0)
		return probe_refuse_errno(ret, -r);
	if (attempt.places.count == 0)
		return refuse_probe(ret, WIRE_PROBE_NOT_FOUND, 0, NULL);
	if (asked > WIRE_MECHANISM_KPROBE_MULTI) {
		r = refuse_probe(ret, WIRE_PROBE_NO_MECHANISM, 0, NULL);
	} else {
		refuse_probe(ret, WIRE_PROBE_NO_MECHANISM, 0, NULL);
		r = attach_best(&attempt, ret);
		if (r < 0)
			r = explain(&attempt, ret);
	}
	kernel_places_close(&attempt.places);
	return r;
}
