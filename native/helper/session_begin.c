/* SPDX-License-Identifier: Apache-2.0 */
/* From tables that are there to running events. */
#include <errno.h>

#include "clock.h"
#include "proc_files.h"
#include "session.h"

/* The first picture should come at once. */
#define FIRST_DRAIN_NS 40000000ull
#define SCANS_MAX 50

struct event_scan {
	struct session *session;
	struct failure *failure;
	int opened;
};

static int open_thread_event(void *context, uint32_t tgid, uint32_t tid)
{
	struct event_scan *scan = context;
	struct thread *thread = thread_find(&scan->session->processes, tid);
	int r;

	if (!thread || thread->tgid != tgid)
		thread = thread_create(&scan->session->processes, tgid, tid);
	if (!thread || thread->event_ns)
		return 0;
	r = sampler_open_thread(&scan->session->sampler, tid, scan->failure);
	if (r < 0)
		return -ECANCELED;
	thread->event_ns = monotonic_ns();
	scan->opened += r == 0;
	return 0;
}

/* Until nothing new turns up: threads begun by threads that had no event yet have none either. */
static int open_thread_events(struct session *session, struct failure *ret)
{
	struct event_scan scan = { session, ret, 1 };

	for (int round = 0; round < SCANS_MAX && scan.opened > 0; round++) {
		scan.opened = 0;
		for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
			for (struct process *process = session->processes.processes[i]; process;
			     process = process->next) {
				if (process->exited_ns)
					continue;
				if (proc_for_each_thread(process->tgid, open_thread_event, &scan) ==
				    -ECANCELED)
					return -1;
			}
		}
		/* Which threads were begun by one that had its event already. */
		session_settle(session);
	}
	return 0;
}

static void announce(struct session *session)
{
	struct wire_started started = {
		.monotonic_ns = monotonic_ns(),
		.realtime_ns = clock_ns(CLOCK_REALTIME),
		.frequency = session->start.frequency,
		.event = session->start.event,
		.sampling = session->sampler.per_thread ? WIRE_SAMPLING_PER_THREAD : WIRE_SAMPLING_PER_CPU,
		.cpus = (u32)session->sampler.event_count,
	};

	send_frame(&session->queue, SEND_CONTROL, WIRE_STARTED, &started, sizeof(started), NULL, 0);
	session->processes.sending = true;
	processes_retry(&session->processes);
}

int session_begin(struct session *session, struct failure *ret)
{
	struct sampler *sampler = &session->sampler;

	/* What began or ended while tables were waited for. */
	session_settle(session);
	if (session->start.target_count > 0 && session->processes.live == 0)
		return fail(ret, WIRE_ERROR_NO_SUCH_PROCESS, 0, "the target ended before sampling began");
	if (!(session->start.flags & WIRE_START_ON_CPU))
		sampler->per_thread = false;
	else if (sampler->per_thread ? open_thread_events(session, ret) < 0
				     : sampler_open_cpus(sampler, session->cpus, session->cpu_count, ret) < 0)
		return -1;
	cpu_time_begin(&session->cpu_time, &session->processes);
	if (sampler_enable(sampler, ret) < 0 || session_begin_waits(session, ret) < 0)
		return -1;
	if (privileges_drop_sys_admin(&session->privileges) < 0)
		return fail(ret, WIRE_ERROR_PRIVILEGES, EPERM, "CAP_SYS_ADMIN could not be dropped");
	session->running = true;
	announce(session);
	session->next_drain_ns = monotonic_ns() + FIRST_DRAIN_NS;
	return 0;
}
