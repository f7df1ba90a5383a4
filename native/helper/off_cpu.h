/* SPDX-License-Identifier: Apache-2.0 */
/* The program that measures waits: off_cpu.bpf.o, beside the sampler, whose maps it shares. */
#ifndef EMBERSCOPE_OFF_CPU_H
#define EMBERSCOPE_OFF_CPU_H

#include "sampler.h"

/* All: 0, or -1 with the failure filled in. After sampler_load(). */
int off_cpu_load(struct sampler *sampler, const struct object_file *file, struct failure *ret);
/* Waits that begin from now on. */
int off_cpu_attach(struct off_cpu *off_cpu, struct failure *ret);
/* The thread sleeps (`state` as the kernel has it) since before the program was attached. False: it is known already, or
 * there is no room. */
bool off_cpu_add_sleeper(struct off_cpu *off_cpu, u32 tgid, u32 tid, u32 state);
/* It does not, after all. */
void off_cpu_remove_sleeper(struct off_cpu *off_cpu, u32 tid);
/* What still waits is measured up to now, by the drains that follow. */
void off_cpu_detach(struct off_cpu *off_cpu);
/* After a flip, before stacks are read: what was filled in `buffer`, and what waits still. Returns 0 or -errno. */
int off_cpu_drain(struct off_cpu *off_cpu, u32 buffer, struct drained *ret);
void off_cpu_forget_stack(const struct off_cpu *off_cpu, u64 hash);
void off_cpu_forget_code(const struct off_cpu *off_cpu, u64 id);
/* Nanoseconds. */
u64 off_cpu_run_time(const struct off_cpu *off_cpu);
/* Takes NULL. */
void off_cpu_close(struct off_cpu *off_cpu);

#endif
