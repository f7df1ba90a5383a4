// SPDX-License-Identifier: Apache-2.0
import { Inbox, type Transport } from './transport.ts';

/** What is used of a MessagePort of a browser or of worker_threads. */
export interface WebPort {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: () => void): void;
  start(): void;
  close(): void;
}

/** What is used of Electron's MessagePortMain. */
export interface MainPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
  close(): void;
}

/**
 * A transport over one end of a message channel. Messages are `Uint8Array`s; a string is the last message of
 * a side that closes, its reason. Nothing is transferred: the other end is another process under Electron, whose
 * MessagePortMain takes ports only.
 */
export function portTransport(port: WebPort | MainPort): Transport {
  const inbox = new Inbox();

  function receive({ data }: { data: unknown }): void {
    if (data instanceof Uint8Array) inbox.push(data);
    else if (typeof data === 'string') finish(data);
    else close('A message came that is not binary.');
  }

  function finish(reason: string): void {
    if (inbox.closed) return;
    inbox.close(reason);
    port.close();
  }

  function close(reason = ''): void {
    if (inbox.closed) return;
    port.postMessage(reason);
    finish(reason);
  }

  const disconnected = () => inbox.close('The other side went away.');
  if ('addEventListener' in port) {
    port.addEventListener('message', receive);
    port.addEventListener('close', disconnected);
  } else {
    port.on('message', receive);
    port.on('close', disconnected);
  }
  port.start();

  return {
    send(bytes) {
      if (!inbox.closed) port.postMessage(bytes);
    },
    onMessage: (listener) => inbox.onMessage(listener),
    onClose: (listener) => inbox.onClose(listener),
    close,
  };
}
