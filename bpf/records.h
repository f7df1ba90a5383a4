/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fixed-width records that cross from the kernel to the helper. Compiled by both: no other header may be
 * needed but one that defines u16, u32, u64. Times are CLOCK_MONOTONIC nanoseconds.
 */
#ifndef EMBERSCOPE_RECORDS_H
#define EMBERSCOPE_RECORDS_H

#define STACK_DEPTH 127
#define SLICE_NS 20000000ull

/* Why a sample that fired was not stored; the values of enum wire_loss. */
#define LOSS_COUNT_MAP_FULL 1
#define LOSS_STACK_RING_FULL 2
#define LOSS_FAULT 5
#define LOSS_CAUSES 8

/* The values of enum wire_stack_space and enum wire_stack_end. */
#define SPACE_USER 0
#define SPACE_KERNEL 1
#define END_OUTERMOST 0
#define END_DEPTH_LIMIT 1
#define END_READ_FAULT 4
#define END_BAD_FRAME 5

/* Choices made before the program is loaded. */
struct settings {
	u32 system;	     /* everything but idle is a target */
	u32 follow_children; /* children of targets are targets */
	u32 kernel_stacks;
	u32 pid_namespace; /* inode of the helper's pid namespace; 0: the first one */
	u32 wake_bytes;	   /* wake the helper when the stack ring holds this much */
	u32 zero;
	u64 hash_seed; /* random: a target must not be able to make a stack with the hash of another's */
};

/* Written by the helper while the program runs. */
struct control {
	u32 active;   /* which counts and ledger are being filled: 0 or 1 */
	u32 remapped; /* the map `remaps` is not empty */
};

struct target {
	u32 execs; /* the upper half of the generation */
	u32 zero;
	u64 start_time; /* of the process, as the kernel counts it; 0: whoever is seen first */
};

/* One (slice, thread, stacks). Counted as u64. */
struct count_key {
	u64 user_stack;	  /* hash, 0: none */
	u64 kernel_stack; /* hash, 0: none */
	u32 slice;
	u32 tgid;
	u32 tid;
	u32 zero;
};

/* The layout of struct wire_stack, so that the helper passes it on as it is. Only the used frames follow. */
struct stack_record {
	u64 hash;
	u32 tgid;
	u32 generation;
	u32 frame_count;
	u16 space;
	u16 end;
	u64 frames[STACK_DEPTH]; /* leaf first */
};

/* Per CPU and buffer, so that fired = not_ours + stored + lost at every flip. */
struct ledger {
	u64 fired;
	u64 not_ours;
	u64 stored;
	u64 lost[LOSS_CAUSES];
	u64 lifecycle_lost; /* records of the ring below that found no room */
	u64 targets_lost;   /* children that found no room in the map of targets */
};

/* A process or thread begins, changes, or ends. */
enum lifecycle_kind {
	LIFECYCLE_FORK = 1,   /* a new process; parent_* made it */
	LIFECYCLE_THREAD = 2, /* a new thread */
	LIFECYCLE_EXEC = 3,   /* parent_tid: the tid that called exec, which now is the tgid */
	LIFECYCLE_EXIT = 4,   /* a thread begins to end */
	LIFECYCLE_END = 5,    /* a thread is gone: its CPU time is final */
};

struct lifecycle {
	u64 time_ns;
	u64 cpu_ns; /* EXIT: up to the last tick; END: exact */
	u32 kind;
	u32 tgid;
	u32 tid;
	u32 parent_tgid;
	u32 parent_tid;
	u32 generation; /* FORK: of the child; EXEC: the new one */
	u32 last;	/* EXIT: no other thread of the process lives */
	u32 zero;
	char comm[16];
};

#endif
