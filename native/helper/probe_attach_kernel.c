/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of the kernel. One: by its type (fentry) where the kernel allows, which costs the least, else by a kprobe.
 * Several: by kprobe.multi, which takes their addresses at once, else by a kprobe each.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel_functions.h"
#include "probe_links.h"
#include "session.h"

#define KPROBE_DEVICE "/sys/bus/event_source/devices/kprobe"
/* Above it, kprobes one by one would take a minute to attach. */
#define KPROBES_MAX 1000u
/* kprobe.multi takes all of its functions or none: so often a list with one that cannot be is halved. */
#define LINKS_MAX 256u
#define TYPED_ARGUMENTS_MAX 12u

struct kernel_attempt {
	struct probe *probe;
	struct session *session;
	struct kernel_places places;
	struct probe_programs programs;
	u32 links; /* of kprobe.multi, tried */
};

static bool returns(const struct probe *probe)
{
	return probe->settings.at_return || probe->settings.event_at_return;
}

/* ---- fentry ---- */

/* The number of its arguments and whether it has a value; false: it has no type that can be traced. */
static bool read_type(const char *name, struct probe_settings *settings)
{
	static struct btf *kernel;
	const struct btf_type *function, *prototype;
	int id;

	if (!kernel)
		kernel = btf__load_vmlinux_btf();
	id = kernel ? btf__find_by_name_kind(kernel, name, BTF_KIND_FUNC) : -ENOENT;
	function = id > 0 ? btf__type_by_id(kernel, (u32)id) : NULL;
	prototype = function ? btf__type_by_id(kernel, function->type) : NULL;
	if (!prototype || btf_vlen(prototype) > TYPED_ARGUMENTS_MAX)
		return false;
	/* A structure by value takes two places. */
	for (u32 i = 0; i < btf_vlen(prototype); i++) {
		if (btf__resolve_size(kernel, btf_params(prototype)[i].type) > 8)
			return false;
	}
	settings->argument_count = btf_vlen(prototype);
	settings->has_value = prototype->type != 0;
	return true;
}

static int attach_typed(struct kernel_attempt *attempt, struct probe_refusal *ret)
{
	struct probe *probe = attempt->probe;
	const int *fds[] = { &attempt->programs.fds[PROGRAM_LEAVE], &attempt->programs.fds[PROGRAM_ENTER] };

	probe->mechanism = WIRE_MECHANISM_FENTRY;
	probe->settings.has_cookie = 0;
	probe->settings.preemptible = 1;
	if (!read_type(probe->names[0], &probe->settings))
		return refuse_probe(ret, WIRE_PROBE_NOT_TRACEABLE, 0, NULL);
	attempt->programs = (struct probe_programs){
		.names[PROGRAM_ENTER] = probe_form(probe, "count_traced", "enter_traced", "enter_traced_with_stacks"),
		.names[PROGRAM_LEAVE] = returns(probe) ? "leave_traced" : NULL,
		.attach_to = probe->names[0],
	};
	if (probe_load(probe, attempt->session, &attempt->programs, ret) < 0)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		int fd = *fds[i] < 0 ? -1 : bpf_raw_tracepoint_open(NULL, *fds[i]);

		if (*fds[i] >= 0 && (fd < 0 || probe_keep_link(probe, fd) < 0)) {
			probe_unhook(probe);
			return probe_refuse_errno(ret, fd < 0 ? -fd : ENOMEM);
		}
	}
	probe->functions = 1;
	return 0;
}

/* ---- kprobe.multi ---- */

static int link_multi(int program_fd, const u64 *addresses, const u64 *cookies,
		      size_t count, bool leaves)
{
	struct link_create_multi link = {
		.program_fd = (u32)program_fd,
		.attach_type = TRACE_KPROBE_MULTI,
		.kprobe = {
			.flags = leaves ? MULTI_RETURN : 0,
			.count = (u32)count,
			.addresses = (uintptr_t)addresses,
			.cookies = (uintptr_t)cookies,
		},
	};
	int fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &link, sizeof(link));

	return fd < 0 ? -errno : fd;
}

/* Those that can be of a run; halved where the kernel refuses all of it. 0 or -errno. */
static int link_run(struct kernel_attempt *attempt, const u64 *addresses, const u64 *cookies, size_t count)
{
	struct probe *probe = attempt->probe;
	int leave = -1, enter, r;

	if (++attempt->links > LINKS_MAX)
		return -EINVAL;
	enter = 0;
	if (returns(probe)) {
		leave = link_multi(attempt->programs.fds[PROGRAM_LEAVE], addresses, cookies, count, true);
		enter = leave < 0 ? leave : 0;
	}
	if (enter == 0)
		enter = link_multi(attempt->programs.fds[PROGRAM_ENTER], addresses, cookies, count, false);
	if (enter < 0 && leave >= 0)
		close(leave);
	if (enter >= 0) {
		r = leave >= 0 ? probe_keep_link(probe, leave) : 0;
		if (r < 0)
			close(enter);
		else
			r = probe_keep_link(probe, enter);
		probe->functions += r == 0 ? (u32)count : 0;
		return r;
	}
	if (enter == -EPERM || enter == -EACCES || enter == -ENOMEM || enter == -EOPNOTSUPP || enter == -ENOSYS || count == 1)
		return enter;
	r = link_run(attempt, addresses, cookies, count / 2);
	if (r == -EPERM || r == -EACCES || r == -ENOMEM || r == -EOPNOTSUPP || r == -ENOSYS)
		return r;
	return link_run(attempt, addresses + count / 2, cookies + count / 2, count - count / 2);
}

static int attach_multi(struct kernel_attempt *attempt, struct probe_refusal *ret)
{
	struct probe *probe = attempt->probe;
	u64 *words = calloc(attempt->places.count * 2, sizeof(*words)), *cookies = words + attempt->places.count;
	size_t count = 0;
	int r;

	if (!words)
		return probe_refuse_errno(ret, ENOMEM);
	for (size_t i = 0; i < attempt->places.count; i++) {
		if (!attempt->places.list[i].traceable)
			continue;
		words[count] = attempt->places.list[i].address;
		cookies[count++] = attempt->places.list[i].name;
	}
	probe->mechanism = WIRE_MECHANISM_KPROBE_MULTI;
	probe->settings.has_cookie = 1;
	probe->settings.preemptible = 0;
	attempt->programs = (struct probe_programs){
		.names[PROGRAM_ENTER] = probe_form(probe, "count_function", "enter_function", "enter_with_stacks"),
		.names[PROGRAM_LEAVE] = returns(probe) ? "leave_function" : NULL,
		.attach_type = TRACE_KPROBE_MULTI,
	};
	r = count == 0 ? refuse_probe(ret, WIRE_PROBE_NOT_TRACEABLE, 0, NULL) :
			 probe_load(probe, attempt->session, &attempt->programs, ret);
	if (r == 0) {
		r = link_run(attempt, words, cookies, count);
		r = probe->functions > 0 ? 0 : probe_refuse_errno(ret, -r);
	}
	free(words);
	return r;
}

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
	fd = link_multi(program_fd, &address, &cookie, 1, leaves);
	return fd < 0 ? fd : probe_keep_link(probe, fd);
}

/* Both or none: an entry without its return would be missed again and again. */
static int attach_place(struct kernel_attempt *attempt, const struct kernel_place *place)
{
	const size_t links = attempt->probe->link_count;
	int r = 0;

	if (returns(attempt->probe))
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
		.names[PROGRAM_LEAVE] = returns(probe) ? "leave_function" : NULL,
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

static bool is_locked_down(void)
{
	char text[64] = "";
	int fd = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	if (fd >= 0)
		close(fd);
	return strstr(text, "[confidentiality]") != NULL;
}

/* Why, if no way led there: more than the kernel's error says. */
static int explain(const struct kernel_attempt *attempt, struct probe_refusal *ret)
{
	const bool of_mechanism = ret->reason == WIRE_PROBE_KERNEL_ERROR || ret->reason == WIRE_PROBE_NOT_PERMITTED ||
				  ret->reason == WIRE_PROBE_NOT_TRACEABLE;

	if (!of_mechanism)
		return -1;
	if (ret->value == EOPNOTSUPP && attempt->probe->request.mechanism != WIRE_MECHANISM_BEST)
		return refuse_probe(ret, WIRE_PROBE_NO_MECHANISM, ret->value, NULL);
	if (is_locked_down())
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

	if (one && (any || asked == WIRE_MECHANISM_FENTRY) && attach_typed(attempt, ret) == 0)
		return 0;
	if (((any && !one) || asked == WIRE_MECHANISM_KPROBE_MULTI) && probe_has_cookies() && attach_multi(attempt, ret) == 0)
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
