// SPDX-License-Identifier: Apache-2.0
/** The engine: recordings live and opened, and the windows that show them. One a process; no Electron in it. */
import { cpus, hostname, release, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { serveWindow } from '../../ipc/connection.ts';
import type { DoctorReport, EngineInfo, FunctionList, FunctionQuery, HelperStatus, LibraryList, ProbeTarget, ProcessSummary, RecordingId, RecordingInfo, Repetition, SamplingSettings, TargetRequest } from '../../ipc/contract.ts';
import type { Transport } from '../../ipc/transport.ts';
import { examine } from './doctor/doctor.ts';
import { FailureError, fileFailures } from './failures.ts';
import { Catalogue } from './functions/catalogue.ts';
import { hasHardwareCycles } from './hardware-cycles.ts';
import type { FileRecording } from './file-recording.ts';
import { cacheFolder, configFolder, recordingsFolder, stateFolder } from './folders.ts';
import { chooseHelper, helperStatus } from './helper-process.ts';
import { HelperStarter } from './helper-starter.ts';
import type { HelperStream } from './helper-stream.ts';
import { Library } from './library/library.ts';
import { repetitionOf } from './library/repeating.ts';
import { LiveRecording } from './live-recording.ts';
import { Opening } from './opening.ts';
import { places } from './places.ts';
import { readPreferences, writePreferences } from './preferences-file.ts';
import { cgroupFolder } from './processes/cgroup.ts';
import { readBounded } from './processes/proc-files.ts';
import { ProcessList } from './processes/process-list.ts';
import type { ActiveRecording, EngineApi, EngineOptions, OpenedRecording, StartOptions } from './recording-api.ts';
import { ensureFolder, freePath, movePath } from './recordings/keeping.ts';
import { Scratch } from './recordings/scratch.ts';
import { Starting } from './starting.ts';
import { DebugDownloads } from './symbolication/debuginfod/debug-downloads.ts';
import { NameCache } from './symbolication/name-cache.ts';
import { WindowCalls } from './window-calls.ts';

export type HeldRecording = LiveRecording | FileRecording;

export async function createEngine(options: EngineOptions): Promise<Engine> {
  return new Engine(options);
}

export class Engine implements EngineApi {
  readonly scratch: Scratch;
  readonly debugDownloads: DebugDownloads;
  readonly catalogue: Catalogue;
  readonly library: Library;
  readonly opening: Opening;
  readonly #options: EngineOptions;
  readonly #recordings = new Map<RecordingId, HeldRecording>();
  readonly #windows = new Set<WindowCalls>();
  readonly #helpers: HelperStarter;
  readonly #processList = new ProcessList();
  readonly #names: NameCache | null;
  readonly #starting: Starting;
  #count = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#helpers = new HelperStarter(options.openStream);
    this.catalogue = new Catalogue(options.openStream !== undefined);
    this.scratch = new Scratch(options.stateFolder ?? stateFolder());
    this.scratch.prune();
    this.debugDownloads = new DebugDownloads(options.debuginfod);
    this.debugDownloads.subscribe(() => {
      for (const window of this.#windows) window.debugFilesChanged();
    });
    const { cacheFolder: cache = cacheFolder() } = options;
    this.#names = cache === null ? null : new NameCache(join(cache, 'names.sqlite'));
    const nextId = (): RecordingId => ++this.#count;
    this.opening = new Opening({ scratch: this.scratch, nextId, hold: (recording) => this.#hold(recording) });
    this.#starting = new Starting({
      helpers: this.#helpers,
      scratch: this.scratch,
      application: places().version,
      host: hostname(),
      catalogue: this.catalogue,
      debugFolders: options.debugFolders,
      downloads: this.debugDownloads,
      names: this.#names,
      nextId,
      begun: (recording) => this.#follow(recording),
      close: (id) => this.closeRecording(id),
    });
    this.library = new Library({
      folder: options.recordingsFolder ?? readPreferences(this.#preferences).recordingsFolder ?? recordingsFolder(),
      index: cache === null ? null : join(cache, 'library.sqlite'),
      isRecorded: (path) => this.#heldAt(path)?.info.state.kind === 'live',
      move: (from, to) => {
        const held = this.#heldAt(from);
        if (held) held.keepAt(to);
        else movePath(from, to);
      },
    });
  }

  get recordingsFolder(): string {
    return this.library.folder;
  }

  information(): EngineInfo {
    const user = userInfo();
    return {
      version: places().version,
      shell: this.#options.shell,
      shellReason: this.#options.shellReason,
      user: user.username,
      uid: user.uid,
      host: hostname(),
      kernel: release(),
      cpus: cpus().length,
      helper: this.helperStatus(),
      hardwareCycles: hasHardwareCycles(),
      cgroup: cgroupFolder(readBounded('/proc/self/cgroup') ?? ''),
      recordingsFolder: this.recordingsFolder,
    };
  }

  helperStatus(): HelperStatus {
    return this.#helpers.status();
  }

  doctor(tgid: number | null, hasWindow = true): Promise<DoctorReport> {
    const { shell, shellReason, debugFolders, openStream } = this.#options;
    return examine({
      tgid,
      helper: openStream ? { kind: 'direct' } : this.helperStatus(),
      openHelper: (mode) => this.#helpers.open(mode),
      shell: hasWindow ? shell : null,
      shellReason,
      debugFolders,
    });
  }

  processes(): Promise<ProcessSummary[]> {
    return this.#processList.scan(helperStatus(chooseHelper()));
  }

  startRecording(target: TargetRequest, settings: SamplingSettings, options: StartOptions = {}): Promise<ActiveRecording> {
    return this.#starting.start(target, settings, options);
  }

  /** A recording of the question "probes", with no probe yet; a command is held until `letRun`. @throws FailureError */
  async startProbes(target: ProbeTarget, options: StartOptions = {}): Promise<LiveRecording> {
    if (target.kind !== 'recording') return this.#starting.startProbes(target, options);
    const other = this.recording(target.id);
    if (!(other instanceof LiveRecording)) throw new FailureError(fileFailures.noSuchRecording());
    return this.#starting.startProbesBeside(other, options);
  }

  replay(stream: HelperStream, options: StartOptions = {}): Promise<ActiveRecording> {
    return this.#starting.replay(stream, options);
  }

  /** It has begun: windows are told of its probes and its end. */
  #follow(recording: LiveRecording): void {
    const { id } = recording.info;
    this.#hold(recording);
    recording.probes?.subscribe(() => {
      for (const window of this.#windows) window.probesChanged(id);
    });
    void recording.finished.then(({ failure }) => {
      if (failure) for (const window of this.#windows) window.failed(id, failure);
    });
  }

  functions(query: FunctionQuery): Promise<FunctionList> {
    return this.catalogue.list(query);
  }

  async openRecording(path: string): Promise<OpenedRecording> {
    return this.opening.open(resolve(path));
  }

  /** @param named the path of a file that the window is opened for. */
  async serve(transport: Transport, named: string | null = null): Promise<void> {
    void this.opening.recoverOnce();
    // Known by the time that somebody looks.
    void this.library.scan();
    const calls = new WindowCalls(this, named);
    const peer = serveWindow(transport, calls);
    calls.attach(peer);
    this.#windows.add(calls);
    await peer.closed;
    this.#windows.delete(calls);
    calls.detach();
  }

  /** @throws FailureError */
  recording(id: RecordingId): HeldRecording {
    const recording = this.#recordings.get(id);
    if (!recording) throw new FailureError(fileFailures.noSuchRecording());
    return recording;
  }

  async listLibrary(onProgress: (waiting: number) => void = () => undefined): Promise<LibraryList> {
    const end = this.library.subscribe(({ waiting }) => onProgress(waiting));
    try {
      await this.library.scan();
      return await this.library.settle();
    } finally {
      end();
    }
  }

  /** A file of the library. @throws FailureError */
  openFromLibrary(file: string): Promise<HeldRecording> {
    return this.openFile(this.library.pathOf(file));
  }

  /** Where it lies; one that is open already is that one. @param path absolute. @throws FailureError */
  async openFile(path: string, cancel?: AbortSignal): Promise<HeldRecording> {
    return this.#heldAt(path) ?? this.opening.openShared(path, cancel);
  }

  /** Of a file of the library, or of one that is open. @throws FailureError */
  repetition(of: string | OpenedRecording): Promise<Repetition> {
    const running = () => this.processes();
    if (typeof of !== 'string') return repetitionOf(of.info.target, { request: of.request, settings: of.info.settings, question: of.info.question }, running);
    const { name, facts } = this.library.entry(of);
    return repetitionOf(name, facts, running);
  }

  /** For this and all later sessions. @throws FailureError */
  moveLibrary(folder: string): void {
    this.library.moveTo(folder);
    if (this.#options.recordingsFolder === undefined) writePreferences(this.#preferences, { recordingsFolder: folder });
  }

  /** The newest first. */
  recordings(): RecordingInfo[] {
    return [...this.#recordings.values()].map(({ info }) => info).reverse();
  }

  /** Keeps it in the recordings folder under a free name: what is a file already as a copy of it. @throws FailureError */
  save(id: RecordingId, name: string): RecordingInfo {
    const recording = this.recording(id);
    ensureFolder(this.recordingsFolder);
    const path = freePath(this.recordingsFolder, name);
    const { savedAs, state } = recording.info;
    // What still grows can only move.
    if (savedAs !== null && state.kind === 'finished') recording.keepCopyAt(path);
    else recording.keepAt(path);
    this.library.changed();
    return recording.info;
  }

  /** A window shows it no more; it goes when no other one does. */
  async leaveRecording(id: RecordingId): Promise<void> {
    if (![...this.#windows].some((window) => window.holds(id))) await this.closeRecording(id);
  }

  async closeRecording(id: RecordingId): Promise<void> {
    const recording = this.#recordings.get(id);
    if (!recording) return;
    if (recording instanceof LiveRecording) {
      await recording.stop();
      recording.release();
    }
    this.#recordings.delete(id);
    for (const window of this.#windows) window.forget(id);
    if (recording.info.savedAs === null) this.scratch.remove(recording.path);
  }

  get debugFileServers(): readonly string[] {
    return this.debugDownloads.servers;
  }

  debugFiles(answer: 'download' | 'decline' | 'cancel'): void {
    this.debugDownloads.answer(answer);
  }

  async close(): Promise<void> {
    this.opening.stop();
    this.debugDownloads.close();
    this.#starting.stop();
    const live = [...this.#recordings.values()].filter((recording) => recording instanceof LiveRecording);
    await Promise.all(live.map((recording) => recording.stop()));
    for (const recording of live) recording.release();
    for (const window of this.#windows) window.detach();
    this.#windows.clear();
    this.#recordings.clear();
    await this.library.close();
    await this.#names?.close();
  }

  get #preferences(): string {
    return join(this.#options.configFolder ?? configFolder(), 'preferences.json');
  }

  #heldAt(path: string): HeldRecording | undefined {
    return [...this.#recordings.values()].find(({ info }) => info.savedAs === path);
  }

  #hold(recording: HeldRecording): void {
    this.#recordings.set(recording.info.id, recording);
    let told = recording.info;
    for (const window of this.#windows) window.recordingChanged(told);
    recording.subscribe(() => {
      if (recording.info === told) return;
      told = recording.info;
      for (const window of this.#windows) window.recordingChanged(told);
    });
  }
}
