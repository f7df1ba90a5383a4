/* SPDX-License-Identifier: Apache-2.0 */
/* From a START frame to what sampling needs: the program, the processes, the first questions about modules. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "kernel_symbols.h"
#include "proc_files.h"
#include "session.h"

#define SCANS_MAX 50
/* For the tables of what is mapped already. The engine needs about 1 ms for a MB of a program. */
#define PREPARE_NS 500000000ull

/*
 * Before sampling: reading them takes some 80 ms of a CPU, and as long again in the engine. The first samples would
 * wait for it, and most programs are seen in the kernel within a second. The engine reads while sampling is attached.
 */
static void send_kernel_symbols(struct session *session)
{
	if (!(session->start.flags & WIRE_START_KERNEL_STACKS))
		return;
	kernel_symbols_send(&session->queue);
	send_queue_flush(&session->queue, STDOUT_FILENO);
}

static int check_start(const struct session *session, const struct frame *frame,
		       const struct wire_target *targets, struct failure *ret)
{
	const struct wire_start *start = &session->start;
	const u32 known = WIRE_START_SYSTEM | WIRE_START_CHILDREN | WIRE_START_KERNEL_STACKS |
			  WIRE_START_UNWIND_TABLES | WIRE_START_ON_CPU | WIRE_START_OFF_CPU | WIRE_START_WAKERS;
	const bool tables = start->flags & WIRE_START_UNWIND_TABLES;
	const bool system = start->flags & WIRE_START_SYSTEM, waits = start->flags & WIRE_START_OFF_CPU;

	if (start->target_count > WIRE_MAX_TARGETS)
		return fail(ret, WIRE_ERROR_TARGETS, start->target_count, "at most %d targets",
			    WIRE_MAX_TARGETS);
	if (frame->length != sizeof(*start) + start->target_count * sizeof(*targets))
		return fail(ret, WIRE_ERROR_MALFORMED, WIRE_START,
			    "the length of START does not fit its targets");
	if ((start->flags & ~known) || start->event > WIRE_EVENT_CYCLES)
		return fail(ret, WIRE_ERROR_MALFORMED, WIRE_START, "START has an unknown flag or event");
	if (waits ? start->least_wait_ns > WIRE_MAX_LEAST_WAIT_NS
		  : start->least_wait_ns != 0 || (start->flags & WIRE_START_WAKERS))
		return fail(ret, WIRE_ERROR_MALFORMED, WIRE_START, "START asks for waits out of range");
	if (start->stack_depth < 1 || start->stack_depth > WIRE_MAX_STACK_DEPTH ||
	    (tables ? start->table_mebibytes < 4 || start->table_mebibytes > WIRE_TABLE_MEBIBYTES
		    : start->table_mebibytes != 0))
		return fail(ret, WIRE_ERROR_MALFORMED, WIRE_START, "START asks for stacks or tables out of range");
	if (start->frequency < WIRE_MIN_FREQUENCY || start->frequency > WIRE_MAX_FREQUENCY)
		return fail(ret, WIRE_ERROR_FREQUENCY, start->frequency, "%u Hz is not between %d and %d",
			    start->frequency, WIRE_MIN_FREQUENCY, WIRE_MAX_FREQUENCY);
	if (start->event == WIRE_EVENT_CYCLES && !(session->features & WIRE_FEATURE_CYCLES))
		return fail(ret, WIRE_ERROR_NO_CYCLES, 0, "no hardware counter of cycles");
	if (system && start->cgroup)
		return fail(ret, WIRE_ERROR_MALFORMED, WIRE_START, "START asks for a cgroup beside the whole system");
	if (system != (start->target_count == 0))
		return fail(ret, WIRE_ERROR_TARGETS, start->target_count,
			    system ? "targets beside the whole system" : "no target");
	for (u32 i = 0; i < start->target_count; i++) {
		for (u32 j = 0; j < i; j++) {
			if (targets[i].tgid == targets[j].tgid)
				return fail(ret, WIRE_ERROR_TARGETS, targets[i].tgid,
					    "process %u is named twice", targets[i].tgid);
		}
	}
	return 0;
}

static int refuse_target(u32 tgid, int code, struct failure *ret)
{
	if (code == ESRCH || code == ENOENT)
		return fail(ret, WIRE_ERROR_NO_SUCH_PROCESS, tgid, "there is no process %u", tgid);
	if (code == EACCES || code == EPERM)
		return fail(ret, WIRE_ERROR_NOT_PERMITTED, code, "process %u: %s", tgid, strerror(code));
	if (code == ENOMEM)
		return fail(ret, WIRE_ERROR_MEMORY, code, "no memory for process %u", tgid);
	return fail(ret, WIRE_ERROR_INTERNAL, code, "process %u: %s", tgid, strerror(code));
}

static int refuse_other(u32 tgid, struct failure *ret)
{
	return fail(ret, WIRE_ERROR_NO_SUCH_PROCESS, tgid,
		    "process %u ended, and its number was given to another one", tgid);
}

static int check_targets(const struct wire_target *targets, u32 count, struct failure *ret)
{
	for (u32 i = 0; i < count; i++) {
		struct proc_stat stat;
		int r = proc_check_process(targets[i].tgid, &stat);

		if (r < 0)
			return refuse_target(targets[i].tgid, -r, ret);
		if (targets[i].start_ticks != 0 && targets[i].start_ticks != stat.start_ticks)
			return refuse_other(targets[i].tgid, ret);
	}
	return 0;
}

/*
 * First the map, then /proc: what begins in between is told by the kernel, which also takes the number out of
 * the map once its process is gone. So it is looked at again who has the number now that it is in the map.
 */
static int add_process(struct session *session, u32 tgid, u64 start_ticks, struct failure *ret)
{
	int r;

	if (sampler_add_target(&session->sampler, tgid, ret) < 0)
		return -1;
	r = process_read(&session->processes, tgid, start_ticks);
	if (r == -ESRCH && start_ticks)
		return refuse_other(tgid, ret);
	return r < 0 ? refuse_target(tgid, -r, ret) : 0;
}

struct child_search {
	struct session *session;
	struct failure *failure;
	int found;
};

static int visit_child(void *context, uint32_t tgid)
{
	struct child_search *search = context;
	struct processes *processes = &search->session->processes;
	struct proc_stat stat;
	struct process *child;

	if (process_find(processes, tgid) || proc_stat_read(tgid, &stat) < 0 || stat.state == 'Z' ||
	    !process_find(processes, stat.parent_tgid))
		return 0;
	if (add_process(search->session, tgid, stat.start_ticks, search->failure) < 0) {
		sampler_remove_target(&search->session->sampler, tgid);
		return search->failure->error == WIRE_ERROR_NO_SUCH_PROCESS ? 0 : -ECANCELED;
	}
	child = process_find(processes, tgid);
	if (child)
		child->flags |= WIRE_PROCESS_CHILD;
	search->found++;
	return 0;
}

static int add_children(struct session *session, struct failure *ret)
{
	struct child_search search = { session, ret, 1 };

	while (search.found > 0) {
		search.found = 0;
		if (proc_for_each_process(visit_child, &search) == -ECANCELED)
			return -1;
	}
	return 0;
}

static int visit_system_process(void *context, uint32_t tgid)
{
	/* Gone meanwhile is no matter. */
	return process_read(context, tgid, 0) == -ENOMEM ? -ENOMEM : 0;
}

void session_settle(struct session *session)
{
	for (int scan = 0; scan < SCANS_MAX; scan++) {
		u64 now = monotonic_ns();
		struct side_event *event;
		bool execing = false;

		sideband_read(&session->sideband);
		while ((event = sideband_next(&session->sideband, now)))
			processes_apply(&session->processes, event);
		for (size_t i = 0; i < PROCESS_BUCKETS && !execing; i++) {
			for (struct process *process = session->processes.processes[i]; process;
			     process = process->next)
				execing |= process->execing && !process->exited_ns;
		}
		if (!execing)
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
	processes_resync(&session->processes);
}

static int watch(struct session *session, struct failure *ret)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u32 = WAKE_DRAIN };

	session->wake_fd = epoll_create1(EPOLL_CLOEXEC);
	if (session->wake_fd < 0)
		return fail(ret, WIRE_ERROR_DESCRIPTORS, (int64_t)session->privileges.descriptor_limit,
			    "epoll");
	/* By edges: a ring counts as readable while there is anything in it. */
	if (epoll_ctl(session->wake_fd, EPOLL_CTL_ADD, session->sampler.stacks_fd, &event) < 0)
		return fail(ret, WIRE_ERROR_INTERNAL, errno, "epoll: %s", strerror(errno));
	event.data.u32 = WAKE_LOOK;
	for (int i = 0; i < session->sideband.ring_count; i++) {
		if (epoll_ctl(session->wake_fd, EPOLL_CTL_ADD, session->sideband.rings[i].fd, &event) < 0)
			return fail(ret, WIRE_ERROR_INTERNAL, errno, "epoll: %s", strerror(errno));
	}
	return 0;
}

static int find_processes(struct session *session, const struct wire_target *targets, struct failure *ret)
{
	if (session->start.flags & WIRE_START_SYSTEM) {
		if (proc_for_each_process(visit_system_process, &session->processes) < 0)
			return fail(ret, WIRE_ERROR_MEMORY, ENOMEM, "no memory for the list of processes");
	}
	for (u32 i = 0; i < session->start.target_count; i++) {
		if (add_process(session, targets[i].tgid, targets[i].start_ticks, ret) < 0)
			return -1;
	}
	if (session->start.target_count > 0 && (session->start.flags & WIRE_START_CHILDREN) &&
	    add_children(session, ret) < 0)
		return -1;
	session_settle(session);
	if (session->start.target_count > 0 && session->processes.live == 0)
		return fail(ret, WIRE_ERROR_NO_SUCH_PROCESS, targets[0].tgid, "process %u ended",
			    targets[0].tgid);
	return 0;
}

static int open_tables(struct session *session, struct failure *ret)
{
	if (!(session->start.flags & WIRE_START_UNWIND_TABLES))
		return 0;
	if (spaces_open(&session->spaces, &session->sampler) < 0)
		return fail(ret, WIRE_ERROR_MEMORY, ENOMEM, "no memory for the address spaces");
	tables_open(&session->tables, &session->sampler, session->start.table_mebibytes);
	session->processes.spaces = &session->spaces;
	return 0;
}

int session_start(struct session *session, const struct frame *frame, struct failure *ret,
		  enum wire_end_reason *reason)
{
	const struct wire_target *targets = (const void *)(frame->payload + sizeof(struct wire_start));
	struct sampler *sampler = &session->sampler;

	*reason = WIRE_REASON_FAILURE;
	memcpy(&session->start, frame->payload, sizeof(session->start));
	session->processes = (struct processes){
		.queue = &session->queue,
		.sampler = sampler,
		.system = session->start.flags & WIRE_START_SYSTEM,
	};
	if (check_start(session, frame, targets, ret) < 0)
		return -1;
	if (check_targets(targets, session->start.target_count, ret) < 0)
		goto gone;
	send_kernel_symbols(session);
	if (sampler_load(sampler, &session->object, &session->start, session->cpu_count, ret) < 0 ||
	    (session->start.flags & WIRE_START_OFF_CPU &&
	     off_cpu_load(sampler, &session->off_cpu_object, ret) < 0) ||
	    open_tables(session, ret) < 0 ||
	    sideband_open(&session->sideband, session->cpus, session->cpu_count, session->processes.spaces, ret) < 0 ||
	    sideband_add_lifecycles(&session->sideband, sampler->lifecycles_fd, ret) < 0 ||
	    sampler_follow_processes(sampler, ret) < 0 || watch(session, ret) < 0)
		return -1;
	if (find_processes(session, targets, ret) < 0)
		goto gone;
	session->preparing = true;
	session->prepare_until_ns = monotonic_ns() + PREPARE_NS;
	return 0;
gone:
	if (ret->error == WIRE_ERROR_NO_SUCH_PROCESS)
		*reason = WIRE_REASON_TARGET_GONE;
	return -1;
}
