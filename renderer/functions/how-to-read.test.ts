// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { humpsOf } from './how-to-read.ts';

/** Hills of a shape, at their buckets and of their height, with some roughness. */
function histogram(...hills: [at: number, height: number, width: number][]) {
  const counts: number[] = [];
  const buckets: number[] = [];
  for (let bucket = 0; bucket < 200; bucket++) {
    const count = hills.reduce((sum, [at, height, width]) => sum + height * Math.exp(-(((bucket - at) / width) ** 2)), 0);
    if (count < 0.5) continue;
    buckets.push(bucket);
    counts.push(Math.round(count * (bucket % 2 === 0 ? 1.1 : 0.9)));
  }
  return { buckets: Int32Array.from(buckets), counts: Float64Array.from(counts) };
}

test.each([
  ['none', histogram(), 0],
  ['one', histogram([40, 1000, 6]), 1],
  ['a broad one', histogram([80, 1000, 30]), 1],
  ['two', histogram([40, 1000, 5], [90, 300, 6]), 2],
  ['three', histogram([30, 1000, 5], [80, 300, 6], [140, 500, 8]), 3],
  ['two that touch', histogram([60, 1000, 10], [68, 900, 10]), 1],
  ['a speck beside a hill', histogram([40, 10_000, 5], [120, 20, 1]), 1],
])('humps: %s', (_name, of, humps) => {
  expect(humpsOf(of)).toBe(humps);
});
