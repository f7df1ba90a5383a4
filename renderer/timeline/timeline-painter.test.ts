// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { binColumns, paintTimeline, scaleTop } from './timeline-painter.ts';

const colours = { column: 'column', line: 'line', text: 'text', brush: 'brush' };

function drawLog(cpus: number[], range: { from: number; to: number } | null = null, slicesPerColumn = 1, machineCpus = 64, isGrowing = true) {
  const log: { what: string; x: number; y: number; width: number; height: number }[] = [];
  const texts: string[] = [];
  const surface = {
    fillStyle: '', font: '', textAlign: 'left' as CanvasTextAlign, textBaseline: 'top' as CanvasTextBaseline, globalAlpha: 1,
    clearRect: () => undefined,
    fillRect: (x: number, y: number, width: number, height: number) => log.push({ what: surface.fillStyle, x, y, width, height }),
    fillText: (text: string) => texts.push(text),
  };
  const timeline = { recording: 1, firstSlice: 0, slicesPerColumn, counts: 'CPUs' as const, cpus: Float32Array.from(cpus), sliceEnd: cpus.length * slicesPerColumn };
  paintTimeline(surface, timeline, range, { cpus: machineCpus, isGrowing }, { width: 500, height: 100 }, colours, 'font');
  return { log, texts };
}

test('the scale is the least round number above', () => {
  expect([0, 0.4, 1, 1.2, 3.9, 5, 9, 70, 130].map(scaleTop)).toEqual([1, 1, 1, 2, 4, 6, 10, 80, 200]);
});

test('a column is as high as its share of the scale, and stands on the base line', () => {
  // Ten seconds in 500 pixels: four pixels are four slices, five the round number above.
  const { log, texts } = drawLog([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
  const columns = log.filter(({ what }) => what === 'column');
  expect(columns.map(({ x, width }) => [x, width])).toEqual([[5, 4], [10, 4]]);
  expect(columns[0]!.height * 2).toBeCloseTo(columns[1]!.height);
  expect(columns.every(({ y, height }) => y + height === 84)).toBe(true);
  expect(texts[0]).toBe('2 CPUs');
  expect(texts).toContain('00:02');
});

test('the scale ends at the CPUs that there are', () => {
  const { log, texts } = drawLog([2.1, 2.1, 2.1, 2.1, 2.1], null, 1, 2);
  expect(texts[0]).toBe('2 CPUs');
  expect(log.find(({ what }) => what === 'column')!.height).toBe(70);
});

test('a finished one fills the width, with fractions of seconds where it is short', () => {
  const { log, texts } = drawLog(Array.from({ length: 50 }, () => 0.5), null, 1, 0, false);
  const columns = log.filter(({ what }) => what === 'column');
  expect([columns[0]!.x, columns.at(-1)!.x + columns.at(-1)!.width]).toEqual([0, 499]);
  expect(texts.slice(0, 3)).toEqual(['1 CPU', '00:00.20', '00:00.40']);
});

test('bins keep their place and value while the recording grows', () => {
  const timeline = (length: number) => ({
    recording: 1, firstSlice: 3, slicesPerColumn: 1, counts: 'CPUs' as const, sliceEnd: 3 + length, cpus: Float32Array.from({ length }, (_, at) => (at % 7) / 7),
  });
  const [young, old] = [binColumns(timeline(40), 1), binColumns(timeline(60), 1)];
  expect(young.slices).toBe(5);
  expect(young.values.map(({ slice }) => slice)).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40]);
  expect(old.values.slice(0, 8)).toEqual(young.values.slice(0, 8));
});

test('bins are means, also of the first and the last, which may hold fewer slices', () => {
  const { values } = binColumns({ recording: 1, firstSlice: 4, slicesPerColumn: 1, counts: 'CPUs' as const, sliceEnd: 13, cpus: Float32Array.of(3, 1, 1, 2, 2, 4, 4, 6, 6) }, 0.8);
  expect(values).toEqual([{ slice: 0, cpus: 3 }, { slice: 5, cpus: 2 }, { slice: 10, cpus: 16 / 3 }]);
  const early = binColumns({ recording: 1, firstSlice: 0, slicesPerColumn: 1, counts: 'CPUs' as const, sliceEnd: 7, cpus: Float32Array.of(1, 1, 1, 1, 1, 9, 9) }, 0.8);
  expect(early.values).toEqual([{ slice: 0, cpus: 1 }]);
  const coarse = binColumns({ recording: 1, firstSlice: 0, slicesPerColumn: 50, counts: 'CPUs' as const, sliceEnd: 1e5, cpus: new Float32Array(2000) }, 0.01);
  expect([coarse.slices, coarse.values.length]).toEqual([500, 200]);
});

test('the range is drawn where it lies', () => {
  const { log } = drawLog([1, 1], { from: 100, to: 200 });
  const brush = log.filter(({ what }) => what === 'brush');
  expect(brush[0]).toEqual({ what: 'brush', x: 100, y: 0, width: 100, height: 84 });
});

test('nothing is drawn without data', () => {
  let drawn = 0;
  const surface = { clearRect: () => undefined, fillRect: () => drawn++, fillText: () => drawn++ };
  paintTimeline(surface as unknown as Parameters<typeof paintTimeline>[0], null, null, { cpus: 8, isGrowing: true }, { width: 9, height: 9 }, colours, '');
  expect(drawn).toBe(0);
});
