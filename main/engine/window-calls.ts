// SPDX-License-Identifier: Apache-2.0
/** What one window may ask of the engine, and what it is told. */
import { closeSync, openSync, readSync } from 'node:fs';
import type { WindowPeer } from '../../ipc/connection.ts';
import type { Annotations, CallHandlers, Deletion, DoctorReport, EngineInfo, Failure, FunctionList, FunctionQuery, LibraryEntry, LibraryList, NamedFile, ProbeInfo, ProbeRequest, ProbeTarget, ReadyQuestion, RecordingId, RecordingInfo, Repetition, SamplingSettings, SourceAnswer, TargetRequest } from '../../ipc/contract.ts';
import type { Engine, HeldRecording } from './engine.ts';
import { FailureError, fileFailures } from './failures.ts';
import { LibraryCalls } from './library-calls.ts';
import { ProbeCalls } from './probe-calls.ts';
import { checkedName } from './recordings/keeping.ts';
import { RowFeed } from './row-feed.ts';
import { SourceFiles } from './source-files.ts';
import { Uploads } from './uploads.ts';

const PIECE_BYTES = 4 * 1024 * 1024;
const PROCESSES_EVERY_MS = 1000;

export class WindowCalls implements CallHandlers {
  readonly #engine: Engine;
  #peer: WindowPeer | null = null;
  readonly #feeds = new Map<RecordingId, { feed: RowFeed; end: () => void }>();
  /** What it has started, opened or subscribed to, and not closed. */
  readonly #held = new Set<RecordingId>();
  readonly #uploads: Uploads;
  readonly #snapshots = new Map<RecordingId, string>();
  readonly #sources = new Map<RecordingId, SourceFiles>();
  readonly #probes: ProbeCalls;
  readonly #library: LibraryCalls;
  #watching: NodeJS.Timeout | null = null;

  /** @param named the path of a file that the window was opened for, null: of none. */
  constructor(engine: Engine, named: string | null = null) {
    this.#engine = engine;
    this.#uploads = new Uploads(engine, named, (progress) => this.#peer?.emit('importing', progress));
    this.#probes = new ProbeCalls(engine);
    this.#library = new LibraryCalls(engine);
  }

  /** Called once the connection stands. */
  attach(peer: WindowPeer): void {
    this.#peer = peer;
    this.#probes.attachWindow(peer);
    this.#library.attachWindow(peer);
    peer.onDrain(() => {
      for (const { feed } of this.#feeds.values()) feed.pump();
    });
    if (this.#engine.debugDownloads.status) this.debugFilesChanged();
  }

  debugFilesChanged(): void {
    this.#peer?.emit('debugFiles', { status: this.#engine.debugDownloads.status });
  }

  probesChanged(id: RecordingId): void {
    this.#probes.changed(id);
  }

  recordingChanged(info: RecordingInfo): void {
    this.#peer?.emit('recording', { info });
  }

  failed(id: RecordingId | null, failure: Failure): void {
    this.#peer?.emit('failure', { id, failure });
  }

  holds(id: RecordingId): boolean {
    return this.#held.has(id);
  }

  /** The recording is no longer held. */
  forget(id: RecordingId): void {
    this.#held.delete(id);
    this.#feeds.get(id)?.end();
    this.#feeds.delete(id);
    this.#sources.delete(id);
    this.#probes.forget(id);
    this.#dropSnapshot(id);
  }

  /** The window is gone. */
  detach(): void {
    this.watchProcesses(false);
    for (const id of [...this.#feeds.keys()]) this.forget(id);
    this.#uploads.dropAll();
    for (const id of [...this.#snapshots.keys()]) this.#dropSnapshot(id);
    this.#probes.detachWindow();
    this.#library.detach();
    this.#peer = null;
  }

  hello(): EngineInfo {
    return this.#engine.information();
  }

  watchProcesses(on: boolean): void {
    if (this.#watching) clearInterval(this.#watching);
    this.#watching = null;
    if (!on) return;
    const send = async (): Promise<void> => {
      const processes = await this.#engine.processes();
      if (this.#watching) this.#peer?.emit('processes', { processes });
    };
    this.#watching = setInterval(() => void send(), PROCESSES_EVERY_MS);
    void send();
  }

  async start(target: TargetRequest, settings: SamplingSettings): Promise<RecordingInfo> {
    return this.#hold((await this.#engine.startRecording(target, settings)).info);
  }

  async stop(id: RecordingId): Promise<RecordingInfo> {
    const recording = this.#engine.recording(id);
    if ('stop' in recording) await recording.stop();
    return recording.info;
  }

  save(id: RecordingId, name: string): RecordingInfo {
    return this.#engine.save(id, checkedName(name));
  }

  async close(id: RecordingId): Promise<void> {
    this.forget(id);
    await this.#engine.leaveRecording(id);
  }

  upload(upload: number | null, bytes: Uint8Array): number {
    return this.#uploads.add(upload, bytes);
  }

  namedFile(): NamedFile | null {
    return this.#uploads.tellNamed();
  }

  async openUpload(upload: number, name: string): Promise<RecordingInfo> {
    return this.#hold((await this.#uploads.open(upload, name)).info);
  }

  dropUpload(upload: number): void {
    this.#uploads.drop(upload);
  }

  async whyUnnamed(id: RecordingId, module: number): Promise<string> {
    return this.#engine.recording(id).whyUnnamed(module);
  }

  nameSource(id: RecordingId, module: number): string {
    return this.#engine.recording(id).nameSource(module);
  }

  sourceLines(id: RecordingId, file: number, first: number, count: number): Promise<SourceAnswer> {
    const recording = this.#engine.recording(id);
    let sources = this.#sources.get(id);
    if (!sources) this.#sources.set(id, (sources = new SourceFiles(recording)));
    return sources.lines(file, first, count);
  }

  functions(query: FunctionQuery): Promise<FunctionList> {
    return this.#probes.functions(query);
  }

  readyQuestions(): Promise<ReadyQuestion[]> {
    return this.#probes.readyQuestions();
  }

  async startProbes(target: ProbeTarget): Promise<RecordingInfo> {
    return this.#hold(await this.#probes.start(target));
  }

  letRun(id: RecordingId): Promise<RecordingInfo> {
    return this.#probes.letRun(id);
  }

  attachProbe(id: RecordingId, request: ProbeRequest): Promise<ProbeInfo | null> {
    return this.#probes.attach(id, request);
  }

  detachProbe(id: RecordingId, probe: number): void {
    this.#probes.detach(id, probe);
  }

  probes(id: RecordingId): ProbeInfo[] {
    return this.#probes.list(id);
  }

  doctor(tgid: number | null): Promise<DoctorReport> {
    return this.#engine.doctor(tgid);
  }

  debugFiles(answer: 'download' | 'decline' | 'cancel'): void {
    this.#engine.debugDownloads.answer(answer);
  }

  library(): Promise<LibraryList> {
    return this.#library.library();
  }

  watchLibrary(on: boolean): void {
    this.#library.watchLibrary(on);
  }

  thumbnail(file: string): Promise<string> {
    return this.#library.thumbnail(file);
  }

  repetition(file: string): Promise<Repetition> {
    return this.#library.repetition(file);
  }

  async openFromLibrary(file: string): Promise<RecordingInfo> {
    return this.#hold((await this.#engine.openFromLibrary(file)).info);
  }

  renameInLibrary(file: string, name: string): string {
    return this.#library.renameInLibrary(file, name);
  }

  annotate(file: string, annotations: Annotations): Promise<LibraryEntry> {
    return this.#library.annotate(file, annotations);
  }

  deleteFromLibrary(files: string[]): Deletion {
    return this.#library.deleteFromLibrary(files);
  }

  undoDeletion(id: number): string[] {
    return this.#library.undoDeletion(id);
  }

  reveal(file: string): Promise<void> {
    return this.#library.reveal(file);
  }

  moveLibrary(folder: string): LibraryList {
    return this.#library.moveLibrary(folder);
  }

  async readFile(id: RecordingId, offset: number): Promise<Uint8Array> {
    const recording = this.#engine.recording(id);
    const path = await this.#wholeFile(recording, offset);
    let descriptor: number;
    try {
      descriptor = openSync(path, 'r');
    } catch (error) {
      throw new FailureError(fileFailures.notReadable(path, (error as Error).message));
    }
    try {
      const bytes = new Uint8Array(PIECE_BYTES);
      const length = readSync(descriptor, bytes, 0, bytes.length, offset);
      if (length === 0) this.#dropSnapshot(id);
      return bytes.slice(0, length);
    } finally {
      closeSync(descriptor);
    }
  }

  subscribe(id: RecordingId): RecordingInfo {
    const recording = this.#engine.recording(id);
    const peer = this.#peer;
    this.#feeds.get(id)?.end();
    if (!peer) return recording.info;
    this.#hold(recording.info);
    const feed = new RowFeed(recording, peer);
    this.#feeds.set(id, { feed, end: recording.subscribe(() => feed.changed()) });
    // After the answer, so that the window knows the recording when its first rows come.
    setImmediate(() => {
      if (this.#feeds.get(id)?.feed === feed) feed.changed();
    });
    return recording.info;
  }

  recordings(): RecordingInfo[] {
    return this.#engine.recordings();
  }

  #hold(info: RecordingInfo): RecordingInfo {
    if (this.#peer) this.#held.add(info.id);
    return info;
  }

  /** A finished file as it is; of a live one a copy, made when reading begins. */
  async #wholeFile(recording: HeldRecording, offset: number): Promise<string> {
    if (!('snapshot' in recording) || recording.info.state.kind === 'finished') {
      const started = offset > 0 && this.#snapshots.get(recording.info.id);
      return started || recording.path;
    }
    if (offset === 0) {
      this.#dropSnapshot(recording.info.id);
      const path = this.#engine.scratch.newPath('.snapshot');
      await recording.snapshot(path);
      // The window may have gone meanwhile.
      if (!this.#peer) this.#engine.scratch.remove(path);
      else this.#snapshots.set(recording.info.id, path);
    }
    return this.#snapshots.get(recording.info.id) ?? recording.path;
  }

  #dropSnapshot(id: RecordingId): void {
    const path = this.#snapshots.get(id);
    if (path) this.#engine.scratch.remove(path);
    this.#snapshots.delete(id);
  }
}
