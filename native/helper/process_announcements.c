/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine is told of processes and threads, and what waits for room in the queue. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "processes.h"

bool process_has_generation(const struct process *process, u32 generation)
{
	for (size_t i = process->generation_count; i-- > 0;) {
		if (process->generations[i] == generation)
			return true;
	}
	return false;
}

bool process_send_generation(struct processes *processes, struct process *process, u32 generation,
			     u32 from_tgid, u32 from_generation, u64 time_ns)
{
	const struct wire_generation frame = {
		.tgid = process->tgid,
		.generation = generation,
		.from_tgid = from_tgid,
		.from_generation = from_generation,
		.time_ns = time_ns,
	};
	u32 *grown;

	if (!send_frame(processes->queue, SEND_TABLES, WIRE_GENERATION, &frame, sizeof(frame), NULL, 0))
		return false;
	if (process_has_generation(process, generation))
		return true;
	/* Older ones are forgotten, as the engine forgets them. */
	if (process->generation_count >= 16) {
		memmove(process->generations, process->generations + 1, 15 * sizeof(u32));
		process->generation_count = 15;
	}
	grown = realloc(process->generations, (process->generation_count + 1) * sizeof(u32));
	if (!grown)
		return false;
	process->generations = grown;
	process->generations[process->generation_count++] = generation;
	return true;
}

bool process_send_name(struct processes *processes, const struct process *process, u32 flags, u64 time_ns)
{
	const u32 length = (u32)strnlen(process->comm, WIRE_COMM_SIZE);
	const struct wire_process frame = {
		.tgid = process->tgid,
		.parent_tgid = process->parent_tgid,
		.time_ns = time_ns,
		.flags = process->flags | flags,
		.name_length = length,
	};

	return send_frame(processes->queue, SEND_TABLES, WIRE_PROCESS, &frame, sizeof(frame), process->comm,
			  length);
}

/* 65,000 mappings can be more than the queue ever holds: begun anew each time, they would never get through. */
static bool announce_mappings(struct processes *processes, struct process *process)
{
	for (size_t i = 0; i < process->mappings.count; i++) {
		const struct mapping *mapping = &process->mappings.list[i];

		if (mapping->start < process->announce_from)
			continue;
		if (!mapping_send(processes->queue, mapping, process->tgid, process->generation)) {
			process->announce_from = mapping->start;
			return false;
		}
	}
	return true;
}

bool process_announce(struct processes *processes, struct process *process)
{
	if (!processes->sending || !process->wanted)
		return false;
	process->announced = false;
	if (!process->announcing) {
		process->generation_count = 0;
		if (!process_send_name(processes, process, 0, process->start_ns) ||
		    !process_send_generation(processes, process, process->generation, 0, 0, process->start_ns))
			return false;
		process->announcing = true;
		process->announce_from = 0;
	}
	if (!announce_mappings(processes, process))
		return false;
	process->announcing = false;
	process->announced = true;
	return true;
}

bool thread_announce(struct processes *processes, struct thread *thread)
{
	const u32 length = (u32)strnlen(thread->comm, WIRE_COMM_SIZE);
	const struct wire_thread frame = {
		.tgid = thread->tgid,
		.tid = thread->tid,
		.time_ns = thread->begun_ns ? thread->begun_ns : monotonic_ns(),
		.name_length = length,
	};

	if (processes->sending)
		thread->announced = send_frame(processes->queue, SEND_TABLES, WIRE_THREAD, &frame,
					       sizeof(frame), thread->comm, length);
	return thread->announced;
}

void processes_retry(struct processes *processes)
{
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		for (struct process *process = processes->processes[i]; process; process = process->next) {
			if (process->wanted && !process->announced && !process_announce(processes, process))
				return;
		}
	}
	if (processes->system)
		return;
	for (size_t i = 0; i < THREAD_BUCKETS; i++) {
		for (struct thread *thread = processes->threads[i]; thread; thread = thread->next) {
			if (!thread->announced && !thread_announce(processes, thread))
				return;
		}
	}
}
