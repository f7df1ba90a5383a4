/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "cpu_time.h"
#include "proc_files.h"

#define INTERVAL_NS 250000000ull
#define INTERVAL_MAX_NS 30000000000ull
/* One thread's schedstat costs about 6 us: reading 10,000 every interval would be a quarter of a CPU. Reading
 * is spaced out so that it takes no more than this part of the time. */
#define SHARE 200
/* Entries that wait for room, while nobody reads and threads come and go. */
#define WAITING_MAX ((size_t)1 << 16)

static void append(struct processes *processes, u32 tgid, u32 tid, u64 cpu_ns)
{
	if (processes->cpu_entry_count == processes->cpu_entry_capacity) {
		size_t capacity = processes->cpu_entry_capacity ? processes->cpu_entry_capacity * 2 : 256;
		void *grown = capacity <= WAITING_MAX ? realloc(processes->cpu_entries,
								capacity * sizeof(*processes->cpu_entries)) :
							NULL;

		if (!grown) {
			processes->missed++;
			return;
		}
		processes->cpu_entries = grown;
		processes->cpu_entry_capacity = capacity;
	}
	processes->cpu_entries[processes->cpu_entry_count++] =
		(struct wire_cpu_time_entry){ tgid, tid, cpu_ns };
}

void cpu_time_add(struct processes *processes, struct thread *thread, u64 cpu_ns)
{
	if (cpu_ns <= thread->cpu_ns || processes->system)
		return;
	append(processes, thread->tgid, thread->tid, cpu_ns - thread->cpu_ns);
	thread->session_cpu_ns += cpu_ns - thread->cpu_ns;
	thread->cpu_ns = cpu_ns;
}

bool cpu_time_counts(const struct processes *processes, const struct thread *thread, u64 ended_ns)
{
	if (thread->exiting)
		ended_ns = thread->exit_ns;
	if (thread->cpu_final || ended_ns < processes->sampling_from_ns)
		return false;
	return !processes->sampling_until_ns || ended_ns <= processes->sampling_until_ns;
}

static void read_threads(struct processes *processes, bool all, bool last)
{
	for (size_t i = 0; i < THREAD_BUCKETS; i++) {
		for (struct thread *thread = processes->threads[i]; thread; thread = thread->next) {
			u64 cpu_ns;

			if (thread->ended || thread->cpu_final || !(all || thread->active))
				continue;
			thread->active = false;
			if (proc_cpu_time_read(thread->tgid, thread->tid, &cpu_ns) == 0) {
				cpu_time_add(processes, thread, cpu_ns);
				thread->cpu_final = processes->sampling_until_ns != 0;
			} else if (last && thread->exiting && cpu_time_counts(processes, thread, 0)) {
				cpu_time_add(processes, thread, thread->exit_cpu_ns);
			}
		}
	}
}

static void read_due(struct cpu_time *cpu_time, struct processes *processes, bool last)
{
	u64 now = monotonic_ns(), cost, wait;
	bool all = last || now >= cpu_time->next_all_ns;

	if (!all && now < cpu_time->next_active_ns)
		return;
	read_threads(processes, all, last);
	cost = monotonic_ns() - now;
	wait = cost * SHARE;
	if (wait < INTERVAL_NS)
		wait = INTERVAL_NS;
	if (wait > INTERVAL_MAX_NS)
		wait = INTERVAL_MAX_NS;
	cpu_time->next_active_ns = now + wait;
	if (all)
		cpu_time->next_all_ns = now + wait;
}

static void read_system(struct cpu_time *cpu_time, struct processes *processes)
{
	u64 now_ns;

	if (proc_system_cpu_time_read(&now_ns) < 0 || now_ns <= cpu_time->system_ns)
		return;
	append(processes, 0, 0, now_ns - cpu_time->system_ns);
	cpu_time->system_ns = now_ns;
}

void cpu_time_begin(struct cpu_time *cpu_time, struct processes *processes)
{
	*cpu_time = (struct cpu_time){ 0 };
	/* What they used between being found and now, while the program was loaded, was never sampled. */
	for (size_t i = 0; i < THREAD_BUCKETS && !processes->system; i++) {
		for (struct thread *thread = processes->threads[i]; thread; thread = thread->next)
			proc_cpu_time_read(thread->tgid, thread->tid, &thread->cpu_ns);
	}
	processes->sampling_from_ns = monotonic_ns();
	proc_system_cpu_time_read(&cpu_time->system_ns);
}

void cpu_time_stop(struct cpu_time *cpu_time, struct processes *processes)
{
	processes->sampling_until_ns = monotonic_ns();
	if (processes->system)
		read_system(cpu_time, processes);
	else
		read_threads(processes, true, false);
}

void cpu_time_send(struct cpu_time *cpu_time, struct processes *processes, bool last)
{
	const size_t most =
		(WIRE_MAX_PAYLOAD - sizeof(struct wire_cpu_time)) / sizeof(struct wire_cpu_time_entry);
	size_t sent = 0;

	/* Without room, it is read later, and is more then. */
	if (!send_fits(processes->queue, SEND_TABLES, WIRE_MAX_PAYLOAD))
		return;
	if (!processes->system)
		read_due(cpu_time, processes, last);
	else if (!processes->sampling_until_ns)
		read_system(cpu_time, processes);
	while (sent < processes->cpu_entry_count) {
		size_t count = processes->cpu_entry_count - sent;
		struct wire_cpu_time frame = { .slice = (u32)(monotonic_ns() / WIRE_SLICE_NS) };

		if (count > most)
			count = most;
		frame.entry_count = (u32)count;
		/* What finds no room is added to by later ones and sent then. */
		if (!send_frame(processes->queue, SEND_TABLES, WIRE_CPU_TIME, &frame, sizeof(frame),
				processes->cpu_entries + sent, count * sizeof(struct wire_cpu_time_entry)))
			break;
		sent += count;
	}
	processes->cpu_entry_count -= sent;
	for (size_t i = 0; i < processes->cpu_entry_count; i++)
		processes->cpu_entries[i] = processes->cpu_entries[sent + i];
}
