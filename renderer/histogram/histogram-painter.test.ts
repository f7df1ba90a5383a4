// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { bucketOf } from '../../profile/histogram.ts';
import { HistogramColumns } from '../../profile/histogram-columns.ts';
import type { Histogram } from '../worker/protocol.ts';
import { brightness, heatPixels, joinColumns, paintHeat } from './heat-painter.ts';
import { heatColours } from './heat-colours.ts';
import { bucketAt, paintHistogram, type ProbeColours } from './histogram-painter.ts';
import { placeOf, spanOf, ticksOf } from './scale.ts';
import { drawLog } from './testing.ts';

const colours: ProbeColours = { theme: 'dark', column: 'column', line: 'line', text: 'text', mark: 'mark', panel: 'panel', heat: heatColours('#000', '#fff') };
const size = { width: 480, height: 100 };

const histogram = (...entries: [bucket: number, count: number][]): Histogram => ({
  buckets: Int32Array.from(entries, ([bucket]) => bucket),
  counts: Float64Array.from(entries, ([, count]) => count),
});

test('columns stand on the base line, as high as their share of the highest, and the least can be seen', () => {
  const { surface, rects, texts } = drawLog();
  const marks = [{ label: 'p50', value: 3000 }, { label: 'p90', value: 3100 }, { label: 'p99', value: Number.NaN }];
  paintHistogram(surface, size, { histogram: histogram([70, 1000], [80, 500], [90, 1]), outline: null, unit: 'nanoseconds', marks, hover: -1, colours, font: 'font' });
  const columns = rects.filter(({ what }) => what === 'column');
  expect(columns.map(({ height }) => height)).toEqual([74, 37, 1]);
  expect(columns.every(({ y, height }) => y + height === 85)).toBe(true);
  expect(rects.filter(({ what }) => what === 'mark').length).toBe(2);
  // The label of p90 would lie on that of p50.
  expect(texts).toEqual(['10 µs', 'p50']);
});

test('of another side the outline alone is drawn, on the same scale; what one side has none of is left out', () => {
  const { surface, rects } = drawLog();
  paintHistogram(surface, size, { histogram: histogram([70, 0], [71, 10]), outline: histogram([70, 20], [71, 20]), unit: 'nanoseconds', marks: [], hover: -1, colours, font: 'font' });
  expect(rects.filter(({ what }) => what === 'column').map(({ height }) => height)).toEqual([37]);
  const outline = rects.filter(({ what }) => what === 'mark');
  const step = size.width / 24;
  // Up at the left, along both tops, down at the right.
  expect(outline.filter(({ height, width }) => height === 74 && width === 1.5).map(({ y }) => y)).toEqual([11, 11]);
  expect(outline.filter(({ width }) => width > step).map(({ y, height }) => [y, height])).toEqual([[11, 1.5], [11, 1.5]]);
});

test('the axis is at least three powers of two, and round values stand where they belong', () => {
  expect(spanOf(50, 50)).toEqual({ first: 38, end: 62 });
  expect(spanOf(0, 100)).toEqual({ first: 0, end: 101 });
  const span = spanOf(bucketOf(1000), bucketOf(1e7));
  expect(ticksOf(span, 'nanoseconds', 10).map(({ value }) => value)).toEqual([10_000, 100_000, 1_000_000]);
  expect(ticksOf(span, 'nanoseconds', 2).length).toBeLessThanOrEqual(2);
  expect(ticksOf(spanOf(bucketOf(512), bucketOf(65536)), 'bytes', 10).map(({ value }) => value)).toEqual([1024, 4096, 16384]);
  expect(placeOf(1536)).toBe(bucketOf(1536));
  expect(ticksOf(spanOf(-60, 20), 'value', 20).some(({ value }) => value < 0)).toBe(true);
});

test('the bucket under the pointer is found beside its column, too, and nothing far from all', () => {
  const of = histogram([40, 5], [60, 5]);
  const step = size.width / 24;
  expect(bucketAt(of, (40.5 - 38) * step, size.width)).toBe(0);
  expect(bucketAt(of, (41.5 - 38) * step, size.width)).toBe(0);
  expect(bucketAt(of, (50 - 38) * step, size.width)).toBe(-1);
  expect(bucketAt(histogram(), 10, size.width)).toBe(-1);
});

test('a cell is a pixel, the largest values on top, and one call can be seen beside a million', () => {
  const columns = new HistogramColumns();
  columns.add(0, 40, 1);
  columns.add(2, 63, 1_000_000);
  const heat = columns.heat({ from: 0, to: 3 }, 100);
  const pixels = heatPixels(heat, spanOf(40, 63), colours.heat);
  expect(pixels.length).toBe(3 * 24);
  expect(pixels[2]).toBe(0xffffffff);
  expect(pixels[23 * 3]).not.toBe(colours.heat[0]);
  expect(pixels.filter((pixel) => pixel !== 0).length).toBe(2);
  expect([brightness(0, 9), brightness(1, 1), brightness(1, 1000), brightness(1000, 1000)]).toEqual([0, 255, 74, 255]);
  expect(brightness(1, 2)).toBeGreaterThan(130);
});

test('columns narrower than a pixel are joined, and none of their calls is left out', () => {
  const counts = new Uint32Array(10 * 2);
  counts[0 * 2] = 1;
  counts[3 * 2 + 1] = 7;
  counts[9 * 2] = 2;
  const heat = { firstSlice: 3, slicesPerColumn: 1, columns: 10, firstBucket: 40, rows: 2, counts, most: 7 };
  expect(joinColumns(heat, 1.5)).toBe(heat);
  const joined = joinColumns(heat, 0.4);
  // Four each, at multiples of four: slices 0-3, 4-7, 8-11, 12-15.
  expect([joined.firstSlice, joined.slicesPerColumn, joined.columns, joined.most]).toEqual([0, 4, 4, 7]);
  expect([...joined.counts]).toEqual([1, 0, 0, 7, 0, 0, 2, 0]);
});

test('where there is no room nothing is painted', () => {
  const columns = new HistogramColumns();
  columns.add(400, 40, 1);
  const { surface, rects } = drawLog();
  const scene = { heat: columns.heat({ from: 0, to: 500 }, 512), unit: 'nanoseconds' as const, sliceEnd: 500, newest: null, range: null, colours, font: 'font' };
  const draw = (): never => expect.fail('a picture without pixels');
  for (const none of [{ width: 0, height: 100 }, { width: 480, height: 0 }, { width: 480, height: 10 }]) paintHeat(surface, { draw }, none, scene);
  expect(rects).toEqual([]);
});

test('the newest stand at the right, also before a minute has passed; what is not chosen is covered', () => {
  const columns = new HistogramColumns();
  columns.add(400, 40, 1);
  const { surface, rects, texts } = drawLog();
  const drawn: { x: number; width: number }[] = [];
  const heat = columns.heat({ from: 0, to: 500 }, 512);
  const scene = { heat, unit: 'nanoseconds' as const, sliceEnd: 500, newest: 1000, range: { from: 250, to: 500 }, colours, font: 'font' };
  paintHeat(surface, { draw: (_pixels, _columns, _rows, to) => drawn.push(to) }, size, scene);
  expect(drawn).toEqual([expect.objectContaining({ x: 240, width: 240 })]);
  expect(texts.at(-1)).toBe('now');
  expect(texts).toContain('−10 s');
  expect(rects.find(({ what, height }) => what === 'panel' && height === 85)).toMatchObject({ x: 0, width: 360 });
});
