// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { ProfileWriter } from '../testing.ts';
import { blockOf, sampledStacks } from './sampled-stacks.ts';
import { asRun } from './testing.ts';
import { ScheduledShares } from './whole-runs.ts';

const BLOCKS = 60;
/** A function that has all of some blocks, of 40 samples each, and one sample more or less of each other one. */
function shareOf(blocks: readonly number[]): Float64Array {
  return Float64Array.from({ length: BLOCKS }, (_, block) => (blocks.includes(block) ? 38 + (block % 3) : block % 2));
}
const all = new Float64Array(BLOCKS).fill(40);
/** How many samples the function's total is off by, as standard deviation. */
function offBy(blocks: readonly number[]): number {
  const { variance } = new ScheduledShares(all).spread(shareOf(blocks), 0);
  return Math.sqrt(variance) * 40 * BLOCKS;
}

test('the edges of one or two phases are schedule, those of many are not told from chance', () => {
  const chance = Math.sqrt(40 * BLOCKS * 0.2 * 0.8);
  const stretch = (from: number, length: number): number[] => Array.from({ length }, (_, i) => from + i);
  expect(offBy(stretch(20, 12))).toBeLessThan(chance);
  expect(offBy([...stretch(10, 6), ...stretch(40, 6)])).toBeLessThan(chance);
  // Five visits at no regular distance.
  expect(offBy([3, 4, 11, 12, 13, 25, 26, 33, 34, 50, 51, 52])).toBeGreaterThan(2 * chance);
});

test('blocks are of whole slices, as many in each: a busy CPU is as busy in all of them', () => {
  const writer = new ProfileWriter();
  const module = writer.module('program');
  const stack = writer.stack([writer.frame(module, 1)]);
  // 1.66 s: 64 blocks of equal length would have one slice or two.
  for (let slice = 0; slice < 83; slice++) writer.sample(stack, 20, slice);
  const { samples } = sampledStacks(asRun(writer.tables, { seconds: 1.66 }));
  expect([...samples.all].slice(0, -1)).toEqual(new Array(41).fill(40));
  expect([samples.time.blocks, samples.all.at(-1), blockOf(samples.time, 82)]).toEqual([42, 20, 41]);
});
