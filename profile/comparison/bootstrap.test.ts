// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { Bootstrap, REPLICATES, boundsOf, widened } from './bootstrap.ts';
import { seededRandom } from './distributions.ts';

const column = (seed: number, blocks: number): Float64Array => {
  const random = seededRandom(seed);
  return Float64Array.from({ length: blocks }, () => random() * 10);
};

/** How often each block comes in each replicate, and what that makes of the values. */
function plainRatios(over: Float64Array, values: Float64Array, stretch: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: REPLICATES }, () => {
    let [sum, divisor] = [0, 0];
    for (let drawn = 0; drawn < over.length; drawn += stretch) {
      const start = Math.floor(random() * over.length);
      for (let step = 0; step < Math.min(stretch, over.length - drawn); step++) {
        sum += values[(start + step) % over.length]!;
        divisor += over[(start + step) % over.length]!;
      }
    }
    return sum / divisor;
  });
}

test.each([
  [64, 1],
  [64, 2],
  [64, 3],
  [5, 3],
  [3, 4],
  [320, 3],
])('%i blocks, %i at a time: replicates are what block by block makes of them', (blocks, stretch) => {
  const over = column(1, blocks);
  const values = Float64Array.from([9, 9, ...column(2, blocks), 9]);
  const found = new Float64Array(REPLICATES).fill(5);
  new Bootstrap(over, stretch, 7).addRatios(values, 2, -2, found);
  plainRatios(over, values.subarray(2, 2 + blocks), stretch, 7).forEach((ratio, replicate) => expect(found[replicate]).toBeCloseTo(5 - 2 * ratio, 9));
});

test('95 % of the replicates lie within their bounds', () => {
  const replicates = Float64Array.from({ length: REPLICATES }, (_, index) => (index * 7) % REPLICATES);
  expect(boundsOf(replicates)).toMatchObject({ low: 24, high: 974 });
});

test('bounds are widened to where 95 % of the replicates lie, and are never narrower for it', () => {
  const random = seededRandom(3);
  for (let round = 0; round < 300; round++) {
    const replicates = Float64Array.from({ length: REPLICATES }, () => Math.round(random() * 100));
    const bounds = { value: 50, low: Math.round(random() * 6), high: 100 - Math.round(random() * 6) };
    const { low, high } = boundsOf(replicates.slice());
    expect(widened(bounds, replicates)).toEqual({ value: 50, low: Math.min(low, bounds.low), high: Math.max(high, bounds.high) });
  }
});
