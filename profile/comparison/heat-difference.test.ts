// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { bucketOf } from '../histogram.ts';
import { HistogramColumns } from '../histogram-columns.ts';
import { seededRandom } from './distributions.ts';
import { heatDifference, type HeatDifference, type HeatRun } from './heat-difference.ts';
import { normal } from './testing.ts';

interface Life {
  seed: number;
  slices?: number;
  perSlice?: number;
  /** One value, at a part of the run from 0 to 1. */
  value(random: () => number, at: number): number;
}

const around = (middle: number) => (random: () => number): number => middle * 2 ** (0.5 * normal(random));

function run({ seed, slices = 1500, perSlice = 10, value }: Life): HeatRun {
  const random = seededRandom(seed);
  const columns = new HistogramColumns();
  for (let slice = 0; slice < slices; slice++) {
    for (let call = 0; call < perSlice; call++) columns.add(slice, bucketOf(Math.floor(value(random, slice / slices))), 1);
  }
  return { columns, range: { from: 0, to: slices } };
}

/** Steps of the cells where something is, as [part, lowest value's bucket, step]. */
function coloured({ steps, rows, firstBucket, bucketsPerRow }: HeatDifference): [part: number, bucket: number, step: number][] {
  return [...steps].flatMap((step, cell): [number, number, number][] => (step === 0 ? [] : [[Math.floor(cell / rows), firstBucket + (cell % rows) * bucketsPerRow, step]]));
}

describe('the difference of two heat maps', () => {
  test('shares of each side add up to one, whatever the runs last and how often calls come', () => {
    const found = heatDifference([run({ seed: 1, value: around(4_000) })], [run({ seed: 2, slices: 640, perSlice: 23, value: around(4_000) })])!;
    for (const side of [found.a, found.b]) {
      expect(side.length).toBe(found.parts * found.rows);
      expect(side.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      // Evenly over the parts.
      for (let part = 0; part < found.parts; part++) {
        const ofPart = side.subarray(part * found.rows, (part + 1) * found.rows).reduce((sum, share) => sum + share, 0);
        expect(ofPart * found.parts).toBeCloseTo(1, 5);
      }
    }
  });

  test('what became slow in the last third is new there, is missing where it was, and nothing else is coloured', () => {
    const slow = bucketOf(60_000);
    const late = (random: () => number, at: number): number => (at > 2 / 3 && random() < 0.5 ? 60_000 * 2 ** (0.1 * random()) : around(4_000)(random));
    const found = heatDifference([run({ seed: 1, value: around(4_000) })], [run({ seed: 2, value: late })])!;
    const cells = coloured(found);
    expect(cells.length).toBeGreaterThan(10);
    const wrong = cells.filter(([part, bucket, step]) => part + 1 < (2 / 3) * found.parts || (bucket + found.bucketsPerRow > slow ? step <= 0 : step >= 0));
    expect(wrong).toEqual([]);
    // Only B has it: the outermost colour.
    expect(cells.some(([, bucket, step]) => bucket + found.bucketsPerRow > slow && step === 6)).toBe(true);
  });

  test('the other way round all of it is the other way round', () => {
    const [one, other] = [run({ seed: 1, value: around(4_000) }), run({ seed: 2, value: around(6_000) })];
    const [there, back] = [heatDifference([one], [other])!, heatDifference([other], [one])!];
    expect([...there.steps].some((step) => step !== 0)).toBe(true);
    expect([...back.steps]).toEqual([...there.steps].map((step) => -step + 0));
    expect(back.a).toEqual(there.b);
  });

  test('the same on both sides, and a side without calls', () => {
    const one = run({ seed: 1, value: around(4_000) });
    expect(coloured(heatDifference([one], [one])!)).toEqual([]);
    const empty: HeatRun = { columns: new HistogramColumns(), range: { from: 0, to: 500 } };
    expect(heatDifference([one], [empty])).toBeNull();
    expect(heatDifference([empty], [empty])).toBeNull();
    const single: HeatRun = { columns: new HistogramColumns(), range: { from: 0, to: 1 } };
    single.columns.add(0, bucketOf(-300), 3);
    expect(heatDifference([single], [one])!.a.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
  });

  test('runs of a side are taken together', () => {
    const runs = [1, 2, 3].map((seed) => run({ seed, slices: 300 * seed, value: around(4_000) }));
    const found = heatDifference(runs, [run({ seed: 9, value: around(4_000) })])!;
    expect(found.a.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(coloured(found)).toEqual([]);
  });

  // Half a second in one way, half a second in another, by lot: no part of a run is like the same part of another.
  const bursty = (seed: number): HeatRun => {
    const lot = seededRandom(seed ^ 0x51);
    let [isSlow, left] = [false, 0];
    let before = -1;
    const value = (random: () => number, at: number): number => {
      if (at !== before && left-- <= 0) [isSlow, left] = [lot() < 0.4, Math.ceil(-25 * Math.log(1 - lot()))];
      before = at;
      return around(isSlow ? 40_000 : 4_000)(random);
    };
    return run({ seed, value });
  };
  const alarms = (life: (seed: number) => HeatRun): number => {
    let found = 0;
    for (let seed = 0; seed < 40; seed++) if (coloured(heatDifference([life(2 * seed + 1)], [life(2 * seed + 2)])!).length > 0) found++;
    return found;
  };

  test('without any difference hardly one picture of twenty has a coloured cell, also where calls come in bursts', () => {
    expect(alarms((seed) => run({ seed, value: around(4_000) }))).toBeLessThanOrEqual(2);
    expect(alarms(bursty)).toBeLessThanOrEqual(2);
  });

  test('what differs between runs of the same as much is noise', () => {
    // A third of a run, another one in each.
    const once = (seed: number): HeatRun => {
      const from = (2 / 3) * seededRandom(seed)();
      return run({ seed, perSlice: 30, value: (random, at) => around(at > from && at < from + 1 / 3 ? 40_000 : 4_000)(random) });
    };
    const isColoured = (a: HeatRun[], b: HeatRun[]): boolean => coloured(heatDifference(a, b)!).length > 0;
    let [single, several] = [0, 0];
    for (let seed = 0; seed < 8; seed++) {
      const runs = (first: number) => [0, 1, 2, 3, 4].map((at) => once(100 * seed + first + at));
      const [a, b] = [runs(1), runs(6)];
      if (isColoured(a.slice(0, 1), b.slice(0, 1))) single++;
      if (isColoured(a, b)) several++;
    }
    // One run of each cannot know.
    expect(single).toBeGreaterThanOrEqual(4);
    expect(several).toBeLessThanOrEqual(1);
  });
});
