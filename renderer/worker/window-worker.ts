// SPDX-License-Identifier: Apache-2.0
/**
 * The worker without its thread: messages of the main thread come in by `receive`, what the worker sends goes out
 * by `post`. The transport to the engine ends here, so rows never touch the main thread.
 */
import { connectEngine, type EngineClient } from '../../ipc/connection.ts';
import type { CallName, Calls, Events, Failure, ProbeInfo, RecordingId, RecordingInfo } from '../../ipc/contract.ts';
import { failureOf } from '../../ipc/failure.ts';
import { portTransport } from '../../ipc/port-transport.ts';
import { socketTransport } from '../../ipc/socket-transport.ts';
import type { Transport } from '../../ipc/transport.ts';
import { exportJob } from './export.ts';
import { Exports, startExportThread } from './exports.ts';
import type { CompareView, DifferenceView, LatencyView, ProbeView, ToWorker, View } from './protocol.ts';
import { RowsMissing } from './received-tables.ts';
import { ShownComparison } from './shown-comparison.ts';
import { ShownLatencies } from './shown-latencies.ts';
import { ShownProbes } from './shown-probes.ts';
import { ShownRecording, type Post, type Revisions } from './shown-recording.ts';
import { UnnamedReasons } from './unnamed.ts';

type ConnectTo = Extract<ToWorker, { type: 'connect' }>['transport'];

function openTransport(to: ConnectTo): Transport {
  return to.kind === 'socket' ? socketTransport(new WebSocket(to.url)) : portTransport(to.port);
}

export class WindowWorker {
  readonly #post: Post;
  readonly #open: (to: ConnectTo) => Transport;
  readonly #exports: Exports;
  readonly #recordings = new Map<RecordingId, ShownRecording>();
  readonly #infos = new Map<RecordingId, RecordingInfo>();
  /** Closed here; rows that were on the way are dropped. */
  readonly #closed = new Set<RecordingId>();
  /** How often a recording was begun again since rows were missing. */
  readonly #restarts = new Map<RecordingId, number>();
  readonly #revisions: Revisions = { last: 0, awaited: null };
  readonly #reasons = new UnnamedReasons(
    (id, module) => this.#client?.call('whyUnnamed', id, module) ?? Promise.reject(new Error('not connected')),
    (details) => this.#post({ type: 'details', details }),
  );
  #client: EngineClient | null = null;
  #view: View | null = null;
  #probeView: ProbeView | null = null;
  #probes: { of: ShownRecording; shown: ShownProbes } | null = null;
  #comparison: ShownComparison | null = null;
  #differenceView: DifferenceView | null = null;
  #latencies: ShownLatencies | null = null;
  #latencyView: LatencyView | null = null;
  /** What the engine has told of recordings of probes. */
  readonly #probesOf = new Map<RecordingId, readonly ProbeInfo[]>();

  constructor(post: Post, open = openTransport, startThread = startExportThread) {
    this.#post = post;
    this.#open = open;
    this.#exports = new Exports(startThread);
  }

  receive(message: ToWorker): void {
    switch (message.type) {
      case 'connect':
        return this.#connect(message.transport);
      case 'call':
        void this.#call(message.call, message.name, message.arguments);
        return;
      case 'view':
        return this.#show(message.view);
      case 'export':
        return this.#export(message);
      case 'cancelExport':
        return this.#exports.cancel(message.request);
      case 'probeView':
        this.#probeView = message.view;
        return this.#showProbes();
      case 'compareView':
        return this.#compare(message.view);
      case 'differenceView':
        this.#differenceView = message.view;
        return this.#comparison?.draw(message.view);
      case 'latencyView':
        this.#latencyView = message.view;
        return this.#latencies?.draw(message.view);
      case 'exportDifference':
        return this.#post({ type: 'exported', request: message.request, content: this.#comparison?.export(message.format, message.palette) ?? '' });
      case 'exportEvents':
        return this.#post({ type: 'exported', request: message.request, content: this.#probes?.shown.export(message.format) ?? '' });
      case 'drawn':
        if (message.revision !== this.#revisions.awaited) return;
        this.#revisions.awaited = null;
        this.#shown()?.drawn();
        return;
      default:
        message satisfies never;
    }
  }

  #connect(to: ConnectTo): void {
    const client = connectEngine(this.#open(to));
    this.#client = client;
    client.on('rows', (rows) => this.#takeRows(rows));
    client.on('processes', (payload) => this.#post({ type: 'event', event: { name: 'processes', payload } }));
    client.on('debugFiles', (payload) => this.#post({ type: 'event', event: { name: 'debugFiles', payload } }));
    client.on('importing', (payload) => this.#post({ type: 'event', event: { name: 'importing', payload } }));
    client.on('library', (payload) => this.#post({ type: 'event', event: { name: 'library', payload } }));
    client.on('probes', (payload) => {
      this.#probesOf.set(payload.id, payload.probes);
      this.#post({ type: 'event', event: { name: 'probes', payload } });
    });
    client.on('failure', (payload) => this.#post({ type: 'event', event: { name: 'failure', payload } }));
    client.on('recording', (payload) => {
      this.#learn(payload.info);
      this.#post({ type: 'event', event: { name: 'recording', payload } });
    });
    void client.closed.then((reason) => {
      this.#post({ type: 'disconnected', reason: reason === '' ? 'The connection to the engine was closed.' : reason });
    });
    // An engine that answers is one that is there: an open socket alone may lead nowhere.
    client.call('hello').then(
      () => this.#post({ type: 'connected' }),
      () => client.close(),
    );
  }

  async #call(call: number, name: CallName, args: unknown[]): Promise<void> {
    try {
      if (!this.#client) throw notConnected;
      if (name === 'subscribe') this.#forget(args[0] as RecordingId);
      const result: unknown = await this.#client.call(name, ...(args as Parameters<Calls[CallName]>));
      this.#learnFrom(name, args, result);
      this.#post({ type: 'answer', call, result });
      if (name === 'start' || name === 'startProbes' || name === 'openUpload' || name === 'openFromLibrary') this.#subscribe((result as RecordingInfo).id);
    } catch (error) {
      this.#post({ type: 'refusal', call, failure: failureOf(error, 'reach the engine') });
    }
  }

  #learnFrom(name: CallName, args: unknown[], result: unknown): void {
    switch (name) {
      case 'start':
      case 'startProbes':
      case 'stop':
      case 'save':
      case 'letRun':
      case 'openUpload':
      case 'openFromLibrary':
      case 'subscribe':
        return this.#learn(result as RecordingInfo);
      case 'recordings':
        for (const info of result as RecordingInfo[]) this.#learn(info);
        return;
      case 'close':
        this.#forget(args[0] as RecordingId);
        this.#infos.delete(args[0] as RecordingId);
        this.#probesOf.delete(args[0] as RecordingId);
        this.#closed.add(args[0] as RecordingId);
        return;
      default:
    }
  }

  #learn(info: RecordingInfo): void {
    this.#infos.set(info.id, info);
    const recording = this.#recordings.get(info.id);
    if (recording) recording.info = info;
  }

  /** Drops the rows of a recording: they come again from the beginning, or never. */
  #forget(id: RecordingId): void {
    this.#closed.delete(id);
    this.#recordings.get(id)?.end();
    this.#recordings.delete(id);
  }

  #takeRows(rows: Events['rows']): void {
    if (this.#closed.has(rows.id)) return;
    let recording = this.#recordings.get(rows.id);
    const isNew = recording === undefined;
    if (recording === undefined) {
      recording = new ShownRecording(rows.id, this.#postOf(rows.id), this.#revisions);
      this.#recordings.set(rows.id, recording);
      const info = this.#infos.get(rows.id);
      if (info) recording.info = info;
    }
    try {
      recording.append(rows, performance.timeOrigin + performance.now());
      if (isNew && this.#view?.recording === rows.id) recording.show(this.#view);
      if (isNew && this.#probeView?.recording === rows.id) this.#showProbes();
      else if (this.#probes?.of === recording) this.#probes.shown.wanted();
      this.#comparison?.rowsCame(rows.id);
    } catch (error) {
      if (!(error instanceof RowsMissing)) throw error;
      this.#beginAgain(rows.id);
    }
  }

  /** What a recording says, with the engine's reasons in its details. */
  #postOf(id: RecordingId): Post {
    return (message, transfer) => {
      if (message.type !== 'details') return this.#post(message, transfer);
      this.#post({ type: 'details', details: this.#reasons.tell(message.details, this.#recordings.get(id)?.replica) });
    };
  }

  /** From the first row again; where that does not help either, the window says so and shows what it has no more. */
  #beginAgain(id: RecordingId): void {
    const restarts = (this.#restarts.get(id) ?? 0) + 1;
    this.#restarts.set(id, restarts);
    if (restarts <= MOST_RESTARTS) return this.#subscribe(id);
    this.#forget(id);
    this.#closed.add(id);
    this.#fail(id, rowsMissing);
  }

  /** All rows from the first; those that came so far are dropped. */
  #subscribe(id: RecordingId): void {
    this.#forget(id);
    this.#client?.call('subscribe', id).catch((reason: unknown) => this.#fail(id, failureOf(reason, 'show the recording')));
  }

  #fail(id: RecordingId, failure: Failure): void {
    this.#post({ type: 'event', event: { name: 'failure', payload: { id, failure } } });
  }

  #show(view: View): void {
    if (this.#view && this.#view.recording !== view.recording) {
      this.#shown()?.show(null);
      // A picture of another recording may never be drawn.
      this.#revisions.awaited = null;
    }
    this.#view = view;
    this.#shown()?.show(view);
  }

  /** Also where the recording was begun again since the last view. */
  #showProbes(): void {
    const view = this.#probeView;
    const recording = view === null ? undefined : this.#recordings.get(view.recording);
    if (this.#probes !== null && this.#probes.of !== recording) {
      this.#probes.shown.end();
      this.#probes = null;
    }
    if (view === null || recording === undefined) return;
    if (this.#probes === null) this.#probes = { of: recording, shown: new ShownProbes(recording.replica, view, this.#post) };
    else this.#probes.shown.show(view);
  }

  #compare(view: CompareView | null): void {
    for (const id of new Set([...(view?.a ?? []), ...(view?.b ?? [])].map(({ recording }) => recording))) this.#askProbes(id);
    if (view !== null && this.#comparison) return this.#comparison.show(view);
    this.#comparison?.end();
    const replicaOf = (id: RecordingId) => this.#recordings.get(id)?.replica;
    this.#latencies = view && new ShownLatencies(replicaOf, (id) => this.#probesOf.get(id) ?? null, this.#post, this.#latencyView);
    this.#comparison = view && new ShownComparison(view, replicaOf, this.#post, this.#differenceView, this.#latencies!);
  }

  /** What was asked of functions; only recordings of probes have any. */
  #askProbes(id: RecordingId): void {
    if (this.#probesOf.has(id)) return;
    const told = (probes: readonly ProbeInfo[]): void => {
      this.#probesOf.set(id, probes);
      this.#comparison?.rowsCame(id);
    };
    if (this.#infos.get(id)?.question !== 'probes') return told([]);
    this.#client?.call('probes', id).then(told, () => told([]));
  }

  #shown(): ShownRecording | undefined {
    return this.#view ? this.#recordings.get(this.#view.recording) : undefined;
  }

  #export({ request, format, title }: Extract<ToWorker, { type: 'export' }>): void {
    const shown = this.#shown();
    shown?.settle();
    if (!shown?.view) return this.#post({ type: 'exported', request, content: '' });
    this.#exports.begin(
      request,
      exportJob(shown.replica, shown.view, format, title),
      (content) => this.#post({ type: 'exported', request, content }, typeof content === 'string' ? [] : [content.buffer]),
      (failure) => this.#post({ type: 'refusal', call: request, failure }),
    );
  }
}

const MOST_RESTARTS = 3;

const rowsMissing: Failure = {
  code: 'rowsMissing',
  message: 'Some rows of this recording did not reach the window, so it can no longer be shown here.',
  remedy: 'Save the recording and open it again; the file has all rows.',
};

const notConnected: Failure = {
  code: 'disconnected',
  message: 'The window is not connected to the engine.',
  remedy: 'Start Emberscope again.',
};
