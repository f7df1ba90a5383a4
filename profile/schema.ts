// SPDX-License-Identifier: Apache-2.0
/**
 * The tables of a profile: every column with its type, unit and sentinel.
 *
 * Tables are append-only: an index once given never changes its meaning, and a row never changes. A
 * column named after another table holds a row index of it (`NONE`, -1, where nothing applies).
 * A change here is a change of the file format: raise SCHEMA_VERSION and say so in docs/FILE-FORMAT.md.
 */
export const SCHEMA_VERSION = 4;

/** How a column is kept: a typed array, or text (UTF-8 in segments). */
export type ColumnType = 'u8' | 'u32' | 'i32' | 'f64' | 'i64' | 'text';

export const schema = {
  /** Row 0 is the empty string. Each text stands once. */
  strings: { text: 'text' },
  /** An executable file, a library, the kernel, a kernel module, anonymous code, or a source file of interpreted code. */
  modules: {
    /** The path as the process saw it; "[kernel]", "[vdso]", "[anonymous]", a kernel module's name in brackets;
     * of a source file what its interpreter calls it, which need not be a path. */
    path: 'u32',
    /** Hexadecimal; the empty string where there is none. */
    buildId: 'u32',
    /** ModuleKind */
    kind: 'u8',
  },
  processes: {
    tgid: 'u32',
    /** Process index of the parent, NONE for a target that was asked for. */
    parent: 'i32',
    /** Name (comm) at its last exec; a process that execs gets a new row. */
    name: 'u32',
    /** Nanoseconds since the recording began (negative: before). */
    start: 'f64',
  },
  threads: {
    process: 'u32',
    tid: 'u32',
    name: 'u32',
  },
  /** What frames group into. Two functions are one when name and module are; those made at run time or interpreted also by file and line. */
  functions: {
    name: 'u32',
    module: 'i32',
    /** String index of the source file; 0: not known. */
    file: 'u32',
    /** Line of the definition; 0: not known. */
    line: 'u32',
  },
  /** Code locations, ready for look-up: return addresses are already reduced by one. */
  frames: {
    /** NONE: no mapping was known; offset is then the address. */
    module: 'i32',
    /** Bytes: file offset for user code, from the module's base for kernel code. Below 2^53, or rounded. Of
     * interpreted code the line, 0 where it is not known: several functions may have frames on one. */
    offset: 'f64',
    /** FrameCategory */
    category: 'u8',
  },
  /** Names, which arrive late: without a row here a frame is drawn as module+offset. */
  symbols: {
    frame: 'u32',
    /** 0: the function whose code it is; above: inlined into it, each into the one before. */
    depth: 'u8',
    /** NONE: looked up, and no name was found. */
    function: 'i32',
    /** String index of the source file of this location; 0: not known. */
    file: 'u32',
    line: 'u32',
  },
  /** Stacks as a tree of prefixes, the outermost frame first. */
  stacks: {
    /** The caller's stack; NONE at the outermost frame. */
    prefix: 'i32',
    frame: 'u32',
    /** StackEnd: how the walk ended. The same on every row up to the outermost. */
    end: 'u8',
  },
  /** One row a (slice, thread, stack). A row of the same key may come again: add. */
  samples: {
    slice: 'u32',
    thread: 'u32',
    /** NONE: neither a user nor a kernel stack. */
    stack: 'i32',
    /** SampleKind */
    kind: 'u8',
    /** Samples, nanoseconds or bytes (of memory that was freed: negative), as its kind says. */
    weight: 'f64',
  },
  /** What should have been seen: CPU time by the kernel's own accounting. */
  expected: {
    slice: 'u32',
    /** NONE: the whole system, idle left out. */
    thread: 'i32',
    /** Nanoseconds. */
    cpuTime: 'f64',
  },
  losses: {
    slice: 'u32',
    /** LossCause */
    cause: 'u8',
    /** Samples (for sidebandRecords: records). */
    count: 'f64',
  },
  /** What was asked of single functions. */
  probes: {
    /** The function, pattern or ready question, as it was asked. */
    name: 'u32',
    /** ProbeKind */
    kind: 'u8',
    /** ProbeMechanism */
    mechanism: 'u8',
    /** Of user functions; NONE: of the kernel. */
    module: 'i32',
    /** ProbeMeasure: what its buckets are of. */
    measure: 'u8',
    /** String index: the request as JSON (`ProbeRequest` of ipc/probe-contract.ts). */
    request: 'u32',
  },
  /** Histograms over time. A row of the same key may come again: add. */
  buckets: {
    slice: 'u32',
    probe: 'u32',
    /** NONE: threads are not told apart. */
    thread: 'i32',
    /** NONE: stacks are not told apart, or there was none. */
    stack: 'i32',
    /** Of ready questions: a device, a system call…; 0. Below 2^53. */
    group: 'f64',
    /** histogram.ts: which values it counts. */
    bucket: 'i32',
    count: 'f64',
    /** Of the values in it. */
    sum: 'f64',
  },
  /** What the groups of a probe's buckets are called: "openat", "sda1". Each stands once, before its first bucket. */
  groups: {
    probe: 'u32',
    group: 'f64',
    name: 'u32',
  },
  /** Functions whose hits are events: what is needed to put one into words (event-words.ts). */
  signatures: {
    name: 'u32',
    /** String index: the types of its arguments and value as JSON (`Prototype` of prototype.ts); empty: not known. */
    types: 'u32',
    /** The argument, from 1, whose text comes with the event; 0: none. */
    textArgument: 'u8',
  },
  /** One hit each, ascending by time but for some ms. Of a long recording the newest alone are in memory, all in the file. */
  events: {
    /** Nanoseconds since the recording began. */
    time: 'f64',
    probe: 'u32',
    thread: 'u32',
    cpu: 'u32',
    /** Bits of EventFlag. */
    flags: 'u32',
    /** Nanoseconds since the entry; -1: it is none of a return. */
    duration: 'f64',
    /** NONE: not asked for. */
    stack: 'i32',
    /** NONE: `text` is the whole message, as schema 3 had it. */
    signature: 'i32',
    /** What was returned. */
    value: 'i64',
    /** As they were given, 64 bits each. */
    argument1: 'i64',
    argument2: 'i64',
    argument3: 'i64',
    argument4: 'i64',
    argument5: 'i64',
    argument6: 'i64',
    /** To which the signature's textArgument points, as it was read: not made harmless. */
    text: 'text',
  },
  /** What happened while recording. */
  notes: {
    slice: 'u32',
    /** NoteKind */
    kind: 'u8',
    /** Process index, NONE where it concerns no process. */
    process: 'i32',
    text: 'u32',
  },
} as const satisfies Record<string, Record<string, ColumnType>>;

export type Schema = typeof schema;
export type TableName = keyof Schema;
export const tableNames = Object.keys(schema) as TableName[];

export type ColumnValue<T extends ColumnType> = T extends 'text' ? string : T extends 'i64' ? bigint : number;
/** One row as an object, for appending. */
export type Row<N extends TableName> = {
  -readonly [C in keyof Schema[N]]: Schema[N][C] extends ColumnType ? ColumnValue<Schema[N][C]> : never;
};

export const ModuleKind = {
  executable: 0,
  library: 1,
  kernel: 2,
  kernelModule: 3,
  vdso: 4,
  anonymous: 5,
  /** A source file, of a program that an interpreter runs. */
  source: 6,
} as const;
export type ModuleKind = (typeof ModuleKind)[keyof typeof ModuleKind];

export const FrameCategory = {
  user: 0,
  library: 1,
  kernel: 2,
  inlined: 3,
  jit: 4,
  interpreted: 5,
  /** No mapping was known for the address. */
  unresolved: 6,
} as const;
export type FrameCategory = (typeof FrameCategory)[keyof typeof FrameCategory];

/** The values of enum wire_stack_end. */
export const StackEnd = {
  outermost: 0,
  depthLimit: 1,
  noMapping: 2,
  noRow: 3,
  readFault: 4,
  badFrame: 5,
} as const;
export type StackEnd = (typeof StackEnd)[keyof typeof StackEnd];

/**
 * What a weight is: samples for onCpu; bytes for memory, negative where they were freed (the stack is that of their
 * allocation); nanoseconds for the others. blocked: until it was woken; preempted: it could have run, but another was let;
 * runQueue: from being woken to running; latency: spent in the function at the leaf, which was probed.
 */
export const SampleKind = { onCpu: 0, blocked: 1, preempted: 2, runQueue: 3, latency: 4, memory: 5 } as const;
export type SampleKind = (typeof SampleKind)[keyof typeof SampleKind];

/** The values of enum wire_loss, and what the engine counts itself. */
export const LossCause = {
  countMapFull: 1,
  stackRingFull: 2,
  recursion: 3,
  sendQueueFull: 4,
  fault: 5,
  sidebandRecords: 6,
  shortLivedThreads: 7,
  /** Counted by the engine: stored, but with stack NONE, since its stack never came. Outside the ledger's `lost`. */
  unknownStack: 8,
  /** Stored, but some frames of the Python program are missing: they could not be read. Outside the ledger's `lost`. */
  pythonFrames: 9,
  /** Waits (not samples): without room in the map; whose stack could not be handed over; shorter than was asked for. */
  waitMapFull: 10,
  waitStack: 11,
  shortWaits: 12,
  /** Waits that ended without a switch that was traced: they are told as ended when they were woken. */
  untoldEnds: 13,
} as const;
export type LossCause = (typeof LossCause)[keyof typeof LossCause];
/** What counts something else than samples that fired: fired = not ours + stored + the other losses. */
export const OUTSIDE_LEDGER: ReadonlySet<LossCause> = new Set([
  LossCause.sidebandRecords,
  LossCause.shortLivedThreads,
  LossCause.unknownStack,
  LossCause.pythonFrames,
  LossCause.waitMapFull,
  LossCause.waitStack,
  LossCause.shortWaits,
  LossCause.untoldEnds,
]);

/** The values of enum wire_probe_kind. */
export const ProbeKind = { kernel: 1, user: 2, tracepoint: 3, usdt: 4, ready: 5 } as const;
export type ProbeKind = (typeof ProbeKind)[keyof typeof ProbeKind];

/** The values of enum wire_mechanism; 0: it was not attached. */
export const ProbeMechanism = { none: 0, fentry: 1, kprobe: 2, kprobeMulti: 3, uprobe: 4, uprobeMulti: 5, tracepoint: 6, rawTracepoint: 7, perfEvent: 8 } as const;
export type ProbeMechanism = (typeof ProbeMechanism)[keyof typeof ProbeMechanism];

/** The values of enum wire_measure: nothing but how often; nanoseconds from entry to return; an argument; the return value. */
export const ProbeMeasure = { count: 0, latency: 1, argument: 2, returned: 3 } as const;
export type ProbeMeasure = (typeof ProbeMeasure)[keyof typeof ProbeMeasure];

/** The values of enum wire_hit_flags; above them, shifted by 16, the depth of disabled preemption. */
export const EventFlag = { returned: 1, irqsKnown: 2, irqsOff: 4, reschedKnown: 8, needResched: 16, preemptKnown: 32, hardirq: 64, softirq: 128 } as const;
export type EventFlag = (typeof EventFlag)[keyof typeof EventFlag];

export const NoteKind = { exec: 1, exit: 2, throttled: 3, helperGone: 4, ended: 5 } as const;
export type NoteKind = (typeof NoteKind)[keyof typeof NoteKind];
