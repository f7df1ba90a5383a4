/* SPDX-License-Identifier: Apache-2.0 */
/* CPU time by the kernel's own accounting: what should have been sampled. */
#ifndef EMBERSCOPE_CPU_TIME_H
#define EMBERSCOPE_CPU_TIME_H

#include "processes.h"

struct cpu_time {
	u64 next_active_ns; /* when to read the threads that were sampled */
	u64 next_all_ns;    /* when to read every thread */
	u64 system_ns;	    /* told so far */
};

/* The thread has used `cpu_ns` since it began: note what is new of it. */
void cpu_time_add(struct processes *processes, struct thread *thread, u64 cpu_ns);
/* Whether a thread that ended at `ended_ns`, or was on its way, ended while sampling ran. */
bool cpu_time_counts(const struct processes *processes, const struct thread *thread, u64 ended_ns);
/* Reads what is due (`last`: everything not read by cpu_time_stop()) and sends what is new. */
void cpu_time_send(struct cpu_time *cpu_time, struct processes *processes, bool last);
/* Sampling is about to begin: what was used so far is not to be told. */
void cpu_time_begin(struct cpu_time *cpu_time, struct processes *processes);
/* Sampling is about to end: what is used from now on is not to be told. */
void cpu_time_stop(struct cpu_time *cpu_time, struct processes *processes);

#endif
