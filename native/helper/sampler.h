/* SPDX-License-Identifier: Apache-2.0 */
/* The BPF program (bpf_program.c) and its perf events (sampling_events.c): load, attach, flip and drain. */
#ifndef EMBERSCOPE_SAMPLER_H
#define EMBERSCOPE_SAMPLER_H

#include <stdbool.h>

#include "failure.h"
#include "kernel_records.h"

struct bpf_link;
struct bpf_object;
struct bpf_program;
struct ring_buffer;

/* Beside the helper. */
#define ON_CPU_OBJECT "on_cpu.bpf.o"
#define OFF_CPU_OBJECT "off_cpu.bpf.o"
#define SAMPLER_PROGRAMS 6
/* mmap() rounds up to a page by itself. */
#define CONTROL_LENGTH sizeof(struct control)

struct count {
	struct count_key key;
	u64 samples;
};

struct wire_wait;
struct off_cpu;

/* What was collected since the flip before; owned by the sampler, valid until the next drain. */
struct drained {
	struct count *counts;
	size_t count_count;
	/* Records of `struct stack_record`, one after the other, each with its used frames only. */
	uint8_t *stacks;
	size_t stacks_length;
	/* Likewise of `struct python_code`, without the lines that are not used. */
	uint8_t *codes;
	size_t codes_length;
	struct ledger ledger; /* of all CPUs, since the flip before */
	u64 recursions;	      /* of the sampling program */
	u64 flipped_ns;	      /* nothing older than this is still to come */
	struct wire_wait *waits; /* the rest is of off_cpu.c, which owns them */
	size_t wait_count;
	struct wait_ledger wait_ledger;
};

struct sampler {
	struct bpf_object *object;
	struct ring_buffer *stack_ring, *code_ring;
	struct bpf_link *links[SAMPLER_PROGRAMS];
	int program_fds[SAMPLER_PROGRAMS];
	int sample_fd; /* of program_fds */
	int counts_fds[2], ledgers_fd, targets_fd, remaps_fd, seen_fd, stacks_fd, lifecycles_fd;
	int python_codes_fd, python_code_ring_fd;
	struct control *control;
	int address_spaces_fd, mapped_codes_fd, blocks_fd;
	struct mapped_code *mapped_codes; /* NULL: no tables are used */
	u32 mapped_code_count;
	u32 block_maps;
	int block_map_fds[BLOCK_MAPS_MAX];
	int possible_cpus;
	struct ledger *ledger_buffer;
	int *event_fds;
	size_t event_count, event_capacity;
	struct drained drained;
	size_t count_capacity, stacks_capacity, codes_capacity;
	u64 recursions_before;
	struct wire_start start;
	bool has_targets;	  /* or had */
	struct settings settings; /* of all programs */
	struct off_cpu *off_cpu;  /* NULL: waits are not measured */
	bool per_thread;
};

struct object_file {
	void *bytes;
	size_t length;
};

/* Reads the object of this name from beside the running program. Call with the path of the program. */
int object_file_read(struct object_file *file, const char *program_path, const char *name);
/* bpf_refusals.c: to confidentiality, which forbids programs to read the kernel's memory. */
bool kernel_is_locked_down(void);
/* 0, or -1 with what the kernel lacks filled in. */
int sampler_check_kernel(struct failure *ret);
/* Fills in why the kernel did not load an object (errno). Returns -1. */
int sampler_refuse_load(int code, struct failure *ret);

/* All: 0, or -1 with the failure filled in. */
int sampler_load(struct sampler *sampler, const struct object_file *file, const struct wire_start *start,
		 int cpus, struct failure *ret);
/* Any object's program, where its section says. */
int sampler_attach(const struct bpf_program *program, struct bpf_link **ret_link, struct failure *ret);
int sampler_follow_processes(struct sampler *sampler, struct failure *ret);
int sampler_add_target(struct sampler *sampler, u32 tgid, struct failure *ret);
void sampler_remove_target(struct sampler *sampler, u32 tgid);
/* One event on every CPU in `cpus`. */
int sampler_open_cpus(struct sampler *sampler, const int *cpus, int cpu_count, struct failure *ret);
/* An inherited event of one thread. Returns 1 when the thread is gone already. */
int sampler_open_thread(struct sampler *sampler, u32 tid, struct failure *ret);
int sampler_enable(struct sampler *sampler, struct failure *ret);

void sampler_disable(struct sampler *sampler);
/* Swaps the buffers and collects what the kernel filled. Returns 0 or -errno. */
int sampler_drain(struct sampler *sampler);
/* A mapping of the process replaced another: its stacks carry `remap` from now on. */
void sampler_set_remap(struct sampler *sampler, u32 tgid, u32 remap);
/* Exec count of a target as the kernel keeps it; -1: not a target. */
int sampler_execs(const struct sampler *sampler, u32 tgid);
/* The tgid after `tgid` in the map of targets (0: the first one); false: there is none. */
bool sampler_next_target(const struct sampler *sampler, u32 *tgid);
/* The frames of this stack did not get through: have them sent again. */
void sampler_forget_stack(struct sampler *sampler, u64 hash);
/* So for a Python code object. */
void sampler_forget_code(struct sampler *sampler, u64 id);
/* sampler_tables.c: one more map of unwind rows. Returns 0 or -errno. */
int sampler_add_block_map(struct sampler *sampler);
/* Fills one of BLOCK_BYTES. Returns 0 or -errno. */
int sampler_write_block(struct sampler *sampler, u32 number, const void *bytes);
/* Where the process's code lies. */
void sampler_set_space(struct sampler *sampler, u32 tgid, const struct address_space *space);
/* Unless the process of this number has another one by now. */
void sampler_forget_space(struct sampler *sampler, u32 tgid, u32 first);
/* Run time of all programs, nanoseconds. */
u64 sampler_run_time(const struct sampler *sampler);
void sampler_close(struct sampler *sampler);

/* Keep what libbpf says; its last line of the verifier ends up in a REFUSED. */
void sampler_capture_messages(void);
/* That line; empty: there was none since it was forgotten. */
const char *sampler_last_message(void);
void sampler_forget_message(void);

bool sampler_has_cycles(void);

#endif
