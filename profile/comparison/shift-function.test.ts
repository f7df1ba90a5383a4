// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { bucketOf, quantile } from '../histogram.ts';
import { createTables, type Tables } from '../tables.ts';
import { NONE } from '../units.ts';
import { seededRandom } from './distributions.ts';
import { probeHistogram, shiftFunction } from './shift-function.ts';

/** Values of probe 0 over 300 slices; probe 1 has others. */
function probed(seed: number, value: (random: () => number) => number, values = 6_000): Tables {
  const tables = createTables();
  const random = seededRandom(seed);
  const append = (probe: number, each: number, at: number): unknown =>
    tables.buckets.append({ slice: at % 300, probe, thread: NONE, stack: NONE, group: 0, bucket: bucketOf(each), count: 1, sum: each });
  for (let at = 0; at < values; at++) {
    append(0, Math.floor(value(random)), at);
    if (at % 10 === 0) append(1, 5, at);
  }
  return tables;
}

const even = (random: () => number): number => 1_000 + 1_000 * random();
const shifts = (a: Tables, b: Tables) => shiftFunction(probeHistogram(a, 0), probeHistogram(b, 0));

test('deciles are those of the whole histogram', () => {
  const tables = probed(1, even);
  const { buckets, counts, total } = probeHistogram(tables, 0);
  expect(total).toBe(6_000);
  const whole = new Map(buckets.map((bucket, at) => [bucket, counts.reduce((sum, count, index) => (index % buckets.length === at ? sum + count : sum), 0)]));
  for (const { share, a } of shifts(tables, tables)) expect(a).toBeCloseTo(quantile(whole, share), 6);
});

test('where everything is slower by as much, all deciles are', () => {
  const found = shifts(probed(1, even), probed(2, (random) => even(random) + 300));
  expect(found).toHaveLength(9);
  for (const { low, high, delta } of found) {
    expect(delta).toBeGreaterThan(200);
    expect(delta).toBeLessThan(400);
    expect(low).toBeGreaterThan(0);
    expect(high).toBeGreaterThanOrEqual(low);
  }
});

test('where only the slowest are slower, the lower deciles stay', () => {
  const found = shifts(probed(1, even), probed(2, (random) => (random() < 0.15 ? 9_000 : even(random))));
  expect(found.at(-1)!.low).toBeGreaterThan(3_000);
  expect(Math.abs(found[0]!.delta)).toBeLessThan(100);
});

test('where nothing changed, intervals hold 0', () => {
  const found = shifts(probed(1, even), probed(2, even));
  expect(found.filter(({ low, high }) => low <= 0 && high >= 0).length).toBeGreaterThanOrEqual(8);
});

test('nothing was measured: nothing is said', () => {
  expect(shifts(createTables(), probed(1, even))).toEqual([]);
  expect(shiftFunction(probeHistogram(probed(1, even), 7), probeHistogram(probed(1, even), 0))).toEqual([]);
});
