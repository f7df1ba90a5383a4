// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { pictureFromText } from '../testing/text-picture.ts';
import { FLAG_PROCESS } from '../worker/protocol.ts';
import { tooltipDetail, tooltipText } from './tooltip.ts';

const picture = pictureFromText('all 21764\n  vfs_read 1234 [k]\n  one 1\n  ~ 900');

test('as people know it', () => {
  expect(tooltipText(picture, 0)).toBe('all (21,764 samples, 100%)');
  expect(tooltipText(picture, 1)).toBe('vfs_read (1,234 samples, 5.67%)');
  expect(tooltipText(picture, 2)).toBe('one (1 sample, <0.01%)');
  expect(tooltipText(picture, 3)).toBe('Frames too narrow to draw (900 samples, 4.14%)');
});

test('says where it lies, and its share of the zoomed frame while zoomed', () => {
  expect(tooltipDetail(picture, 0)).toBe('');
  expect(tooltipDetail(picture, 1)).toBe('kernel');
  const named = { ...picture, names: [...picture.names, '[kernel]'], module: Int32Array.of(-1, picture.names.length, -1, -1) };
  expect(tooltipDetail(named, 1)).toBe('[kernel] · kernel');
  expect(tooltipDetail(pictureFromText('all 100 ^\n  main 50\n    leaf 10'), 2)).toBe('program · 20.00% of the zoomed frame');
});

test('a process is called one', () => {
  const processes = pictureFromText('all 100\n  python3 100');
  expect(tooltipDetail({ ...processes, flags: Uint8Array.of(0, FLAG_PROCESS) }, 1)).toBe('process');
});

test('long names are cut, hostile ones are text', () => {
  const hostile = pictureFromText(`all 10\n  <script>${'x'.repeat(10_000)} 5`);
  expect(tooltipText(hostile, 1).length).toBeLessThan(450);
  expect(tooltipText(hostile, 1)).toMatch(/^<script>x+… \(5 samples, 50\.00%\)$/);
});
