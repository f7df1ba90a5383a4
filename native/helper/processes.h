/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes and threads that are (or, for the whole system, may become) of interest, and what the
 * engine was told about them. Of a target everything is sent at once; of the whole system only what was
 * sampled is. What the queue has no room for is sent again from here, as it is then.
 */
#ifndef EMBERSCOPE_PROCESSES_H
#define EMBERSCOPE_PROCESSES_H

#include <stdbool.h>

#include "address_spaces.h"
#include "mappings.h"
#include "sampler.h"
#include "sideband.h"

#define PROCESS_BUCKETS 4096
#define THREAD_BUCKETS 16384
#define WANTED_BITS 65536

struct thread {
	u32 tid;
	u32 tgid;
	char comm[WIRE_COMM_SIZE];
	bool announced;
	bool active; /* sampled since its CPU time was read */
	bool exiting;
	bool ended;
	bool begot;   /* began a thread or process */
	u64 event_ns; /* since when it has an event, opened or inherited; 0: none */
	u64 begun_ns; /* 0: before the session */
	u64 cpu_ns;   /* CPU time told or, at first, not to be told */
	u64 exit_cpu_ns;
	u64 exit_ns; /* when it began to end */
	bool cpu_final; /* its CPU time was read when sampling ended */
	u64 missing_ns; /* since when /proc does not have it; 0: it was not missed */
	u64 session_cpu_ns; /* used while it was sampled */
	u64 samples;
	struct thread *next;
};

struct process {
	u32 tgid;
	u32 parent_tgid;
	u32 generation;
	u32 flags; /* enum wire_process_flags */
	char comm[WIRE_COMM_SIZE];
	u64 start_ticks; /* as in struct wire_target; 0: not known */
	u64 start_ns;
	u64 exited_ns; /* 0: lives */
	bool wanted;
	bool announced;
	bool announcing;   /* all but its mappings from `announce_from` on was sent */
	u64 announce_from; /* address */
	bool execing; /* its name came, its new mappings are being made */
	struct mappings mappings;
	struct mappings coming; /* of the exec */
	struct run *run;	/* what the kernel looks in; NULL: nothing yet */
	bool unpublished;	/* that is not what the mappings are */
	u32 *generations;	/* announced */
	size_t generation_count;
	struct process *next;
};

struct processes {
	struct process *processes[PROCESS_BUCKETS];
	struct thread *threads[THREAD_BUCKETS];
	struct send_queue *queue;
	struct sampler *sampler;
	struct address_spaces *spaces; /* NULL: no tables are used */
	bool system;
	/* Of the whole system: sampled in this drain, by tgid modulo; one too many does no harm. */
	uint8_t wanted[WANTED_BITS / 8];
	bool sending; /* sampling has begun: tell the engine */
	u64 sampling_from_ns, sampling_until_ns; /* 0: not yet */
	size_t live;  /* processes that have not exited */
	/* What threads that ended had. */
	u64 ended_cpu_ns, ended_samples;
	u64 missed; /* records that could not be kept */
	struct wire_cpu_time_entry *cpu_entries;
	size_t cpu_entry_count, cpu_entry_capacity;
};

struct process *process_find(const struct processes *processes, u32 tgid);
struct thread *thread_find(const struct processes *processes, u32 tid);
/* NULL: no memory. An existing one of this number is emptied: the number is used again. */
struct process *process_create(struct processes *processes, u32 tgid);
struct thread *thread_create(struct processes *processes, u32 tgid, u32 tid);
void process_remove(struct processes *processes, struct process *process);
void thread_remove(struct processes *processes, struct thread *thread);

/* Reads a living process from /proc: names, threads, mappings. Returns 0 or -errno; -ESRCH too where it ended
 * meanwhile, so that what was read may be another's, or where it is not the one that began at `start_ticks`. */
int process_read(struct processes *processes, u32 tgid, u64 start_ticks);
/* Its mappings, from /proc; that not all found room is counted as one. Returns 0 or -errno. */
int process_read_mappings(struct processes *processes, struct mappings *mappings, u32 tgid);
/* Some process of this number, if need be one of which nothing is known. NULL: no memory. */
struct process *process_ensure(struct processes *processes, u32 tgid);
struct thread *thread_ensure(struct processes *processes, u32 tgid, u32 tid);

/* Announce this process as soon as it comes into being. Forgotten by processes_unwant(). */
void processes_want(struct processes *processes, u32 tgid);
void processes_unwant(struct processes *processes);

/* Everything about it as it is now. False: no room in the queue, try again: it goes on where it stopped. */
bool process_announce(struct processes *processes, struct process *process);
bool thread_announce(struct processes *processes, struct thread *thread);
/* Sends a generation; false: no room. */
/* The process frame, alone: its name, with the flags of the moment it took it. False: no room in the queue. */
bool process_send_name(struct processes *processes, const struct process *process, u32 flags, u64 time_ns);
bool process_send_generation(struct processes *processes, struct process *process, u32 generation,
			     u32 from_tgid, u32 from_generation, u64 time_ns);
bool process_has_generation(const struct process *process, u32 generation);
/* What did not find room before. */
void processes_retry(struct processes *processes);

/* process_spaces.c: what is new of their mappings, for walks in the kernel. */
void processes_publish(struct processes *processes);
/* The module's table came or went: all that map it are to be published again. */
void processes_unpublish(struct processes *processes, const struct module *module);
/* Whether nobody has it mapped. */
bool processes_lack(const struct processes *processes, const struct module *module);
void process_forget_space(struct processes *processes, struct process *process, bool ended);

/* process_events.c: applies one event of the sideband. */
void processes_apply(struct processes *processes, struct side_event *event);
/* process_upkeep.c. Records were lost: find out what changed from /proc. */
void processes_resync(struct processes *processes);
/* Forgets processes and threads that ended, a while later. */
void processes_sweep(struct processes *processes, u64 now_ns);

void processes_close(struct processes *processes);

#endif
