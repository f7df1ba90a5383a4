// SPDX-License-Identifier: Apache-2.0
/** A session with a helper in a guest, through the engine's own code; every frame is kept. */
import type { Failure } from '../../ipc/contract.ts';
import { places } from '../../main/engine/places.ts';
import { describeExit } from '../../main/engine/helper-process.ts';
import { HelperSession, type SessionEnd } from '../../main/engine/helper-session.ts';
import { FailureError, helperFailures } from '../../main/engine/failures.ts';
import type { StreamExit } from '../../main/engine/helper-stream.ts';
import { refusal } from '../../main/engine/refusals.ts';
import { encodeUnwindRows, type StartRequest } from '../../main/engine/wire-encoder.ts';
import type { WireFrame } from '../../main/engine/wire-frames.ts';
import { SampleEvent } from '../../main/engine/wire-layout.gen.ts';
import { helperIn } from './guest-helper.ts';
import type { Guest } from './guest.ts';

/** Milliseconds of this machine's time: loading under emulation takes seconds. */
const HELLO_LIMIT = 60_000;
const FRAME_LIMIT = 150_000;
const NO_ROWS = new Uint8Array(0);

/** The helper has said hello. @throws FailureError when it does not */
export function openSession(guest: Guest, mode: 'profile' | 'trace'): Promise<HelperSession> {
  const explain = (exit: StreamExit): Failure => helperFailures.notStarted(exit.stderr || describeExit(exit));
  return HelperSession.open(helperIn(guest, mode), { version: places().version, helloTimeout: HELLO_LIMIT, explain });
}

export class HelperRun {
  readonly frames: WireFrame[] = [];
  readonly ended: Promise<SessionEnd>;
  readonly #session: HelperSession;
  #wake: () => void = () => undefined;
  #over = false;

  private constructor(session: HelperSession) {
    this.#session = session;
    this.ended = session.run((frame) => this.#take(frame));
    void this.ended.finally(() => {
      this.#over = true;
      this.#wake();
    });
  }

  /** @throws FailureError when it says no hello, or refuses before */
  static async open(guest: Guest, mode: 'profile' | 'trace'): Promise<HelperRun> {
    return new HelperRun(await openSession(guest, mode));
  }

  /** @param tgids none: the whole system @throws FailureError with why it was refused */
  async start(tgids: readonly number[], options: Partial<StartRequest>): Promise<void> {
    this.#session.start({
      frequency: 99,
      system: tgids.length === 0,
      children: tgids.length > 0,
      kernelStacks: true,
      event: SampleEvent.cpuClock,
      stackDepth: 127,
      unwindTables: false,
      targets: tgids.map((tgid) => ({ tgid, startTicks: 0 })),
      onCpu: false,
      offCpu: null,
      ...options,
    });
    await this.until(() => this.ofType('started').length > 0, 'that it has started');
  }

  send(frame: Uint8Array): void {
    this.#session.send(frame);
  }

  ofType<T extends WireFrame['type']>(type: T): Extract<WireFrame, { type: T }>[] {
    return this.frames.filter((frame): frame is Extract<WireFrame, { type: T }> => frame.type === type);
  }

  /** @throws FailureError with why the helper refused, or Error when it says nothing of the kind in time */
  async until(condition: () => boolean, what: string): Promise<void> {
    const limit = performance.now() + FRAME_LIMIT;
    while (!condition()) {
      const refused = this.ofType('refused')[0];
      if (refused) throw new FailureError(refusal(refused.error, refused.value, refused.text));
      const left = limit - performance.now();
      if (this.#over || left <= 0) throw new Error(`the helper ${this.#over ? 'ended' : 'did not say'} before it said ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Everything up to the end; what the helper complains of is in it. */
  async stop(): Promise<SessionEnd> {
    this.#session.stop();
    return this.ended;
  }

  #take(frame: WireFrame): void {
    this.frames.push(frame);
    // Stacks are not what these sessions are about.
    if (frame.type === 'module') for (const bytes of encodeUnwindRows(frame.module, NO_ROWS)) this.#session.send(bytes);
    this.#wake();
  }
}
