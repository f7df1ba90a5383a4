// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { createTables, type Table } from '../../profile/tables.ts';
import { compact, FINE, SLICES_PER_MINUTE, slicesOfRow } from './compaction.ts';

const TARGET = 60_000;

/** One row a slice for two threads, each thread in a few stacks; `late` rows come a little out of order. */
function samples(slices: number, stacks = 5): Table<'samples'> {
  const { samples: table } = createTables();
  for (let at = 0; at < slices; at++) {
    const slice = at % 7 === 0 ? Math.max(0, at - 5) : at;
    for (const thread of [0, 1]) table.append({ slice, thread, stack: (at * 13) % stacks - 1, kind: 0, weight: 1 });
  }
  return table;
}

function sums(table: Table<'samples'>, from = 0, to = Infinity): Map<string, number> {
  const found = new Map<string, number>();
  const { slice, thread, stack, weight } = table.columns;
  for (let row = 0; row < table.length; row++) {
    if (slice[row]! < from || slice[row]! >= to) continue;
    const key = `${thread[row]} ${stack[row]}`;
    found.set(key, (found.get(key) ?? 0) + weight[row]!);
  }
  return new Map([...found].sort());
}

test('sums stay exact, and the newest third of the target stays as it was', () => {
  const table = samples(40_000);
  const { table: compacted, coarseness } = compact(table, FINE, 0, TARGET);
  expect(compacted.length).toBeLessThan(TARGET);
  expect(sums(compacted)).toEqual(sums(table));
  expect(coarseness.fineFrom).toBe(30_000);
  expect(coarseness.secondsFrom).toBe(20_000);
  for (let slice = 30_000; slice < 40_000; slice += 331) {
    expect(sums(compacted, slice, slice + 1)).toEqual(sums(table, slice, slice + 1));
  }
});

test('a brush over whole seconds, or whole minutes, is exact there', () => {
  const table = samples(40_000);
  const { table: compacted } = compact(table, FINE, 0, TARGET);
  expect(sums(compacted, 20_500, 20_750)).toEqual(sums(table, 20_500, 20_750));
  expect(sums(compacted, SLICES_PER_MINUTE, 3 * SLICES_PER_MINUTE)).toEqual(sums(table, SLICES_PER_MINUTE, 3 * SLICES_PER_MINUTE));
  const slices = new Set(compacted.columns.slice.subarray(0, compacted.length).filter((slice) => slice < 18_000));
  expect([...slices]).toEqual([0, 3000, 6000, 9000, 12_000, 15_000]);
});

test('compacting again and again keeps sums and bounds', () => {
  let table = samples(0);
  let coarseness = FINE;
  const all = samples(200_000);
  let rounds = 0;
  for (let row = 0; row < all.length; row++) {
    const { slice, thread, stack, kind, weight } = all.columns;
    table.append({ slice: slice[row]!, thread: thread[row]!, stack: stack[row]!, kind: kind[row]!, weight: weight[row]! });
    if (table.length < 20_000) continue;
    const before = coarseness;
    ({ table, coarseness } = compact(table, coarseness, 0, 15_000));
    rounds++;
    expect(table.length).toBeLessThanOrEqual(15_000);
    expect(coarseness.fineFrom).toBeGreaterThanOrEqual(before.fineFrom);
    expect(coarseness.secondsFrom).toBeGreaterThanOrEqual(before.secondsFrom);
  }
  expect(rounds).toBeGreaterThan(10);
  expect(sums(table)).toEqual(sums(all));
});

test('rows before and after a split are not mixed', () => {
  const table = samples(40_000);
  const splitAt = 12_345;
  const { table: compacted, split } = compact(table, FINE, splitAt, TARGET);
  const head = createTables().samples;
  head.appendSegment({ ...compacted.segment(0, split) });
  const before = createTables().samples;
  before.appendSegment(table.segment(0, splitAt));
  expect(sums(head)).toEqual(sums(before));
  const whole = compact(table, FINE, table.length, TARGET);
  expect(whole.split).toBe(whole.table.length);
});

test('where every row is another one, the table is returned as short as it gets', () => {
  const { samples: table } = createTables();
  for (let row = 0; row < 20_000; row++) table.append({ slice: row, thread: 0, stack: row, kind: 0, weight: 1 });
  const { table: compacted, coarseness } = compact(table, FINE, 0, 10_000);
  expect(compacted.length).toBe(20_000);
  expect(coarseness.oldSlices).toBeGreaterThanOrEqual(10_000);
});

test('expected and losses are added up by thread and by cause', () => {
  const { expected, losses } = createTables();
  for (let slice = 0; slice < 10_000; slice++) {
    expected.append({ slice, thread: (slice % 3) - 1, cpuTime: 20e6 });
    losses.append({ slice, cause: 1 + (slice % 2), count: 1 });
  }
  const shorter = compact(expected, FINE, 0, 4000).table;
  expect(shorter.length).toBeLessThan(2000);
  let time = 0;
  for (let row = 0; row < shorter.length; row++) if (shorter.columns.thread[row] === -1) time += shorter.columns.cpuTime[row]!;
  expect(time).toBe(3334 * 20e6);
  const lost = compact(losses, FINE, 0, 4000).table;
  let count = 0;
  for (let row = 0; row < lost.length; row++) if (lost.columns.cause[row] === 2) count += lost.columns.count[row]!;
  expect(count).toBe(5000);
});

test('a row says how many slices it stands for', () => {
  const coarseness = { fineFrom: 10_000, secondsFrom: 7000, oldSlices: 3000 };
  expect([0, 3000, 6000, 7000, 9950, 10_000].map((slice) => slicesOfRow(slice, coarseness))).toEqual([3000, 3000, 1000, 50, 50, 1]);
});
