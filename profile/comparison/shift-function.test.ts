// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { bucketOf, quantile } from '../histogram.ts';
import { HistogramColumns } from '../histogram-columns.ts';
import { seededRandom } from './distributions.ts';
import { countsOf, pooledValues, valuesIn, type ProbeValues } from './probe-values.ts';
import { shiftFunction, type Shift, type ShiftEstimate } from './shift-function.ts';

/** Values over 300 slices. */
function measured(seed: number, value: (random: () => number, slice: number) => number, values = 6_000): ProbeValues {
  const columns = new HistogramColumns();
  const random = seededRandom(seed);
  for (let at = 0; at < values; at++) columns.add(at % 300, bucketOf(Math.floor(value(random, at % 300))), 1);
  return valuesIn(columns, { from: 0, to: 300 });
}

const even = (random: () => number): number => 1_000 + 1_000 * random();
const shift = (a: ProbeValues, b: ProbeValues): Shift => shiftFunction(a, b, 'probe');
const isSure = ({ low, high }: ShiftEstimate): boolean => low > 0 || high < 0;

test('shares are those of the whole histogram, of one run and of several', () => {
  const values = measured(1, even);
  expect(values.total).toBe(6_000);
  for (const { share, a } of shift(values, values).shares) expect(a).toBeCloseTo(quantile(countsOf(values), share), 6);
  const both = pooledValues([values, measured(2, (random) => 8_000 * random())]);
  expect(both.total).toBe(12_000);
  for (const { share, a } of shift(both, both).shares) expect(a).toBeCloseTo(quantile(countsOf(both), share), 6);
});

test('where everything is slower by as much, all deciles are', () => {
  const found = shift(measured(1, even), measured(2, (random) => even(random) + 300)).shares;
  expect(found).toHaveLength(10);
  for (const { low, high, a, b } of found) {
    expect(b - a).toBeGreaterThan(200);
    expect(b - a).toBeLessThan(400);
    expect(low).toBeGreaterThan(0);
    expect(high).toBeGreaterThanOrEqual(low);
  }
});

test('where only the slowest are slower, the lower deciles stay', () => {
  const found = shift(measured(1, even), measured(2, (random) => (random() < 0.15 ? 9_000 : even(random)))).shares;
  expect(found.at(8)!.low).toBeGreaterThan(3_000);
  expect(Math.abs(found[0]!.b - found[0]!.a)).toBeLessThan(100);
});

test('where nothing changed, intervals of 95 % hold 0 about as often, also in phases that are longer than a block', () => {
  // Phases of 75 slices, 16 blocks: half of them twice as slow, by lot.
  const inPhases = (seed: number): ProbeValues => {
    const slow = Array.from({ length: 4 }, seededRandom(seed + 10_000)).map((drawn) => drawn < 0.5);
    return measured(seed, (random, slice) => even(random) * (slow[Math.floor(slice / 75)]! ? 2 : 1), 1_500);
  };
  for (const [draw, least] of [[(seed: number) => measured(seed, even, 1_500), 0.93], [inPhases, 0.8]] as const) {
    const all = Array.from({ length: 40 }, (_, pair) => shift(draw(2 * pair), draw(2 * pair + 1)).shares.slice(0, 9)).flat();
    expect(all.filter((each) => !isSure(each)).length / all.length).toBeGreaterThan(least);
  }
}, 60_000);

test('of two phases nobody knows how they vary; a change in all of many is found', () => {
  const phased = (seed: number, phases: number, times = 1): ProbeValues => measured(seed, (random, slice) => times * even(random) * (Math.floor((slice * phases) / 300) % 2 === 0 ? 1 : 2));
  const median = (phases: number, times: number): ShiftEstimate => shift(phased(1, phases), phased(2, phases, times)).shares[4]!;
  expect(median(2, 3).degrees).toBe(1);
  expect(isSure(median(2, 3))).toBe(false);
  expect(isSure(median(20, 3))).toBe(true);
});

test('how often is told apart from how long', () => {
  const { rate, shares } = shift(measured(1, even, 3_000), measured(2, even, 6_000));
  expect([rate.a, rate.b]).toEqual([500, 1_000]);
  expect(rate.low).toBeGreaterThan(450);
  expect(shares.filter(isSure).length).toBeLessThan(3);
});

test('a bucket that holds all values says nothing of where in it they lie', () => {
  const always = (value: number) => shift(measured(1, () => value), measured(2, () => value)).shares[4]!;
  expect(always(1_000).precision).toBe(64);
  expect(shift(measured(1, even), measured(2, even)).shares[4]!.precision).toBeLessThan(20);
});

test('what came in one moment, or too seldom, is not sure of anything', () => {
  const once = new HistogramColumns();
  for (let value = 0; value < 500; value++) once.add(7, bucketOf(5_000 + value), 1);
  const [median] = shift(valuesIn(once, { from: 0, to: 300 }), measured(2, even)).shares;
  expect(median).toMatchObject({ low: -Infinity, high: Infinity, p: 1 });
  const few = shift(measured(1, even, 90), measured(2, (random) => 10 * even(random), 90)).shares;
  expect(few.filter(({ observations }) => observations > 0).map(({ share }) => share)).toEqual([0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]);
});

test('nothing was measured: nothing is said of values', () => {
  const nothing = valuesIn(new HistogramColumns(), { from: 0, to: 300 });
  expect(shift(nothing, measured(1, even)).shares).toEqual([]);
  expect(shift(nothing, measured(1, even)).rate).toMatchObject({ a: 0, b: 1_000 });
  expect(shift(nothing, nothing).rate).toMatchObject({ a: 0, b: 0, p: 1 });
});
