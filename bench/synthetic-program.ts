// SPDX-License-Identifier: Apache-2.0
/** A made-up recording of any size that goes on growing: 1,000 samples in 50 new stacks an update. */
import { createTables, type Tables } from '../profile/tables.ts';

const FUNCTIONS = 5000;
const SAMPLES = 1000;
/** Slices before the first update: ten minutes. */
export const BEFORE = 30_000;
const NEW_STACKS = 50;
const DEEPEST = 45;

let state = 1;
/** The same numbers in every run, 0 to 1. */
function random(): number {
  state = (state + 0x6d2b79f5) | 0; // mulberry32
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** A recording whose stacks lie on each other like a program's: mostly one frame deeper, at times from further out. */
export class SyntheticProgram {
  readonly tables: Tables = createTables();
  readonly #depth: number[] = [];
  #slice = 0;

  constructor(stacks: number) {
    const { strings, modules, frames, functions, symbols, processes, threads } = this.tables;
    strings.append({ text: '/usr/bin/program' });
    modules.append({ path: 1, buildId: 0, kind: 0 });
    processes.append({ tgid: 1, parent: -1, name: 1, start: 0 });
    for (let tid = 1; tid <= 8; tid++) threads.append({ process: 0, tid, name: 1 });
    for (let index = 0; index < FUNCTIONS; index++) {
      const name = strings.append({ text: `namespace_${index % 40}::function_${index}(int, char const*)` });
      functions.append({ name, module: 0, file: 0, line: 0 });
      frames.append({ module: 0, offset: 4096 + index * 64, category: index % 3 });
      symbols.append({ frame: index, depth: 0, function: index, file: 0, line: 0 });
    }
    for (let index = 0; index < stacks; index++) this.#stack();
    // Every node has samples, some of them many.
    for (let stack = 0; stack < stacks; stack++) {
      this.#slice = Math.floor((stack / stacks) * BEFORE);
      this.#sample(stack, 1 + Math.floor(random() ** 200 * 100_000));
    }
  }

  update(): void {
    for (let index = 0; index < NEW_STACKS; index++) this.#stack();
    this.#slice += 10;
    for (let index = 0; index < SAMPLES; index++) this.#sample(Math.floor(random() * this.tables.stacks.length), 1);
  }

  #stack(): void {
    const { stacks } = this.tables;
    const last = stacks.length - 1;
    let prefix = random() < 0.9 ? last : Math.floor(random() * stacks.length);
    while (prefix >= 0 && this.#depth[prefix]! >= DEEPEST) prefix = Math.floor(random() * stacks.length);
    const row = stacks.append({ prefix, frame: Math.floor(random() * FUNCTIONS), end: 0 });
    this.#depth[row] = prefix < 0 ? 1 : this.#depth[prefix]! + 1;
  }

  #sample(stack: number, weight: number): void {
    this.tables.samples.append({ slice: this.#slice + (stack % 10), thread: stack % 8, stack, kind: 0, weight });
  }
}
