// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { EVERYTHING } from './filter.ts';
import { LiveTree } from './live-tree.ts';
import { profileFromText } from './testing.ts';
import { thumbnailCells, thumbnailOf, thumbnailText, THUMBNAIL_COLUMNS, THUMBNAIL_ROWS } from './thumbnail.ts';

function cellsOf(text: string): Uint8Array {
  const live = new LiveTree(profileFromText(text));
  live.show(EVERYTHING);
  return thumbnailOf(live.tree);
}

test('widths are shares, letters are what kind of code', () => {
  expect(thumbnailText(cellsOf('main;a 1\nmain;sys_[k] 3'))).toBe(`${'u'.repeat(96)}/${'u'.repeat(24)}${'k'.repeat(72)}`);
});

test('what is too deep is left out, nothing gives nothing', () => {
  const deep = `${Array.from({ length: 40 }, (_, i) => `f${i}`).join(';')} 1`;
  expect(thumbnailText(cellsOf(deep)).split('/')).toHaveLength(THUMBNAIL_ROWS);
  expect(thumbnailText(cellsOf(''))).toBe('');
});

test('its text gives the cells again, and any text gives some', () => {
  const cells = cellsOf('main;a 1\nmain;sys_[k] 3\nother 2');
  expect(thumbnailCells(thumbnailText(cells))).toEqual(cells);
  expect(thumbnailCells('')).toHaveLength(0);
  const odd = thumbnailCells(`<b>${'u'.repeat(5000)}${'/'.repeat(5000)}`);
  expect(odd).toHaveLength(THUMBNAIL_COLUMNS * THUMBNAIL_ROWS);
  expect(Math.max(...odd)).toBeLessThan(8);
});
