// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { appendSegments, createTables, rowCounts, segmentsSince } from '../profile/tables.ts';
import { rowBatches } from './row-batches.ts';
import { segmentBytes } from './segment-codec.ts';

test('batches are short, in order, and together the same rows', () => {
  const tables = createTables();
  const start = rowCounts(createTables());
  for (let i = 0; i < 1000; i++) tables.strings.append({ text: `name ${i}` });
  tables.strings.append({ text: 'x'.repeat(5000) });
  for (let i = 0; i < 3000; i++) tables.samples.append({ slice: i, thread: 0, stack: i % 7, kind: 0, weight: 1 });
  const copy = createTables();
  const sizes = [];
  for (const batch of rowBatches(segmentsSince(tables, start), 4096)) {
    sizes.push(batch.reduce((sum, segment) => sum + segmentBytes(segment), 0));
    appendSegments(copy, batch);
  }
  expect(rowCounts(copy)).toEqual(rowCounts(tables));
  expect(copy.strings.segment(0)).toEqual(tables.strings.segment(0));
  expect(copy.samples.segment(0)).toEqual(tables.samples.segment(0));
  expect(sizes.filter((size) => size > 4096)).toHaveLength(1); // the row with 5,000 characters
  expect(sizes.length).toBeLessThan(60);
});

test('nothing gives no batch', () => {
  expect([...rowBatches([])]).toEqual([]);
});
