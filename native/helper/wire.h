/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one definition of what crosses between the helper and the engine.
 *
 * A stream is a sequence of frames, little endian, without padding between them:
 *
 *     +--------------+-----------+-----------+------------------------+
 *     | u32 length   | u16 type  | u16 zero  | length bytes of payload|
 *     +--------------+-----------+-----------+------------------------+
 *
 * `length` counts the payload only and is at most WIRE_MAX_PAYLOAD. A payload starts with the fixed
 * struct of its type; a variable part, if the comment of the struct names one, follows it at once.
 * Text is UTF-8 as the kernel gave it (so possibly not valid), not terminated, its length in the struct.
 * Every struct is a multiple of 8 bytes long and its u64s are aligned to 8; variable parts that are
 * arrays of structs keep that alignment.
 *
 * Times are CLOCK_MONOTONIC nanoseconds. A slice is floor(time / WIRE_SLICE_NS): a fixed grid of kernel
 * time, independent of when the maps are drained. A tgid is a process, a tid a thread, as seen in the
 * helper's pid namespace.
 *
 * Parts of it have files of their own, which this one includes. scripts/generate-wire-layout writes
 * main/engine/wire-layout.gen.ts from all of them.
 */
#ifndef EMBERSCOPE_WIRE_H
#define EMBERSCOPE_WIRE_H

#include <stdint.h>

#define WIRE_PROTOCOL 7
#define WIRE_MAGIC 0x52424d45u /* "EMBR" */
#define WIRE_HEADER_SIZE 8
#define WIRE_MAX_PAYLOAD (1u << 20)
#define WIRE_SLICE_NS 20000000ull
#define WIRE_MAX_TARGETS 1024
#define WIRE_MIN_FREQUENCY 1
#define WIRE_MAX_FREQUENCY 9999
/* Above this, per-thread inherited events replace one event per CPU. */
#define WIRE_PER_CPU_FREQUENCY 400
/* The engine must say something at least this often, or the helper ends. */
#define WIRE_HEARTBEAT_TIMEOUT_NS 10000000000ull
#define WIRE_BUILD_ID_MAX 20
#define WIRE_COMM_SIZE 16
#define WIRE_VERSION_SIZE 24
#define WIRE_RELEASE_SIZE 72
/* Frames of a user stack. */
#define WIRE_STACK_DEPTH 127
#define WIRE_MAX_STACK_DEPTH 1023

struct wire_header {
	uint32_t length;
	uint16_t type;
	uint16_t zero;
};

/* Frame types. Engine to helper from 1, helper to engine from 64. */
enum wire_type {
	WIRE_START = 1,
	WIRE_STOP = 2,      /* no payload */
	WIRE_HEARTBEAT = 3, /* no payload */
	WIRE_UNWIND_ROWS = 4,
	WIRE_UNWIND_SAME = 5,
	WIRE_READ = 6,
	WIRE_INTERPRETER = 7,
	WIRE_PROBE = 8,
	WIRE_DETACH = 9,
	WIRE_ASK = 10,

	WIRE_HELLO = 64,
	WIRE_STARTED = 65,
	WIRE_PROCESS = 66,
	WIRE_THREAD = 67,
	WIRE_GENERATION = 68,
	WIRE_MAPPING = 69,
	WIRE_KERNEL_SYMBOLS = 70,
	WIRE_STACK = 71,
	WIRE_COUNTS = 72,
	WIRE_CPU_TIME = 73,
	WIRE_LOSS = 74,
	WIRE_LEDGER = 75,
	WIRE_NOTE = 76,
	WIRE_REFUSED = 77,
	WIRE_END = 78,
	WIRE_MODULE = 79,
	WIRE_BYTES = 80,
	WIRE_TABLES = 81,
	WIRE_PYTHON_CODE = 82,
	WIRE_PROBE_STATE = 83,
	WIRE_PROBE_FIGURES = 84,
	WIRE_BUCKETS = 85,
	WIRE_EVENTS = 86,
	WIRE_CAPABILITIES = 87,
	WIRE_LIST = 88,
	WIRE_WAITS = 89,
};

/* ---- engine to helper ---- */

enum wire_start_flags {
	WIRE_START_SYSTEM = 1,        /* the whole system; target_count is 0 */
	WIRE_START_CHILDREN = 2,      /* follow children of the targets */
	WIRE_START_KERNEL_STACKS = 4, /* take kernel stacks too */
	WIRE_START_UNWIND_TABLES = 8, /* walk by the tables with which the engine answers to MODULE; else by frame pointers */
	WIRE_START_ON_CPU = 16,       /* sample what runs */
	WIRE_START_OFF_CPU = 32,      /* measure what waits: WAITS */
	WIRE_START_WAKERS = 64,       /* with OFF_CPU: and who ends the wait */
};

enum wire_event {
	WIRE_EVENT_CPU_CLOCK = 0,
	WIRE_EVENT_CYCLES = 1, /* only where features has WIRE_FEATURE_CYCLES */
};

struct wire_target {
	uint32_t tgid;
	uint32_t zero;
	/* Start time in clock ticks since boot (field 22 of /proc/PID/stat), so that a reused
	 * number is not taken for the process that was meant. 0: do not check. */
	uint64_t start_ticks;
};

/* followed by target_count x struct wire_target */
struct wire_start {
	uint32_t frequency; /* Hz, WIRE_MIN_FREQUENCY to WIRE_MAX_FREQUENCY */
	uint32_t flags;     /* enum wire_start_flags */
	uint32_t event;     /* enum wire_event */
	uint32_t target_count;
	uint32_t stack_depth;     /* frames of a user stack, 1 to WIRE_MAX_STACK_DEPTH */
	uint32_t table_mebibytes; /* for unwind tables, 4 to WIRE_TABLE_MEBIBYTES; 0 without WIRE_START_UNWIND_TABLES */
	/* Shorter waits are left out (and counted), up to WIRE_MAX_LEAST_WAIT_NS; 0 without WIRE_START_OFF_CPU. */
	uint64_t least_wait_ns;
	/* Number of a cgroup of version 2, as the kernel has it: a process that comes to be in it, or below it, is a target from
	 * then on. 0: none; not with WIRE_START_SYSTEM. */
	uint64_t cgroup;
};
#define WIRE_MAX_LEAST_WAIT_NS 100000000000ull

/* ---- helper to engine ---- */

enum wire_features {
	WIRE_FEATURE_BTF = 1,
	WIRE_FEATURE_CYCLES = 2,         /* a hardware PMU counts cycles */
	WIRE_FEATURE_MMAP_BUILD_ID = 4,  /* perf mmap2 records carry build ids */
	WIRE_FEATURE_BPF_STATS = 8,      /* the run time of what samples is measured */
	WIRE_FEATURE_KERNEL_SYMBOLS = 16, /* kallsyms shows addresses */
	WIRE_FEATURE_TRACE = 32           /* started to trace: probes are taken */
};

/* The first frame, sent before anything is read. */
struct wire_hello {
	uint32_t magic;    /* WIRE_MAGIC */
	uint32_t protocol; /* WIRE_PROTOCOL */
	uint32_t features; /* enum wire_features */
	uint32_t cpus;     /* online */
	uint32_t uid;      /* the uid the helper serves */
	uint32_t max_frequency;
	uint32_t max_targets;
	uint32_t max_stack_depth;
	char version[WIRE_VERSION_SIZE]; /* zero padded; must equal the engine's */
	char release[WIRE_RELEASE_SIZE]; /* kernel release, zero padded */
};

enum wire_sampling {
	WIRE_SAMPLING_PER_CPU = 0,
	WIRE_SAMPLING_PER_THREAD = 1,
};

/* Sampling runs from now on. */
struct wire_started {
	uint64_t monotonic_ns; /* now */
	uint64_t realtime_ns;  /* CLOCK_REALTIME at the same moment */
	uint32_t frequency;
	uint32_t event;    /* enum wire_event */
	uint32_t sampling; /* enum wire_sampling */
	uint32_t cpus;     /* events opened: CPUs, or threads */
};

/* Why a sample that fired was not stored. LOSS_SHORT_LIVED is measured, not counted: see below. */
enum wire_loss {
	WIRE_LOSS_COUNT_MAP_FULL = 1,
	WIRE_LOSS_STACK_RING_FULL = 2,  /* its new stack could not be handed over */
	WIRE_LOSS_RECURSION = 3,        /* BPF programs do not nest */
	WIRE_LOSS_SEND_QUEUE_FULL = 4,  /* the engine did not read fast enough */
	WIRE_LOSS_FAULT = 5,            /* a map or helper failed in the kernel */
	WIRE_LOSS_SIDEBAND_RECORDS = 6, /* records about mappings and threads, not samples */
	/* Per-thread events restart their period in every new thread: what threads that ended (or began
	 * others) had due by their CPU time, less what was stored for them. Never fired, so outside the exact ledger. */
	WIRE_LOSS_SHORT_LIVED = 7,
	/* Outside the exact ledger, too (8 and 9 are counted by the engine, profile/schema.ts): */
	WIRE_LOSS_WAIT_MAP_FULL = 10, /* waits without room */
	WIRE_LOSS_WAIT_STACK = 11,    /* waits whose stack could not be handed over: they are sent without */
	WIRE_LOSS_SHORT_WAITS = 12,   /* left out as START asked */
	WIRE_LOSS_UNTOLD_ENDS = 13,   /* waits that ended without a switch that was traced: sent as ended when woken */
};

struct wire_loss_entry {
	uint32_t slice; /* in which it was read */
	uint32_t cause; /* enum wire_loss */
	uint64_t count; /* since the last frame of this cause */
};

/* Everything since the start, once a drain, after that drain's counts: it also says that nothing of a
 * slice before `complete_slice` will come any more. Exact: fired = not_ours + stored + the losses
 * (but for SIDEBAND_RECORDS and SHORT_LIVED). */
struct wire_ledger {
	uint64_t time_ns;
	uint64_t fired;
	uint64_t not_ours;
	uint64_t stored;
	uint64_t bpf_ns;    /* run time of the BPF programs; without WIRE_FEATURE_BPF_STATS of probes alone */
	uint64_t helper_ns; /* CPU time of the helper */
	uint32_t complete_slice;
	uint32_t python_cut; /* of those stored, samples that lack a frame of the Python program: it could not be read */
};

enum wire_note_kind {
	WIRE_NOTE_EXEC = 1,
	WIRE_NOTE_EXIT = 2,     /* a target process ended */
	WIRE_NOTE_THROTTLED = 3 /* the kernel throttled sampling */
};

/* Followed by text_length bytes. */
struct wire_note {
	uint64_t time_ns;
	uint32_t kind; /* enum wire_note_kind */
	uint32_t tgid;
	uint32_t text_length;
	uint32_t zero;
};

/* Why a start was refused, or a session broke. The engine words them for people. */
enum wire_error {
	WIRE_ERROR_MALFORMED = 1,      /* a frame was unknown, too long, or came in the wrong state */
	WIRE_ERROR_FREQUENCY = 2,
	WIRE_ERROR_NO_SUCH_PROCESS = 3, /* value: tgid */
	WIRE_ERROR_NOT_PERMITTED = 4,  /* value: errno */
	WIRE_ERROR_NO_BTF = 5,
	WIRE_ERROR_NO_BPF = 6,         /* value: errno */
	WIRE_ERROR_LOAD = 7,           /* the kernel refused the program; text: the verifier's last line */
	WIRE_ERROR_PERF_EVENT = 8,     /* value: errno */
	WIRE_ERROR_MEMORY = 9,
	WIRE_ERROR_DESCRIPTORS = 10,   /* value: the limit */
	WIRE_ERROR_LOCKDOWN = 11,      /* the kernel is locked down (confidentiality) */
	WIRE_ERROR_TOO_MANY_SESSIONS = 12,
	WIRE_ERROR_NO_CYCLES = 13,
	WIRE_ERROR_TARGETS = 14,       /* none, too many, or one named twice */
	WIRE_ERROR_BPF_OBJECT = 15,    /* on_cpu.bpf.o is missing beside the helper */
	WIRE_ERROR_PRIVILEGES = 16,    /* the helper could not change to what it should be */
	WIRE_ERROR_NOT_CALLER = 17,    /* the other end of stdin is not the user who asked */
	WIRE_ERROR_INTERNAL = 18
};

/* The session does not start, or ends by an error; END follows. Followed by text_length bytes. */
struct wire_refused {
	uint32_t error; /* enum wire_error */
	uint32_t text_length;
	int64_t value;
};

enum wire_end_reason {
	WIRE_REASON_ASKED = 1,          /* STOP, or stdin closed */
	WIRE_REASON_TARGET_EXITED = 2,
	WIRE_REASON_TARGET_GONE = 3,    /* before sampling started */
	WIRE_REASON_FAILURE = 4,        /* REFUSED says which */
	WIRE_REASON_NO_HEARTBEAT = 5,
};

/* The last frame. */
struct wire_end {
	uint32_t reason; /* enum wire_end_reason */
	uint32_t zero;
	uint64_t time_ns;
};

#include "wire_processes.h"
#include "wire_tables.h"
#include "wire_stacks.h"
#include "wire_probes.h"

#endif
