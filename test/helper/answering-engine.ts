// SPDX-License-Identifier: Apache-2.0
/** An engine that answers the helper's questions about modules as a test wants it to. */
import { loadAddon } from '../../main/engine/symbolication/addon.ts';
import { encodeUnwindRows, ROW_BYTES } from '../../main/engine/wire-encoder.ts';
import type { ModuleFrame, StackFrame } from '../../main/engine/wire-frames.ts';
import { StartFlag } from '../../main/engine/wire-layout.gen.ts';
import { HelperClient } from './helper-client.ts';
import { sleep, type TargetProgram } from './target-program.ts';

export const NO_ROWS = new Uint8Array(0);
export const flags = StartFlag.onCpu | StartFlag.children | StartFlag.unwindTables;

/** [at, cfa in words, fp in words, rule] */
export function rowsOf(list: readonly [number, number, number, number][]): Uint8Array {
  const bytes = new Uint8Array(list.length * ROW_BYTES);
  const view = new DataView(bytes.buffer);
  list.forEach(([at, cfa, fp, rule], i) => {
    view.setUint32(i * ROW_BYTES, at, true);
    view.setInt16(i * ROW_BYTES + 4, cfa, true);
    view.setInt8(i * ROW_BYTES + 6, fp);
    view.setUint8(i * ROW_BYTES + 7, rule);
  });
  return bytes;
}

export const compiled = async ({ path }: ModuleFrame): Promise<Uint8Array> => (path.startsWith('/') ? (await loadAddon().compileUnwindRows(path, '')).rows : NO_ROWS);

/** Answers every question about a module; null: with silence. */
export class Engine {
  readonly client = new HelperClient();
  readonly asked: ModuleFrame[] = [];
  readonly #answer: (module: ModuleFrame) => Promise<Uint8Array | null>;
  readonly #timer: NodeJS.Timeout;
  #seen = 0;

  constructor(answer: (module: ModuleFrame) => Promise<Uint8Array | null>) {
    this.#answer = answer;
    this.#timer = setInterval(() => void this.#look(), 1);
  }

  async #look(): Promise<void> {
    for (; this.#seen < this.client.frames.length; this.#seen++) {
      const frame = this.client.frames[this.#seen]!;
      if (frame.type !== 'module') continue;
      this.asked.push(frame);
      void this.#answer(frame).then((rows) => {
        for (const bytes of rows ? encodeUnwindRows(frame.module, rows) : []) this.client.send(bytes);
      });
    }
  }

  async record({ tgid }: Pick<TargetProgram, 'tgid'>, milliseconds: number, tableMebibytes = 16): Promise<void> {
    this.client.start({ frequency: 499, tgids: [tgid], flags, tableMebibytes });
    await this.client.expect('started');
    await sleep(milliseconds);
    await this.end();
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.client.stop();
  }

  /** Samples whose user stack satisfies it, of all with one. */
  share(holds: (stack: StackFrame) => boolean): { samples: number; share: number } {
    const stacks = new Map(this.client.ofType('stack').map((stack) => [stack.hash, stack]));
    let samples = 0;
    let held = 0;
    for (const counts of this.client.ofType('counts')) {
      for (let i = 0; i < counts.length; i++) {
        const stack = stacks.get(counts.userStack[i]!);
        if (!stack) continue;
        samples += counts.samples[i]!;
        if (holds(stack)) held += counts.samples[i]!;
      }
    }
    return { samples, share: held / samples };
  }
}
