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
 * scripts/generate-wire-layout writes main/engine/wire-layout.gen.ts from this file and wire_probes.h.
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
/* Unwind tables in the kernel, of all modules together. */
#define WIRE_TABLE_MEBIBYTES 256
#define WIRE_MAX_ROWS (1u << 23) /* of one module */

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

/*
 * An answer to MODULE: rows `first` to `first + count` of the module's `total`, in order. Followed by
 * count x struct unwind_row (bpf/records.h), ascending without two at the same place. total 0: nothing describes
 * its code, which is walked by frame pointers.
 */
struct wire_unwind_rows {
	uint32_t module;
	uint32_t first;
	uint32_t count;
	uint32_t total; /* at most WIRE_MAX_ROWS */
};

/* An answer to MODULE: the same file as another module, whose rows were or will be sent. */
struct wire_unwind_same {
	uint32_t module;
	uint32_t as;
};

/*
 * An answer to MODULE, before its rows: it holds a Python interpreter, whose stacks are to have the frames of the Python
 * program, too. What a walk reads there it knows by itself, for each version.
 */
struct wire_interpreter {
	uint32_t module;
	uint32_t version; /* of CPython: 311, 312 or 313 */
	/* The address of _PyRuntime is a mapping's start, less its file offset, and this. Below 2^47 either way. */
	int64_t runtime;
};

/* Asks for bytes of a module's file, which the engine cannot open. BYTES answers. */
struct wire_read {
	uint32_t module;
	uint32_t length; /* at most WIRE_READ_MAX */
	uint64_t offset;
};
#define WIRE_READ_MAX (1u << 19)

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

/* A process that is a target; again when its name changes (exec, prctl). Followed by name_length bytes. */
struct wire_process {
	uint32_t tgid;
	uint32_t parent_tgid; /* 0: not known */
	uint64_t time_ns;     /* when it started, or took this name */
	uint32_t flags;       /* enum wire_process_flags */
	uint32_t name_length; /* comm */
};

enum wire_process_flags {
	WIRE_PROCESS_CHILD = 1,  /* became a target as a child of one */
	WIRE_PROCESS_EXEC = 2,   /* this name came with an exec */
	WIRE_PROCESS_KERNEL = 4, /* a kernel thread: it has no mappings */
};

/* A thread; again when its name changes. Followed by name_length bytes. */
struct wire_thread {
	uint32_t tgid;
	uint32_t tid;
	uint64_t time_ns;
	uint32_t zero;
	uint32_t name_length; /* comm */
};

/*
 * A new generation of a process's mappings. It starts as a copy of (from_tgid, from_generation), or
 * empty when from_tgid is 0 (exec). fork, exec, and a mapping that replaces another one start a
 * generation, because they change what an address means; stacks say which one they belong to.
 */
struct wire_generation {
	uint32_t tgid;
	uint32_t generation;
	uint32_t from_tgid;
	uint32_t from_generation;
	uint64_t time_ns;
};

enum wire_mapping_flags {
	WIRE_MAPPING_ANONYMOUS = 1, /* no file behind it: JIT or copied code */
	WIRE_MAPPING_VDSO = 2,
	WIRE_MAPPING_DELETED = 4, /* the path no longer leads to this file */
};

/* One executable mapping. Followed by path_length bytes (as the process sees the path). */
struct wire_mapping {
	uint32_t tgid;
	uint32_t generation;
	uint64_t start; /* address */
	uint64_t end;   /* address, exclusive */
	uint64_t file_offset;
	uint64_t inode;
	uint32_t device_major;
	uint32_t device_minor;
	uint32_t flags; /* enum wire_mapping_flags */
	uint32_t path_length;
	uint8_t build_id[WIRE_BUILD_ID_MAX];
	uint32_t build_id_length; /* 0: none or not read */
};

/*
 * A file (or the vdso) with code of a target, each once: the engine is to answer with its unwind rows. Only where
 * START asked for tables. It is where the mapping lies. Followed by path_length bytes.
 */
struct wire_module {
	uint32_t module; /* from 1 */
	uint32_t tgid;
	uint64_t start;
	uint64_t end;
	uint64_t inode;
	uint32_t device_major;
	uint32_t device_minor;
	uint32_t flags; /* enum wire_mapping_flags */
	uint32_t path_length;
	uint8_t build_id[WIRE_BUILD_ID_MAX];
	uint32_t build_id_length;
};

/* The answer to READ: followed by `length` bytes, less than were asked for only at the end of the file. */
struct wire_bytes {
	uint32_t module;
	uint32_t error; /* errno; 0: none */
	uint64_t offset;
	uint64_t file_size;
	uint32_t length;
	uint32_t zero;
};

/* The unwind tables in the kernel; when it changed. */
struct wire_tables {
	uint64_t bytes;
	uint32_t tables;
	uint32_t refused; /* found no room, or were not as they must be */
	uint32_t evicted; /* gave their room to others while no process had them mapped */
	uint32_t zero;
};

/*
 * Part of the kernel's symbol table, once a session before the first kernel stack; sorted by offset
 * within a module, a module possibly split over several frames. Followed by module_length bytes of the
 * module's name ("[kernel]" for the kernel proper), then symbol_count x { u32 offset from base,
 * u16 name_length, name } without padding. Only text symbols are sent.
 */
struct wire_kernel_symbols {
	uint64_t base; /* address; recordings keep offsets only */
	uint64_t end;  /* address, exclusive: the module's last byte of text known */
	uint32_t module_length;
	uint32_t symbol_count;
};

enum wire_stack_space {
	WIRE_STACK_USER = 0,
	WIRE_STACK_KERNEL = 1, /* tgid and generation are 0 */
};

/* How a walk ended. */
enum wire_stack_end {
	WIRE_END_OUTERMOST = 0,    /* reached the outermost frame (the table says so, frame pointer 0, or a kernel entry) */
	WIRE_END_DEPTH_LIMIT = 1,
	WIRE_END_NO_MAPPING = 2,   /* the return address lies in no code; it is not sent */
	WIRE_END_NO_ROW = 3,       /* nothing is known of the code of the last frame, or not yet */
	WIRE_END_READ_FAULT = 4,
	WIRE_END_BAD_FRAME = 5,    /* what was saved does not lead outwards */
};

/* Of a frame of a Python program, beside the bits below. No address has it. */
#define WIRE_FRAME_PYTHON (1ull << 62)
#define WIRE_FRAME_CODE_SHIFT 18 /* from here, 43 bits: struct wire_python_code.id */
/* Below: where in the code, in units of 2 bytes; the last value stands for everything beyond. */

/* A stack, sent once, before the first counts that name it. Followed by frame_count x u64 address,
 * leaf first; the leaf is exact, the others are return addresses. (One that was interrupted by a signal is sent plus one,
 * so that one less is right for it, too.) Those with WIRE_FRAME_PYTHON are none. */
struct wire_stack {
	uint64_t hash; /* of (space, tgid, generation, addresses, end); never 0 */
	uint32_t tgid;
	uint32_t generation;
	uint32_t frame_count;
	uint16_t space; /* enum wire_stack_space */
	uint16_t end;   /* enum wire_stack_end */
};

#define WIRE_PYTHON_NAME_MAX 256
#define WIRE_PYTHON_FILE_MAX 512
#define WIRE_PYTHON_LINES_MAX 8192

/* A Python code object, before the stacks that name it; may come again. Followed by lines_length bytes. */
struct wire_python_code {
	uint64_t id; /* below 2^43, never 0 */
	uint32_t tgid;
	uint32_t version;    /* of CPython: 311, 312 or 313 */
	uint32_t first_line; /* co_firstlineno */
	uint32_t lines_length; /* co_linetable, or its first WIRE_PYTHON_LINES_MAX - 1 bytes */
	uint16_t name_length; /* bytes; a longer one has WIRE_PYTHON_NAME_MAX - 4 */
	uint16_t file_length;
	uint8_t name_width; /* bytes of a character: 1 (Latin-1), 2 or 4 */
	uint8_t file_width;
	uint16_t zero;
	uint8_t name[WIRE_PYTHON_NAME_MAX]; /* co_qualname; its beginning */
	uint8_t file[WIRE_PYTHON_FILE_MAX]; /* co_filename; its end */
};

/* Followed by entry_count x struct wire_count. A (slice, thread, stacks) may come again: add. */
struct wire_counts {
	uint32_t entry_count;
	uint32_t zero;
};

struct wire_count {
	uint64_t user_stack;   /* hash, 0: none */
	uint64_t kernel_stack; /* hash, 0: none */
	uint32_t slice;        /* since boot: time_ns / WIRE_SLICE_NS */
	uint32_t tgid;
	uint32_t tid;
	uint32_t samples;
};

/* Followed by entry_count x struct wire_cpu_time_entry. */
struct wire_cpu_time {
	uint32_t entry_count;
	uint32_t slice; /* the slice in which this was read */
};

/* CPU time by the kernel's own accounting, since the last frame that named this thread (or since
 * sampling began). tgid 0: the whole system, all CPUs together, idle left out. */
struct wire_cpu_time_entry {
	uint32_t tgid;
	uint32_t tid;
	uint64_t cpu_ns;
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

#include "wire_probes.h"

#endif
