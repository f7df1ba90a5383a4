// SPDX-License-Identifier: Apache-2.0
/**
 * What each function weighs in each part of a run's time: itself, and with all that it called (recursion counts once).
 * The time is cut into blocks of equal length, but for the last one, which is all that comparing needs to know about when something happened.
 *
 * Each chain of stacks (sampled-stacks.ts) is left once, after all that it leads to, when it is known what it weighs in which
 * block; all of its functions weigh as much.
 */
import { unitOf } from '../questions.ts';
import { NONE } from '../units.ts';
import type { FrameIdentities } from './identities.ts';
import { blockOf, type BlockSamples, type Chains, type SampledStacks } from './sampled-stacks.ts';
import { cpuTimes, secondsPerWeight, type Run } from './sides.ts';

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
  /** By block: its part of the run's time; of all together 1. */
  readonly parts: Float64Array;
  /** By block: nanoseconds by the kernel's accounting; 0 where it is not known. */
  readonly cpuTime: Float64Array;
}

/** @param functions how many identities there are, of all runs together */
export function countFunctions(run: Run, { chains, samples }: Omit<SampledStacks, 'processes'>, frames: FrameIdentities, functions: number): FunctionCounts {
  const { time } = samples;
  const { blocks } = time;
  const counts = {
    total: new Float64Array(functions * blocks),
    self: new Float64Array(functions * blocks),
    totalSquares: new Float64Array(functions),
    selfSquares: new Float64Array(functions),
  };
  // A row of n samples is n observations; one of a wait is one.
  addStacks(chains, samples, frames, unitOf(run.question) === 'samples', counts);
  const unit = secondsPerWeight(run);
  const scale = (values: Float64Array, by: number): void => {
    for (let at = 0; at < values.length; at++) values[at]! *= by;
  };
  for (const values of [counts.total, counts.self]) scale(values, unit);
  for (const values of [counts.totalSquares, counts.selfSquares]) scale(values, unit ** 2);
  const cpuTime = new Float64Array(blocks);
  for (const { from, to, cpuTime: spent } of cpuTimes(run.tables, run.filter)) {
    for (let slice = from; slice < to; slice++) cpuTime[blockOf(time, slice)]! += spent / (to - from);
  }
  const { slices, width } = time;
  const parts = Float64Array.from({ length: blocks }, (_, block) => (Math.min(slices, (block + 1) * width) - block * width) / slices);
  return { blocks, ...counts, all: samples.all.map((weight) => weight * unit), parts, cpuTime };
}

type Sums = Pick<FunctionCounts, 'total' | 'self' | 'totalSquares' | 'selfSquares'>;

function addStacks(chains: Chains, samples: BlockSamples, { start: startOf, list }: FrameIdentities, isCounted: boolean, sums: Sums): void {
  const { length, frame, first, last, caller, leavesBefore } = chains;
  const { start, block, weight, time: { blocks } } = samples;
  const { total, self, totalSquares, selfSquares } = sums;
  // How often a function is on the way to where we are.
  const onPath = new Int32Array(totalSquares.length);
  const weights = new BlockWeights(blocks);
  const { values, listed, counts, squares } = weights;
  // Of each chain that is not left: what it leads to, so far.
  const slots = new Uint8Array(length);
  for (let chain = 0; chain < length; chain++) {
    for (let row = first[chain]!, end = last[chain]!; row <= end; row++) {
      const at = frame[row]!;
      for (let index = startOf[at]!, past = startOf[at + 1]!; index < past; index++) onPath[list[index]!]!++;
    }
    const to = chain + 1 < length ? caller[chain + 1]! : NONE;
    for (let left = chain; left !== to; left = caller[left]!) {
      let slot = slots[left]!;
      const leaf = leavesBefore[left]!;
      if (leavesBefore[left + 1]! > leaf) {
        if (slot === NO_SLOT) slot = weights.take();
        const innermost = list[startOf[frame[last[left]!]! + 1]! - 1]!;
        let square = 0;
        for (let sample = start[leaf]!, end = start[leaf + 1]!; sample < end; sample++) {
          const each = weight[sample]!;
          weights.add(slot, block[sample]!, each);
          self[innermost * blocks + block[sample]!]! += each;
          square += isCounted ? each : each * each;
        }
        squares[slot]! += square;
        selfSquares[innermost]! += square;
      }
      const from = slot * blocks;
      const past = from + counts[slot]!;
      const square = squares[slot]!;
      for (let row = last[left]!, end = first[left]!; row >= end; row--) {
        const at = frame[row]!;
        for (let index = startOf[at + 1]! - 1, outermost = startOf[at]!; index >= outermost; index--) {
          const identity = list[index]!;
          // Further out it comes again, and counts there.
          if (--onPath[identity]! > 0) continue;
          const base = identity * blocks;
          for (let each = from; each < past; each++) total[base + listed[each]!]! += values[each]!;
          totalSquares[identity]! += square;
        }
      }
      const outer = caller[left]!;
      if (outer === NONE) weights.free(slot);
      else slots[outer] = weights.join(slots[outer]!, slot);
    }
  }
}

const NO_SLOT = 0;
/** What a chain leads to is left by size, the largest first: while another is looked at, which is half of it at most, one slot
 * is held. So many levels are more than there can be rows. */
const SLOTS = 40;

/** Weights by block of some chains at a time: most have samples in few blocks. */
class BlockWeights {
  readonly blocks: number;
  /** Of slot s, from s * blocks on, `counts[s]` of them: the blocks where it has samples, and what they weigh. */
  readonly listed: Uint8Array;
  readonly values: Float64Array;
  readonly counts = new Uint32Array(SLOTS);
  readonly squares = new Float64Array(SLOTS);
  /** Of block k in slot s, at s * blocks + k: its place in the list, from 1; 0: it is not listed. */
  readonly #places: Uint8Array;
  readonly #free = Array.from({ length: SLOTS - 1 }, (_, index) => SLOTS - 1 - index);

  constructor(blocks: number) {
    this.blocks = blocks;
    this.listed = new Uint8Array(SLOTS * blocks);
    this.values = new Float64Array(SLOTS * blocks);
    this.#places = new Uint8Array(SLOTS * blocks);
  }

  take(): number {
    return this.#free.pop()!;
  }

  add(slot: number, block: number, weight: number): void {
    const base = slot * this.blocks;
    const place = this.#places[base + block]!;
    if (place > 0) {
      this.values[base + place - 1]! += weight;
      return;
    }
    const at = this.counts[slot]!++;
    this.#places[base + block] = at + 1;
    this.listed[base + at] = block;
    this.values[base + at] = weight;
  }

  /** Both together in one of the two; the other is free. */
  join(one: number, other: number): number {
    if (one === NO_SLOT) return other;
    const isFirstKept = this.counts[one]! >= this.counts[other]!;
    const kept = isFirstKept ? one : other;
    const left = isFirstKept ? other : one;
    const base = left * this.blocks;
    for (let at = base, past = base + this.counts[left]!; at < past; at++) this.add(kept, this.listed[at]!, this.values[at]!);
    this.squares[kept]! += this.squares[left]!;
    this.free(left);
    return kept;
  }

  free(slot: number): void {
    const base = slot * this.blocks;
    for (let at = base, past = base + this.counts[slot]!; at < past; at++) this.#places[base + this.listed[at]!] = 0;
    this.counts[slot] = 0;
    this.squares[slot] = 0;
    this.#free.push(slot);
  }
}
