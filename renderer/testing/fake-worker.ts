// SPDX-License-Identifier: Apache-2.0
/** Test only. Stands in for worker and engine: speaks protocol.ts with generated data. */
import type { Annotations, EngineInfo, Failure, FunctionQuery, ProbeRequest, ProbeTarget, RecordingInfo, RecordingState, SourceAnswer } from '../../ipc/contract.ts';
import type { WorkerPort } from '../app/engine.ts';
import type { FromWorker, ToWorker, View } from '../worker/protocol.ts';
import { FakeComparison } from './fake-comparison.ts';
import { fakeStatus, fakeThreads, fakeTimeline } from './fake-figures.ts';
import { FakeLibrary } from './fake-library.ts';
import { FakeProbes, questions, search } from './fake-probes.ts';
import { fakeProcesses } from './fake-processes.ts';
import { FakeTree } from './fake-tree.ts';
import { hostileReport, sampleReport } from './sample-report.ts';
import { ordinary, type Scenario } from './scenario.ts';

export class FakeWorker implements WorkerPort {
  readonly sent: ToWorker[] = [];
  /** What the engine has when a page connects. */
  kept: readonly RecordingInfo[] = [];
  readonly #scenario: Scenario;
  readonly #listeners: ((event: { data: FromWorker }) => void)[] = [];
  readonly #tree: FakeTree;
  /** Exports take for ever. */
  holdsExports = false;
  readonly probes: FakeProbes;
  readonly library: FakeLibrary;
  readonly #comparison: FakeComparison;
  #view: View | null = null;
  #info: RecordingInfo | null = null;
  #updates = 0;
  #revision = 0;
  #processTimer: ReturnType<typeof setInterval> | undefined;
  #recordingTimer: ReturnType<typeof setInterval> | undefined;
  #processTicks = 0;
  #uploaded = 0;
  #probeRecordings = 0;

  constructor(scenario: Partial<Scenario> = {}) {
    this.#scenario = { ...ordinary, ...scenario };
    this.#tree = new FakeTree(7, this.#scenario.depth, this.#scenario.hostile);
    this.#comparison = new FakeComparison((message) => this.emit(message), this.#scenario.hostile, this.#scenario.sides);
    this.library = new FakeLibrary(this.#scenario.recordings, this.#scenario.hostile);
    this.probes = new FakeProbes((message) => this.emit(message), this.#scenario.hostile);
  }

  addEventListener(_type: 'message', listener: (event: { data: FromWorker }) => void): void {
    this.#listeners.push(listener);
  }

  postMessage(message: ToWorker): void {
    this.sent.push(message);
    switch (message.type) {
      case 'connect':
        this.emit({ type: 'connected' });
        return;
      case 'call':
        this.#call(message);
        return;
      case 'view': {
        const selectionChanged = this.#view?.selection !== message.view.selection;
        this.#view = message.view;
        this.#draw();
        if (selectionChanged) this.#details();
        return;
      }
      case 'export':
        if (this.holdsExports) return;
        this.emit({ type: 'exported', request: message.request, content: `all;main ${this.#tree.nodes[0]!.total}\n` });
        return;
      case 'compareView':
        this.#comparison.show(message.view);
        return;
      case 'exportDifference':
        return this.emit({ type: 'exported', request: message.request, content: '<!doctype html>' });
      case 'differenceView':
        this.#comparison.draw(message.view);
        return;
      case 'latencyView':
        this.#comparison.drawLatency(message.view);
        return;
      case 'probeView':
        return this.probes.view(message.view);
      case 'exportEvents':
        return this.emit({ type: 'exported', request: message.request, content: this.probes.export(message.format) });
      case 'cancelExport':
      case 'drawn':
        return;
      default:
        message satisfies never;
    }
  }

  /** Ends the session for a reason, as the engine would. */
  finish(state: Extract<RecordingState, { kind: 'finished' }>): void {
    clearInterval(this.#recordingTimer);
    if (this.#info === null) return;
    this.#info = { ...this.#info, state };
    this.emit({ type: 'event', event: { name: 'recording', payload: { info: this.#info } } });
  }

  disconnect(reason: string): void {
    clearInterval(this.#recordingTimer);
    clearInterval(this.#processTimer);
    this.emit({ type: 'disconnected', reason });
  }

  fail(failure: Failure): void {
    this.emit({ type: 'event', event: { name: 'failure', payload: { id: null, failure } } });
  }

  /** One update: samples, picture, time line, threads, status. */
  tick(times = 1): void {
    for (let index = 0; index < times; index++) {
      this.#updates++;
      this.#tree.sample(this.#scenario.samplesPerUpdate);
    }
    if (this.#view?.paused !== true) this.#draw();
    this.#report();
    this.#details();
  }

  /** Its name is refused. */
  refusedProbe = '';

  nodeNamed(name: string): number {
    return this.#tree.nodes.filter((node) => node.name === name).sort((a, b) => b.total - a.total)[0]?.node ?? -1;
  }

  emit(message: FromWorker): void {
    // As from a worker: never while the sender still runs.
    queueMicrotask(() => this.#listeners.forEach((listener) => listener({ data: message })));
  }

  #call(message: Extract<ToWorker, { type: 'call' }>): void {
    const answer = (result: unknown) => this.emit({ type: 'answer', call: message.call, result });
    switch (message.name) {
      case 'hello':
        return answer(this.#hello());
      case 'recordings':
        return answer(this.kept);
      case 'watchProcesses': {
        clearInterval(this.#processTimer);
        if (message.arguments[0] === true && this.#scenario.processes > 0) {
          this.#processes();
          if (this.#scenario.updateMs > 0) this.#processTimer = setInterval(() => this.#processes(), 1000);
        }
        return answer(undefined);
      }
      case 'start': {
        const failure = this.#scenario.startFailure;
        if (failure !== null) return this.emit({ type: 'refusal', call: message.call, failure });
        const frequencyHz = (message.arguments[1] as { frequency: number }).frequency;
        this.#info = this.#recording({ kind: 'live' }, frequencyHz, message.arguments[1] as RecordingInfo['settings']);
        answer(this.#info);
        if (this.#scenario.updateMs > 0) this.#recordingTimer = setInterval(() => this.tick(), this.#scenario.updateMs);
        return;
      }
      case 'stop':
        this.finish({ kind: 'finished', reason: 'asked', message: 'Sampling was stopped.' });
        return answer(this.#info);
      case 'save':
        this.#info = { ...this.#info!, savedAs: `/root/Emberscope/${String(message.arguments[1])}.ember` };
        return answer(this.#info);
      case 'upload':
        this.#uploaded += (message.arguments[1] as Uint8Array).length;
        return answer(1);
      case 'namedFile':
        return answer(this.#scenario.named ?? null);
      case 'openUpload': {
        if (this.#uploaded < 16 && this.#scenario.named === undefined) {
          const failure = { code: 'notARecording', message: `${String(message.arguments[1])} is not a recording.`, remedy: 'Open a file that Emberscope saved (.ember).' };
          return this.emit({ type: 'refusal', call: message.call, failure });
        }
        const settings = { frequency: 99, children: true, kernelStacks: true };
        this.#info = this.#recording({ kind: 'finished', reason: 'opened', message: '' }, 99, settings);
        answer(this.#info);
        setTimeout(() => this.tick(20), 50);
        return;
      }
      case 'readFile':
        return answer(new Uint8Array(message.arguments[1] === 0 ? 1024 : 0));
      case 'close':
      case 'dropUpload':
      case 'debugFiles':
        return answer(undefined);
      case 'library':
        return answer(this.library.list);
      case 'moveLibrary': {
        const moved = this.library.moveTo(message.arguments[0] as string);
        return 'code' in moved ? this.emit({ type: 'refusal', call: message.call, failure: moved }) : answer(moved);
      }
      case 'watchLibrary':
      case 'reveal':
        return answer(undefined);
      case 'thumbnail':
        return answer(this.library.thumbnail(message.arguments[0] as string));
      case 'repetition':
        return answer(this.library.repetition(message.arguments[0] as string));
      case 'openFromLibrary': {
        const opened = this.#recording({ kind: 'finished', reason: 'opened', message: '' }, 99, { frequency: 99, children: true, kernelStacks: true });
        // Each file is a recording of its own.
        const id = 500 + this.library.list.entries.findIndex(({ file }) => file === message.arguments[0]);
        this.#info ??= opened;
        answer({ ...opened, id });
        setTimeout(() => this.tick(20), 50);
        return;
      }
      case 'renameInLibrary':
        return answer(this.library.rename(message.arguments[0] as string, message.arguments[1] as string));
      case 'annotate':
        return answer(this.library.annotate(message.arguments[0] as string, message.arguments[1] as Annotations));
      case 'deleteFromLibrary':
        return answer(this.library.remove(message.arguments[0] as string[]));
      case 'undoDeletion': {
        answer(this.library.undo(message.arguments[0] as number));
        const { folder, entries, waiting } = this.library.list;
        return this.emit({ type: 'event', event: { name: 'library', payload: { folder, entries, removed: [], renamed: null, failure: null, waiting } } });
      }
      case 'detachProbe':
        this.probes.detach(message.arguments[1] as number);
        return answer(undefined);
      case 'readyQuestions':
        return answer(questions);
      case 'probes':
        return answer(this.probes.probes);
      case 'functions': {
        const failure = this.#scenario.searchFailure;
        if (failure !== null) return this.emit({ type: 'refusal', call: message.call, failure });
        if (this.#scenario.searchHangs === true) return;
        return answer(search(message.arguments[0] as FunctionQuery, this.#scenario.hostile));
      }
      case 'doctor':
        return answer(this.#scenario.hostile ? hostileReport : sampleReport);
      case 'startProbes': {
        const info = this.#recording({ kind: 'live' }, 0, { frequency: 0, children: true, kernelStacks: true });
        const { kind } = message.arguments[0] as ProbeTarget;
        answer(this.probes.start({ ...info, id: 1000 + this.#probeRecordings++, question: 'probes', ...(kind === 'command' ? { isLaunched: true, isHeld: true } : {}) }));
        if (this.#scenario.updateMs > 0) setInterval(() => this.probes.tick(10), this.#scenario.updateMs);
        return;
      }
      case 'attachProbe':
        if ((message.arguments[1] as ProbeRequest).name === this.refusedProbe) return this.emit({ type: 'refusal', call: message.call, failure: { code: 'refused', message: `${this.refusedProbe} cannot be attached.`, remedy: '' } });
        return answer(this.probes.attach(message.arguments[1] as ProbeRequest));
      case 'letRun':
        return answer(this.probes.letRun());
      case 'whyUnnamed':
        return answer('/usr/lib/postgresql/15/lib/vector.so has no symbols, and no debug file of its build was found.');
      case 'nameSource':
        return answer('its symbol table, 5,102 functions');
      case 'sourceLines':
        return answer(this.#source(message.arguments[2] as number, message.arguments[3] as number));
      case 'subscribe':
        this.#info = this.kept.find(({ id }) => id === message.arguments[0]) ?? this.#info;
        return answer(this.#info);
      default:
        message.name satisfies never;
    }
  }

  #source(first: number, count: number): SourceAnswer {
    if (this.#scenario.noSource !== '') return { kind: 'absent', reason: this.#scenario.noSource };
    const text = ['for (;;)', '{', '\tHASHELEMENT *element = *bucket;', '', '\tif (element == NULL)', '\t\tbreak;', '\tif (element->hashvalue == hashvalue && match(key, element) == 0)', '\t\treturn element;', '\tbucket = &element->link;', '}'];
    const lines = Array.from({ length: count }, (_, at) => text[(first + at) % text.length]!);
    return { kind: 'lines', first, lines, all: 2100, isNewer: false };
  }

  #hello(): EngineInfo {
    return {
      version: '0.1.0',
      shell: 'chromium',
      shellReason: '',
      user: 'ada',
      uid: 1000,
      host: 'workshop',
      kernel: '6.12.0',
      cpus: 8,
      helper: this.#scenario.helper,
      hardwareCycles: false,
      cgroup: '/',
      recordingsFolder: '/home/ada/Emberscope',
    };
  }

  #recording(state: RecordingState, frequencyHz: number, settings: RecordingInfo['settings']): RecordingInfo {
    return {
      id: (this.#info?.id ?? 0) + 1,
      target: 'postgres 4121',
      question: 'on-cpu',
      frequencyHz,
      startedAt: Date.now(),
      host: 'workshop',
      kernel: '6.12.0',
      cpus: 8,
      settings,
      state,
      savedAs: null,
    };
  }

  #processes(): void {
    const { processes, hostile } = this.#scenario;
    this.emit({ type: 'event', event: { name: 'processes', payload: { processes: fakeProcesses(processes, this.#processTicks++, hostile) } } });
  }

  #draw(): void {
    if (this.#view === null || this.#view.recording !== this.#info?.id) return;
    this.emit({ type: 'picture', picture: this.#tree.picture(this.#view, ++this.#revision) });
  }

  #details(): void {
    if (this.#view === null) return;
    const { selection } = this.#view;
    this.emit({ type: 'details', details: selection === null ? null : this.#tree.details(selection) });
  }

  #report(): void {
    const recording = this.#info?.id ?? 0;
    const { samplesPerUpdate, threads, hostile } = this.#scenario;
    this.emit({ type: 'timeline', timeline: fakeTimeline(recording, this.#updates, samplesPerUpdate === 0) });
    this.emit({ type: 'threads', recording, threads: fakeThreads(threads, this.#updates, hostile) });
    this.emit({ type: 'status', status: fakeStatus(recording, this.#updates, this.#tree, threads) });
  }
}
