/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A breakpoint in a library hits whoever uses it: in malloc, everybody on the machine. Where the kernel can, it is set
 * in the targets alone, and in their children as soon as they are known. What a child calls before that is not seen.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "session.h"

/* Since 6.10 (and in none of the threads' sense before) a link is of a process. */
static bool links_are_of_processes(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	return uname(&name) == 0 && sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 10));
}

bool probe_can_be_scoped(const struct session *session)
{
	/* Of a cgroup nobody knows how many there will be. */
	return !session->processes.system && !session->start.cgroup && session->processes.live <= PROBE_PROCESSES_MAX / 2 && links_are_of_processes();
}

int probe_keep_hook(struct probe *probe, int fd, const struct object_places *places, int program_fd, bool leaves)
{
	struct probe_hook *hook = &probe->hooks[probe->hook_count];

	if (!probe->file_fd) {
		int kept = dup(fd);

		if (kept < 0)
			return -errno;
		probe->file_fd = kept;
	}
	hook->places = malloc(places->count * sizeof(*hook->places));
	if (!hook->places)
		return -ENOMEM;
	memcpy(hook->places, places->list, places->count * sizeof(*hook->places));
	hook->count = places->count;
	hook->program_fd = program_fd;
	hook->leaves = leaves;
	probe->hook_count++;
	return 0;
}

static bool is_followed(const struct probe *probe, u32 tgid)
{
	for (u32 i = 0; i < probe->process_count; i++) {
		if (probe->processes[i].tgid == tgid)
			return true;
	}
	return false;
}

/* The entry, which came last, goes first: taking one away takes some 30 ms, and what is called meanwhile would be missed. */
static void close_links(struct probe_process *process)
{
	for (size_t i = PROGRAM_COUNT; i-- > 0;) {
		if (process->link_fds[i] >= 0)
			close(process->link_fds[i]);
	}
}

static int follow_process(struct probe *probe, u32 tgid)
{
	struct probe_process *process = &probe->processes[probe->process_count];
	int r = 0;

	*process = (struct probe_process){ .tgid = tgid, .link_fds = { -1, -1, -1 } };
	_Static_assert(PROGRAM_COUNT == 3, "as many links");
	for (u32 i = 0; r >= 0 && i < probe->hook_count; i++) {
		const struct probe_hook *hook = &probe->hooks[i];

		r = probe_link_multi(probe->file_fd, hook->places, hook->count, hook->program_fd, hook->leaves, tgid);
		process->link_fds[i] = r;
	}
	if (r >= 0) {
		probe->process_count++;
		return 0;
	}
	close_links(process);
	/* Gone meanwhile is no matter. */
	return r == -ESRCH ? 0 : r;
}

static void leave_ended(struct probe *probe, const struct session *session)
{
	for (u32 i = 0; i < probe->process_count;) {
		const struct process *process = process_find(&session->processes, probe->processes[i].tgid);

		if (process && !process->exited_ns) {
			i++;
			continue;
		}
		close_links(&probe->processes[i]);
		probe->processes[i] = probe->processes[--probe->process_count];
	}
}

int probe_follow(struct probe *probe, const struct session *session)
{
	int r = 0;

	if (!probe->scoped)
		return 0;
	leave_ended(probe, session);
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		for (const struct process *process = session->processes.processes[i]; process; process = process->next) {
			int one = 0;

			if (!process->exited_ns && !is_followed(probe, process->tgid) &&
			    probe->process_count < PROBE_PROCESSES_MAX)
				one = follow_process(probe, process->tgid);
			r = r < 0 ? r : one;
		}
	}
	return r;
}

void probe_forsake(struct probe *probe)
{
	while (probe->process_count > 0)
		close_links(&probe->processes[--probe->process_count]);
	probe->scoped = false;
}

void probes_follow(struct session *session)
{
	for (size_t i = 0; i < WIRE_MAX_PROBES; i++) {
		struct probe *probe = session->probes.list[i];

		if (probe && !probe->ending)
			probe_follow(probe, session);
	}
}
