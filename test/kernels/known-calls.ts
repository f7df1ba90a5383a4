// SPDX-License-Identifier: Apache-2.0
/** calls.c in a guest: it does what it is told, and says how long that took. */
import type { GuestProgram } from './guest-agent.ts';
import type { Guest } from './guest.ts';
import { GUEST_CALLS } from './initramfs.ts';

export type What = 'sleep' | 'spin' | 'read' | 'mark' | 'fork' | 'wait';

/** Nanoseconds of the guest's monotonic clock, taken around each call. */
export interface Truth {
  readonly what: What;
  readonly times: number;
  readonly ns: number;
  readonly least: number;
  readonly most: number;
  /** Of the process that ended its waits; 0: none. */
  readonly number: number;
}

export class KnownCalls implements AsyncDisposable {
  readonly pid: Promise<number>;
  readonly #program: GuestProgram;
  readonly #lines: AsyncGenerator<string, void, undefined>;

  constructor(guest: Guest) {
    this.#program = guest.run(GUEST_CALLS);
    this.pid = this.#program.pid;
    this.#lines = linesOf(this.#program.output);
  }

  /** @param size microseconds, bytes, or what is handed over @throws Error when the program has ended */
  async do(what: What, times: number, size: number): Promise<Truth> {
    this.#program.send(Buffer.from(`${what} ${times} ${size}\n`));
    const line = await this.#lines.next();
    if (line.done) throw new Error('the program with the known calls has ended');
    return JSON.parse(line.value) as Truth;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#program.kill();
    await this.#program.exited;
  }
}

async function* linesOf(output: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of output) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    text = lines.pop()!;
    yield* lines;
  }
}
