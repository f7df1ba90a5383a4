// SPDX-License-Identifier: Apache-2.0
/**
 * What each function weighs in each part of a run's time: itself, and with all that it called (recursion counts once).
 * The time is cut into blocks of equal length, which is all that comparing needs to know about when something happened.
 */
import { sampleTest } from '../filter.ts';
import { unitOf, weightsOf } from '../questions.ts';
import { NONE, SLICE_NANOSECONDS } from '../units.ts';
import type { FrameIdentities } from './identities.ts';
import { cpuTimes, secondsPerWeight, type Run } from './sides.ts';

/** Enough for a spread that is itself known to 10 %, and few enough that a block has samples of what is rare: in 30 s half
 * a second each. */
export const BLOCKS = 64;

export interface FunctionCounts {
  readonly blocks: number;
  /** Of function f in block k, at f * blocks + k. Seconds of CPU time for samples; the question's own unit for others. */
  readonly total: Float64Array;
  readonly self: Float64Array;
  /** Sum of squares of what was observed, by function: total^2 / squares is how many observations are as good. */
  readonly totalSquares: Float64Array;
  readonly selfSquares: Float64Array;
  /** By block: everything, stacks or none. */
  readonly all: Float64Array;
  /** By block: nanoseconds by the kernel's accounting; 0 where it is not known. */
  readonly cpuTime: Float64Array;
}

/** Sample rows by the block of their slice, in order. */
interface RowsByBlock {
  readonly rows: Uint32Array;
  /** Of block k: from start[k] to start[k + 1]. */
  readonly start: Uint32Array;
  readonly blockOf: (slice: number) => number;
}

/** Of a row that the filter does not mean. */
const NO_BLOCK = 255;

function rowsByBlock({ tables, filter, durationNs }: Run): RowsByBlock {
  const { samples } = tables;
  const { slice } = samples.columns;
  const meant = sampleTest(samples, filter);
  let last = 0;
  for (let row = 0; row < samples.length; row++) if (slice[row]! > last && meant(row)) last = slice[row]!;
  const from = filter.range?.from ?? 0;
  const slices = Math.max(1, last + 1 - from, Math.ceil(durationNs / SLICE_NANOSECONDS));
  const blocks = Math.min(BLOCKS, slices);
  const blockOf = (at: number): number => Math.min(blocks - 1, Math.floor(((at - from) * blocks) / slices));
  const ofRow = new Uint8Array(samples.length).fill(NO_BLOCK);
  const start = new Uint32Array(blocks + 1);
  for (let row = 0; row < samples.length; row++) {
    if (!meant(row)) continue;
    ofRow[row] = blockOf(slice[row]!);
    start[ofRow[row]! + 1]!++;
  }
  for (let block = 0; block < blocks; block++) start[block + 1]! += start[block]!;
  const next = start.slice();
  const rows = new Uint32Array(start[blocks]!);
  for (let row = 0; row < samples.length; row++) if (ofRow[row] !== NO_BLOCK) rows[next[ofRow[row]!]!++] = row;
  return { rows, start, blockOf };
}

/** The functions of every stack that has samples, each once. */
class StackFunctions {
  /** Stack -> its number here, NONE: not met yet. Numbers lie close together, and so does what is kept by them. */
  readonly numbers: Int32Array;
  count = 0;
  /** Of number n: `list` from from[n] to from[n + 1]; the innermost first. */
  readonly from: Uint32Array;
  list = new Int32Array(1 << 16);
  #used = 0;
  readonly #seen: Int32Array;
  readonly #run: Run;
  readonly #frames: FrameIdentities;

  constructor(run: Run, frames: FrameIdentities, functions: number) {
    const { length } = run.tables.stacks;
    this.#run = run;
    this.#frames = frames;
    this.numbers = new Int32Array(length).fill(NONE);
    this.from = new Uint32Array(length + 1);
    this.#seen = new Int32Array(functions).fill(NONE);
  }

  /** @returns the number of a stack that had none */
  take(stack: number): number {
    const { prefix, frame } = this.#run.tables.stacks.columns;
    const { start, list } = this.#frames;
    const seen = this.#seen;
    for (let at = stack; at !== NONE; at = prefix[at]! < at ? prefix[at]! : NONE) {
      const first = start[frame[at]!]!;
      for (let index = start[frame[at]! + 1]! - 1; index >= first; index--) {
        const identity = list[index]!;
        if (seen[identity] === stack) continue;
        seen[identity] = stack;
        if (this.#used === this.list.length) this.#grow();
        this.list[this.#used++] = identity;
      }
    }
    this.from[this.count + 1] = this.#used;
    return (this.numbers[stack] = this.count++);
  }

  #grow(): void {
    const grown = new Int32Array(this.list.length * 2);
    grown.set(this.list);
    this.list = grown;
  }
}

/** @param functions how many identities there are, of all runs together */
export function countFunctions(run: Run, frames: FrameIdentities, functions: number): FunctionCounts {
  const { tables, filter } = run;
  const { rows, start, blockOf } = rowsByBlock(run);
  const blocks = start.length - 1;
  const unit = secondsPerWeight(run);
  const weightOf = weightsOf(tables.samples, run.weights);
  const { stack: stackOf } = tables.samples.columns;
  const stacks = new StackFunctions(run, frames, functions);
  const weights = new Float64Array(tables.stacks.length);
  const squares = new Float64Array(tables.stacks.length);
  const isSamples = unitOf(run.question) === 'samples';
  const touched: number[] = [];
  const all = new Float64Array(blocks);
  // One block at a time, so that what is added to stays in the processor's nearest cache.
  const total = new Float64Array(functions);
  const self = new Float64Array(functions);
  const columns = { total: new Float64Array(functions * blocks), self: new Float64Array(functions * blocks) };
  for (let block = 0; block < blocks; block++) {
    for (let index = start[block]!; index < start[block + 1]!; index++) {
      const row = rows[index]!;
      const weight = weightOf(row) * unit;
      if (weight === 0) continue;
      all[block]! += weight;
      const stack = stackOf[row]!;
      if (stack === NONE) continue;
      const known = stacks.numbers[stack]!;
      const number = known === NONE ? stacks.take(stack) : known;
      if (weights[number] === 0) touched.push(number);
      weights[number]! += weight;
      // A row of n samples is n observations; one of a wait is one.
      squares[number]! += isSamples ? weight * unit : weight * weight;
    }
    addStacks(touched, weights, stacks, total, self);
    for (const number of touched) weights[number] = 0;
    touched.length = 0;
    for (let each = 0; each < functions; each++) {
      if (total[each] === 0) continue;
      columns.total[each * blocks + block] = total[each]!;
      columns.self[each * blocks + block] = self[each]!;
      total[each] = self[each] = 0;
    }
  }
  addStacks(Array.from({ length: stacks.count }, (_, number) => number), squares, stacks, total, self);
  const cpuTime = new Float64Array(blocks);
  for (const { from, to, cpuTime: spent } of cpuTimes(tables, filter)) {
    for (let slice = from; slice < to; slice++) cpuTime[Math.max(0, blockOf(slice))]! += spent / (to - from);
  }
  return { blocks, ...columns, totalSquares: total, selfSquares: self, all, cpuTime };
}

/** Each stack's weight to all of its functions, and to its innermost. Small, so that it is compiled well. */
function addStacks(numbers: readonly number[], weights: Float64Array, { from, list }: StackFunctions, total: Float64Array, self: Float64Array): void {
  for (const number of numbers) {
    const weight = weights[number]!;
    const first = from[number]!;
    const end = from[number + 1]!;
    self[list[first]!]! += weight;
    for (let at = first; at < end; at++) total[list[at]!]! += weight;
  }
}
