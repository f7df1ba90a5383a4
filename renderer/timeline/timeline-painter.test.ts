// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { paintTimeline, scaleTop } from './timeline-painter.ts';

const colours = { column: 'column', line: 'line', text: 'text', brush: 'brush' };

function drawLog(cpus: number[], range: { from: number; to: number } | null = null, slicesPerColumn = 1) {
  const log: { what: string; x: number; y: number; width: number; height: number }[] = [];
  const texts: string[] = [];
  const surface = {
    fillStyle: '', font: '', textAlign: 'left' as CanvasTextAlign, textBaseline: 'top' as CanvasTextBaseline, globalAlpha: 1,
    clearRect: () => undefined,
    fillRect: (x: number, y: number, width: number, height: number) => log.push({ what: surface.fillStyle, x, y, width, height }),
    fillText: (text: string) => texts.push(text),
  };
  const timeline = { recording: 1, firstSlice: 0, slicesPerColumn, cpus: Float32Array.from(cpus), sliceEnd: cpus.length * slicesPerColumn };
  paintTimeline(surface, timeline, range, { width: 500, height: 100 }, colours, 'font');
  return { log, texts };
}

test('the scale is the least round number above', () => {
  expect([0, 0.4, 1, 1.2, 3.9, 5, 9, 70, 130].map(scaleTop)).toEqual([1, 1, 1, 2, 4, 6, 10, 80, 200]);
});

test('one column a slice, as high as its share of the scale', () => {
  const { log, texts } = drawLog([0, 1, 2]);
  const columns = log.filter(({ what }) => what === 'column');
  expect(columns.map(({ x }) => x)).toEqual([1, 2]);
  expect(columns[0]!.height * 2).toBeCloseTo(columns[1]!.height);
  expect(columns.every(({ y, height }) => y + height === 84)).toBe(true);
  expect(texts[0]).toBe('2 CPUs');
  expect(texts).toContain('00:02');
});

test('of columns that share a pixel the highest shows', () => {
  const { log } = drawLog(Array.from({ length: 5000 }, (_, slice) => (slice === 2505 ? 4 : 1)));
  const columns = log.filter(({ what }) => what === 'column');
  expect(columns.length).toBeLessThanOrEqual(501);
  expect(Math.max(...columns.map(({ height }) => height))).toBe(70);
});

test('the range is drawn where it lies', () => {
  const { log } = drawLog([1, 1], { from: 100, to: 200 });
  const brush = log.filter(({ what }) => what === 'brush');
  expect(brush[0]).toEqual({ what: 'brush', x: 100, y: 0, width: 100, height: 84 });
});

test('nothing is drawn without data', () => {
  let drawn = 0;
  const surface = { clearRect: () => undefined, fillRect: () => drawn++, fillText: () => drawn++ };
  paintTimeline(surface as unknown as Parameters<typeof paintTimeline>[0], null, null, { width: 9, height: 9 }, colours, '');
  expect(drawn).toBe(0);
});
