// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COLUMNS, HistogramColumns, type HeatMap } from './histogram-columns.ts';

const cell = (heat: HeatMap, column: number, bucket: number) => heat.counts[column * heat.rows + bucket - heat.firstBucket];
const sum = (counts: Iterable<number>) => [...counts].reduce((all, count) => all + count, 0);

test('a short recording keeps every slice', () => {
  const columns = new HistogramColumns();
  columns.add(3, 20, 2);
  columns.add(5, 31, 1);
  columns.add(3, 20, 1);
  const heat = columns.heat({ from: 0, to: 10 }, 300);
  expect([heat.firstSlice, heat.slicesPerColumn, heat.columns, heat.firstBucket, heat.rows, heat.most]).toEqual([0, 1, 10, 20, 12, 3]);
  expect([cell(heat, 3, 20), cell(heat, 5, 31), cell(heat, 4, 20)]).toEqual([3, 1, 0]);
  expect([...columns.counts({ from: 4, to: 6 })]).toEqual([[31, 1]]);
});

test('columns are joined where there are more than can be drawn, and nothing is lost by it', () => {
  const columns = new HistogramColumns();
  for (let slice = 0; slice < 500; slice++) columns.add(slice, 40, 1);
  const heat = columns.heat({ from: 0, to: 500 }, 100);
  expect(heat.columns).toBeLessThanOrEqual(100);
  expect(sum(heat.counts)).toBe(500);
});

test('an hour: the newest seconds are fine, the beginning is coarse and still there', () => {
  const columns = new HistogramColumns();
  const hour = 180_000;
  for (let slice = 0; slice < hour; slice++) columns.add(slice, slice < 1000 ? 10 : 50, 1);
  expect(columns.precision(hour - 300)).toBe(1);
  expect(columns.precision(0)).toBeGreaterThan(64);
  expect(columns.counts({ from: hour - 300, to: hour }).get(50)).toBe(300);
  const whole = columns.heat({ from: 0, to: hour }, 400);
  expect(whole.columns).toBeLessThanOrEqual(400);
  expect(sum(whole.counts)).toBe(hour);
  expect(cell(whole, 0, 10)).toBeGreaterThan(0);
  expect(columns.all.get(10)).toBe(1000);
});

test('a gap leaves no old counts behind in the ring', () => {
  const columns = new HistogramColumns();
  columns.add(0, 5, 7);
  columns.add(COLUMNS + 1, 5, 1);
  expect(columns.counts({ from: COLUMNS, to: COLUMNS + 2 }).get(5)).toBe(1);
  expect(columns.counts({ from: 0, to: 4 }).get(5)).toBe(7);
});

test('rows that came late count where their time still is; negative buckets have rows, too', () => {
  const columns = new HistogramColumns();
  columns.add(100, -12, 1);
  columns.add(90, 12, 1);
  const heat = columns.heat({ from: 80, to: 101 }, 100);
  expect([heat.firstBucket, heat.rows]).toEqual([-12, 25]);
  expect(cell(heat, 10, 12)).toBe(1);
});

test('whatever comes, all of it is in the picture of all time, and the largest cell is said', () => {
  const row = fc.tuple(fc.nat(40_000), fc.integer({ min: -100, max: 400 }), fc.integer({ min: 1, max: 9 }));
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 700 }), (rows, most) => {
      const columns = new HistogramColumns();
      // Nearly in order, as drains are.
      const sorted = rows.sort(([a], [b]) => a - b);
      for (const [slice, bucket, count] of sorted) columns.add(slice, bucket, count);
      const heat = columns.heat({ from: 0, to: sorted.at(-1)![0] + 1 }, most);
      expect(heat.columns).toBeLessThanOrEqual(Math.max(1, most));
      expect(sum(heat.counts)).toBe(sum(rows.map(([, , count]) => count)));
      expect(heat.most).toBe(heat.counts.reduce((largest, count) => Math.max(largest, count), 0));
      expect(sum(columns.counts({ from: 0, to: 50_000 }).values())).toBe(sum(heat.counts));
    }),
  );
});
