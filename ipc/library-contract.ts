// SPDX-License-Identifier: Apache-2.0
/** What the library of recordings says to a window: a folder of files, and what is known of each. */
import type { Question } from '../profile/questions.ts';
import type { Failure, SamplingSettings, TargetRequest } from './contract.ts';
import type { ProbeRequest } from './probe-contract.ts';

/** What was asked to be recorded, so that it can be again. Processes by what they were called, since numbers pass. */
export type RecordedRequest =
  | { kind: 'processes'; processes: { name: string; commandLine: string }[] }
  | { kind: 'system' }
  /** As /proc/PID/cgroup says it. */
  | { kind: 'cgroup'; folder: string }
  | { kind: 'command'; command: string[]; folder: string }
  | { kind: 'demo' }
  /** Read from a file of another tool, whose name this is. */
  | { kind: 'imported'; format: string; file: string };

/** What a person said of a recording; kept in its file. */
export interface Annotations {
  /** Each once, at most 40 of at most 60 characters. */
  tags: string[];
  /** At most 20,000 characters. */
  notes: string;
}

/** What the file says of itself. */
export interface RecordingFacts extends Annotations {
  target: string;
  question: Question;
  frequencyHz: number;
  settings: SamplingSettings;
  /** null: of an earlier version, or one that was replayed. */
  request: RecordedRequest | null;
  /** What was asked of functions, each once: of the question "probes", once the rows were read. At most 64. */
  probes: ProbeRequest[];
  host: string;
  kernel: string;
  /** Epoch milliseconds. */
  startedAt: number;
  durationNs: number;
  application: string;
  /** Of CPU time. */
  samples: number;
  /** Weights of the question's picture together, in its unit. */
  weight: number;
  quality: RecordingQuality;
}

/** Shares, 0 to 1, weighted as the picture is; 1 where there is nothing to be missing. */
export interface RecordingQuality {
  /** Of stacks that reach the outermost frame. */
  complete: number;
  /** Of frames with a name. */
  named: number;
  /** Of samples that were due. */
  lost: number;
}

export type LibraryState =
  /** It was not looked into yet. */
  | { kind: 'waiting' }
  | { kind: 'sound' }
  /** By this or another Emberscope, at this moment. */
  | { kind: 'recording' }
  /** Damaged, foreign, of a newer version: why, and what to do. */
  | { kind: 'unreadable'; failure: Failure };

/** One file of the folder. Its name is what the recording is called. */
export interface LibraryEntry {
  /** Its name in the folder, by which calls name it. */
  file: string;
  /** `file` without its extension. */
  name: string;
  bytes: number;
  /** Epoch milliseconds. */
  modifiedAt: number;
  state: LibraryState;
  /** null unless it is sound or being recorded. */
  facts: RecordingFacts | null;
}

export interface LibraryList {
  folder: string;
  /** Why the folder cannot be read; null: it can. One that is not there yet is empty. */
  failure: Failure | null;
  entries: LibraryEntry[];
  /** Files that are still to be looked into. */
  waiting: number;
}

/** How a recording is made once more, with its settings and what it asked of functions. */
export type Repetition =
  /** As it was. */
  | { kind: 'ready'; target: TargetRequest }
  /** Shown before it runs: a file may say anything. `failure`: why it would not run now; null: nothing is known against it. */
  | { kind: 'command'; command: string[]; folder: string; failure: Failure | null }
  /** It is not there as it was: somebody chooses among what is called `name` (empty: among everything). */
  | { kind: 'choose'; name: string; failure: Failure }
  | { kind: 'impossible'; failure: Failure };

/** What changed since the list was sent, or the last change. */
export interface LibraryChange {
  folder: string;
  /** New or changed. */
  entries: LibraryEntry[];
  /** Files that are gone. */
  removed: string[];
  /** One of `removed` that is one of `entries` now; null: none that is known. */
  renamed: { from: string; to: string } | null;
  /** As in the list. */
  failure: Failure | null;
  waiting: number;
}

/** What was deleted, for undoing it. */
export interface Deletion {
  id: number;
  files: string[];
}
