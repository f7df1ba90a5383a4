// SPDX-License-Identifier: Apache-2.0
/** What the engine offers to its users in the same process: the command line, the shells, the tests. */
import type { StdioOptions } from 'node:child_process';
import type {
  DebugFilesStatus,
  DoctorReport,
  EndReason,
  Failure,
  FunctionList,
  FunctionQuery,
  LibraryList,
  ProbeInfo,
  ProbeRequest,
  ProbeTarget,
  RecordingFigures,
  RecordingId,
  RecordedRequest,
  RecordingInfo,
  Repetition,
  SamplingSettings,
  TargetRequest,
} from '../../ipc/contract.ts';
import type { Transport } from '../../ipc/transport.ts';
import type { DebuginfodOptions } from './symbolication/debuginfod/debug-downloads.ts';
import type { HelperMode } from './helper-process.ts';
import type { HelperStream } from './helper-stream.ts';
import type { Segment, Tables } from '../../profile/tables.ts';

export interface EngineOptions {
  shell: 'electron' | 'chromium';
  /** Why this shell and not the other; empty when there is nothing to say. */
  shellReason: string;
  /** Folders searched for separate debug files; by default /usr/lib/debug and the user's debuginfod cache. */
  debugFolders?: string[];
  /** Holds scratch/ and is created when missing. Default: $XDG_STATE_HOME/emberscope. */
  stateFolder?: string;
  /** Holds names found before, and is created when missing; null: none are kept. Default: $XDG_CACHE_HOME/emberscope. */
  cacheFolder?: string | null;
  /** Opens a helper elsewhere (tests; later ssh) instead of a process of this machine. */
  openStream?: (mode: HelperMode) => HelperStream;
  /** Servers and cache of debuginfod; by default those of the environment. */
  debuginfod?: DebuginfodOptions;
  /** Where saved recordings go, whatever was chosen. Default: what was chosen, or $XDG_DATA_HOME/emberscope/recordings. */
  recordingsFolder?: string;
  /** Holds what a person chose for all sessions. Default: $XDG_CONFIG_HOME/emberscope. */
  configFolder?: string;
}

export interface StartOptions {
  /** Path of the `.ember` to write, once sampling runs; a recording that is there already is replaced, another file
   * never. Without it the recording lies in the scratch folder until it is saved. */
  output?: string;
  /** After every drain of the helper, 5 to 10 times a second. */
  onProgress?: (figures: RecordingFigures) => void;
  /** Standard streams of a launched command; default: its input is empty, its output is dropped. */
  commandStdio?: StdioOptions;
  /** With it, missing debug files are fetched without asking when sampling has ended, and waited for before the recording
   * is complete; `debugFiles('cancel')` goes on without. Told of their progress. */
  onDebugFiles?: (status: DebugFilesStatus) => void;
}

/** How a recording ended. `failure` is there when something went wrong; what came until then is kept. */
export interface RecordingOutcome {
  reason: EndReason;
  message: string;
  failure?: Failure;
}

/** Rows that are new in `tables`; all slices before `sliceEnd` are complete. */
export interface RowsEvent {
  segments: Segment[];
  sliceEnd: number;
  figures: RecordingFigures;
}

/** A recording of this engine, live or read from a file. */
export interface Recording {
  /** As it is now: a new object after each change. */
  readonly info: RecordingInfo;
  readonly tables: Tables;
  readonly figures: RecordingFigures;
  /** All slices before it are complete. */
  readonly sliceEnd: number;
  /** Why frames of a module (NONE: of none) have no name, and what to do; empty when they have, or it is not known. */
  whyUnnamed(module: number): Promise<string>;
  /** Where the names of a module came from, in words; empty: not known, or it has none. */
  nameSource(module: number): string;
  /** It was made on this machine: the files that it names may be here. */
  readonly isFromHere: boolean;
  /** Called after rows were appended or `info` changed; returns what ends it. */
  subscribe(listener: () => void): () => void;
}

export interface ActiveRecording extends Recording {
  /** Ends sampling; resolves when `finished` does. Never rejects. */
  stop(): Promise<void>;
  /** Resolves once the file is complete. Never rejects. */
  readonly finished: Promise<RecordingOutcome>;
  /** Exit of a launched command (or the demo); null for other targets. */
  readonly command: Promise<{ code: number | null; signal: NodeJS.Signals | null }> | null;
  /** The file that holds it now. */
  readonly path: string;
}

/** A recording of the question "probes". */
export interface ProbeRecording extends ActiveRecording {
  readonly probes: {
    /** Of the targets; none: the whole system. */
    readonly tgids: readonly number[];
    /** By their rows. */
    readonly infos: ProbeInfo[];
    /** Those that are attached once the launched command maps their file. */
    readonly waiting: readonly ProbeRequest[];
    /** Resolves when it is attached or refused; null: it waits until the launched command maps its file.
     * @throws FailureError badProbe, tooManyFunctions */
    attach(request: ProbeRequest): Promise<ProbeInfo | null>;
    /** Told when states or figures have changed; returns what ends it. */
    subscribe(listener: () => void): () => void;
  } | null;
  /** Lets a launched command go, which is held for its probes, once all that was asked is attached or waits for its file. */
  letRun(): Promise<void>;
}

export interface OpenedRecording extends Recording {
  readonly path: string;
  /** null: it does not say what was asked to be recorded. */
  readonly request: RecordedRequest | null;
  /** "ended unexpectedly" and the like; empty when there is nothing to say. */
  readonly warning: string;
}

/** The surface of `Engine` that the command line uses. Every rejection is a `FailureError` (ipc/failure.ts). */
export interface EngineApi {
  /** Resolves when sampling runs (a launched command is let go just then). */
  startRecording(target: TargetRequest, settings: SamplingSettings, options?: StartOptions): Promise<ActiveRecording>;
  /** With no probe yet; a launched command is held until `letRun`. */
  startProbes(target: ProbeTarget, options?: StartOptions): Promise<ProbeRecording>;
  functions(query: FunctionQuery): Promise<FunctionList>;
  /** Drops a recording; one that was never saved is deleted. */
  closeRecording(id: RecordingId): Promise<void>;
  openRecording(path: string): Promise<OpenedRecording>;
  /** What it takes to make an opened recording once more, now and here. */
  repetition(of: OpenedRecording): Promise<Repetition>;
  /** The library once every file was looked into. @param onProgress told how many still wait */
  listLibrary(onProgress?: (waiting: number) => void): Promise<LibraryList>;
  /** Takes what a helper once sent (test/recordings/*.stream) for a live session: the same stream gives the same
   * rows. Resolves when its sampling has begun; names come from the stream alone. */
  replay(stream: HelperStream, options?: StartOptions): Promise<ActiveRecording>;
  /** Serves one window; resolves when its transport has closed. */
  serve(transport: Transport): Promise<void>;
  /** What this computer can do, and what to do about the rest. @param tgid whose debug files are looked for; null: nobody's */
  doctor(tgid: number | null, hasWindow?: boolean): Promise<DoctorReport>;
  /** Hosts of DEBUGINFOD_URLS. */
  readonly debugFileServers: readonly string[];
  /** The answer to whether debug files shall be fetched, for the session. */
  debugFiles(answer: 'download' | 'decline' | 'cancel'): void;
  /** Ends live recordings as if asked, and everything else. */
  close(): Promise<void>;
}
