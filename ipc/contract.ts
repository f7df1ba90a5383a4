// SPDX-License-Identifier: Apache-2.0
/**
 * The one contract between the engine and a window: channel -> signature.
 *
 * A call is a request with one answer; an event goes from the engine to the window unasked. Values are
 * plain JSON, except `Uint8Array` and table segments, which cross as bytes (codec.ts). The same
 * messages go through an Electron MessagePort and a loopback WebSocket.
 */
import type { Question } from '../profile/questions.ts';
import type { Segment } from '../profile/tables.ts';
import type { Annotations, Deletion, LibraryChange, LibraryEntry, LibraryList, Repetition } from './library-contract.ts';
import type { DoctorReport, FunctionList, FunctionQuery, ProbeInfo, ProbeRequest, ReadyQuestion } from './probe-contract.ts';

export type * from './library-contract.ts';
export type * from './probe-contract.ts';

/** Identifies a live or opened recording within one engine. */
export type RecordingId = number;

export interface EngineInfo {
  version: string;
  /** "electron" | "chromium": which shell holds the window. */
  shell: 'electron' | 'chromium';
  /** Why this shell and not the other; empty when there is nothing to say. */
  shellReason: string;
  user: string;
  uid: number;
  host: string;
  kernel: string;
  cpus: number;
  helper: HelperStatus;
  /** This machine has a hardware counter of CPU cycles. */
  hardwareCycles: boolean;
  /** Where `saveRecording` puts files. */
  recordingsFolder: string;
  /** The cgroup of version 2 that the engine is in: "/" where it is in none but the root, empty where there is no such hierarchy. */
  cgroup: string;
}

/** Whether sampling can start, and how. */
export type HelperStatus =
  | { kind: 'direct' } // root or capabilities: no dialog
  | { kind: 'pkexec' } // installed: asks for authentication at the first start
  | { kind: 'missing'; command: string } // `command` installs it
  | { kind: 'wrongVersion'; installed: string; command: string };

export interface ProcessSummary {
  tgid: number;
  parentTgid: number;
  /** Clock ticks since boot: with tgid, the identity of the process. */
  startTicks: number;
  name: string;
  /** Arguments joined by spaces; empty for a kernel thread. */
  commandLine: string;
  user: string;
  uid: number;
  threads: number;
  /** Of one CPU, 0 to 1 and above, over the last second or so. */
  cpu: number;
  /** A short name of the container it runs in ("docker", "podman", "lxc", "kubernetes"…), null: none. */
  container: string | null;
  /** Its cgroup of version 2, as /proc/PID/cgroup says it; empty: it is in the root, which holds everything, or there are none. */
  cgroup: string;
  /** Why it cannot be profiled; null: it can. */
  refusal: string | null;
}

export type { Question };

export interface SamplingSettings {
  /** on-cpu where it is not given. */
  question?: Question;
  /** Nanoseconds: shorter waits are left out; 1,000 where it is not given. For off-cpu, wakeups and wall. */
  leastWaitNs?: number;
  /** Hz, 1 to 9,999. */
  frequency: number;
  children: boolean;
  kernelStacks: boolean;
  /** What fires the samples; cpuClock where it is not given. */
  event?: SamplingEvent;
  /** Frames of a user stack, 1 to 1,023; 127 where it is not given. */
  stackDepth?: number;
}

/** A timer of CPU time, or a hardware counter of CPU cycles (only where `EngineInfo.hardwareCycles`). */
export type SamplingEvent = 'cpuClock' | 'cycles';

export type TargetRequest =
  | { kind: 'processes'; processes: { tgid: number; startTicks: number }[] }
  | { kind: 'system' }
  /** The processes that are in this cgroup of version 2 or below it, or come to be, and their children. */
  | { kind: 'cgroup'; folder: string }
  /** Started by the engine as the user, held before exec until sampling is attached. */
  | { kind: 'command'; command: string[]; folder?: string }
  | { kind: 'demo' };

/** What probes look at: as for sampling, or the processes of a live recording, which nothing else could name exactly. */
export type ProbeTarget = TargetRequest | { kind: 'recording'; id: RecordingId };

/** What a recording is about: metadata rows of the file. */
export interface RecordingInfo {
  id: RecordingId;
  /** Title, like "postgres 4121" or "whole system". */
  target: string;
  question: Question;
  frequencyHz: number;
  /** Epoch milliseconds. */
  startedAt: number;
  host: string;
  kernel: string;
  cpus: number;
  settings: SamplingSettings;
  state: RecordingState;
  /** The file that holds it; null for one that was never saved. */
  savedAs: string | null;
  /** The target is a command that was launched for it, and sampled from its first instruction on. */
  isLaunched?: boolean;
  /** The launched command waits before its first instruction until `letRun`. */
  isHeld?: boolean;
  /** It was being made when Emberscope or the machine crashed, and nobody has kept it. */
  isLeft?: boolean;
}

export type RecordingState =
  | { kind: 'starting'; step: string }
  | { kind: 'live' }
  | { kind: 'finished'; reason: EndReason; message: string };

/**
 * recordingFailed: the disk is full, or a limit was reached. unexpected: the recorder was killed; found so in a file.
 * snapshot: a copy made while the recording went on; complete up to then.
 */
export type EndReason =
  | 'asked'
  | 'targetExited'
  | 'targetGone'
  | 'helperFailed'
  | 'recordingFailed'
  | 'unexpected'
  | 'snapshot'
  | 'opened';

/** A failure in words: what happened, and what to do. Never a stack trace. */
export interface Failure {
  /** Stable name, for tests and for choosing what to offer ("helperMissing", "noSuchProcess", …). */
  code: string;
  message: string;
  remedy: string;
}

/** The figures of the status bar and of `info`. Weighted by samples. */
export interface RecordingFigures {
  /** Nanoseconds since sampling began. */
  durationNs: number;
  ledger: { fired: number; notOurs: number; stored: number; lost: number };
  overhead: { bpfNs: number; helperCpuNs: number };
  /** Unwind tables in the kernel: how many, their bytes, those that found no room or were not sound, and those that gave
   * their room to others. Missing where stacks were walked by frame pointers alone. */
  unwindTables?: { tables: number; bytes: number; refused: number; evicted: number };
}

/** Lines of a source file. `absent`: in words, why there are none. */
export type SourceAnswer =
  | {
      kind: 'lines';
      /** Number of the first of `lines`, counted from 1. */
      first: number;
      lines: string[];
      /** Lines of the whole file. */
      all: number;
      /** It was written after the recording was begun: lines may be others than those that ran. */
      isNewer: boolean;
    }
  | { kind: 'absent'; reason: string };

/** Debug files that could be fetched from debuginfod's servers, for all recordings of this engine together. */
export interface DebugFilesStatus {
  /** offered: nobody has said yet whether to. done: all were asked for that are missing so far. */
  state: 'offered' | 'downloading' | 'done';
  /** Hosts of DEBUGINFOD_URLS. */
  servers: string[];
  /** Modules with frames whose debug file is missing and was not asked for yet. */
  missing: number;
  /** What is under way. `totalBytes` null: the server did not say. */
  current: { module: string; doneBytes: number; totalBytes: number | null } | null;
  found: number;
  /** No server has them. */
  absent: number;
  failed: number;
  /** Why the last of them failed; empty: none did. */
  failure: string;
}

/** A file that was named where Emberscope was started, or opened from the desktop; it lies where it is. */
export interface NamedFile {
  /** Stands for an upload that is complete. */
  upload: number;
  name: string;
}

/** Channel -> signature of calls, window to engine. A rejected call carries a `Failure`. */
export interface Calls {
  hello(): EngineInfo;
  /** Starts (and stops) `processes` events, about one a second. */
  watchProcesses(on: boolean): void;
  start(target: TargetRequest, settings: SamplingSettings): RecordingInfo;
  /** Ends sampling; the recording stays open. */
  stop(id: RecordingId): RecordingInfo;
  /** Names and keeps the recording (live or ended) in the recordings folder. */
  save(id: RecordingId, name: string): RecordingInfo;
  /** Drops an open recording, once no other window shows it; an unsaved one is deleted with its scratch file. */
  close(id: RecordingId): void;
  /** Sends a file's bytes in pieces of at most 4 MiB; returns a handle for `openUpload`. `upload` null: a new one. */
  upload(upload: number | null, bytes: Uint8Array): number;
  /** The file that the window was opened for, for `openUpload`; null: none, or it was told already. */
  namedFile(): NamedFile | null;
  /** Opens the uploaded `.ember`, or imports another tool's file (`importing` events); its rows come as `rows` events. */
  openUpload(upload: number, name: string): RecordingInfo;
  /** Gives an upload up, or its opening (which is then refused as "cancelled"). One that is not there is no mistake. */
  dropUpload(upload: number): void;
  /** Bytes of the finished or snapshotted recording file from `offset`, at most 4 MiB; empty at the end. */
  readFile(id: RecordingId, offset: number): Uint8Array;
  /** Rows from the beginning, for a window that comes late or was reloaded. */
  subscribe(id: RecordingId): RecordingInfo;
  /** Recordings that this engine has open, the newest first. */
  recordings(): RecordingInfo[];
  /** Why frames of a module (a row of its table; NONE: of no module) have no name: a sentence and what to do, or empty. */
  whyUnnamed(id: RecordingId, module: number): string;
  /** Where the names of a module came from, in words; empty: not known, or it has none. */
  nameSource(id: RecordingId, module: number): string;
  /** At most 400 lines from `first` of a file that the recording's tables name: `file` is a row of `strings`. */
  sourceLines(id: RecordingId, file: number, first: number, count: number): SourceAnswer;
  /** What can be traced, best matches first. May ask for a password the first time. */
  functions(query: FunctionQuery): FunctionList;
  readyQuestions(): ReadyQuestion[];
  /** Starts a recording of the question "probes", with no probe yet. A command is held before its first instruction. */
  startProbes(target: ProbeTarget): RecordingInfo;
  /** Resolves when it is attached or refused, which `ProbeInfo.state` says; null: it waits until the launched command maps its
   * file, and comes as a `probes` event then. */
  attachProbe(id: RecordingId, request: ProbeRequest): ProbeInfo | null;
  /** Lets a held command go, once all that was asked is attached or waits for its file. */
  letRun(id: RecordingId): RecordingInfo;
  detachProbe(id: RecordingId, probe: number): void;
  probes(id: RecordingId): ProbeInfo[];
  /** @param tgid whose debug files are looked for, null: nobody's. */
  doctor(tgid: number | null): DoctorReport;
  /** The recordings folder as it is known now; it is looked into again, and what is found comes as `library` events. */
  library(): LibraryList;
  /** Starts (and stops) `library` events. */
  watchLibrary(on: boolean): void;
  /** Of a file of the library (profile/thumbnail.ts, as text); empty: it has none. */
  thumbnail(file: string): string;
  /** What it takes to make a recording of the library once more, now and here. */
  repetition(file: string): Repetition;
  /** As `openUpload`; one that is open already is shown again. */
  openFromLibrary(file: string): RecordingInfo;
  /** Returns the file's new name, which never is that of another one. */
  renameInLibrary(file: string, name: string): string;
  annotate(file: string, annotations: Annotations): LibraryEntry;
  /** Moves them to the trash. */
  deleteFromLibrary(files: string[]): Deletion;
  /** Brings back what a deletion moved; returns under which names. */
  undoDeletion(id: number): string[];
  /** Shows the file in the desktop's file manager. */
  reveal(file: string): void;
  /** Another folder from now on, which is made when it is not there; no file is moved. */
  moveLibrary(folder: string): LibraryList;
  /** Whether to fetch debug files (`debugFiles` events), for this session; "cancel" ends what is under way. */
  debugFiles(answer: 'download' | 'decline' | 'cancel'): void;
}

/** Channel -> payload of events, engine to window. */
export interface Events {
  processes: { processes: ProcessSummary[] };
  recording: { info: RecordingInfo };
  /** New rows; `sliceEnd`: all slices before it are complete. */
  rows: { id: RecordingId; segments: Segment[]; sliceEnd: number; figures: RecordingFigures };
  failure: { id: RecordingId | null; failure: Failure };
  /** Their states and figures, several times a second while they change. */
  probes: { id: RecordingId; probes: ProbeInfo[] };
  /** null: there is nothing to say any more. */
  debugFiles: { status: DebugFilesStatus | null };
  /** How much of an upload of another tool's file was imported, several times a second. */
  importing: { upload: number; doneBytes: number; totalBytes: number };
  library: LibraryChange;
}

export type CallName = keyof Calls;
export type EventName = keyof Events;

export type Message =
  | { type: 'call'; call: number; name: CallName; arguments: unknown[] }
  | { type: 'answer'; call: number; result: unknown }
  | { type: 'refusal'; call: number; failure: Failure }
  | { type: 'event'; name: EventName; payload: unknown }
  /** The window has taken this many bytes since the last such message: the sender keeps a bounded window. */
  | { type: 'acknowledge'; bytes: number };

/** Implemented by the engine for one window. */
export type CallHandlers = {
  [N in CallName]: (...args: Parameters<Calls[N]>) => ReturnType<Calls[N]> | Promise<ReturnType<Calls[N]>>;
};
