// SPDX-License-Identifier: Apache-2.0
/** What the library's messages must look like when they arrive (library-contract.ts), and what a file may say of itself. */
import type { Failure, Question, SamplingEvent, SamplingSettings } from './contract.ts';
import type { Annotations, Deletion, LibraryChange, LibraryEntry, LibraryList, LibraryState, RecordedRequest, RecordingFacts } from './library-contract.ts';
import { probeRequest } from './probe-shapes.ts';
import { constant, count, flag, list, nullable, number, record, text, variant, type Shape } from './shapes.ts';

const empty = record({});

export const question = constant<Question>({ 'on-cpu': true, 'off-cpu': true, wakeups: true, wall: true, memory: true, probes: true });
export const samplingSettings = record(
  { frequency: number, children: flag, kernelStacks: flag },
  { event: constant<SamplingEvent>({ cpuClock: true, cycles: true }), stackDepth: count, question, leastWaitNs: count },
) satisfies Shape<SamplingSettings>;
export const failure = record({ code: text, message: text, remedy: text }) satisfies Shape<Failure>;

export const recordedRequest = variant<RecordedRequest>({
  processes: record({ processes: list(record({ name: text, commandLine: text })) }),
  system: empty,
  cgroup: record({ folder: text }),
  command: record({ command: list(text), folder: text }),
  demo: empty,
  imported: record({ format: text, file: text }),
});

export const annotations = record({ tags: list(text), notes: text }) satisfies Shape<Annotations>;

const recordingFacts = record({
  target: text,
  question,
  frequencyHz: number,
  settings: samplingSettings,
  request: nullable(recordedRequest),
  probes: list(probeRequest),
  host: text,
  kernel: text,
  startedAt: number,
  durationNs: number,
  application: text,
  samples: number,
  weight: number,
  quality: record({ complete: number, named: number, lost: number }),
  tags: list(text),
  notes: text,
}) satisfies Shape<RecordingFacts>;

export const libraryEntry = record({
  file: text,
  name: text,
  bytes: count,
  modifiedAt: number,
  state: variant<LibraryState>({ waiting: empty, sound: empty, recording: empty, unreadable: record({ failure }) }),
  facts: nullable(recordingFacts),
}) satisfies Shape<LibraryEntry>;

export const libraryList = record({ folder: text, failure: nullable(failure), entries: list(libraryEntry), waiting: count }) satisfies Shape<LibraryList>;
export const libraryChange = record({ folder: text, entries: list(libraryEntry), removed: list(text), renamed: nullable(record({ from: text, to: text })), failure: nullable(failure), waiting: count }) satisfies Shape<LibraryChange>;
export const deletion = record({ id: count, files: list(text) }) satisfies Shape<Deletion>;
