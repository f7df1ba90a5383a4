/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "proc_files.h"
#include "processes.h"

static struct process **process_slot(struct processes *processes, u32 tgid)
{
	struct process **slot = &processes->processes[tgid % PROCESS_BUCKETS];

	while (*slot && (*slot)->tgid != tgid)
		slot = &(*slot)->next;
	return slot;
}

static struct thread **thread_slot(struct processes *processes, u32 tid)
{
	struct thread **slot = &processes->threads[tid % THREAD_BUCKETS];

	while (*slot && (*slot)->tid != tid)
		slot = &(*slot)->next;
	return slot;
}

struct process *process_find(const struct processes *processes, u32 tgid)
{
	return *process_slot((struct processes *)processes, tgid);
}

struct thread *thread_find(const struct processes *processes, u32 tid)
{
	return *thread_slot((struct processes *)processes, tid);
}

static void process_empty(struct processes *processes, struct process *process, bool ended)
{
	process_forget_space(processes, process, ended);
	mappings_clear(&process->mappings);
	mappings_clear(&process->coming);
	free(process->generations);
}

struct process *process_create(struct processes *processes, u32 tgid)
{
	struct process **slot = process_slot(processes, tgid), *process = *slot, *next = NULL;

	if (process) {
		next = process->next;
		if (!process->exited_ns)
			processes->live--;
		process_empty(processes, process, false);
	} else {
		process = malloc(sizeof(*process));
		if (!process) {
			processes->missed++;
			return NULL;
		}
		*slot = process;
	}
	*process = (struct process){ .tgid = tgid, .unpublished = true, .next = next };
	process->wanted =
		!processes->system || (processes->wanted[tgid % WANTED_BITS / 8] & (1u << tgid % 8));
	processes->live++;
	return process;
}

void processes_want(struct processes *processes, u32 tgid)
{
	processes->wanted[tgid % WANTED_BITS / 8] |= (uint8_t)(1u << tgid % 8);
}

void processes_unwant(struct processes *processes)
{
	memset(processes->wanted, 0, sizeof(processes->wanted));
}

void process_remove(struct processes *processes, struct process *process)
{
	struct process **slot = process_slot(processes, process->tgid);

	if (!process->exited_ns)
		processes->live--;
	*slot = process->next;
	process_empty(processes, process, true);
	free(process);
}

struct thread *thread_create(struct processes *processes, u32 tgid, u32 tid)
{
	struct thread **slot = thread_slot(processes, tid), *thread = *slot, *next = NULL;

	if (thread) {
		next = thread->next;
	} else {
		thread = malloc(sizeof(*thread));
		if (!thread) {
			processes->missed++;
			return NULL;
		}
		*slot = thread;
	}
	*thread = (struct thread){ .tid = tid, .tgid = tgid, .next = next };
	return thread;
}

void thread_remove(struct processes *processes, struct thread *thread)
{
	struct thread **slot = thread_slot(processes, thread->tid);

	*slot = thread->next;
	free(thread);
}

static int read_thread(void *context, u32 tgid, u32 tid)
{
	struct processes *processes = context;
	struct thread *thread = thread_find(processes, tid);

	if (thread && thread->tgid == tgid)
		return 0;
	thread = thread_create(processes, tgid, tid);
	if (!thread)
		return -ENOMEM;
	proc_comm_read(tgid, tid, thread->comm);
	proc_cpu_time_read(tgid, tid, &thread->cpu_ns);
	/* Told by the next drain, behind its process. */
	return 0;
}

int process_read_mappings(struct processes *processes, struct mappings *mappings, u32 tgid)
{
	int r = mappings_read(mappings, tgid);

	processes->missed += mappings->truncated;
	return r;
}

static int read_held(struct processes *processes, u32 tgid, u64 start_ticks)
{
	struct process *process;
	struct proc_stat stat;
	int r = proc_stat_read(tgid, &stat);

	if (r < 0)
		return r;
	if (start_ticks && start_ticks != stat.start_ticks)
		return -ESRCH;
	process = process_create(processes, tgid);
	if (!process)
		return -ENOMEM;
	memcpy(process->comm, stat.comm, sizeof(process->comm));
	process->parent_tgid = stat.parent_tgid;
	process->start_ticks = stat.start_ticks;
	process->start_ns = proc_start_monotonic_ns(&stat);
	if (stat.kernel_thread)
		process->flags |= WIRE_PROCESS_KERNEL;
	else
		r = process_read_mappings(processes, &process->mappings, tgid);
	/* Of the whole system, threads are met when they are sampled. */
	if (r == 0 && !processes->system)
		r = proc_for_each_thread(tgid, read_thread, processes);
	return r;
}

int process_read(struct processes *processes, u32 tgid, u64 start_ticks)
{
	int held = proc_hold(tgid), r;

	if (held == -ESRCH)
		return -ESRCH;
	r = read_held(processes, tgid, start_ticks);
	if (!proc_release(held)) {
		struct process *process = process_find(processes, tgid);

		if (process)
			process_remove(processes, process);
		r = -ESRCH;
	}
	return r;
}

struct process *process_ensure(struct processes *processes, u32 tgid)
{
	struct process *process = process_find(processes, tgid);
	int execs;

	if (!process) {
		process_read(processes, tgid, 0);
		process = process_find(processes, tgid);
		if (!process && (process = process_create(processes, tgid))) {
			process->exited_ns = monotonic_ns();
			processes->live--;
		}
		execs = process ? sampler_execs(processes->sampler, tgid) : 0;
		if (execs > 0)
			process->generation = (u32)execs << 16;
	}
	if (process && !process->wanted)
		process->wanted = process->unpublished = true;
	if (process && !process->announced)
		process_announce(processes, process);
	return process;
}

struct thread *thread_ensure(struct processes *processes, u32 tgid, u32 tid)
{
	struct thread *thread = thread_find(processes, tid);

	if (!thread || thread->tgid != tgid) {
		const struct process *process = process_find(processes, tgid);

		thread = thread_create(processes, tgid, tid);
		/* Gone already: threads inherit the name of their process, so that is likely. */
		if (thread && proc_comm_read(tgid, tid, thread->comm) < 0 && process)
			memcpy(thread->comm, process->comm, sizeof(thread->comm));
	}
	if (thread && !thread->announced)
		thread_announce(processes, thread);
	return thread;
}

void processes_close(struct processes *processes)
{
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		while (processes->processes[i])
			process_remove(processes, processes->processes[i]);
	}
	for (size_t i = 0; i < THREAD_BUCKETS; i++) {
		while (processes->threads[i])
			thread_remove(processes, processes->threads[i]);
	}
	free(processes->cpu_entries);
}
