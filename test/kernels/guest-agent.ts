// SPDX-License-Identifier: Apache-2.0
/** Programs in a guest, as if they were children of this process: the other side of agent.h. */
import type { Duplex } from 'node:stream';
import { constants } from 'node:os';
import type { HelperStream, StreamExit } from '../../main/engine/helper-stream.ts';

const HEADER_SIZE = 8;
const MAX_PAYLOAD = 65_536;
const CHANNELS = 32;
const STDERR_KEPT = 4096;

/** enum agent_kind */
const Kind = { run: 1, input: 2, kill: 3, ready: 16, started: 17, output: 18, errors: 19, exited: 20 } as const;

/** A running program; its output is a byte stream, which a helper's is, too. */
export interface GuestProgram extends HelperStream {
  /** Its number in the guest; rejects when the guest goes before it was started. */
  readonly pid: Promise<number>;
}

interface Channel {
  readonly chunks: Uint8Array[];
  wake: () => void;
  ended: boolean;
  stderr: string;
  readonly pid: PromiseWithResolvers<number>;
  readonly exited: PromiseWithResolvers<StreamExit>;
}

function frame(channel: number, kind: number, payload: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(HEADER_SIZE + payload.length);
  bytes.writeUInt32LE(payload.length, 0);
  bytes.writeUInt16LE(channel, 4);
  bytes.writeUInt16LE(kind, 6);
  bytes.set(payload, HEADER_SIZE);
  return bytes;
}

/** What waitpid says: the low seven bits are the signal. */
function exitOf(status: number, stderr: string): StreamExit {
  const number = status & 0x7f;
  const signal = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  const code = number === 0 ? (status >> 8) & 0xff : null;
  return { code, signal: (signal ?? null) as NodeJS.Signals | null, stderr, startError: '' };
}

export class GuestAgent {
  /** The guest kernel's release. Rejects when the port closes before. */
  readonly ready: Promise<string>;
  readonly #ready = Promise.withResolvers<string>();
  readonly #port: Duplex;
  readonly #channels = new Map<number, Channel>();
  #pending: Buffer = Buffer.alloc(0);
  #closed = false;

  constructor(port: Duplex) {
    this.#port = port;
    this.ready = this.#ready.promise;
    this.ready.catch(() => undefined);
    port.on('data', (chunk: Buffer) => this.#take(chunk));
    port.on('error', () => undefined); // its close says the same
    port.on('close', () => this.#gone());
  }

  /** @param command its path in the guest @throws Error when too many run at once, or the guest is gone */
  run(command: string, ...args: readonly string[]): GuestProgram {
    const number = Array.from({ length: CHANNELS }, (_, i) => i).find((i) => !this.#channels.has(i));
    if (number === undefined || this.#closed) throw new Error(this.#closed ? 'the guest is gone' : 'too many programs run in the guest');
    const channel: Channel = {
      chunks: [],
      wake: () => undefined,
      ended: false,
      stderr: '',
      pid: Promise.withResolvers<number>(),
      exited: Promise.withResolvers<StreamExit>(),
    };
    channel.pid.promise.catch(() => undefined);
    this.#channels.set(number, channel);
    const send = (kind: number, payload: Uint8Array): void => {
      if (!channel.ended && !this.#closed) this.#port.write(frame(number, kind, payload));
    };
    send(Kind.run, Buffer.from([command, ...args].map((argument) => `${argument}\0`).join('')));
    return {
      pid: channel.pid.promise,
      exited: channel.exited.promise,
      output: read(channel),
      send(bytes) {
        for (let at = 0; at < bytes.length; at += MAX_PAYLOAD) send(Kind.input, bytes.subarray(at, at + MAX_PAYLOAD));
      },
      closeInput: () => send(Kind.input, Buffer.alloc(0)),
      kill: () => send(Kind.kill, Buffer.alloc(0)),
    };
  }

  #take(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    let at = 0;
    while (this.#pending.length - at >= HEADER_SIZE) {
      const end = at + HEADER_SIZE + this.#pending.readUInt32LE(at);
      if (end > this.#pending.length) break;
      this.#accept(this.#pending.readUInt16LE(at + 4), this.#pending.readUInt16LE(at + 6), this.#pending.subarray(at + HEADER_SIZE, end));
      at = end;
    }
    this.#pending = this.#pending.subarray(at);
  }

  #accept(number: number, kind: number, payload: Buffer): void {
    if (kind === Kind.ready) {
      this.#ready.resolve(payload.toString());
      return;
    }
    const channel = this.#channels.get(number);
    if (!channel) return;
    if (kind === Kind.started) channel.pid.resolve(payload.readUInt32LE(0));
    if (kind === Kind.errors) channel.stderr = (channel.stderr + payload.toString()).slice(-STDERR_KEPT);
    if (kind === Kind.output) channel.chunks.push(payload);
    if (kind === Kind.exited) {
      this.#channels.delete(number);
      this.#end(channel, exitOf(payload.readUInt32LE(0), channel.stderr));
    }
    channel.wake();
  }

  #end(channel: Channel, exit: StreamExit): void {
    channel.ended = true;
    channel.pid.reject(new Error('it was never started'));
    channel.exited.resolve(exit);
    channel.wake();
  }

  #gone(): void {
    this.#closed = true;
    this.#ready.reject(new Error('the guest ended before its agent was ready'));
    for (const channel of this.#channels.values()) this.#end(channel, { code: null, signal: null, stderr: channel.stderr, startError: 'the guest is gone' });
    this.#channels.clear();
  }
}

async function* read(channel: Channel): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    const chunk = channel.chunks.shift();
    if (chunk) yield chunk;
    else if (channel.ended) return;
    else await new Promise<void>((resolve) => (channel.wake = resolve));
  }
}
