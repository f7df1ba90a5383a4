// SPDX-License-Identifier: Apache-2.0
/** What the contract's messages must look like when they arrive. Types here are checked against contract.ts. */
import { CodecError } from './codec-error.ts';
import { annotations, deletion, failure, libraryChange, libraryEntry, libraryList, question, samplingSettings as settings } from './library-shapes.ts';
import { doctorReport, functionList, functionQuery, probeInfo, probeRequest, readyQuestion } from './probe-shapes.ts';
import type {
  CallName,
  Calls,
  DebugFilesStatus,
  EndReason,
  EngineInfo,
  EventName,
  Events,
  HelperStatus,
  Message,
  ProbeTarget,
  RecordingInfo,
  RecordingState,
  Repetition,
  SourceAnswer,
  TargetRequest,
} from './contract.ts';
import {
  anything,
  bytes,
  constant,
  count,
  flag,
  list,
  nothing,
  nullable,
  number,
  record,
  segment,
  text,
  tuple,
  variant,
  type Shape,
} from './shapes.ts';

const empty = record({});

const targetKinds = {
  processes: record({ processes: list(record({ tgid: count, startTicks: count })) }),
  system: empty,
  command: record({ command: list(text) }, { folder: text }),
  demo: empty,
  cgroup: record({ folder: text }),
};
const target = variant<TargetRequest>(targetKinds);
const probeTarget = variant<ProbeTarget>({ ...targetKinds, recording: record({ id: count }) });

const endReason = constant<EndReason>({
  asked: true,
  targetExited: true,
  targetGone: true,
  helperFailed: true,
  recordingFailed: true,
  unexpected: true,
  snapshot: true,
  opened: true,
});

const recordingInfo = record(
  {
    id: count,
    target: text,
    question,
    frequencyHz: number,
    startedAt: number,
    host: text,
    kernel: text,
    cpus: count,
    settings,
    state: variant<RecordingState>({
      starting: record({ step: text }),
      live: empty,
      finished: record({
        reason: endReason,
        message: text,
      }),
    }),
    savedAs: nullable(text),
  },
  { isLaunched: flag, isHeld: flag, isLeft: flag },
) satisfies Shape<RecordingInfo>;

const engineInfo = record({
  version: text,
  shell: constant<EngineInfo['shell']>({ electron: true, chromium: true }),
  shellReason: text,
  user: text,
  uid: count,
  host: text,
  kernel: text,
  cpus: count,
  helper: variant<HelperStatus>({
    direct: empty,
    pkexec: empty,
    missing: record({ command: text }),
    wrongVersion: record({ installed: text, command: text }),
  }),
  hardwareCycles: flag,
  cgroup: text,
  recordingsFolder: text,
});

const processSummary = record({
  tgid: count,
  parentTgid: count,
  startTicks: count,
  name: text,
  commandLine: text,
  user: text,
  uid: count,
  threads: count,
  cpu: number,
  container: nullable(text),
  cgroup: text,
  refusal: nullable(text),
});

const sourceAnswer = variant<SourceAnswer>({
  lines: record({ first: count, lines: list(text), all: count, isNewer: flag }),
  absent: record({ reason: text }),
});

const repetition = variant<Repetition>({
  ready: record({ target }),
  command: record({ command: list(text), folder: text, failure: nullable(failure) }),
  choose: record({ name: text, failure }),
  impossible: record({ failure }),
});

type CallShape<N extends CallName> = { arguments: Shape<Parameters<Calls[N]>>; result: Shape<ReturnType<Calls[N]>> };

const calls: { readonly [N in CallName]: CallShape<N> } = {
  hello: { arguments: tuple(), result: engineInfo },
  watchProcesses: { arguments: tuple(flag), result: nothing },
  start: { arguments: tuple(target, settings), result: recordingInfo },
  stop: { arguments: tuple(count), result: recordingInfo },
  save: { arguments: tuple(count, text), result: recordingInfo },
  close: { arguments: tuple(count), result: nothing },
  upload: { arguments: tuple(nullable(count), bytes), result: count },
  namedFile: { arguments: tuple(), result: nullable(record({ upload: count, name: text })) },
  openUpload: { arguments: tuple(count, text), result: recordingInfo },
  dropUpload: { arguments: tuple(count), result: nothing },
  readFile: { arguments: tuple(count, count), result: bytes },
  subscribe: { arguments: tuple(count), result: recordingInfo },
  recordings: { arguments: tuple(), result: list(recordingInfo) },
  whyUnnamed: { arguments: tuple(count, number), result: text },
  nameSource: { arguments: tuple(count, number), result: text },
  sourceLines: { arguments: tuple(count, count, count, count), result: sourceAnswer },
  functions: { arguments: tuple(functionQuery), result: functionList },
  readyQuestions: { arguments: tuple(), result: list(readyQuestion) },
  startProbes: { arguments: tuple(probeTarget), result: recordingInfo },
  attachProbe: { arguments: tuple(count, probeRequest), result: nullable(probeInfo) },
  letRun: { arguments: tuple(count), result: recordingInfo },
  detachProbe: { arguments: tuple(count, count), result: nothing },
  probes: { arguments: tuple(count), result: list(probeInfo) },
  doctor: { arguments: tuple(nullable(count)), result: doctorReport },
  library: { arguments: tuple(), result: libraryList },
  watchLibrary: { arguments: tuple(flag), result: nothing },
  thumbnail: { arguments: tuple(text), result: text },
  repetition: { arguments: tuple(text), result: repetition },
  openFromLibrary: { arguments: tuple(text), result: recordingInfo },
  renameInLibrary: { arguments: tuple(text, text), result: text },
  annotate: { arguments: tuple(text, annotations), result: libraryEntry },
  deleteFromLibrary: { arguments: tuple(list(text)), result: deletion },
  undoDeletion: { arguments: tuple(count), result: list(text) },
  reveal: { arguments: tuple(text), result: nothing },
  moveLibrary: { arguments: tuple(text), result: libraryList },
  debugFiles: { arguments: tuple(constant<Parameters<Calls['debugFiles']>[0]>({ download: true, decline: true, cancel: true })), result: nothing },
};

const figures = record(
  {
    durationNs: number,
    ledger: record({ fired: number, notOurs: number, stored: number, lost: number }),
    overhead: record({ bpfNs: number, helperCpuNs: number }),
  },
  { unwindTables: record({ tables: number, bytes: number, refused: number, evicted: number }) },
);

const debugFiles = record({
  state: constant<DebugFilesStatus['state']>({ offered: true, downloading: true, done: true }),
  servers: list(text),
  missing: count,
  current: nullable(record({ module: text, doneBytes: count, totalBytes: nullable(count) })),
  found: count,
  absent: count,
  failed: count,
  failure: text,
});

const events: { readonly [N in EventName]: Shape<Events[N]> } = {
  processes: record({ processes: list(processSummary) }),
  recording: record({ info: recordingInfo }),
  rows: record({ id: count, segments: list(segment), sliceEnd: count, figures }),
  failure: record({ id: nullable(count), failure }),
  probes: record({ id: count, probes: list(probeInfo) }),
  debugFiles: record({ status: nullable(debugFiles) }),
  importing: record({ upload: count, doneBytes: count, totalBytes: count }),
  library: libraryChange,
};

const messages: Record<Message['type'], Shape<unknown>> = {
  call: record({ call: count, name: constant<CallName>(calls), arguments: list(anything) }),
  answer: record({ call: count }),
  refusal: record({ call: count, failure }),
  event: record({ name: constant<EventName>(events), payload: anything }),
  acknowledge: record({ bytes: count }),
};

/**
 * A decoded value as a message; of an event the payload, too. Arguments and results are checked by the ends
 * of the connection, which know what was asked (`argumentsMismatch`, `resultMismatch`).
 * @throws CodecError when it is none.
 */
export function checkMessage(value: unknown): Message {
  const type = (value as { type?: unknown }).type;
  if (typeof type !== 'string' || !Object.hasOwn(messages, type)) {
    throw new CodecError('A message is of no known type.');
  }
  const where = messages[type as Message['type']].mismatch(value);
  if (where !== null) throw new CodecError(`A message of type "${type}" has an unexpected value at "${where}".`);
  const message = value as Message;
  if (message.type === 'event') {
    const inner = events[message.name].mismatch(message.payload);
    if (inner !== null) throw new CodecError(`An event "${message.name}" has an unexpected value at "${inner}".`);
  }
  return message;
}

/** Path to the first argument that does not fit the call; null: all fit. */
export function argumentsMismatch(name: CallName, values: unknown[]): string | null {
  return calls[name].arguments.mismatch(values);
}

/** Path to the part of a result that does not fit; null: it fits. */
export function resultMismatch(name: CallName, value: unknown): string | null {
  return calls[name].result.mismatch(value);
}
