/* SPDX-License-Identifier: Apache-2.0 */
/* Small files of /proc, read whole into bounded memory. All return 0 or -errno. */
#ifndef EMBERSCOPE_PROC_FILES_H
#define EMBERSCOPE_PROC_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

struct proc_stat {
	char comm[WIRE_COMM_SIZE];
	char state;
	uint32_t parent_tgid;
	bool kernel_thread;
	uint64_t start_ticks; /* since boot, by CLOCK_BOOTTIME */
};

int proc_stat_read(uint32_t tgid, struct proc_stat *ret);
/* -ESRCH where `tgid` is gone, a zombie, or the number of a thread only. */
int proc_check_process(uint32_t tgid, struct proc_stat *ret);
/*
 * Holds on to the process: while the descriptor says that it is still held, the number was not given to
 * another one. -ESRCH: there is none. -ENOTSUP: cannot be had here (a container may refuse the call).
 */
int proc_hold(uint32_t tgid);
/* Whether it was the same process all the time; closes the descriptor. A negative one is believed. */
bool proc_release(int held);
int proc_comm_read(uint32_t tgid, uint32_t tid, char ret_comm[WIRE_COMM_SIZE]);
/* Nanoseconds on a CPU. */
int proc_cpu_time_read(uint32_t tgid, uint32_t tid, uint64_t *ret_ns);
struct proc_switches {
	char state;
	uint64_t count; /* how often it left the CPU */
};
int proc_switches_read(uint32_t tgid, uint32_t tid, struct proc_switches *ret);
/* Nanoseconds of all CPUs together, idle left out; to a clock tick of 10 ms. */
int proc_system_cpu_time_read(uint64_t *ret_ns);
uint64_t proc_start_monotonic_ns(const struct proc_stat *stat);

/* Calls `visit` for every number in the folder until it returns < 0. */
int proc_for_each_thread(uint32_t tgid, int (*visit)(void *context, uint32_t tgid, uint32_t tid),
			 void *context);
int proc_for_each_process(int (*visit)(void *context, uint32_t tgid), void *context);

/* The online CPUs. Returns how many, or -errno; *ret_list is freed by the caller. */
int proc_online_cpus(int **ret_list);

#endif
