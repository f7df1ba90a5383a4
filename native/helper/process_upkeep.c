/* SPDX-License-Identifier: Apache-2.0 */
/* Finding out again what lost records said, and forgetting what is over. */
#include "clock.h"
#include "cpu_time.h"
#include "proc_files.h"
#include "processes.h"

/* A process that exited is kept this long, for the samples that are still to come. */
#define KEEP_EXITED_NS 2000000000ull

static void resync_process(struct processes *processes, struct process *process)
{
	struct mappings current = { 0 };
	struct proc_stat stat;
	int execs = sampler_execs(processes->sampler, process->tgid), held, r;
	bool other;

	if (process->exited_ns)
		return;
	held = proc_hold(process->tgid);
	r = process_read_mappings(processes, &current, process->tgid);
	other = proc_check_process(process->tgid, &stat) < 0 ||
		(process->start_ticks && stat.start_ticks != process->start_ticks);
	if (!proc_release(held) || other) {
		mappings_clear(&current);
		process->exited_ns = monotonic_ns();
		processes->live--;
		return;
	}
	if (r < 0) {
		mappings_clear(&current);
		return;
	}
	process->start_ticks = stat.start_ticks;
	if (execs >= 0 && (u32)execs != process->generation >> 16)
		process->generation = (u32)execs << 16;
	proc_comm_read(process->tgid, process->tgid, process->comm);
	process->execing = false;
	mappings_clear(&process->mappings);
	process->mappings = current;
	process->unpublished = true;
	process->announced = false;
	process->announcing = false;
}

/* Of those whose end was lost. It may also be on its way still: processes_sweep() gives it time. */
static void find_missing_threads(struct processes *processes)
{
	u64 ignored;

	for (size_t i = 0; i < THREAD_BUCKETS; i++) {
		for (struct thread *thread = processes->threads[i]; thread; thread = thread->next) {
			if (!thread->missing_ns && proc_cpu_time_read(thread->tgid, thread->tid, &ignored) < 0)
				thread->missing_ns = monotonic_ns();
		}
	}
}

void processes_resync(struct processes *processes)
{
	u32 tgid = 0;

	/* Children whose beginning was lost. */
	while (!processes->system && sampler_next_target(processes->sampler, &tgid)) {
		if (!process_find(processes, tgid))
			process_read(processes, tgid, 0);
	}
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		for (struct process *process = processes->processes[i]; process; process = process->next)
			resync_process(processes, process);
	}
	find_missing_threads(processes);
}

void processes_sweep(struct processes *processes, u64 now_ns)
{
	for (size_t i = 0; i < THREAD_BUCKETS; i++) {
		struct thread *thread = processes->threads[i];

		while (thread) {
			struct thread *next = thread->next;

			if (thread->missing_ns && !thread->ended && now_ns > thread->missing_ns + KEEP_EXITED_NS) {
				thread->ended = true;
				if (thread->exiting && cpu_time_counts(processes, thread, 0))
					cpu_time_add(processes, thread, thread->exit_cpu_ns);
			}
			/* The whole system's threads have no end, only an exit. */
			if (thread->ended || (processes->system && thread->exiting)) {
				processes->ended_cpu_ns += thread->session_cpu_ns;
				processes->ended_samples += thread->samples;
				thread_remove(processes, thread);
			}
			thread = next;
		}
	}
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		struct process *process = processes->processes[i];

		while (process) {
			struct process *next = process->next;

			if (process->exited_ns && now_ns > process->exited_ns + KEEP_EXITED_NS)
				process_remove(processes, process);
			process = next;
		}
	}
}
