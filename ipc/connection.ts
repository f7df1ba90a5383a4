// SPDX-License-Identifier: Apache-2.0
/**
 * Both ends of the contract over one transport: the window's (`connectEngine`) and the engine's (`serveWindow`).
 * A message that does not keep to the contract closes the connection with a reason; a call with wrong
 * arguments is refused.
 */
import { Receipts, SendWindow } from './acknowledgement.ts';
import { decodeMessage, encodeMessage } from './codec.ts';
import type { CallHandlers, CallName, Calls, EventName, Events, Failure, Message } from './contract.ts';
import { FailureError, failureOf } from './failure.ts';
import { argumentsMismatch, resultMismatch } from './message-shapes.ts';
import type { Transport } from './transport.ts';

/** The window's end. */
export interface EngineClient {
  /** @throws FailureError (as rejection) when the engine refuses or the connection closes before the answer. */
  call<N extends CallName>(name: N, ...args: Parameters<Calls[N]>): Promise<ReturnType<Calls[N]>>;
  /** The bytes of an event are acknowledged when its listeners have returned. Returns what removes the listener. */
  on<N extends EventName>(name: N, listener: (payload: Events[N]) => void): () => void;
  close(): void;
  /** Settles once, when either side closed: a sentence, or empty when it was asked for. */
  readonly closed: Promise<string>;
}

const UNANSWERED: Failure = {
  code: 'disconnected',
  message: 'The connection to the engine closed before it answered.',
  remedy: 'Start Emberscope again. What was recorded up to then is kept.',
};

export function connectEngine(transport: Transport): EngineClient {
  const pending = new Map<number, { name: CallName; answer: (value: unknown) => void; refuse: (error: FailureError) => void }>();
  const listeners = new Map<EventName, Set<(payload: never) => void>>();
  const receipts = new Receipts();
  const closed = Promise.withResolvers<string>();
  let isClosed = false;
  let calls = 0;

  function takeAnswer(message: Message & { type: 'answer' | 'refusal' }): void {
    const call = pending.get(message.call);
    if (!call) {
      transport.close(`The engine answered call ${message.call}, which nobody waits for.`);
      return;
    }
    pending.delete(message.call);
    if (message.type === 'refusal') {
      call.refuse(new FailureError(message.failure));
      return;
    }
    const where = resultMismatch(call.name, message.result);
    if (where === null) call.answer(message.result);
    else {
      const text = `The engine's answer to "${call.name}" is not what this window expects (at "${where}").`;
      call.refuse(new FailureError({ code: 'badAnswer', message: text, remedy: 'Reload the window.' }));
    }
  }

  function take(message: Message): void {
    if (message.type === 'event') {
      for (const listener of listeners.get(message.name) ?? []) listener(message.payload as never);
    } else if (message.type === 'answer' || message.type === 'refusal') {
      takeAnswer(message);
    } else {
      transport.close(`The engine sent a "${message.type}" message, which only a window may send.`);
    }
  }

  transport.onClose((reason) => {
    isClosed = true;
    for (const { refuse } of pending.values()) refuse(new FailureError(UNANSWERED));
    pending.clear();
    closed.resolve(reason);
  });
  transport.onMessage((bytes) => {
    const message = decodeOrClose(transport, bytes);
    if (!message) return;
    try {
      take(message);
    } finally {
      // Also where a listener threw: the engine must not wait for it.
      const due = receipts.took(bytes.byteLength);
      if (due > 0) transport.send(encodeMessage({ type: 'acknowledge', bytes: due }));
    }
  });

  return {
    call(name, ...args) {
      if (isClosed) return Promise.reject(new FailureError(UNANSWERED));
      const call = calls++;
      const { promise, resolve, reject } = Promise.withResolvers<never>();
      // A message that cannot be encoded (too long) rejects and leaves nothing behind.
      try {
        const bytes = encodeMessage({ type: 'call', call, name, arguments: args });
        pending.set(call, { name, answer: resolve as (value: unknown) => void, refuse: reject });
        transport.send(bytes);
      } catch (error) {
        pending.delete(call);
        reject(error);
      }
      return promise;
    },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener));
      return () => set.delete(listener);
    },
    close: () => transport.close(),
    closed: closed.promise,
  };
}

/** The engine's end, for one window. */
export interface WindowPeer {
  /**
   * Sends an event, or queues it while the window is behind (`writable` is false). Of queued `processes` events
   * only the newest is kept. Do not queue `rows`: when `writable` is false send none, remember the `rowCounts` last
   * sent, and in `onDrain` send `segmentsSince` them (split by row-batches.ts): one batch instead of many, and no
   * row is held twice. A window that lets MAX_QUEUED_BYTES pile up is disconnected.
   * @throws CodecError when the event is longer than MAX_MESSAGE_BYTES.
   */
  emit<N extends EventName>(name: N, payload: Events[N]): void;
  /** False: the window has not yet taken what was sent; an event would be queued. */
  readonly writable: boolean;
  /** Called whenever `writable` has become true again. */
  onDrain(listener: () => void): void;
  close(reason?: string): void;
  /** Settles once, when either side closed: a sentence, or empty when it was asked for. */
  readonly closed: Promise<string>;
}

export interface ServeOptions {
  /** Bytes on the way and not acknowledged; at least 128 KiB. Default 8 MiB: a tenth of a second of a WebSocket. */
  windowBytes?: number;
  /** Told what a handler threw that is not a Failure; the window learns no details of it. Default: standard error. */
  onError?: (error: unknown, call: CallName) => void;
}

export const DEFAULT_WINDOW_BYTES = 8 * 1024 * 1024;
export const MAX_QUEUED_BYTES = 64 * 1024 * 1024;
/** A window has this many calls under way at most: a broken one cannot fill the engine. */
const MAX_CALLS = 256;

export function serveWindow(transport: Transport, handlers: CallHandlers, options: ServeOptions = {}): WindowPeer {
  const { windowBytes = DEFAULT_WINDOW_BYTES, onError = (error, call) => console.error(`${call}:`, error) } = options;
  const window = new SendWindow(windowBytes, (bytes) => transport.send(bytes));
  const closed = Promise.withResolvers<string>();
  let drained: (() => void) | null = null;
  let running = 0;

  function send(message: Message, replaces: string | null = null): void {
    window.send(encodeMessage(message), replaces);
    if (window.queuedBytes > MAX_QUEUED_BYTES) transport.close('The window stopped reading what the engine sent.');
  }

  async function serve({ call, name, arguments: args }: Message & { type: 'call' }): Promise<void> {
    const where = argumentsMismatch(name, args);
    const failure = where !== null ? badCall(name, where) : running >= MAX_CALLS ? tooManyCalls : null;
    if (failure) {
      send({ type: 'refusal', call, failure });
      return;
    }
    running++;
    try {
      const handler = handlers[name] as (...args: unknown[]) => unknown;
      send({ type: 'answer', call, result: await handler.apply(handlers, args) });
    } catch (error) {
      const told = failureOf(error, DOING[name]);
      if (told.code === 'internal') onError(error, name);
      send({ type: 'refusal', call, failure: told });
    } finally {
      running--;
    }
  }

  transport.onClose((reason) => {
    window.clear();
    closed.resolve(reason);
  });
  transport.onMessage((bytes) => {
    const message = decodeOrClose(transport, bytes);
    if (!message) return;
    if (message.type === 'call') void serve(message);
    else if (message.type !== 'acknowledge') {
      transport.close(`The window sent a "${message.type}" message, which only the engine may send.`);
    } else {
      const before = window.writable;
      if (!window.acknowledge(message.bytes)) transport.close('The window acknowledged more than it was sent.');
      else if (!before && window.writable) drained?.();
    }
  });

  return {
    emit: (name, payload) => send({ type: 'event', name, payload }, name === 'processes' ? name : null),
    get writable() {
      return window.writable;
    },
    onDrain(listener) {
      drained = listener;
    },
    close: (reason) => transport.close(reason),
    closed: closed.promise,
  };
}

function decodeOrClose(transport: Transport, bytes: Uint8Array): Message | null {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    transport.close((error as Error).message);
    return null;
  }
}

function badCall(name: CallName, where: string): Failure {
  return {
    code: 'badCall',
    message: `The window asked to ${DOING[name]} with an argument that is not allowed (at "${where}").`,
    remedy: 'Reload the window.',
  };
}

const tooManyCalls: Failure = {
  code: 'tooManyCalls',
  message: `The window asked for more than ${MAX_CALLS} things at once.`,
  remedy: 'Wait for the answers, or reload the window.',
};

/** The calls in words, for failures. */
const DOING: Record<CallName, string> = {
  hello: 'say what this machine can do',
  watchProcesses: 'list the processes',
  start: 'start recording',
  stop: 'stop recording',
  save: 'save the recording',
  close: 'close the recording',
  upload: 'take over a file',
  namedFile: 'open the file',
  openUpload: 'open the file',
  dropUpload: 'give up a file',
  readFile: 'read the recording file',
  subscribe: 'show the recording',
  recordings: 'list the recordings',
  whyUnnamed: 'say why code has no name',
  nameSource: 'say where names came from',
  sourceLines: 'show the source',
  functions: 'look for functions',
  readyQuestions: 'list the ready questions',
  startProbes: 'start a recording of probes',
  attachProbe: 'attach a probe',
  letRun: 'let the command run',
  detachProbe: 'detach a probe',
  probes: 'list the probes',
  doctor: 'look at what this computer allows',
  library: 'list the library',
  watchLibrary: 'watch the library',
  thumbnail: 'show a thumbnail',
  repetition: 'run the recording again',
  openFromLibrary: 'open the recording',
  renameInLibrary: 'rename the recording',
  annotate: 'keep tags and notes',
  deleteFromLibrary: 'delete recordings',
  undoDeletion: 'undo the deletion',
  reveal: 'show the file',
  moveLibrary: 'take another folder',
  debugFiles: 'fetch debug files',
};
