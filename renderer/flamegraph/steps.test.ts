// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { pictureFromText } from '../testing/text-picture.ts';
import { rowStarts } from './geometry.ts';
import { matchAfter, stepTo, zoomInTarget } from './steps.ts';

//  node: 0 all, 1 main, 2 read, 3 ~, 4 write, 5 idle, 6 hlt
const picture = pictureFromText(`
all 100
  main 60
    read 20 *
    ~ 10
    write 30
  idle 40 *
    hlt 40 *
`);
const starts = rowStarts(picture);

test('arrows go where they point on the screen, in either layout', () => {
  expect(stepTo(picture, starts, 1, 'up', 'flame')).toBe(4);
  expect(stepTo(picture, starts, 1, 'down', 'flame')).toBe(0);
  expect(stepTo(picture, starts, 1, 'down', 'icicle')).toBe(4);
  expect(stepTo(picture, starts, 1, 'up', 'icicle')).toBe(0);
  expect(stepTo(picture, starts, 2, 'right', 'flame')).toBe(4);
  expect(stepTo(picture, starts, 1, 'left', 'flame')).toBeNull();
});

test('without a visible selection they begin at the zoomed frame', () => {
  expect(stepTo(picture, starts, null, 'up', 'flame')).toBe(0);
  expect(stepTo(picture, starts, 3, 'up', 'flame')).toBe(0); // hidden in the merged block
});

test('matches from left to right, round and round', () => {
  expect(matchAfter(picture, null, 1)).toBe(2);
  expect([matchAfter(picture, 2, 1), matchAfter(picture, 5, 1), matchAfter(picture, 6, 1)]).toEqual([5, 6, 2]);
  expect(matchAfter(picture, 2, -1)).toBe(6);
  expect(matchAfter(pictureFromText('all 10'), null, 1)).toBeNull();
});

test('plus zooms to the selection, else to the widest child', () => {
  expect(zoomInTarget(picture, starts, 5)).toBe(5);
  expect(zoomInTarget(picture, starts, null)).toBe(1);
  const zoomed = pictureFromText('all 100 ^\n  main 100\n    read 100');
  expect(zoomInTarget(zoomed, rowStarts(zoomed), 1)).toBe(2);
  expect(zoomInTarget(zoomed, rowStarts(zoomed), 0)).toBe(2);
});
