// SPDX-License-Identifier: Apache-2.0
import { Inbox, type Transport } from './transport.ts';

/**
 * What is used of a WebSocket: the browser's fits, and so does either end of the `ws` package.
 * Make a `ws` server with `perMessageDeflate: false` and `maxPayload: MAX_MESSAGE_BYTES` (codec.ts).
 */
export interface SocketLike {
  binaryType: string;
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const NORMAL = 1000;
/** An application's own code: the other side sees the reason. */
const CLOSED_FOR_A_REASON = 4000;
const MAX_REASON_BYTES = 120; // of the 123 that a close frame holds

/** A transport over a socket that is open or connecting; what is sent before it opens waits. */
export function socketTransport(socket: SocketLike): Transport {
  const inbox = new Inbox();
  let waiting: Uint8Array<ArrayBuffer>[] = [];
  socket.binaryType = 'arraybuffer';

  function close(reason = ''): void {
    if (inbox.closed) return;
    inbox.close(reason);
    if (reason === '') socket.close(NORMAL);
    else socket.close(CLOSED_FOR_A_REASON, shortened(reason));
  }

  socket.addEventListener('open', () => {
    for (const bytes of waiting) socket.send(bytes);
    waiting = [];
  });
  socket.addEventListener('message', ({ data }) => {
    if (data instanceof ArrayBuffer) inbox.push(new Uint8Array(data));
    else close('A text message came where only binary ones are allowed.');
  });
  // A close event with the code follows; without a listener `ws` would throw.
  socket.addEventListener('error', () => undefined);
  socket.addEventListener('close', ({ code, reason }) => inbox.close(reasonOf(code, reason)));
  if (socket.readyState >= CLOSING) inbox.close('The connection was closed already.');

  return {
    send(bytes) {
      if (inbox.closed) return;
      if (socket.readyState === OPEN) socket.send(bytes);
      else if (socket.readyState === CONNECTING) waiting.push(bytes);
    },
    onMessage: (listener) => inbox.onMessage(listener),
    onClose: (listener) => inbox.onClose(listener),
    close,
  };
}

function reasonOf(code: number, reason: string): string {
  if (reason !== '') return reason;
  if (code === NORMAL || code === 1005) return '';
  if (code === 1001) return 'The other side went away.';
  if (code === 1009) return 'A message was too long for the other side.';
  return 'The connection broke off.';
}

/** At most MAX_REASON_BYTES of UTF-8, cut between characters. */
function shortened(reason: string): string {
  const bytes = new Uint8Array(MAX_REASON_BYTES);
  const { read } = new TextEncoder().encodeInto(reason, bytes);
  return reason.slice(0, read);
}
