/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frames about single functions and about waiting; part of wire.h, which says how frames are built.
 *
 * A probe is one question about one function, a pattern of them, a tracepoint, or a ready pair of events. The engine
 * numbers it and asks with PROBE, at any time after START; the helper answers with PROBE_STATE, and from then on with
 * PROBE_FIGURES, BUCKETS and EVENTS at every drain. Only a helper that was started to trace takes them.
 */
#ifndef EMBERSCOPE_WIRE_PROBES_H
#define EMBERSCOPE_WIRE_PROBES_H

#include <stdint.h>

/* Attached at once. */
#define WIRE_MAX_PROBES 64
/* [A-Za-z0-9_.:$@] only. */
#define WIRE_PROBE_NAME_MAX 127
/* Of one probe. */
#define WIRE_MAX_PROBE_FUNCTIONS 10000
#define WIRE_PROBE_ARGUMENTS 6
#define WIRE_EVENT_TEXT_SIZE 64
#define WIRE_MOST_EVENTS 1000000

/* ---- engine to helper ---- */

enum wire_probe_kind {
	WIRE_PROBE_KERNEL = 1,	   /* functions of the kernel and its modules */
	WIRE_PROBE_USER = 2,	   /* functions of one module's file, by the names in its own symbol tables */
	WIRE_PROBE_TRACEPOINT = 3, /* "category:name" */
	WIRE_PROBE_USDT = 4,	   /* "provider:name", of one module's file */
	WIRE_PROBE_READY = 5,	   /* the name is one of the ready questions' below */
};

/*
 * Names of ready questions (WIRE_PROBE_READY), and what struct wire_bucket.group is:
 *
 *     run-queue         ns from waking up to running               0
 *     block-io          ns from issue to completion                device: major << 20 | minor
 *     syscalls          ns from entry to return                    number of the system call
 *     page-faults       faults of user memory (counted)            0
 *     futex             ns in futex(2) waiting                     0
 *     file-reads        ns in read(2) and its like                 0; measure of the return value: bytes
 *     file-writes       ns in write(2) and its like                0; likewise
 *     tcp-connects      ns from SYN to established                 0
 *     switches          context switches (counted)                 0: voluntary, 1: involuntary
 *     allocations       bytes, by stack: malloc and its like of the module (uprobes)   0: allocated;
 *                       1: freed again, with the stack that had allocated them
 *     heap-growth       bytes by which brk(2) and mmap(2) grew the process, by stack                 0
 *     run-queue-length  threads that wait for a CPU, looked at 99 times a second                     CPU
 *     cpu-time          ns from being let run to giving the CPU up                                   0
 *     interrupts        ns in the handler of a device                                                its number
 *     soft-interrupts   ns in what the kernel put off to after an interrupt                          its vector
 *     kernel-locks      ns waited for a contended lock of the kernel                                 0
 *     page-cache        0: steps of reads that found their pages, 1: that had to bring one in (since 6.12);
 *                       before that, 2: pages that were marked as accessed, 3: pages that were added
 *     file-status       ns in stat(2) and its like                 number of the system call
 *     syncs             ns in fsync(2) and its like                likewise
 *     direct-reclaim    ns in which a thread made room itself      0
 *     compaction        ns in which memory was moved together      0
 */

enum wire_mechanism {
	WIRE_MECHANISM_BEST = 0, /* the helper's choice */
	WIRE_MECHANISM_FENTRY = 1,
	WIRE_MECHANISM_KPROBE = 2,
	WIRE_MECHANISM_KPROBE_MULTI = 3,
	WIRE_MECHANISM_UPROBE = 4,
	WIRE_MECHANISM_UPROBE_MULTI = 5,
	WIRE_MECHANISM_TRACEPOINT = 6,
	WIRE_MECHANISM_RAW_TRACEPOINT = 7,
	WIRE_MECHANISM_PERF_EVENT = 8, /* a clock on each CPU; ready questions only */
};

enum wire_probe_flags {
	WIRE_PROBE_ENTRY_ONLY = 1,    /* the return is not watched: there are no durations and no return value */
	WIRE_PROBE_BY_THREAD = 2,
	WIRE_PROBE_BY_STACK = 4,      /* the caller's stacks, as START asked for them */
	WIRE_PROBE_EVENTS = 8,        /* each hit that passes the filters is an event, too */
	WIRE_PROBE_EVENT_STACKS = 16,
	WIRE_PROBE_SYSCALL = 32,      /* the arguments lie in the struct pt_regs that the first one points to */
	WIRE_PROBE_TEXT_OF_KERNEL = 64, /* text_argument points to kernel memory, not the process's */
	WIRE_PROBE_PAIR_EVENTS = 128,   /* the event is at the return, with both arguments and value */
};

/* What the histogram is of. */
enum wire_measure {
	WIRE_MEASURE_COUNT = 0,	   /* nothing: one bucket, 0 */
	WIRE_MEASURE_LATENCY = 1,  /* ns from entry to return */
	WIRE_MEASURE_ARGUMENT = 2, /* `argument` */
	WIRE_MEASURE_RETURN = 3,
};

enum wire_test {
	WIRE_TEST_NONE = 0,
	WIRE_TEST_EQUAL = 1,
	WIRE_TEST_OTHER = 2,
	WIRE_TEST_ABOVE = 3,
	WIRE_TEST_BELOW = 4,
};

/* Of an argument or the return value, wire_probe.widths. */
#define WIRE_WIDTH_SIGNED 0x80

/* Followed by names_length bytes: the names, each ended by a zero byte. */
struct wire_probe {
	uint32_t probe; /* from 1; never used again in a session */
	uint16_t kind;
	uint16_t mechanism;
	uint32_t flags;
	uint32_t module; /* of MODULE; 0 but for USER, USDT and "allocations" */
	uint16_t measure;
	uint16_t argument;	  /* 1 to WIRE_PROBE_ARGUMENTS, for WIRE_MEASURE_ARGUMENT; else 0 */
	uint16_t filter_argument; /* likewise, or 7: the return value; 0: no filter */
	uint16_t filter_test;
	uint64_t filter_value;
	uint64_t least_ns; /* what took less is counted as `filtered` and nothing else */
	uint16_t text_argument;	  /* the events' `text` is the string to which it points; 0: none */
	uint16_t budget_permille; /* of one CPU: what costs more is detached; 0: no limit */
	uint32_t most_events;	  /* a second, up to WIRE_MOST_EVENTS; the others are dropped and counted */
	/* Bytes (1, 2, 4, 8, and WIRE_WIDTH_SIGNED) of the arguments, then of the return value; 0 is 8. */
	uint8_t widths[8];
	uint32_t names_length;
	uint32_t zero;
	/* Only threads within this cgroup (of version 2: its inode) or one below it count; 0: all targets. */
	uint64_t cgroup;
};

struct wire_detach {
	uint32_t probe;
	uint32_t zero;
};

enum wire_ask_for {
	WIRE_ASK_CAPABILITIES = 1, /* CAPABILITIES answers; at any time, also before START */
	WIRE_ASK_LISTS = 2,	   /* LIST answers, several frames; only of a helper that may trace */
};

struct wire_ask {
	uint32_t what;
	uint32_t zero;
};

/* ---- helper to engine ---- */

enum wire_probe_state_kind {
	WIRE_PROBE_ATTACHED = 1,
	WIRE_PROBE_REFUSED = 2,
	WIRE_PROBE_DETACHED = 3, /* no more figures come of it */
};

enum wire_probe_reason {
	WIRE_PROBE_FINE = 0,
	WIRE_PROBE_NOT_FOUND = 1,
	WIRE_PROBE_NOT_TRACEABLE = 2, /* it is there, but marked notrace, or has no place for a probe */
	WIRE_PROBE_BLOCKLISTED = 3,
	WIRE_PROBE_NO_KPROBES = 4,    /* the kernel was built without */
	WIRE_PROBE_NEEDS_SYS_ADMIN = 5,
	WIRE_PROBE_LOCKDOWN = 6,
	WIRE_PROBE_NOT_PERMITTED = 7, /* this helper was started to sample; or value: errno */
	WIRE_PROBE_TOO_MANY = 8,
	WIRE_PROBE_LOAD = 9,	      /* text: the verifier's last line */
	WIRE_PROBE_NO_MEMORY = 10,
	WIRE_PROBE_KERNEL_ERROR = 11, /* value: errno */
	WIRE_PROBE_BUDGET = 12,	      /* detached: it cost more; value: permille of one CPU */
	WIRE_PROBE_MODULE_GONE = 13,
	WIRE_PROBE_ASKED = 14,	      /* detached by DETACH */
	WIRE_PROBE_BAD_NAME = 15,
	WIRE_PROBE_NO_MECHANISM = 16, /* the one asked for is not there */
};

/* Followed by text_length bytes. */
struct wire_probe_state {
	uint32_t probe;
	uint16_t state; /* enum wire_probe_state_kind */
	uint16_t mechanism;
	uint32_t reason; /* enum wire_probe_reason */
	uint32_t functions; /* attached; of several names those that cannot be are left out */
	int64_t value;
	uint32_t text_length;
	uint32_t zero;
};

/* Since it was attached; once a drain, before the drain's buckets and events. */
struct wire_probe_figures {
	uint64_t time_ns;
	uint64_t calls;	   /* entries (of targets) */
	uint64_t measured; /* are in buckets; of several names, all together */
	uint64_t filtered;
	uint64_t missed;   /* calls whose return was not seen, or returns without an entry */
	uint64_t recursed; /* calls within a call of the same thread, deeper than is kept */
	uint64_t dropped;  /* events: above_rate, unsent, and those without room in the kernel's ring */
	uint64_t above_rate; /* beyond most_events */
	uint64_t unsent;     /* the helper had no room for them, nor for who they are of */
	uint64_t lost;	   /* measured, but without room in a map, or their stack could not be handed over */
	uint64_t bpf_ns;   /* run time of its programs, by those of their runs that time themselves */
	uint64_t call_ns;  /* what a call costs the target more, measured: trap and program; 0: not measured */
	uint32_t probe;
	uint32_t permille; /* of one CPU, over the last second */
};

/* Followed by entry_count x struct wire_bucket. The same (slice, probe, group, thread, stacks, bucket) may come again: add. */
struct wire_buckets {
	uint32_t entry_count;
	uint32_t zero;
};

/*
 * A count of values. Values below 8 have a bucket each; above, 8 buckets to a power of two: with e = floor(log2(value)),
 * bucket = (e - 2) * 8 + ((value >> (e - 3)) & 7). The bucket of a negative value is that of its magnitude, and
 * WIRE_BUCKET_NEGATIVE. So the middle of a bucket is within 6.25 % of each of its values.
 */
#define WIRE_BUCKET_STEPS 8
#define WIRE_BUCKET_NEGATIVE 0x8000
struct wire_bucket {
	uint64_t user_stack;   /* hash, 0: none */
	uint64_t kernel_stack; /* hash, 0: none */
	uint64_t group;	       /* of ready questions: see above */
	int64_t sum;	       /* of the values */
	uint32_t probe;
	uint32_t slice; /* in which it was drained, or happened */
	uint32_t tgid;	/* 0: neither threads nor stacks are told apart */
	uint32_t tid;	/* 0: threads are not */
	uint32_t bucket;
	uint32_t count;
};

/*
 * Events as columns, by time within a CPU. Followed by one column for each of enum wire_event_column, in that order, and
 * then by text_length bytes, the texts of all one after the other. A column has entry_count values if its bit (1 << column)
 * of `varying` is set; otherwise the one value that all have. Those before WIRE_COLUMN_PROBE are u64, the others u32, and
 * each column is padded to a multiple of 8 bytes, as the texts are.
 */
struct wire_events {
	uint32_t entry_count; /* at most WIRE_EVENTS_MAX */
	uint32_t varying;
	uint32_t text_length;
	uint32_t zero;
};

enum wire_event_column {
	WIRE_COLUMN_TIME_NS = 0,
	WIRE_COLUMN_DURATION_NS = 1,
	WIRE_COLUMN_USER_STACK = 2,
	WIRE_COLUMN_KERNEL_STACK = 3,
	WIRE_COLUMN_VALUE = 4,	    /* returned; signed */
	WIRE_COLUMN_ARGUMENT_1 = 5, /* up to 10 */
	WIRE_COLUMN_PROBE = 11,
	WIRE_COLUMN_FUNCTION = 12, /* which of the probe's names, from 0 */
	WIRE_COLUMN_TGID = 13,
	WIRE_COLUMN_TID = 14,
	WIRE_COLUMN_CPU = 15,
	WIRE_COLUMN_FLAGS = 16,	      /* enum wire_hit_flags; above, from bit 16, the depth of disabled preemption */
	WIRE_COLUMN_TEXT_LENGTH = 17, /* bytes, below WIRE_EVENT_TEXT_SIZE */
};
#define WIRE_EVENT_COLUMNS 18
#define WIRE_EVENTS_MAX 4096

enum wire_hit_flags {
	WIRE_HIT_RETURN = 1,	       /* at the return: value and duration are there */
	WIRE_HIT_IRQS_KNOWN = 2,     /* the next one says something */
	WIRE_HIT_IRQS_OFF = 4,
	WIRE_HIT_RESCHED_KNOWN = 8,
	WIRE_HIT_NEED_RESCHED = 16,
	WIRE_HIT_PREEMPT_KNOWN = 32, /* the following, and the depth */
	WIRE_HIT_HARDIRQ = 64,
	WIRE_HIT_SOFTIRQ = 128,
};

enum wire_capability_kind {
	WIRE_CAPABILITY_BTF = 1,
	WIRE_CAPABILITY_BPF = 2,
	WIRE_CAPABILITY_PERF_EVENTS = 3,
	WIRE_CAPABILITY_CYCLES = 4,
	WIRE_CAPABILITY_KERNEL_SYMBOLS = 5,
	WIRE_CAPABILITY_BPF_STATS = 6,
	WIRE_CAPABILITY_TRACEPOINTS = 7,
	WIRE_CAPABILITY_RAW_TRACEPOINTS = 8,
	WIRE_CAPABILITY_KPROBES = 9,
	WIRE_CAPABILITY_KPROBE_MULTI = 10,
	WIRE_CAPABILITY_FENTRY = 11,
	WIRE_CAPABILITY_UPROBES = 12,
	WIRE_CAPABILITY_UPROBE_MULTI = 13,
	WIRE_CAPABILITY_TRACEFS = 14,
	WIRE_CAPABILITY_LOCKDOWN = 15, /* value: 0 none, 1 integrity, 2 confidentiality */
	WIRE_CAPABILITY_MEMLOCK = 16,  /* value: bytes; -1: no limit */
	WIRE_CAPABILITY_PARANOID = 17, /* value: perf_event_paranoid */
	WIRE_CAPABILITY_TRACE_MODE = 18,
};

/* Followed by entry_count x struct wire_capability. */
struct wire_capabilities {
	uint32_t entry_count;
	uint32_t zero;
};

struct wire_capability {
	uint32_t kind;
	uint32_t error; /* errno with which the kernel refused when it was tried; 0: it is there */
	int64_t value;
	char text[48]; /* zero padded; what else is known */
};

enum wire_list_kind {
	WIRE_LIST_FUNCTIONS = 1,   /* that ftrace can trace, "name" or "name [module]" */
	WIRE_LIST_BLOCKLIST = 2,   /* kprobes are refused */
	WIRE_LIST_TRACEPOINTS = 3, /* "category:name" */
};

/* Followed by text_length bytes: whole lines. An empty frame with `last` ends each list. */
struct wire_list {
	uint32_t list;
	uint32_t error; /* errno: it cannot be read */
	uint32_t last;
	uint32_t text_length;
};

/* Followed by entry_count x struct wire_wait. The same thing may come again: add. */
struct wire_waits {
	uint32_t entry_count;
	uint32_t zero;
};

enum wire_wait_kind {
	WIRE_WAIT_BLOCKED = 1,	 /* from giving up the CPU to being woken */
	WIRE_WAIT_PREEMPTED = 2, /* runnable, but another was let run (involuntary) */
	WIRE_WAIT_RUN_QUEUE = 3, /* from being woken to running */
};

/* Time that a thread did not run, within one slice. */
struct wire_wait {
	uint64_t user_stack; /* with which it left the CPU */
	uint64_t kernel_stack;
	uint64_t waker_user_stack; /* of the thread that woke it; with WIRE_START_WAKERS, once it was woken */
	uint64_t waker_kernel_stack;
	uint64_t ns;
	uint32_t slice;
	uint32_t kind; /* enum wire_wait_kind */
	uint32_t tgid;
	uint32_t tid;
	uint32_t waker_tgid; /* 0: not known, or an interrupt */
	uint32_t waker_tid;
	uint32_t state; /* of the task when it left: 0 running, 1 interruptible, 2 uninterruptible, … */
	uint32_t count; /* waits that ended here */
};

#endif
