// SPDX-License-Identifier: Apache-2.0
/** The whole worker with an engine at the other end of a real channel; only the thread is missing. */
import { MessageChannel } from 'node:worker_threads';
import { expect, vi } from 'vitest';
import type { WrittenFormat } from '../../../formats/write/format-names.ts';
import { serveWindow, type WindowPeer } from '../../../ipc/connection.ts';
import type { CallHandlers, CallName, EngineInfo } from '../../../ipc/contract.ts';
import { FailureError } from '../../../ipc/failure.ts';
import { portTransport } from '../../../ipc/port-transport.ts';
import { NOTHING_COLLAPSED } from '../../../profile/collapse.ts';
import { runExport, type ExportJob } from '../export.ts';
import type { ExportAnswer } from '../export-thread.ts';
import type { ExportThread } from '../exports.ts';
import type { FromWorker, Picture, View } from '../protocol.ts';
import { WindowWorker } from '../window-worker.ts';
import { GrowingRecording, info } from './engine-rows.ts';

type Of<T extends FromWorker['type']> = Extract<FromWorker, { type: T }>;

export const engineInfo = {
  version: '0.1.0',
  shell: 'chromium',
  shellReason: '',
  user: 'somebody',
  uid: 1000,
  host: 'here',
  kernel: '6.1.0',
  cpus: 2,
  helper: { kind: 'direct' },
  hardwareCycles: false,
  cgroup: '/',
  recordingsFolder: '/tmp',
} satisfies EngineInfo;

const view: View = {
  recording: 1,
  width: 1000,
  zoom: 0,
  range: null,
  hiddenThreads: [],
  collapse: NOTHING_COLLAPSED,
  kinds: null,
  search: null,
  paused: false,
  selection: null,
};

/** Patient, since the machine may be busy. */
export const soon = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 4000, interval: 20 });
export const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Writes in this thread. */
class HereThread implements ExportThread {
  isTerminated = false;
  readonly #isHeld: boolean;
  readonly #listeners: ((event: { data: ExportAnswer }) => void)[] = [];

  constructor(isHeld: boolean) {
    this.#isHeld = isHeld;
  }

  postMessage(job: ExportJob, transfer: Transferable[]): void {
    const copy = structuredClone(job, { transfer });
    if (this.#isHeld) return;
    runExport(copy).then(
      (content) => this.answer({ content }),
      (error: unknown) => this.answer({ problem: (error as Error).message }),
    );
  }

  answer(data: ExportAnswer): void {
    if (!this.isTerminated) for (const listener of this.#listeners) listener({ data });
  }

  addEventListener(type: 'message' | 'error', listener: (event: never) => void): void {
    if (type === 'message') this.#listeners.push(listener as (event: { data: ExportAnswer }) => void);
  }

  terminate(): void {
    this.isTerminated = true;
  }
}

export class ConnectedWorker {
  readonly recording = new GrowingRecording();
  readonly worker: WindowWorker;
  #exports = 0;
  /** Of the last export. */
  exportThread: HereThread | null = null;
  /** Exports that begin now are not written, as if they took long. */
  holdsExports = false;
  readonly peer: WindowPeer;
  readonly handlers: CallHandlers;
  /** Whether a picture is said to be drawn as soon as it comes. */
  isDrawing = true;
  /** Since it was opened. */
  subscriptions = 0;
  readonly #posted: FromWorker[] = [];
  readonly #port: MessagePort;
  #calls = 0;

  private constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1 as unknown as MessagePort;
    this.handlers = {
      hello: () => engineInfo,
      start: () => info,
      close: () => undefined,
      stop: () => {
        throw new FailureError({ code: 'notLive', message: 'It has ended already.', remedy: '' });
      },
      subscribe: () => {
        this.subscriptions++;
        this.recording.fromTheBeginning();
        const rows = this.recording.rows();
        if (rows.segments.length > 0) this.peer.emit('rows', rows);
        return info;
      },
    } satisfies Partial<CallHandlers> as Partial<CallHandlers> as CallHandlers;
    this.peer = serveWindow(portTransport(port2), this.handlers);
    this.worker = new WindowWorker(
      (message) => {
        this.#posted.push(structuredClone(message));
        if (message.type === 'picture' && this.isDrawing) {
          queueMicrotask(() => this.worker.receive({ type: 'drawn', revision: message.picture.revision }));
        }
      },
      undefined,
      () => (this.exportThread = new HereThread(this.holdsExports)),
    );
  }

  /** Connected, with one recording that was started. */
  static async open(): Promise<ConnectedWorker> {
    const opened = new ConnectedWorker();
    opened.worker.receive({ type: 'connect', transport: { kind: 'port', port: opened.#port } });
    await soon(() => expect(opened.all('connected')).toHaveLength(1));
    await opened.call('start', { kind: 'demo' }, info.settings);
    await soon(() => expect(opened.subscriptions).toBe(1));
    opened.subscriptions = 0;
    return opened;
  }

  /** Content of a file of what is shown. */
  async export(format: WrittenFormat, title = 'title'): Promise<string | Uint8Array> {
    const request = ++this.#exports;
    this.worker.receive({ type: 'export', request, format, title });
    const answer = () => this.all('exported').find((each) => each.request === request);
    await soon(() => expect(answer()).toBeDefined());
    return answer()!.content;
  }

  /** What the worker posted of this type. */
  all<T extends FromWorker['type']>(type: T): Of<T>[] {
    return this.#posted.filter((message): message is Of<T> => message.type === type);
  }

  pictures(): Picture[] {
    return this.all('picture').map(({ picture }) => picture);
  }

  async nextPicture(): Promise<Picture> {
    const before = this.pictures().length;
    await soon(() => expect(this.pictures().length).toBeGreaterThan(before));
    return this.pictures().at(-1)!;
  }

  /** @param change of a view that shows everything */
  show(change: Partial<View> = {}): void {
    this.worker.receive({ type: 'view', view: { ...view, ...change } });
  }

  async call(name: CallName, ...args: unknown[]): Promise<FromWorker> {
    const number = ++this.#calls;
    this.worker.receive({ type: 'call', call: number, name, arguments: args });
    const isReply = (message: FromWorker) =>
      (message.type === 'answer' || message.type === 'refusal') && message.call === number;
    return soon(() => this.#posted.find(isReply) ?? Promise.reject(new Error('no reply')));
  }

  sample(stack: string, weight: number, slice = 0): void {
    this.recording.samples(stack, weight, slice);
    this.peer.emit('rows', this.recording.rows(slice + 1));
  }

  close(): void {
    this.peer.close();
  }
}
