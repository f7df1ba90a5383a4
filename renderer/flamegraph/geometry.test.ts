// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { pictureFromText } from '../testing/text-picture.ts';
import { FLAG_PROCESS } from '../worker/protocol.ts';
import { childFrame, contentHeight, frameAt, frameOf, hasCode, parentFrame, rowAt, rowStarts, rowTop, siblingFrame, stackOf } from './geometry.ts';

const picture = pictureFromText(`
all 100
  main 60
    read 20
    ~ 10
    write 30
  idle 40
    hlt 40
`);
const starts = rowStarts(picture);
const nameAt = (x: number, row: number) => {
  const frame = frameAt(picture, starts, x, row);
  return frame < 0 ? null : (picture.names[picture.name[frame]!] ?? '~');
};

test('finds the frame under a place, and none beside them', () => {
  expect([...starts]).toEqual([0, 1, 3, 7]);
  expect(nameAt(0, 0)).toBe('all');
  expect([nameAt(59.9, 1), nameAt(60, 1)]).toEqual(['main', 'idle']);
  expect([nameAt(5, 2), nameAt(25, 2), nameAt(45, 2), nameAt(99, 2)]).toEqual(['read', '~', 'write', 'hlt']);
  expect([nameAt(100, 2), nameAt(5, 3), nameAt(5, -1)]).toEqual([null, null, null]);
});

test('the stack of a frame is told from the root on', () => {
  const write = frameAt(picture, starts, 45, 2);
  expect(stackOf(picture, starts, write).map((frame) => picture.names[picture.name[frame]!])).toEqual(['all', 'main', 'write']);
  expect(stackOf(picture, starts, 0)).toEqual([0]);
});

test('the root and processes are no code', () => {
  expect(hasCode(picture)).toBe(true);
  expect(hasCode(pictureFromText('all 100'))).toBe(false);
  const processes = pictureFromText('all 100\n  python3 60\n  bash 40');
  expect(hasCode({ ...processes, flags: processes.flags.map((flags, frame) => (frame === 0 ? flags : flags | FLAG_PROCESS)) })).toBe(false);
  expect(hasCode({ ...processes, flags: processes.flags.map((flags, frame) => (frame === 1 ? flags | FLAG_PROCESS : flags)) })).toBe(true);
});

test('a row at the top of an icicle is a row at the bottom of a flame', () => {
  const height = contentHeight(picture.rows);
  for (const layout of ['flame', 'icicle'] as const) {
    for (let row = 0; row < picture.rows; row++) expect(rowAt(rowTop(row, layout, height) + 3, layout, height)).toBe(row);
  }
  expect(rowTop(0, 'flame', height)).toBeGreaterThan(rowTop(1, 'flame', height));
  expect(rowTop(0, 'icicle', height)).toBeLessThan(rowTop(1, 'icicle', height));
});

test('goes to parent, widest child and siblings, past merged blocks', () => {
  const frame = (name: string) => picture.name.indexOf(picture.names.indexOf(name));
  expect(parentFrame(picture, starts, frame('write'))).toBe(frame('main'));
  expect(parentFrame(picture, starts, frame('all'))).toBe(-1);
  expect(childFrame(picture, starts, frame('main'))).toBe(frame('write'));
  expect(childFrame(picture, starts, frame('hlt'))).toBe(-1);
  expect(siblingFrame(picture, starts, frame('read'), 1)).toBe(frame('write'));
  expect(siblingFrame(picture, starts, frame('hlt'), 1)).toBe(-1);
});

test('a merged block is not the node whose number it bears', () => {
  const merged = picture.name.indexOf(-1);
  expect(frameOf(picture, picture.node[merged]!)).toBe(-1);
  expect(frameOf(picture, 0)).toBe(0);
  expect(frameOf(picture, null)).toBe(-1);
});

test('rows without frames do not lead astray', () => {
  const sparse = { ...picture, rows: 6 };
  const sparseStarts = rowStarts(sparse);
  expect(frameAt(sparse, sparseStarts, 5, 5)).toBe(-1);
  expect(frameAt(sparse, sparseStarts, 5, 2)).toBe(3);
});
