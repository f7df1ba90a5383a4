/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of the kernel by kprobe.multi: their addresses at once. */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel_attempt.h"
#include "probe_links.h"

/* It takes all of its functions or none: so often a list with one that cannot be is halved. */
#define LINKS_MAX 256u

int kernel_link_multi(int program_fd, const u64 *addresses, const u64 *cookies, size_t count, bool leaves)
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
	if (probe_returns(probe)) {
		leave = kernel_link_multi(attempt->programs.fds[PROGRAM_LEAVE], addresses, cookies, count, true);
		enter = leave < 0 ? leave : 0;
	}
	if (enter == 0)
		enter = kernel_link_multi(attempt->programs.fds[PROGRAM_ENTER], addresses, cookies, count, false);
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

int kernel_attach_multi(struct kernel_attempt *attempt, struct probe_refusal *ret)
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
		.names[PROGRAM_LEAVE] = probe_returns(probe) ? "leave_function" : NULL,
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
