/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fixed-width records that cross from the kernel to the helper. Compiled by both: no other header may be
 * needed but one that defines s8, s16, u8, u16, u32, u64. Times are CLOCK_MONOTONIC nanoseconds.
 */
#ifndef EMBERSCOPE_RECORDS_H
#define EMBERSCOPE_RECORDS_H

/* Of kernel stacks, and of user stacks unless more is asked for. */
#define STACK_DEPTH 127
#define STACK_DEPTH_MAX 1023
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
#define END_NO_MAPPING 2
#define END_NO_ROW 3
#define END_READ_FAULT 4
#define END_BAD_FRAME 5

/* Choices made before the program is loaded. */
struct settings {
	u32 system;	     /* everything but idle is a target */
	u32 follow_children; /* children of targets are targets */
	u32 kernel_stacks;
	u32 pid_namespace; /* inode of the helper's pid namespace; 0: the first one */
	u32 wake_bytes;	   /* wake the helper when the stack ring holds this much */
	u32 stack_depth;   /* frames of a user stack: up to STACK_DEPTH_MAX */
	u32 tables;	   /* walk by unwind tables; else along frame pointers alone */
	u32 wakers;	   /* of waits: take the stacks of who ends them */
	u64 hash_seed; /* random: a target must not be able to make a stack with the hash of another's */
	u64 least_wait_ns; /* shorter waits are counted, and left out */
	u64 cgroup;	   /* of version 2: what is in it, or below it, is a target; 0: none */
};

/* Written by the helper while the program runs. */
struct control {
	u32 active;   /* which counts and ledger are being filled: 0 or 1 */
	u32 remapped; /* the map `remaps` is not empty */
	u32 lone;     /* tgid: there never was another target. 0: there was, or it is the whole system */
	u32 zero;
	u64 lone_start_time; /* as in its struct target */
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
	/* Leaf first; an address that was interrupted by a signal plus one, so that all but the leaf are return addresses.
	 * Among them frames of a Python program, with FRAME_PYTHON. */
	u64 frames[STACK_DEPTH_MAX];
};

/* Per CPU and buffer, so that fired = not_ours + stored + lost at every flip. */
struct ledger {
	u64 fired;
	u64 not_ours;
	u64 stored;
	u64 lost[LOSS_CAUSES];
	u64 lifecycle_lost; /* records of the ring below that found no room */
	u64 targets_lost;   /* children that found no room in the map of targets */
	u64 python_cut;	    /* stored without some of the frames of the Python program */
};

/* A thread that does not run. One that does has an entry, too, with left_ns 0: so none is made and freed at every switch. */
struct wait {
	u64 user_stack;	  /* hash, 0: none */
	u64 kernel_stack; /* hash, 0: none */
	u64 waker_user_stack;
	u64 waker_kernel_stack;
	u64 left_ns;  /* when it left the CPU; 0: it runs */
	u64 woken_ns; /* 0: not yet, or it never slept */
	u32 tgid;
	u32 tid;
	u32 waker_tgid;
	u32 waker_tid;
	u32 state;     /* of the task, as the kernel has it */
	u32 preempted; /* it could have gone on */
};

/* Waits that began and ended within one slice are counted under this as struct wait_sum; the others come one by one. */
struct wait_key {
	u64 user_stack;
	u64 kernel_stack;
	u64 waker_user_stack;
	u64 waker_kernel_stack;
	u32 slice;
	u32 tgid;
	u32 tid;
	u32 waker_tgid;
	u32 waker_tid;
	u32 state;
	u32 preempted;
	u32 zero;
};

struct wait_sum {
	u64 away_ns;  /* blocked, or preempted */
	u64 queued_ns; /* woken, but not yet running */
	u64 count;
	u64 queued;
};

struct ended_wait {
	struct wait wait;
	u64 ended_ns;
};

/* Per CPU and buffer. */
struct wait_ledger {
	u64 short_waits; /* left out */
	u64 map_full;	 /* waits without room */
	u64 stacks_lost; /* could not be handed over: the wait is without */
	u64 ends_untold; /* the thread left again without a switch to it before */
};

/* A process or thread begins, changes, or ends. */
enum lifecycle_kind {
	LIFECYCLE_FORK = 1,   /* a new process; parent_* made it */
	LIFECYCLE_THREAD = 2, /* a new thread */
	LIFECYCLE_EXEC = 3,   /* parent_tid: the tid that called exec, which now is the tgid */
	LIFECYCLE_EXIT = 4,   /* a thread begins to end */
	LIFECYCLE_END = 5,    /* a thread is gone: its CPU time is final */
	LIFECYCLE_JOIN = 6,   /* a process that runs is a target from now on: it is in the cgroup */
};

struct lifecycle {
	u64 time_ns;
	u64 cpu_ns; /* EXIT: up to the last tick; END: exact */
	u32 kind;
	u32 tgid;
	u32 tid;
	u32 parent_tgid;
	u32 parent_tid;
	u32 generation; /* FORK: of the child; EXEC: the new one; JOIN: that it has */
	u32 last;	/* EXIT: no other thread of the process lives */
	u32 space;	/* FORK: struct address_space.first of the child, copied from its parent's */
	char comm[16];
};

/*
 * How to find the caller's registers from those of a function (x86-64), for its code from `at` up to the next
 * row's. Compiled by native/addon from .eh_frame, sorted by `at`; the helper puts them into maps, in blocks.
 * The return address is at CFA - 8, and the caller's stack pointer is the CFA, but for UNWIND_SIGNAL.
 */
struct unwind_row {
	u32 at;	 /* bytes into the module's file */
	s16 cfa; /* words of 8 bytes: some functions have frames of more than 32 KiB */
	s8 fp;	 /* the caller's frame pointer is at CFA + 8 * fp; 0: unchanged; or UNWIND_FP_AT_FP */
	u8 rule; /* enum unwind_rule */
};

/* The caller's frame pointer is where the frame pointer points to. */
#define UNWIND_FP_AT_FP (-128)

enum unwind_rule {
	UNWIND_NONE = 0,      /* nothing is known of this code */
	UNWIND_OUTERMOST = 1, /* it has no caller */
	UNWIND_SP = 2,	      /* CFA = sp + 8 * cfa */
	UNWIND_FP = 3,	      /* CFA = fp + 8 * cfa */
	UNWIND_PLT = 4,	      /* CFA = sp + 8 * cfa + ((ip & 15) >= `fp` ? 8 : 0); the frame pointer is unchanged */
	UNWIND_SP_DEREF = 5,  /* CFA = *(sp + 8 * cfa) */
	UNWIND_FP_DEREF = 6,  /* CFA = *(fp + 8 * cfa) */
	UNWIND_SIGNAL = 7,    /* interrupted: at s = sp + 8 * cfa, its sp is *s, its ip *(s + 8), its fp *(s - 40) */
	UNWIND_SP_DEREF_8 = 8, /* CFA = *(sp + 8 * cfa) + 8: what OpenSSL's assembly keeps */
	UNWIND_FP_DEREF_8 = 9, /* CFA = *(fp + 8 * cfa) + 8 */
	UNWIND_RULES = 10,
};

/*
 * Rows lie in blocks of 4 KiB, numbered through the maps that hold them. A table (or a part of a large one) is an
 * index block, the first `at` of each of its blocks of rows, and these blocks, one after the other. What is unused
 * at the end of a block is filled with ROW_UNUSED, which is above every row.
 */
#define BLOCK_BYTES 4096
#define BLOCK_ROWS (BLOCK_BYTES / 8)
#define BLOCK_INDEXES (BLOCK_BYTES / 4)
#define BLOCKS_PER_MAP 1024
#define BLOCK_MAPS_MAX 64
#define ROW_UNUSED 0xffffffffu

/* An executable mapping, or the part of one that has a part of a large table. */
struct mapped_code {
	u64 start;
	u64 end;  /* exclusive */
	u64 bias; /* address - bias: bytes into the file */
	u32 index_block;
	u32 row_blocks; /* 0: no table, and index_block is one of the following */
};
#define CODE_BY_FRAME_POINTER 0 /* nobody describes it: compiled at run time, or without unwind information */
#define CODE_TABLE_IS_COMING 1

/* Where the mapped code of a process lies in the map of all mapped code, sorted by address. */
struct address_space {
	u32 first;
	u32 count;
	u32 execs;  /* of struct target: it is of no other program */
	u32 python; /* its interpreter: 311, 312, 313; 0: none */
	u64 python_runtime; /* address of its _PyRuntime */
	u64 version;	    /* another one whenever the helper has written it: never that of other code */
};
#define SPACE_MAPPINGS_MAX 65536

/*
 * A frame of a Python program, where no address can be: FRAME_PYTHON, 43 bits that name its code object (struct
 * python_code), and where in the code it is, in units of 2 bytes.
 */
#define FRAME_PYTHON (1ull << 62)
#define FRAME_PLACE_BITS 18
#define FRAME_CODE_MASK ((1ull << 43) - 1)

/* Of a Python code object: the layout of struct wire_python_code, so that the helper passes it on as it is. */
#define PYTHON_NAME_MAX 256
#define PYTHON_FILE_MAX 512
#define PYTHON_LINES_MAX 8192
struct python_code {
	u64 id; /* FRAME_CODE_MASK */
	u32 tgid;
	u32 version;
	u32 first_line;
	u32 lines_length;
	u16 name_length; /* bytes */
	u16 file_length;
	u8 name_width; /* bytes of a character: 1 (Latin-1), 2 or 4 */
	u8 file_width;
	u16 zero;
	u8 name[PYTHON_NAME_MAX]; /* qualified; its beginning */
	u8 file[PYTHON_FILE_MAX]; /* its end */
	u8 lines[PYTHON_LINES_MAX]; /* co_linetable; its beginning */
};

#endif
