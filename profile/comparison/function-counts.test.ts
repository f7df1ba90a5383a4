// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { sampleTest } from '../filter.ts';
import { unitOf } from '../questions.ts';
import { ProfileWriter } from '../testing.ts';
import { NONE, SLICE_NANOSECONDS } from '../units.ts';
import { countFunctions, type FunctionCounts } from './function-counts.ts';
import { FrameIdentities, Identities } from './identities.ts';
import { RANDOM_RUNS, randomRun } from './random-testing.ts';
import { BLOCKS, sampledStacks } from './sampled-stacks.ts';
import { secondsPerWeight, type Run } from './sides.ts';
import { asRun } from './testing.ts';

type Sums = Pick<FunctionCounts, 'blocks' | 'total' | 'self' | 'totalSquares' | 'selfSquares' | 'all'>;

/** Every sample added to every function of its stack, as one would say it. */
function plainCounts({ tables, filter, question, weights, durationNs, ...run }: Run, { start, list }: FrameIdentities, functions: number): Sums {
  const { samples, stacks } = tables;
  const { slice, stack, kind, weight } = samples.columns;
  const meant = sampleTest(samples, filter);
  const rows = Array.from({ length: samples.length }, (_, row) => row).filter(meant);
  const from = filter.range?.from ?? 0;
  const slices = Math.max(1, ...rows.map((row) => slice[row]! + 1 - from), Math.ceil(durationNs / SLICE_NANOSECONDS));
  const width = Math.ceil(slices / BLOCKS);
  const blocks = Math.ceil(slices / width);
  const unit = secondsPerWeight({ tables, filter, question, weights, durationNs, ...run });
  const sums = {
    blocks,
    total: new Float64Array(functions * blocks),
    self: new Float64Array(functions * blocks),
    totalSquares: new Float64Array(functions),
    selfSquares: new Float64Array(functions),
    all: new Float64Array(blocks),
  };
  for (const row of rows) {
    const block = Math.floor((slice[row]! - from) / width);
    const weighed = weight[row]! * weights[kind[row]!]! * unit;
    const square = unitOf(question) === 'samples' ? weighed * unit : weighed ** 2;
    sums.all[block]! += weighed;
    const path: number[] = [];
    for (let at = stack[row]!; at !== NONE; at = stacks.columns.prefix[at]!) {
      const frame = stacks.columns.frame[at]!;
      path.push(...[...list.subarray(start[frame], start[frame + 1])].reverse());
    }
    if (path.length === 0) continue;
    sums.self[path[0]! * blocks + block]! += weighed;
    sums.selfSquares[path[0]!]! += square;
    for (const each of new Set(path)) {
      sums.total[each * blocks + block]! += weighed;
      sums.totalSquares[each]! += square;
    }
  }
  return sums;
}

const counted = (run: Run): { run: Run; frames: FrameIdentities; functions: number; found: FunctionCounts } => {
  const identities = new Identities();
  const frames = new FrameIdentities(run.tables, identities);
  return { run, frames, functions: identities.size, found: countFunctions(run, sampledStacks(run), frames, identities.size) };
};

/** Rounding aside. */
function expectAlike(found: Float64Array, wanted: Float64Array): void {
  expect(found.length).toBe(wanted.length);
  const most = wanted.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  found.forEach((value, at) => Math.abs(value - wanted[at]!) > 1e-12 * most && expect.fail(`${value} and not ${wanted[at]} at ${at}`));
}

describe('as sample by sample and frame by frame', () => {
  test.each(RANDOM_RUNS.map((drawn) => [JSON.stringify(drawn), drawn] as const))('%s', (_words, drawn) => {
    for (let seed = 1; seed <= 12; seed++) {
      const { run, frames, functions, found } = counted(randomRun(seed, drawn));
      const wanted = plainCounts(run, frames, functions);
      expect(found.blocks).toBe(wanted.blocks);
      for (const column of ['total', 'self', 'totalSquares', 'selfSquares', 'all'] as const) expectAlike(found[column], wanted[column]);
    }
  });
});

test('of functions that are always called together every sum is the same number, whatever the weights', () => {
  const writer = new ProfileWriter();
  writer.thread(1, 'program');
  const frames = ['main', 'outer', 'inner', 'one', 'two'].map((name, row) => {
    const frame = writer.frame(NONE, row * 16);
    writer.symbol(frame, name);
    return frame;
  });
  const [main, outer, inner, one, two] = frames as [number, number, number, number, number];
  // In either order, and parted by what they call.
  const stacks = [[main, outer, inner, one], [main, outer, inner, two], [main, inner, outer, two], [inner, main, outer]].map((each) => writer.stack(each));
  for (let row = 0; row < 400; row++) writer.sample(stacks[(row * 7) % 4]!, Math.sin(row) ** 2, row);
  const { found, frames: identities } = counted(asRun(writer.tables));
  const columnOf = (frame: number): Float64Array => {
    const at = identities.list[identities.start[frame]!]! * found.blocks;
    return found.total.subarray(at, at + found.blocks);
  };
  expect(columnOf(inner)).toEqual(columnOf(outer));
  expect(columnOf(main)).toEqual(columnOf(outer));
});

test('calls may part at each of a hundred thousand levels', () => {
  const writer = new ProfileWriter();
  writer.thread(1, 'program');
  const frames = [0, 1].map((row) => writer.frame(NONE, row * 16));
  for (const frame of frames) writer.symbol(frame, `f${frame}`);
  const { stacks } = writer.tables;
  let deepest = NONE;
  for (let level = 0; level < 100_000; level++) {
    deepest = stacks.append({ prefix: deepest, frame: frames[0]!, end: 0 });
    writer.sample(stacks.append({ prefix: deepest, frame: frames[1]!, end: 0 }), 1, level % 64);
  }
  const { found } = counted(asRun(writer.tables, { frequencyHz: 1 }));
  const sum = (values: Float64Array): number => values.reduce((all, each) => all + each, 0);
  expect([sum(found.total), sum(found.self), sum(found.all)]).toEqual([200_000, 100_000, 100_000]);
});
