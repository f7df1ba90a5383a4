/* SPDX-License-Identifier: Apache-2.0 */
/* What fork, exec, exit, names and mappings do to the processes. */
#include <string.h>

#include "cpu_time.h"
#include "processes.h"

static void send_note(struct processes *processes, enum wire_note_kind kind, const struct process *process,
		      u64 time_ns)
{
	const u32 length = (u32)strnlen(process->comm, WIRE_COMM_SIZE);
	const struct wire_note frame = {
		.time_ns = time_ns,
		.kind = kind,
		.tgid = process->tgid,
		.text_length = length,
	};

	/* Of the whole system, nobody wants to know of every process. */
	if (processes->sending && !processes->system)
		send_frame(processes->queue, SEND_TABLES, WIRE_NOTE, &frame, sizeof(frame), process->comm,
			   length);
}

/* What begins after its parent's event was opened has inherited it. */
static u64 inherited_event(const struct thread *parent, const struct lifecycle *record)
{
	return parent && parent->event_ns && parent->event_ns < record->time_ns ? record->time_ns : 0;
}

/* The kernel gave the child what its parent had, which may be older than what we know. */
static void adopt_space(struct processes *processes, struct process *child, const struct process *parent, u32 space)
{
	if (!processes->spaces)
		return;
	child->run = spaces_adopt(processes->spaces, space);
	child->unpublished = !child->run || child->run != parent->run || parent->unpublished;
}

static void apply_fork(struct processes *processes, const struct lifecycle *record)
{
	const struct process *parent = process_find(processes, record->parent_tgid);
	struct process *child = process_create(processes, record->tgid);
	struct thread *thread, *caller;

	if (!child)
		return;
	memcpy(child->comm, record->comm, sizeof(child->comm));
	child->parent_tgid = record->parent_tgid;
	child->generation = record->generation;
	child->start_ns = record->time_ns;
	child->flags = WIRE_PROCESS_CHILD;
	if (parent) {
		child->flags |= parent->flags & WIRE_PROCESS_KERNEL;
		/* vfork in the middle of an exec cannot be; `coming` is never inherited. */
		if (mappings_copy(&child->mappings, &parent->mappings) < 0)
			processes->missed++;
		adopt_space(processes, child, parent, record->space);
	} else {
		process_read_mappings(processes, &child->mappings, child->tgid);
	}
	if (processes->sending && child->wanted) {
		if (parent && parent->announced && process_has_generation(parent, parent->generation))
			child->announced =
				process_send_name(processes, child, 0, record->time_ns) &&
				process_send_generation(processes, child, child->generation, parent->tgid,
							parent->generation, record->time_ns);
		else
			process_announce(processes, child);
	}
	caller = thread_find(processes, record->parent_tid);
	if (caller)
		caller->begot = true;
	thread = thread_create(processes, record->tgid, record->tid);
	if (!thread)
		return;
	memcpy(thread->comm, record->comm, sizeof(thread->comm));
	thread->begun_ns = record->time_ns;
	thread->event_ns = inherited_event(caller, record);
	if (!processes->system)
		thread_announce(processes, thread);
}

static void apply_thread(struct processes *processes, const struct lifecycle *record)
{
	struct thread *parent = thread_find(processes, record->parent_tid);
	struct thread *thread = thread_find(processes, record->tid);
	u64 event_ns = inherited_event(parent, record);

	if (parent)
		parent->begot = true;
	/* Found in /proc already, by a scan that was later than this. */
	if (thread && thread->tgid == record->tgid && !thread->ended && !thread->exiting &&
	    !thread->begun_ns) {
		if (!thread->event_ns)
			thread->event_ns = event_ns;
		return;
	}
	thread = thread_create(processes, record->tgid, record->tid);
	if (!thread)
		return;
	memcpy(thread->comm, record->comm, sizeof(thread->comm));
	thread->begun_ns = record->time_ns;
	thread->event_ns = event_ns;
	if (!processes->system)
		thread_announce(processes, thread);
}

/* Not the leader called exec: it went on under the leader's number, and the leader ended under its. */
static void swap_leader(struct processes *processes, const struct lifecycle *record)
{
	struct thread *leader = thread_find(processes, record->tgid),
		      *caller = thread_find(processes, record->parent_tid);
	u64 cpu_ns, samples;

	if (record->parent_tid == record->tgid || !leader || !caller || caller->tgid != record->tgid)
		return;
	cpu_ns = leader->cpu_ns;
	samples = leader->samples;
	leader->cpu_ns = caller->cpu_ns;
	leader->samples = caller->samples;
	caller->cpu_ns = cpu_ns;
	caller->samples = samples;
	leader->exiting = false;
}

static void apply_exec(struct processes *processes, const struct lifecycle *record)
{
	struct process *process = process_find(processes, record->tgid);
	struct thread *leader;

	if (!process && !(process = process_create(processes, record->tgid)))
		return;
	swap_leader(processes, record);
	mappings_clear(&process->mappings);
	if (process->execing) {
		process->mappings = process->coming;
		process->coming = (struct mappings){ 0 };
	} else {
		/* Its beginning was missed. */
		process_read_mappings(processes, &process->mappings, process->tgid);
	}
	process->execing = false;
	process->announcing = false;
	/* The kernel sees by its count of execs that it is of another program. */
	process_forget_space(processes, process, false);
	process->unpublished = true;
	if (process->generation & 0xffff)
		sampler_set_remap(processes->sampler, process->tgid, 0);
	process->generation = record->generation;
	process->start_ns = record->time_ns;
	memcpy(process->comm, record->comm, sizeof(process->comm));
	leader = thread_find(processes, record->tgid);
	if (leader)
		memcpy(leader->comm, record->comm, sizeof(leader->comm));
	if (!processes->sending || !process->wanted)
		return;
	if (process->announced) {
		process->announced = process_send_name(processes, process, WIRE_PROCESS_EXEC, record->time_ns) &&
				     process_send_generation(processes, process, process->generation, 0, 0,
							     record->time_ns);
		for (size_t i = 0; i < process->mappings.count && process->announced; i++)
			process->announced = mapping_send(processes->queue, &process->mappings.list[i],
							  process->tgid, process->generation);
	} else {
		process_announce(processes, process);
	}
	if (leader && !processes->system)
		thread_announce(processes, leader);
	send_note(processes, WIRE_NOTE_EXEC, process, record->time_ns);
}

/* It may have been found in /proc since. One that is over by now is told of like any other that was sampled. */
static void apply_join(struct processes *processes, const struct lifecycle *record)
{
	struct process *process = process_find(processes, record->tgid);

	if ((process && !process->exited_ns) || process_read(processes, record->tgid, 0) < 0)
		return;
	process = process_find(processes, record->tgid);
	process->generation = record->generation;
	if (processes->sending)
		process_announce(processes, process);
}

static void apply_exit(struct processes *processes, const struct lifecycle *record)
{
	struct process *process = process_find(processes, record->tgid);
	struct thread *thread = thread_find(processes, record->tid);

	if (thread && thread->tgid == record->tgid) {
		thread->exiting = true;
		thread->exit_cpu_ns = record->cpu_ns;
		thread->exit_ns = record->time_ns;
	}
	if (!record->last || !process || process->exited_ns)
		return;
	process->exited_ns = record->time_ns;
	processes->live--;
	send_note(processes, WIRE_NOTE_EXIT, process, record->time_ns);
}

static void apply_end(struct processes *processes, const struct lifecycle *record)
{
	struct thread *thread = thread_find(processes, record->tid);

	if (!thread || thread->tgid != record->tgid || thread->ended)
		return;
	thread->ended = true;
	/* The kernel tells of an end only a while after it. */
	if (cpu_time_counts(processes, thread, record->time_ns))
		cpu_time_add(processes, thread, record->cpu_ns);
}

static void apply_name(struct processes *processes, const struct side_event *event)
{
	struct process *process = process_find(processes, event->tgid);
	struct thread *thread = thread_find(processes, event->name.tid);

	if (!process)
		return;
	if (event->name.exec) {
		mappings_clear(&process->coming);
		process->execing = true;
		return; /* the name comes with the exec itself */
	}
	if (thread && thread->tgid == event->tgid &&
	    memcmp(thread->comm, event->name.comm, WIRE_COMM_SIZE) != 0) {
		memcpy(thread->comm, event->name.comm, WIRE_COMM_SIZE);
		if (thread->announced || !processes->system)
			thread_announce(processes, thread);
	}
	if (event->name.tid == event->tgid && memcmp(process->comm, event->name.comm, WIRE_COMM_SIZE) != 0) {
		memcpy(process->comm, event->name.comm, WIRE_COMM_SIZE);
		if (processes->sending && process->announced)
			process->announced = process_send_name(processes, process, 0, event->time_ns);
	}
}

static void apply_mapping(struct processes *processes, struct side_event *event)
{
	struct process *process = process_find(processes, event->tgid);
	u32 before;
	int r;

	if (!process)
		return;
	mapping_identify(&event->mapping, event->tgid);
	if (process->execing) {
		if (mappings_add(&process->coming, &event->mapping) < 0)
			processes->missed++;
		return;
	}
	before = process->generation;
	r = mappings_add(&process->mappings, &event->mapping);
	if (r < 0)
		processes->missed++;
	if (r == MAPPING_ADDED || r == MAPPING_REPLACED)
		process->unpublished = true;
	if (r == MAPPING_REPLACED) {
		u32 remap = (before + 1) & 0xffff;

		process->generation = (before & 0xffff0000) | remap;
		sampler_set_remap(processes->sampler, process->tgid, remap);
		if (process->announced)
			process->announced = process_send_generation(processes, process, process->generation,
								     process->tgid, before, event->time_ns);
	}
	/* What is below was sent already. */
	if (r == MAPPING_REPLACED || (r == MAPPING_ADDED && event->mapping.start < process->announce_from))
		process->announcing = false;
	if ((r == MAPPING_ADDED || r == MAPPING_REPLACED) && process->announced)
		process->announced =
			mapping_send(processes->queue, &event->mapping, process->tgid, process->generation);
}

void processes_apply(struct processes *processes, struct side_event *event)
{
	switch (event->kind) {
	case SIDE_LIFECYCLE:
		switch (event->lifecycle.kind) {
		case LIFECYCLE_FORK:
			apply_fork(processes, &event->lifecycle);
			break;
		case LIFECYCLE_THREAD:
			apply_thread(processes, &event->lifecycle);
			break;
		case LIFECYCLE_EXEC:
			apply_exec(processes, &event->lifecycle);
			break;
		case LIFECYCLE_JOIN:
			apply_join(processes, &event->lifecycle);
			break;
		case LIFECYCLE_EXIT:
			apply_exit(processes, &event->lifecycle);
			break;
		case LIFECYCLE_END:
			apply_end(processes, &event->lifecycle);
			break;
		}
		break;
	case SIDE_NAME:
		apply_name(processes, event);
		break;
	case SIDE_MAPPING:
		apply_mapping(processes, event);
		mapping_clear(&event->mapping);
		break;
	}
}
