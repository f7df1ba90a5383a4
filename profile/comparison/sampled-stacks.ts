// SPDX-License-Identifier: Apache-2.0
/**
 * What a run sampled, by stack: samples are looked at once, and whatever comes after costs as much as there are stacks.
 *
 * Most rows of `stacks` are all that the row before leads to. Such rows are one chain, which ends where samples do or where
 * calls part. Chains stand in preorder: all that one leads to follows it at once, so that what it weighs with them is the
 * difference of two sums over leaves.
 *
 *     chain          0          1           2     3     4
 *     rows           main load  parse read  free  draw  idle
 *     end            3          2           3     4     5
 *     leaves before  0          0           1     2     3 (then 4)
 */
import { sampleTest } from '../filter.ts';
import type { Weighing } from '../questions.ts';
import type { Table } from '../tables.ts';
import { NONE, SLICE_NANOSECONDS } from '../units.ts';
import type { FrameIdentities } from './identities.ts';
import { ProcessesOf, type ProcessWeights } from './process-weights.ts';
import type { Run } from './sides.ts';

/** Enough for a spread that is itself known to 10 %, and few enough that a block has samples of what is rare: in 30 s half
 * a second each. */
export const BLOCKS = 64;

/** Of stacks that were sampled, and those that lead to them. */
export interface Chains {
  readonly length: number;
  /** By row of `stacks`. */
  readonly frame: Uint32Array;
  /** By chain its rows, both included, which stand one behind the other. */
  readonly first: Uint32Array;
  readonly last: Uint32Array;
  /** The chain that leads to it; NONE: it is outermost. */
  readonly caller: Int32Array;
  /** One past the last chain that it leads to. Of these the largest comes first. */
  readonly end: Uint32Array;
  /** Leaves before it, which are chains with samples at their last row, numbered as they stand. One more, at `length`, for all. */
  readonly leavesBefore: Uint32Array;
}

/** Samples by the leaf that they are of. */
export interface BlockSamples {
  readonly time: Blocks;
  /** Of leaf l: from start[l] to start[l + 1]. */
  readonly start: Uint32Array;
  readonly block: Uint8Array;
  /** In the question's unit, as whole multiples of one number: sums are exact, in whatever order. */
  readonly weight: Float64Array;
  /** By block: everything, stacks or none. */
  readonly all: Float64Array;
}

/** A run's time in equal parts, but for the last one. */
export interface Blocks {
  readonly blocks: number;
  /** The slice with which it begins, how many there are, and how many a block has. */
  readonly from: number;
  readonly slices: number;
  readonly width: number;
}

export interface SampledStacks {
  readonly chains: Chains;
  readonly samples: BlockSamples;
  /** All of the run as one where its threads are of one process name. */
  readonly processes: readonly ProcessWeights[];
}

/** What is kept of a run when its functions are counted: what trees are made of. */
export interface SampledRun extends Pick<SampledStacks, 'chains' | 'processes'> {
  readonly run: Run;
  readonly frames: FrameIdentities;
}

export function sampledStacks(run: Run): SampledStacks {
  const { samples, stacks } = run.tables;
  const isMeant = meantRows(run);
  const owners = new ProcessesOf(run);
  const places = new Uint32Array(stacks.length);
  countByStack(samples, isMeant, places);
  const { last, sum } = extent(samples, run.weights, isMeant);
  const { chains, start } = chainsOf(stacks, places);
  const time = blocksOf(run, last);
  const count = start[start.length - 1]!;
  const sorted = { time, start, block: new Uint8Array(count), weight: new Float64Array(count), all: new Float64Array(time.blocks) };
  const process = owners.names.length > 1 ? new Uint32Array(count) : null;
  sort(samples, { scale: run.weights, grain: grainOf(sum), isMeant, places, owners, process }, sorted);
  return { chains, samples: sorted, processes: owners.weights(start, sorted.weight, process) };
}

// A loop over all samples takes twice as long where it does several things, and more where it calls closures.

/** @param counts by row of `stacks`: how many samples, which are added */
function countByStack({ columns: { stack }, length }: Table<'samples'>, isMeant: Uint8Array | null, counts: Uint32Array): void {
  for (let row = 0; row < length; row++) {
    if (isMeant !== null && isMeant[row] === 0) continue;
    const at = stack[row]!;
    if (at !== NONE) counts[at]!++;
  }
}

/** @returns the last slice, and the sum of weights whatever their signs */
function extent({ columns, length }: Table<'samples'>, scale: Weighing, isMeant: Uint8Array | null): { last: number; sum: number } {
  const { slice, kind, weight } = columns;
  let last = 0;
  let sum = 0;
  for (let row = 0; row < length; row++) {
    if (isMeant !== null && isMeant[row] === 0) continue;
    const at = slice[row]!;
    if (at > last) last = at;
    sum += Math.abs(weight[row]! * scale[kind[row]!]!);
  }
  return { last, sum };
}

interface Sorting {
  readonly scale: Weighing;
  /** What weights are multiples of. */
  readonly grain: number;
  readonly isMeant: Uint8Array | null;
  /** By row of `stacks`: where its next sample stands. */
  readonly places: Uint32Array;
  readonly owners: ProcessesOf;
  /** By sample whose it is, which is set; null: there is but one. */
  readonly process: Uint32Array | null;
}

function sort({ columns, length }: Table<'samples'>, { scale, grain, isMeant, places, owners, process }: Sorting, sorted: BlockSamples): void {
  const { slice, stack, thread, kind, weight } = columns;
  const { time, all } = sorted;
  const block = new Uint8Array(length);
  for (let row = 0; row < length; row++) block[row] = blockOf(time, slice[row]!);
  const perGrain = 1 / grain;
  for (let row = 0; row < length; row++) {
    if (isMeant !== null && isMeant[row] === 0) continue;
    const weighed = Math.round(weight[row]! * scale[kind[row]!]! * perGrain) * grain;
    const at = stack[row]!;
    if (at === NONE) {
      owners.bare[owners.of(thread[row]!)]! += weighed;
      all[block[row]!]! += weighed;
      continue;
    }
    const place = places[at]!++;
    sorted.block[place] = block[row]!;
    sorted.weight[place] = weighed;
    if (process !== null) process[place] = owners.of(thread[row]!);
  }
  for (let place = 0; place < sorted.block.length; place++) all[sorted.block[place]!]! += sorted.weight[place]!;
}

/** By row of `samples`: 1: the run means it. null: all of them. */
function meantRows({ tables: { samples }, filter }: Run): Uint8Array | null {
  if (filter.range === null && filter.hiddenThreads.length === 0) return null;
  const meant = sampleTest(samples, filter);
  return Uint8Array.from({ length: samples.length }, (_, row) => (meant(row) ? 1 : 0));
}

function blocksOf({ filter, durationNs }: Run, lastSlice: number): Blocks {
  const from = filter.range?.from ?? 0;
  const slices = Math.max(1, lastSlice + 1 - from, Math.ceil(durationNs / SLICE_NANOSECONDS));
  // Of whole slices: where one block had a slice more than its neighbour, of a short run that would be half of what varies.
  const width = Math.ceil(slices / BLOCKS);
  return { blocks: Math.ceil(slices / width), from, slices, width };
}

export function blockOf({ blocks, from, width }: Blocks, slice: number): number {
  return Math.max(0, Math.min(blocks - 1, Math.floor((slice - from) / width)));
}

/** What weights are whole multiples of, so that no sum of them is rounded: of whole numbers 1 or less. */
function grainOf(sum: number): number {
  return sum > 0 ? 2 ** Math.max(-1000, Math.ceil(Math.log2(sum)) - 52) : 1;
}

/** Chains in the order of rows. */
interface RowChains {
  readonly count: number;
  readonly first: Uint32Array;
  readonly last: Uint32Array;
  readonly caller: Int32Array;
}

/** @param counts by row of `stacks`: how many samples; replaced by the place of the first of them among all
 * @returns where the samples of each leaf begin, too */
function chainsOf(stacks: Table<'stacks'>, counts: Uint32Array): { chains: Chains; start: Uint32Array } {
  const { count, first, last, caller } = rowChains(stacks, counts);
  // How many chains it and what it leads to are, and the largest of these. What calls has a lower number.
  const size = new Uint32Array(count);
  const largest = new Int32Array(count);
  let leaves = 0;
  let length = 0;
  for (let chain = count - 1; chain >= 0; chain--) {
    if (counts[last[chain]!]! > 0) leaves++;
    else if (size[chain] === 0) continue;
    const own = ++size[chain]!;
    length++;
    const from = caller[chain]!;
    if (from === NONE) continue;
    if (size[from] === 0 || own > size[largest[from]!]!) largest[from] = chain;
    size[from]! += own;
  }
  const placed = {
    length,
    frame: stacks.columns.frame,
    first: new Uint32Array(length),
    last: new Uint32Array(length),
    caller: new Int32Array(length),
    end: new Uint32Array(length),
    leavesBefore: new Uint32Array(length + 1),
  };
  // Where a chain stands, and the next of those that it leads to.
  const places = new Uint32Array(count);
  const next = new Uint32Array(count);
  let outermost = 0;
  for (let chain = 0; chain < count; chain++) {
    const own = size[chain]!;
    if (own === 0) continue;
    const from = caller[chain]!;
    let at: number;
    if (from === NONE) {
      at = outermost;
      outermost += own;
    } else if (largest[from] === chain) at = places[from]! + 1;
    else {
      at = next[from]!;
      next[from] = at + own;
    }
    places[chain] = at;
    next[chain] = at + 1 + (own > 1 ? size[largest[chain]!]! : 0);
    placed.first[at] = first[chain]!;
    placed.last[at] = last[chain]!;
    placed.caller[at] = from === NONE ? NONE : places[from]!;
    placed.end[at] = at + own;
  }
  const start = new Uint32Array(leaves + 1);
  let leaf = 0;
  for (let at = 0; at < length; at++) {
    placed.leavesBefore[at] = leaf;
    const row = placed.last[at]!;
    if (counts[row] === 0) continue;
    start[leaf + 1] = start[leaf]! + counts[row]!;
    counts[row] = start[leaf++]!;
  }
  placed.leavesBefore[length] = leaf;
  return { chains: placed, start };
}

function rowChains(stacks: Table<'stacks'>, counts: Uint32Array): RowChains {
  const rows = stacks.length;
  const { prefix } = stacks.columns;
  // A row after which a chain ends.
  const isEnd = new Uint8Array(rows);
  let most = 0;
  for (let row = 0; row < rows; row++) {
    if (counts[row]! > 0 && isEnd[row] === 0) {
      isEnd[row] = 1;
      most++;
    }
    const from = prefix[row]!;
    if (from === row - 1 && row > 0) continue;
    most++;
    if (from < 0 || from >= row || isEnd[from] === 1) continue;
    isEnd[from] = 1;
    most++;
  }
  const first = new Uint32Array(most);
  const last = new Uint32Array(most);
  const caller = new Int32Array(most);
  const chainAt = new Uint32Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const from = prefix[row]!;
    if (row === 0 || from !== row - 1 || isEnd[from] === 1) {
      first[count] = row;
      // A prefix that comes later is none.
      caller[count++] = from < 0 || from >= row ? NONE : chainAt[from]!;
    }
    last[count - 1] = row;
    if (isEnd[row] === 1) chainAt[row] = count - 1;
  }
  return { count, first, last, caller };
}
