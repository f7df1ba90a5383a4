/* SPDX-License-Identifier: Apache-2.0 */
/* Waits: from those that go on already when a session begins, to the frames that tell of them. */
#include "clock.h"
#include "proc_files.h"
#include "session.h"

#define WAITS_PER_FRAME ((WIRE_MAX_PAYLOAD - sizeof(struct wire_waits)) / sizeof(struct wire_wait))

/* As the kernel has them, of the letter in /proc; 0: it runs, or has ended. */
static u32 state_of_letter(char letter)
{
	switch (letter) {
	case 'S':
		return 1;
	case 'D':
		return 2;
	case 'T':
		return 4;
	case 't':
		return 8;
	case 'I':
		return 0x402;
	default:
		return 0;
	}
}

/*
 * It may wake and sleep again between the two looks, and its entry is then the kernel's own: only when it did not switch at
 * all meanwhile it was asleep when the entry was made.
 */
static int add_sleeper(void *context, uint32_t tgid, uint32_t tid)
{
	struct off_cpu *off_cpu = context;
	struct proc_switches before, after;
	u32 state;

	if (proc_switches_read(tgid, tid, &before) < 0 || !(state = state_of_letter(before.state)) ||
	    !off_cpu_add_sleeper(off_cpu, tgid, tid, state))
		return 0;
	if (proc_switches_read(tgid, tid, &after) < 0 || after.state != before.state ||
	    after.count != before.count)
		off_cpu_remove_sleeper(off_cpu, tid);
	return 0;
}

int session_begin_waits(struct session *session, struct failure *ret)
{
	struct off_cpu *off_cpu = session->sampler.off_cpu;

	if (!off_cpu)
		return 0;
	if (off_cpu_attach(off_cpu, ret) < 0)
		return -1;
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		for (const struct process *process = session->processes.processes[i]; process; process = process->next) {
			if (!process->exited_ns)
				proc_for_each_thread(process->tgid, add_sleeper, off_cpu);
		}
	}
	return 0;
}

static void flush_waits(struct session *session, const struct wire_wait *entries, u32 count)
{
	const struct wire_waits frame = { .entry_count = count };

	if (count > 0 && !send_frame(&session->queue, SEND_BULK, WIRE_WAITS, &frame, sizeof(frame), entries,
				     count * sizeof(*entries)))
		session->losses[WIRE_LOSS_WAIT_MAP_FULL] += count;
}

/* Better without a stack than not at all: it is the time that counts. */
static void check_stack(struct session *session, u64 *stack)
{
	if (session_knows_stack(session, *stack))
		return;
	*stack = 0;
	session->losses[WIRE_LOSS_WAIT_STACK]++;
}

void session_send_waits(struct session *session)
{
	static struct wire_wait entries[WAITS_PER_FRAME];
	const struct drained *drained = &session->sampler.drained;
	u32 filled = 0;

	for (size_t i = 0; i < drained->wait_count; i++) {
		struct wire_wait wait = drained->waits[i];
		struct process *process = process_ensure(&session->processes, wait.tgid);
		struct thread *thread = thread_ensure(&session->processes, wait.tgid, wait.tid);

		if (!process || !process->announced || !thread || !thread->announced) {
			session->losses[WIRE_LOSS_WAIT_MAP_FULL]++;
			continue;
		}
		check_stack(session, &wait.user_stack);
		check_stack(session, &wait.kernel_stack);
		check_stack(session, &wait.waker_user_stack);
		check_stack(session, &wait.waker_kernel_stack);
		entries[filled++] = wait;
		if (filled == WAITS_PER_FRAME) {
			flush_waits(session, entries, filled);
			filled = 0;
		}
	}
	flush_waits(session, entries, filled);
}
