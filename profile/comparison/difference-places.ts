// SPDX-License-Identifier: Apache-2.0
/**
 * Places in two sides' stacks, of which the nodes of their merged tree (difference-tree.ts) are made, and the steps from one to
 * the next. All places of one node have the same functions on their way.
 */
import { NONE } from '../units.ts';
import type { FrameIdentities } from './identities.ts';
import type { Chains, SampledRun } from './sampled-stacks.ts';
import { secondsPerWeight } from './sides.ts';

export type SideName = 'a' | 'b';

/** The stacks of one run, or of one process in it. */
export interface Part {
  readonly side: SideName;
  readonly process: string;
  readonly chains: Chains;
  readonly frames: FrameIdentities;
  /** Percent of A's total that a weight of 1 is. */
  readonly scale: number;
  /** Its leaves, ascending; null: all that there are. Nothing below 0 is drawn: such a leaf weighs nothing. */
  readonly leaves: Uint32Array | null;
  /** Sums of the leaves before each of them, and of all. */
  readonly before: Float64Array;
  /** Without a stack. */
  readonly bare: number;
}

/** @param scale of `Comparison` @param hasProcesses they are told apart: else all are the empty name's */
export function partsOf(side: SideName, runs: readonly SampledRun[], scale: number, hasProcesses: boolean): Part[] {
  return runs.flatMap(({ run, chains, frames, processes }) =>
    processes.map(({ process, leaves, weights, bare }) => ({
      side,
      process: hasProcesses ? process : '',
      chains,
      frames,
      scale: scale * secondsPerWeight(run),
      leaves,
      before: sumsBefore(weights),
      // Memory that was freed may outweigh what was allocated: nothing is drawn below nothing.
      bare: Math.max(0, bare),
    })),
  );
}

/** What is below 0 counts as nothing. */
export function sumsBefore(weights: Float64Array): Float64Array {
  const before = new Float64Array(weights.length + 1);
  for (let at = 0; at < weights.length; at++) before[at + 1] = before[at]! + Math.max(0, weights[at]!);
  return before;
}

/** How many of a part's leaves come before one. */
function leavesUpTo({ leaves }: Part, leaf: number): number {
  if (leaves === null) return leaf;
  let low = 0;
  let high = leaves.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (leaves[middle]! < leaf) low = middle + 1;
    else high = middle;
  }
  return low;
}

const COLUMNS = 6;

/** A list of places, which grows. A place is a function of a frame at a row of `stacks`, and the leaves that are meant there. */
export class Places {
  length = 0;
  #values = new Int32Array(COLUMNS * 256);

  /** @param chain NONE: where a part begins, before all its stacks
   * @param index of the functions of a frame: into the outermost others are inlined
   * @param from, to of the part's leaves */
  push(part: number, chain: number, row: number, index: number, from: number, to: number): void {
    this.reserve(this.length + 1);
    const values = this.#values;
    const at = COLUMNS * this.length++;
    values[at] = part;
    values[at + 1] = chain;
    values[at + 2] = row;
    values[at + 3] = index;
    values[at + 4] = from;
    values[at + 5] = to;
  }

  /** Place `at` as that of another list. */
  copy(at: number, source: Places, place: number): void {
    for (let column = 0; column < COLUMNS; column++) this.#values[COLUMNS * at + column] = source.#values[COLUMNS * place + column]!;
  }

  reserve(length: number): void {
    if (COLUMNS * length <= this.#values.length) return;
    const grown = new Int32Array(Math.max(COLUMNS * length, 2 * this.#values.length));
    grown.set(this.#values);
    this.#values = grown;
  }

  part(at: number): number {
    return this.#values[COLUMNS * at]!;
  }
  chain(at: number): number {
    return this.#values[COLUMNS * at + 1]!;
  }
  row(at: number): number {
    return this.#values[COLUMNS * at + 2]!;
  }
  index(at: number): number {
    return this.#values[COLUMNS * at + 3]!;
  }
  from(at: number): number {
    return this.#values[COLUMNS * at + 4]!;
  }
  to(at: number): number {
    return this.#values[COLUMNS * at + 5]!;
  }
}

/** The way from a place to those that follow it. */
export interface Steps {
  /** Adds the places that follow one; only those that weigh something. */
  follow(places: Places, at: number, out: Places): void;
  /** Of a place's leaves those whose stack ends there: [from, to). */
  ends(places: Places, at: number): { from: number; to: number };
}

/** From the outermost function to what it calls. */
export class Calls implements Steps {
  readonly #parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  follow(places: Places, at: number, out: Places): void {
    const number = places.part(at);
    const part = this.#parts[number]!;
    const { frame, last, end, length } = part.chains;
    const [chain, row, index] = [places.chain(at), places.row(at), places.index(at)];
    if (chain === NONE) return this.#enter(number, 0, length, out);
    const { start } = part.frames;
    if (index + 1 < start[frame[row]! + 1]! - start[frame[row]!]!) out.push(number, chain, row, index + 1, places.from(at), places.to(at));
    else if (row < last[chain]!) out.push(number, chain, row + 1, 0, places.from(at), places.to(at));
    else this.#enter(number, chain + 1, end[chain]!, out);
  }

  /** The chains that stand side by side from one on. */
  #enter(number: number, first: number, past: number, out: Places): void {
    const part = this.#parts[number]!;
    const { end, leavesBefore } = part.chains;
    for (let chain = first; chain < past; chain = end[chain]!) {
      const from = leavesUpTo(part, leavesBefore[chain]!);
      const to = leavesUpTo(part, leavesBefore[end[chain]!]!);
      if (part.before[to]! > part.before[from]!) out.push(number, chain, part.chains.first[chain]!, 0, from, to);
    }
  }

  ends(places: Places, at: number): { from: number; to: number } {
    const { chains, frames, leaves } = this.#parts[places.part(at)]!;
    const [chain, row, from] = [places.chain(at), places.row(at), places.from(at)];
    const isEnd =
      chain !== NONE &&
      row === chains.last[chain]! &&
      places.index(at) === frames.start[chains.frame[row]! + 1]! - frames.start[chains.frame[row]!]! - 1 &&
      chains.leavesBefore[chain + 1]! > chains.leavesBefore[chain]! &&
      // The first of them, if the part has it.
      (leaves === null || leaves[from] === chains.leavesBefore[chain]!);
    return { from, to: isEnd ? from + 1 : from };
  }
}

/** From what worked itself to its callers: each place is of one leaf. */
export class Callers implements Steps {
  readonly #parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  follow(places: Places, at: number, out: Places): void {
    const number = places.part(at);
    const part = this.#parts[number]!;
    const { first, last, caller } = part.chains;
    const [chain, row, index, from] = [places.chain(at), places.row(at), places.index(at), places.from(at)];
    if (chain === NONE) return this.#leaves(number, out);
    if (index > 0) out.push(number, chain, row, index - 1, from, from + 1);
    else if (row > first[chain]!) this.#innermost(number, chain, row - 1, from, out);
    else if (caller[chain] !== NONE) this.#innermost(number, caller[chain]!, last[caller[chain]!]!, from, out);
  }

  #leaves(number: number, out: Places): void {
    const { chains, leaves, before } = this.#parts[number]!;
    let entry = 0;
    for (let chain = 0; chain < chains.length; chain++) {
      const leaf = chains.leavesBefore[chain]!;
      if (chains.leavesBefore[chain + 1] === leaf || (leaves !== null && leaves[entry] !== leaf)) continue;
      if (before[entry + 1]! > before[entry]!) this.#innermost(number, chain, chains.last[chain]!, entry, out);
      entry++;
    }
  }

  #innermost(number: number, chain: number, row: number, leaf: number, out: Places): void {
    const { chains, frames } = this.#parts[number]!;
    const frame = chains.frame[row]!;
    out.push(number, chain, row, frames.start[frame + 1]! - frames.start[frame]! - 1, leaf, leaf + 1);
  }

  ends(places: Places, at: number): { from: number; to: number } {
    const { first, caller } = this.#parts[places.part(at)]!.chains;
    const chain = places.chain(at);
    const from = places.from(at);
    const isEnd = chain !== NONE && caller[chain] === NONE && places.row(at) === first[chain] && places.index(at) === 0;
    return { from, to: isEnd ? places.to(at) : from };
  }
}

/** The function of a place. */
export function identityAt({ chains, frames }: Part, row: number, index: number): number {
  return frames.list[frames.start[chains.frame[row]!]! + index]!;
}
