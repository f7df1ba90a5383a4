// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { changeColour } from '../../profile/comparison/difference-colours.ts';
import type { HeatDifference } from '../../profile/comparison/heat-difference.ts';
import { bucketOf } from '../../profile/histogram.ts';
import { drawLog } from '../histogram/testing.ts';
import { cellAt, cellBeside, cellBox, paintHeatDifference, type HeatDifferenceScene } from './heat-difference-painter.ts';
import { cellChange, cellPlace } from './latency-words.ts';

const size = { width: 400, height: 111 };
/** Four parts of three rows: rows 0 and 2 hold calls, in the last part only row 2 of B. */
const difference: HeatDifference = {
  ...{ parts: 4, rows: 3, bucketsPerRow: 2, firstBucket: 80 },
  a: Float64Array.from([0.2, 0, 0.1, 0.2, 0, 0.2, 0.2, 0, 0.1, 0, 0, 0]),
  b: Float64Array.from([0.2, 0, 0.4, 0.2, 0, 0, 0.19, 0, 0.05, 0, 0, 0.06]),
  steps: Int8Array.from([0, 0, 5, 0, 0, -6, 0, 0, 0, 0, 0, 6]),
};
const scene = (change: Partial<HeatDifferenceScene> = {}): HeatDifferenceScene => ({
  ...{ difference, unit: 'nanoseconds', palette: 'orange-blue', cell: -1, font: 'font' },
  colours: { theme: 'dark', column: 'column', line: 'line', text: 'text', mark: 'mark', panel: 'panel', heat: new Uint32Array(256) },
  ...change,
});

test('a cell with calls is a rectangle of its change, what may be noise is grey, nothing is nothing', () => {
  const { surface, rects, texts } = drawLog();
  paintHeatDifference(surface, size, scene());
  const coloured = (step: number) => rects.filter(({ what }) => what === changeColour(step, 'orange-blue', 'dark'));
  expect([5, -6, 6, 0].map((step) => coloured(step).length)).toEqual([1, 1, 1, 4]);
  expect(coloured(5)[0]).toMatchObject({ x: 0, width: 99 });
  expect(coloured(-6)[0]).toMatchObject({ x: 100, y: coloured(5)[0]!.y });
  expect(coloured(6)[0]).toMatchObject({ x: 300 });
  // Larger values lie above.
  expect(coloured(0)[0]!.y).toBeGreaterThan(coloured(5)[0]!.y);
  expect(texts.slice(0, 5)).toEqual(['0 %', '25 %', '50 %', '75 %', '100 %']);
  expect(rects.some(({ what }) => what === 'mark')).toBe(false);
});

test('red and blue are another choice, and the cell that is pointed at has a frame', () => {
  const { surface, rects } = drawLog();
  paintHeatDifference(surface, size, scene({ palette: 'red-blue', cell: 2 }));
  expect(rects.filter(({ what }) => what === changeColour(5, 'red-blue', 'dark'))).toHaveLength(1);
  const frame = rects.filter(({ what }) => what === 'mark');
  expect(frame).toHaveLength(4);
  expect(Math.max(...frame.map(({ width }) => width))).toBe(101);
});

test('without calls on a side there are axes alone, and without room nothing', () => {
  const { surface, rects, texts } = drawLog();
  paintHeatDifference(surface, size, scene({ difference: null }));
  expect([rects.length, texts.length]).toEqual([1, 5]);
  paintHeatDifference(surface, { width: 0, height: 0 }, scene());
  expect(rects).toHaveLength(1);
});

test('a place finds its cell, but not one in which no side has calls', () => {
  for (let cell = 0; cell < difference.a.length; cell++) {
    const { x, y, width, height } = cellBox(difference, cell, size);
    const isUsed = difference.a[cell]! + difference.b[cell]! > 0;
    expect(cellAt(difference, x + width / 2, y + height / 2, size)).toBe(isUsed ? cell : -1);
  }
  expect(cellAt(difference, 10, size.height - 2, size)).toBe(-1);
  expect(cellAt(difference, size.width, 50, size)).toBe(-1);
});

test('the keyboard begins where most changed, skips what is empty, and stops at the ends', () => {
  expect(cellBeside(difference, -1, 'left')).toBe(2);
  expect(cellBeside(difference, 2, 'down')).toBe(0);
  expect(cellBeside(difference, 0, 'down')).toBe(0);
  expect(cellBeside(difference, 0, 'up')).toBe(2);
  expect(cellBeside(difference, 2, 'right')).toBe(5);
  expect(cellBeside(difference, 6, 'right')).toBe(6);
  expect(cellBeside(difference, 11, 'right')).toBe(11);
});

test('a cell in words', () => {
  const from = { ...difference, firstBucket: bucketOf(1000) };
  expect(cellPlace(from, 5, 'nanoseconds')).toMatch(/^1\.4 µs to 1\.7 µs, at 25 to 50 % of the run$/);
  expect(cellPlace({ ...difference, firstBucket: 2, bucketsPerRow: 1 }, 0, 'value')).toMatch(/^2, at 0 to 25 % of the run$/);
  expect(cellChange(difference, 2)).toBe('A 10.0 % -> B 40.0 %, +30.0 points, +300 %');
  expect(cellChange(difference, 5)).toBe('A 20.0 % -> B 0.0 %, −20.0 points, vanished');
  expect(cellChange(difference, 6)).toBe('A 20.0 % -> B 19.0 %, −1.0 points, −5 %; within noise');
  expect(cellChange(difference, 0)).toBe('A 20.0 % -> B 20.0 %, 0.0 points, 0 %');
});
