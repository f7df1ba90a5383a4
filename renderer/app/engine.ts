// SPDX-License-Identifier: Apache-2.0
/** The main thread's side of the worker: calls with answers, exports, and everything that comes unasked. */
import type { WrittenFormat } from '../../formats/write/format-names.ts';
import type { CallName, Calls, Failure } from '../../ipc/contract.ts';
import type { DifferencePalette } from '../../profile/comparison/difference-colours.ts';
import type { CompareView, DifferenceFormat, DifferenceView, FromWorker, LatencyView, ProbeView, ToWorker, View } from '../worker/protocol.ts';

/** The part of Worker that is used, so that tests can stand in for it. */
export interface WorkerPort {
  postMessage(message: ToWorker, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: { data: FromWorker }) => void): void;
}

/** A call that the engine refused, with its reason in words. */
export class CallRefused extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

interface Pending {
  resolve(value: never): void;
  reject(error: CallRefused): void;
}

export class Engine {
  readonly #port: WorkerPort;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(message: FromWorker) => void>();
  #next = 1;

  constructor(port: WorkerPort) {
    this.#port = port;
    port.addEventListener('message', (event) => this.#receive(event.data));
  }

  /** Everything from the worker except answers. Returns a function that ends it. */
  listen(listener: (message: FromWorker) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  connect(transport: Extract<ToWorker, { type: 'connect' }>['transport']): void {
    this.#port.postMessage({ type: 'connect', transport }, transport.kind === 'port' ? [transport.port] : []);
  }

  /** @throws CallRefused (as rejection) with the engine's failure, or when the connection ends. */
  call<N extends CallName>(name: N, ...args: Parameters<Calls[N]>): Promise<ReturnType<Calls[N]>> {
    const call = this.#next++;
    const transfer = args.flatMap((value: unknown) => (value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : []));
    return new Promise((resolve, reject) => {
      this.#pending.set(call, { resolve, reject });
      this.#port.postMessage({ type: 'call', call, name, arguments: args }, transfer);
    });
  }

  /** A file of what is shown. @returns null when it was cancelled. @throws CallRefused (as rejection) */
  export(format: WrittenFormat, title: string, signal?: AbortSignal): Promise<string | Uint8Array<ArrayBuffer> | null> {
    const request = this.#next++;
    return new Promise((resolve, reject) => {
      this.#pending.set(request, { resolve, reject });
      signal?.addEventListener('abort', () => {
        this.#port.postMessage({ type: 'cancelExport', request }, []);
        this.#settle(request, () => resolve(null));
      });
      this.#port.postMessage({ type: 'export', request, format, title }, []);
    });
  }

  /** The events that match, as the text of a file. */
  exportEvents(format: 'text' | 'csv'): Promise<string> {
    const request = this.#next++;
    return new Promise((resolve, reject) => {
      this.#pending.set(request, { resolve, reject });
      this.#port.postMessage({ type: 'exportEvents', request, format }, []);
    });
  }

  showProbes(view: ProbeView | null): void {
    this.#port.postMessage({ type: 'probeView', view }, []);
  }

  compare(view: CompareView | null): void {
    this.#port.postMessage({ type: 'compareView', view }, []);
  }

  /** The flame graph of the difference, as the text of a file. */
  exportDifference(format: DifferenceFormat, palette: DifferencePalette): Promise<string> {
    const request = this.#next++;
    return new Promise((resolve, reject) => {
      this.#pending.set(request, { resolve, reject });
      this.#port.postMessage({ type: 'exportDifference', request, format, palette }, []);
    });
  }

  drawDifference(view: DifferenceView | null): void {
    this.#port.postMessage({ type: 'differenceView', view }, []);
  }

  drawLatency(view: LatencyView | null): void {
    this.#port.postMessage({ type: 'latencyView', view }, []);
  }

  show(view: View): void {
    this.#port.postMessage({ type: 'view', view }, []);
  }

  drawn(revision: number): void {
    this.#port.postMessage({ type: 'drawn', revision }, []);
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'answer':
        return this.#settle(message.call, (pending) => pending.resolve(message.result as never));
      case 'exported':
        return this.#settle(message.request, (pending) => pending.resolve(message.content as never));
      case 'refusal':
        return this.#settle(message.call, (pending) => pending.reject(new CallRefused(message.failure)));
      case 'disconnected': {
        const lost = new CallRefused({
          code: 'disconnected',
          message: `The connection to the engine has ended: ${message.reason}`,
          remedy: 'Start Emberscope again; a recording that was running is kept in its scratch folder.',
        });
        for (const pending of this.#pending.values()) pending.reject(lost);
        this.#pending.clear();
        break;
      }
      default:
    }
    for (const listener of this.#listeners) listener(message);
  }

  #settle(call: number, how: (pending: Pending) => void): void {
    const pending = this.#pending.get(call);
    this.#pending.delete(call);
    if (pending !== undefined) how(pending);
  }
}
