// SPDX-License-Identifier: Apache-2.0
/** The part of the contract (contract.ts) that is about single functions, and about what this computer allows. Plain JSON. */

/** What can be traced: functions of the kernel, of a program's files, tracepoints, markers in programs (USDT), and ready questions. */
export type TraceableKind = 'kernel' | 'user' | 'tracepoint' | 'usdt' | 'ready';

export interface TraceableArgument {
  name: string;
  /** As C writes it: "struct file *", "size_t". */
  type: string;
}

/** A function that was found, and whether it can be traced. */
export interface TraceableFunction {
  /** As one would type it: demangled where it is mangled, "sched:sched_switch" for a tracepoint. */
  name: string;
  /** What is attached to: differs from `name` for mangled names and for system calls ("__x64_sys_clone"). */
  symbol: string;
  kind: TraceableKind;
  /** "kernel", the name of a kernel module, or the path of the file. */
  module: string;
  available: boolean;
  /** Why it is not available, and what to do; or what there is to know; else empty. */
  why: string;
  /** In order; null: their types are not known. */
  arguments: TraceableArgument[] | null;
  /** null: not known. "void" has no value to measure. */
  returns: string | null;
}

export interface FunctionQuery {
  /** Part of a name, or a pattern with * and ?. Empty: what is worth a look first. */
  pattern: string;
  /** Whose files are searched beside the kernel: processes by their number. */
  tgids: number[];
  /** At most so many of each kind; 1 to 1,000. */
  most: number;
}

export interface FunctionList {
  functions: TraceableFunction[];
  /** All that match, of which `functions` are the best. */
  matched: number;
  /** What could not be searched, in words: "the list of the kernel's functions is for the administrator"; empty: nothing. */
  incomplete: string;
}

/** What a ready question is about, in the order in which they are shown. */
export type ReadyTopic = 'cpu' | 'files' | 'memory' | 'network' | 'programs';

/** What is attached for it. */
export interface ReadyAsk extends Pick<ProbeRequest, 'kind' | 'name' | 'module' | 'measure' | 'events'> {
  /** It says little without stacks. */
  byStack?: boolean;
}

/** A question that is one click away. */
export interface ReadyQuestion {
  /** "run-queue", "new-programs" */
  name: string;
  topic: ReadyTopic;
  title: string;
  /** How to read the answer, in a sentence. */
  reading: string;
  /** The bcc tools it answers to: "runqlat", "tcpstates, tcplife"; empty: none. */
  bcc: string;
  /** "nanoseconds" | "bytes" | "count" */
  unit: ProbeUnit;
  /** What its groups are called ("device", "system call"); empty: it has none. */
  groups: string;
  /** It needs a process. */
  needsTarget: boolean;
  asks: ReadyAsk;
  /** Why it cannot be asked here; empty: nothing is known that speaks against it. */
  why: string;
}

export type ProbeUnit = 'nanoseconds' | 'bytes' | 'count' | 'value';

export type ProbeMeasureRequest =
  | { kind: 'count' }
  | { kind: 'latency' }
  /** From 1, of at most 6. */
  | { kind: 'argument'; argument: number }
  | { kind: 'returned' };

export interface ProbeFilter {
  /** 1 to 6, or 0: the return value. */
  argument: number;
  test: 'equal' | 'other' | 'above' | 'below';
  /** A whole number, in decimal: it may not fit a double. */
  value: string;
}

export interface ProbeRequest {
  kind: TraceableKind;
  /** `TraceableFunction.symbol` or `.name`, a pattern with * (attached together), or the name of a ready question. */
  name: string;
  /** Path of the file for user and usdt; else empty. */
  module: string;
  measure: ProbeMeasureRequest;
  byThread: boolean;
  byStack: boolean;
  events: boolean;
  /** Nanoseconds: what took less is only counted as left out. 0: everything. */
  leastNs: number;
  filter: ProbeFilter | null;
  /** A pattern that matches more functions is refused with their number ("tooManyFunctions"); 200 where it is not given. */
  most?: number;
  /** Percent of one CPU: what costs more is detached. 0: no limit; 5 where it is not given. */
  budget?: number;
  /** Only threads within this cgroup (version 2) or one below it: its folder below /sys/fs/cgroup, as /proc/PID/cgroup says it. */
  cgroup?: string;
}

export interface ProbeFigures {
  /** Since it was attached. */
  calls: number;
  callsPerSecond: number;
  measured: number;
  filtered: number;
  missed: number;
  recursed: number;
  /** Events: what follows, and those without room in the kernel's ring. */
  dropped: number;
  /** More in a second than are kept. */
  aboveRate: number;
  /** Nobody took them in time. */
  unsent: number;
  lost: number;
  /** What a call costs the target more, nanoseconds; 0: not measured yet. */
  callNs: number;
  /** Of one CPU, over the last second, 0 to 1. */
  cost: number;
}

/** A probe of a recording. `probe` is its row in the table `probes`. */
export interface ProbeInfo {
  probe: number;
  request: ProbeRequest;
  /** "vfs_read", "vfs_* (41 functions)". */
  title: string;
  /** "fentry", "kprobe", "uprobe"…; empty before it is attached. */
  mechanism: string;
  state: 'attaching' | 'attached' | 'refused' | 'detached';
  /** Why it was refused or detached, and what to do; else empty. */
  why: string;
  unit: ProbeUnit;
  functions: number;
  figures: ProbeFigures;
}

/** What a check is about. */
export type DoctorGroup = 'sampling' | 'tracing' | 'permission' | 'names' | 'computer';

/** One thing that this computer can do for Emberscope, or the reason that it cannot. */
export interface DoctorCheck {
  /** Stable: "sampling" (the sum of what it takes), "kprobes", "fentry", "perfEvents", "debugFiles"… */
  name: string;
  group: DoctorGroup;
  title: string;
  state: 'available' | 'limited' | 'unavailable' | 'unknown';
  /** What was found, or why not. */
  detail: string;
  /** What to do, exactly; empty: nothing. */
  remedy: string;
  /** What one can do with it. */
  use: string;
}

export interface DoctorReport {
  kernel: string;
  checks: DoctorCheck[];
}
