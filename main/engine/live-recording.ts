// SPDX-License-Identifier: Apache-2.0
/** One live recording: a helper's session whose rows go to the tables, the file, and whoever listens. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Failure, RecordingFigures, RecordingId, RecordingInfo, SamplingSettings } from '../../ipc/contract.ts';
import { NoteKind, tableNames, type TableName } from '../../profile/schema.ts';
import { createTables, rowCounts, segmentsSince, type RowCounts, type Table, type Tables } from '../../profile/tables.ts';
import type { Catalogue } from './functions/catalogue.ts';
import { FetchedFiles } from './fetched-files.ts';
import { FailureError, failureOf, recordingFull, targetFailures } from './failures.ts';
import type { HelperSession, SessionEnd } from './helper-session.ts';
import { Listeners } from './listeners.ts';
import { LiveSession } from './live-session.ts';
import { HelperObjects } from './helper-objects.ts';
import { moduleFiles } from './module-files.ts';
import { outcomeOf } from './outcome.ts';
import { HelperKnowledge } from './probes/helper-knowledge.ts';
import { RecordingProbes } from './probes/recording-probes.ts';
import type { PreparedTarget } from './processes/target.ts';
import { RecordingNames, type NameSurroundings } from './recording-names.ts';
import type { ActiveRecording, RecordingOutcome, StartOptions } from './recording-api.ts';
import type { Metadata } from './recordings/format.ts';
import { copyPath, movePath } from './recordings/keeping.ts';
import { RecordingStore } from './recordings/store.ts';
import { warmUnwindRows } from './symbolication/unwind-rows.ts';
import { KEPT_EVENTS } from './row-limits.ts';
import { UnwindAnswers } from './unwind-answers.ts';
import type { StartRequest } from './wire-encoder.ts';
import type { WireFrame } from './wire-frames.ts';
import { SampleEvent, WIRE_STACK_DEPTH } from './wire-layout.gen.ts';

/** Names of the last frames are waited for before the file is closed; huge objects may take longer and stay unnamed. */
const LAST_NAMES_MS = 60_000;
/**
 * Drains are put into the file together: a transaction costs more than a drain's rows. By the helper's time, so that
 * the same stream gives the same file. A kill loses what came since, of which there must be less than a second.
 */
const APPEND_NS = 400e6;
/** Where nothing is sampled only the figures change. */
const APPEND_IDLE_NS = 2e9;

export interface LiveSurroundings extends NameSurroundings {
  id: RecordingId;
  application: string;
  host: string;
  catalogue: Catalogue;
  /** Where the file is made; called when sampling has begun. @throws FailureError */
  choosePath: () => string;
}

/** Its helper traces, and samples nothing. */
export function takesProbes({ question }: SamplingSettings): boolean {
  return question === 'probes' || question === 'memory';
}

/** Nanoseconds: shorter waits cost more to take than they tell. */
const LEAST_WAIT_NS = 1_000;

/** What the helper is to measure for the question. */
function measuresOf({ question = 'on-cpu', leastWaitNs = LEAST_WAIT_NS }: SamplingSettings): Pick<StartRequest, 'onCpu' | 'offCpu'> {
  const waits = question === 'off-cpu' || question === 'wakeups' || question === 'wall';
  return { onCpu: question === 'on-cpu' || question === 'wall', offCpu: waits ? { leastWaitNs, wakers: question === 'wakeups' } : null };
}

export class LiveRecording implements ActiveRecording {
  readonly tables: Tables = createTables();
  readonly finished: Promise<RecordingOutcome>;
  readonly command: ActiveRecording['command'];
  readonly #session: HelperSession;
  readonly #target: PreparedTarget;
  readonly #around: LiveSurroundings;
  readonly #options: StartOptions;
  readonly #live: LiveSession;
  readonly #names: RecordingNames;
  readonly #unwinding: UnwindAnswers;
  readonly #objects: HelperObjects;
  /** null: nothing but what its question says is measured. */
  readonly probes: RecordingProbes | null;
  readonly #knowledge: HelperKnowledge;
  readonly #listeners = new Listeners();
  readonly #begun = Promise.withResolvers<undefined>();
  #info: RecordingInfo;
  #store: RecordingStore | null = null;
  #path = '';
  #stored: RowCounts;
  /** Duration of the recording at the last append. */
  #appendedNs = -Infinity;
  /** Why the engine ends it: disk, limits. */
  #failure: Failure | null = null;

  private constructor(session: HelperSession, target: PreparedTarget, settings: SamplingSettings, options: StartOptions, around: LiveSurroundings) {
    this.#session = session;
    this.#target = target;
    this.#around = around;
    this.#options = options;
    this.command = target.command?.exited ?? null;
    this.#names = new RecordingNames(this.tables, around, () => this.#listeners.tell());
    const { symbolizer, runTimeCode } = this.#names;
    const fetched = new FetchedFiles(symbolizer);
    const files = fetched.watch(moduleFiles(symbolizer, runTimeCode));
    const nothing = { file: () => undefined, vdso: () => undefined, runTime: null };
    this.#live = new LiveSession(this.tables, around.replay ? { ...files, ...nothing } : files);
    const send = (bytes: Uint8Array): void => session.send(bytes);
    this.#objects = new HelperObjects(send);
    if (target.command) warmUnwindRows(target.command.program);
    this.#unwinding = new UnwindAnswers(send, this.#objects, (frame, path) => fetched.add(frame, path));
    this.#stored = rowCounts(this.tables);
    this.#knowledge = new HelperKnowledge(around.catalogue);
    this.probes = takesProbes(settings) ? new RecordingProbes(around.catalogue, this.#live.probes, { tgids: target.processes.map(({ tgid }) => tgid), command: target.command, send }) : null;
    this.#info = {
      id: around.id,
      target: target.title,
      question: settings.question ?? 'on-cpu',
      frequencyHz: settings.frequency,
      startedAt: Date.now(),
      host: around.host,
      kernel: session.hello.release,
      cpus: session.hello.cpus,
      settings,
      state: { kind: 'starting', step: 'Sampling is being attached' },
      savedAs: null,
      ...(target.request?.kind === 'command' ? { isLaunched: true } : {}),
    };
    this.finished = this.#run();
  }

  /** Resolves when sampling runs and a held command was let go, or, for probes, is held until letRun. @throws FailureError when it does not come to that. */
  static async start(
    session: HelperSession,
    target: PreparedTarget,
    settings: SamplingSettings,
    options: StartOptions,
    around: LiveSurroundings,
  ): Promise<LiveRecording> {
    const recording = new LiveRecording(session, target, settings, options, around);
    const event = settings.event === 'cycles' ? SampleEvent.cycles : SampleEvent.cpuClock;
    const { stackDepth = WIRE_STACK_DEPTH } = settings;
    const { onCpu, offCpu } = measuresOf(settings);
    session.start({ ...settings, stackDepth, unwindTables: true, system: target.system, event, targets: target.processes, cgroup: target.cgroup, onCpu, offCpu });
    await recording.#begun.promise;
    return recording;
  }

  /** What it looks at, for another recording that is to look at the same. */
  get target(): PreparedTarget {
    return this.#target;
  }

  get info(): RecordingInfo {
    return this.#info;
  }

  get figures(): RecordingFigures {
    return this.#live.figures;
  }

  get sliceEnd(): number {
    return this.#live.sliceEnd;
  }

  get path(): string {
    return this.#path;
  }

  whyUnnamed(module: number): Promise<string> {
    return this.#names.whyUnnamed(module);
  }

  nameSource(module: number): string {
    return this.#names.nameSource(module);
  }

  get isFromHere(): boolean {
    return !this.#around.replay;
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  async stop(): Promise<void> {
    this.#session.stop();
    await this.finished;
  }

  /** Lets a command go that is held for probes, once all that was asked is attached or waits for its file. */
  async letRun(): Promise<void> {
    await this.probes?.settled();
    this.#target.command?.release();
    if (this.#info.isHeld) this.#change({ isHeld: false });
  }

  /** Keeps the file at `path` from now on. @throws FailureError: then it stays where it was. */
  keepAt(path: string): void {
    if (this.#info.state.kind === 'finished' || !this.#store) movePath(this.#path, path);
    else this.#store.moveTo(path);
    this.#path = path;
    this.#change({ savedAs: path });
  }

  /** Of a finished one: its file stays where it lies, from now on this is the copy. @throws FailureError */
  keepCopyAt(path: string): void {
    copyPath(this.#path, path);
    this.#path = path;
    this.#change({ savedAs: path });
  }

  /** A copy of what is there now. @throws FailureError */
  async snapshot(path: string): Promise<void> {
    if (this.#store && this.#info.state.kind === 'live') this.#append({});
    await this.#store?.snapshot(path);
  }

  /** Frees what naming holds; the tables stay. */
  release(): void {
    this.#names.close();
  }

  async #run(): Promise<RecordingOutcome> {
    let end: SessionEnd;
    try {
      end = await this.#session.run((frame) => this.#take(frame));
    } catch (error) {
      // A mistake of our own must not lose what was recorded.
      this.#failure ??= failureOf(error);
      end = { end: null, refused: null, failure: null };
    }
    this.probes?.end();
    this.#unwinding.close();
    const outcome = outcomeOf(end, this.#failure);
    // What was launched for a recording ends with it, unless the helper failed: then one may want to go on.
    const { command, ownCommand } = this.#target;
    if (ownCommand || !this.#live.started || outcome.reason === 'asked' || command?.isHeld) command?.terminate();
    if (!this.#store) {
      this.#objects.close();
      this.#names.close();
      this.#begun.reject(new FailureError(outcome.failure ?? targetFailures.interrupted()));
      return outcome;
    }
    return this.#finish(this.#store, outcome);
  }

  #take(frame: WireFrame): void {
    // After a failure of ours only the end is waited for.
    if (this.#failure) return;
    // The rows of a replayed stream were sent when it was recorded.
    if (frame.type === 'module' && !this.#around.replay) this.#unwinding.answer(frame);
    else if (frame.type === 'bytes') this.#objects.take(frame);
    this.probes?.take(frame);
    if (frame.type === 'kernelSymbols') this.#around.catalogue.takeSymbols(frame);
    else if (frame.type === 'capabilities') this.#knowledge.capabilities(frame);
    else if (frame.type === 'list') this.#knowledge.list(frame);
    const step = this.#live.accept(frame);
    if (step === 'started') this.#begin();
    else if (step === 'drained') this.#drained();
  }

  #begin(): void {
    const { frequency, realtimeNs } = this.#live.started!;
    this.#change({ frequencyHz: frequency, startedAt: Math.round(realtimeNs / 1e6), state: { kind: 'live' } });
    this.#guard(() => {
      this.#path = this.#around.choosePath();
      this.#store = RecordingStore.create(this.#path, this.#metadata());
      if (this.#options.output !== undefined) this.#change({ savedAs: this.#path });
    });
    if (this.#failure) return;
    if (this.probes && this.#around.catalogue.wantsKnowledge) this.#knowledge.ask((bytes) => this.#session.send(bytes));
    // What is asked of functions is asked first.
    if (this.probes && this.#target.command && !this.#target.ownCommand) this.#change({ isHeld: true });
    else this.#target.command?.release();
    this.#begun.resolve(undefined);
  }

  #drained(): void {
    // Windows first: the disk may be slow.
    this.#listeners.tell();
    if (this.#appendIsDue()) this.#guard(() => this.#append({}));
    const full = this.#live.full();
    if (full && !this.#failure) this.#fail(recordingFull(full.rows, full.table));
    if (!this.#around.replay) void this.#names.nameNew();
    this.#options.onProgress?.(this.figures);
    // Last: whoever follows each drain has had its rows.
    if (this.#store) this.#guard(() => this.#store!.forget(this.tables.events as unknown as Table<TableName>, this.#stored.events, KEPT_EVENTS));
  }

  #appendIsDue(): boolean {
    const since = this.figures.durationNs - this.#appendedNs;
    return since >= APPEND_IDLE_NS || (since >= APPEND_NS && tableNames.some((name) => this.tables[name].length > this.#stored[name]));
  }

  #append(metadata: Partial<Metadata>): void {
    this.#store!.append(segmentsSince(this.tables, this.#stored), { ...this.#progress(), ...metadata });
    this.#stored = rowCounts(this.tables);
    this.#appendedNs = this.figures.durationNs;
  }

  async #finish(store: RecordingStore, outcome: RecordingOutcome): Promise<RecordingOutcome> {
    await Promise.race([this.#names.nameLast(), wait(LAST_NAMES_MS, undefined, { ref: false })]);
    const { onDebugFiles } = this.#options;
    if (onDebugFiles && !outcome.failure) await this.#names.nameByDownloads(onDebugFiles);
    this.#names.end();
    this.#objects.close();
    this.#live.flush();
    this.#live.note(outcome.reason === 'helperFailed' ? NoteKind.helperGone : NoteKind.ended, outcome.message);
    const { stored } = this.figures.ledger;
    if (!outcome.failure && this.#live.received !== stored) {
      this.#live.note(NoteKind.ended, `The helper counted ${stored} samples as stored, but ${this.#live.received} came.`);
    }
    const last = await this.#complete(store, outcome);
    this.#change({ state: { kind: 'finished', reason: last.reason, message: last.message } });
    return last;
  }

  /** Brings the file to its end, as well as the disk allows. */
  async #complete(store: RecordingStore, outcome: RecordingOutcome): Promise<RecordingOutcome> {
    const endOf = ({ reason, message }: RecordingOutcome): Partial<Metadata> => ({ endReason: reason, endMessage: message });
    try {
      if (outcome.failure?.code === 'diskFull') store.makeRoom();
      this.#append(endOf(outcome));
      await store.finish(this.tables, { ...endOf(outcome), ...this.#names.words() });
      return outcome;
    } catch (error) {
      const failure = outcome.failure ?? failureOf(error);
      const last: RecordingOutcome = { reason: outcome.failure ? outcome.reason : 'recordingFailed', message: failure.message, failure };
      try {
        // The last rows are not in the file, and need not be: it says how it ended and is sound.
        store.makeRoom();
        await store.finish(null, endOf(last));
      } catch {
        store.close();
      }
      return last;
    }
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(failureOf(error));
    }
  }

  #fail(failure: Failure): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.#session.stop();
  }

  #progress(): Pick<Metadata, 'durationNs' | 'sliceEnd' | 'ledger' | 'overhead' | 'unwindTables'> {
    return { ...this.figures, sliceEnd: this.sliceEnd };
  }

  #metadata(): Omit<Metadata, 'formatVersion' | 'schemaVersion' | 'state' | 'unnamed' | 'nameSources' | 'endReason' | 'endMessage'> {
    const { target, question, frequencyHz, startedAt, host, kernel, cpus, settings } = this.#info;
    const about = { target, question, frequencyHz, startedAt, host, kernel, cpus, settings };
    const { request } = this.#target;
    return { application: this.#around.application, ...about, ...this.#progress(), ...(request ? { request } : {}) };
  }

  #change(change: Partial<RecordingInfo>): void {
    this.#info = { ...this.#info, ...change };
    this.#listeners.tell();
  }
}
