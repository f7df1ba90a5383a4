// SPDX-License-Identifier: Apache-2.0
/**
 * One conversation with a helper: hello, start, frames until the end, stop. The order of frames is
 * checked here; what they say is for whoever takes them.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Failure } from '../../ipc/contract.ts';
import { FailureError, helperFailures } from './failures.ts';
import type { HelperStream, StreamExit } from './helper-stream.ts';
import { refusal } from './refusals.ts';
import { WireDecoder } from './wire-decoder.ts';
import { encodeHeartbeat, encodeStart, encodeStop, type StartRequest } from './wire-encoder.ts';
import type { EndFrame, HelloFrame, RefusedFrame, WireFrame } from './wire-frames.ts';
import { WIRE_PROTOCOL } from './wire-layout.gen.ts';
import { WireStreamError } from './wire-stream-error.ts';

/** A fifth of the helper's patience (WIRE_HEARTBEAT_TIMEOUT_NS). */
const HEARTBEAT_MS = 2000;
/** The helper drains once more after a stop; a busy machine may take its time. */
const END_TIMEOUT_MS = 5000;
const EXIT_TIMEOUT_MS = 1000;

export interface SessionOptions {
  /** The only version taken; null (replays): any. */
  version: string | null;
  /** Milliseconds until the hello must have come; 0: no limit, since a person is asked for a password. */
  helloTimeout: number;
  /** Why the other side ended before its hello. */
  explain: (exit: StreamExit) => Failure;
}

/** How a session ended: by END (with the refusal before it, if any), or by something else in words. */
export interface SessionEnd {
  end: EndFrame | null;
  refused: RefusedFrame | null;
  failure: Failure | null;
}

export class HelperSession {
  readonly hello: HelloFrame;
  readonly #stream: HelperStream;
  readonly #reader: AsyncIterator<Uint8Array>;
  readonly #decoder: WireDecoder;
  /** Frames that came in the same chunk as the hello. */
  readonly #early: Iterable<WireFrame>;
  readonly #heartbeat: NodeJS.Timeout;
  #stopping = false;
  readonly #ended = Promise.withResolvers<undefined>();

  private constructor(stream: HelperStream, reader: AsyncIterator<Uint8Array>, decoder: WireDecoder, hello: HelloFrame, early: Iterable<WireFrame>) {
    this.#stream = stream;
    this.#reader = reader;
    this.#decoder = decoder;
    this.hello = hello;
    this.#early = early;
    this.#heartbeat = setInterval(() => stream.send(encodeHeartbeat()), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /** Waits for the hello. @throws FailureError when it does not come or is of another version. */
  static async open(stream: HelperStream, options: SessionOptions): Promise<HelperSession> {
    const reader = stream.output[Symbol.asyncIterator]();
    const decoder = new WireDecoder();
    const timer = new AbortController();
    const giveUp = async (): Promise<'silent'> => {
      await wait(options.helloTimeout, undefined, { signal: timer.signal, ref: false });
      return 'silent';
    };
    const late = options.helloTimeout > 0 ? giveUp().catch(() => 'silent' as const) : null;
    try {
      for (;;) {
        const next = reader.next();
        const result = late ? await Promise.race([next, late]) : await next;
        if (result === 'silent') throw new FailureError(helperFailures.silent(options.helloTimeout / 1000));
        if (result.done) throw new FailureError(options.explain(await stream.exited));
        // What follows in the same chunk is decoded by `run`: bad frames there are not a bad hello.
        const early = decoder.push(result.value);
        const first = early.next().value;
        if (!first) continue;
        if (first.type === 'refused') throw new FailureError(refusal(first.error, first.value, first.text));
        if (first.type !== 'hello') throw new WireStreamError('wrongState', `a ${first.type} frame before the hello`);
        if (first.protocol !== WIRE_PROTOCOL || (options.version !== null && first.version !== options.version)) {
          throw new FailureError(helperFailures.wrongVersion(first.version || 'unknown', options.version ?? ''));
        }
        return new HelperSession(stream, reader, decoder, first, early);
      }
    } catch (error) {
      stream.closeInput();
      void endProcess(stream);
      if (error instanceof WireStreamError) throw new FailureError(helperFailures.malformed(error.message));
      throw error;
    } finally {
      timer.abort();
    }
  }

  /** There is nothing to sample after all. */
  abandon(): void {
    clearInterval(this.#heartbeat);
    this.#stream.closeInput();
    void endProcess(this.#stream);
  }

  start(request: StartRequest): void {
    this.#stream.send(encodeStart(request));
  }

  /** A frame of wire-encoder.ts. */
  send(frame: Uint8Array): void {
    if (!this.#stopping) this.#stream.send(frame);
  }

  /** Asks for the end; `run` resolves when it has come. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#stream.send(encodeStop());
    void this.#insist();
  }

  async #insist(): Promise<void> {
    await Promise.race([this.#ended.promise, wait(END_TIMEOUT_MS, undefined, { ref: false })]);
    this.#stream.closeInput();
    await endProcess(this.#stream);
  }

  /**
   * Hands over each frame after the hello, in order and synchronously; call once.
   * @param take what it throws ends the session and is thrown on.
   */
  async run(take: (frame: WireFrame) => void): Promise<SessionEnd> {
    let end: EndFrame | null = null;
    let refused: RefusedFrame | null = null;
    const accept = (frame: WireFrame): void => {
      if (end) throw new WireStreamError('wrongState', `a ${frame.type} frame after the end`);
      if (frame.type === 'hello') throw new WireStreamError('wrongState', 'a second hello');
      if (frame.type === 'end') {
        end = frame;
        this.#ended.resolve(undefined);
      }
      if (frame.type === 'refused') refused = frame;
      take(frame);
    };
    try {
      for (const frame of this.#early) accept(frame);
      for (;;) {
        const { done, value } = await this.#reader.next();
        if (done) break;
        for (const frame of this.#decoder.push(value)) accept(frame);
        // The helper waits for EOF after its END.
        if (end) this.#stream.closeInput();
      }
      if (end) return { end, refused, failure: null };
      const exit = await this.#stream.exited;
      const how = exit.startError || (exit.signal ? `killed by ${exit.signal}` : `exit code ${exit.code}`);
      return { end, refused, failure: helperFailures.died(how) };
    } catch (error) {
      if (!(error instanceof WireStreamError)) throw error;
      return { end, refused, failure: helperFailures.malformed(error.message) };
    } finally {
      clearInterval(this.#heartbeat);
      this.#ended.resolve(undefined);
      this.#stream.closeInput();
      void endProcess(this.#stream);
    }
  }
}

/** Its input is closed: it ends within a second, or is killed where that is permitted. */
async function endProcess(stream: HelperStream): Promise<void> {
  const late = Symbol('late');
  const first = await Promise.race([stream.exited, wait(EXIT_TIMEOUT_MS, late, { ref: false })]);
  if (first === late) stream.kill();
}
