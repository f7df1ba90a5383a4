// SPDX-License-Identifier: Apache-2.0
/**
 * Paints a heat map: time to the right, values upwards, the more there were the brighter. Cells are pixels of a small
 * picture that is drawn enlarged: thirty thousand rectangles would take ten times as long.
 */
import { ticks } from 'd3';
import type { HeatMap } from '../../profile/histogram-columns.ts';
import { SLICE_NANOSECONDS } from '../../profile/units.ts';
import type { ProbeUnit } from '../../ipc/contract.ts';
import { formatClock } from '../app/format.ts';
import { formatValue } from '../functions/durations.ts';
import type { Range } from '../timeline/brush.ts';
import type { ProbeColours } from './histogram-painter.ts';
import { spanOf, ticksOf, type BucketSpan } from './scale.ts';

export interface HeatScene {
  heat: HeatMap | null;
  unit: ProbeUnit;
  /** End of the complete slices. */
  sliceEnd: number;
  /** The newest slices that are shown, null: all. */
  newest: number | null;
  range: Range | null;
  colours: ProbeColours;
  font: string;
}

/** Pixels below the map for the time. */
export const FOOT = 15;
const FEW = 512;
/** Pixels. */
const LEAST_CELL = 1.5;
const SECONDS = SLICE_NANOSECONDS / 1e9;

/** The stretch of time on the map, in slices: the newest ones stand at the right, also before there are so many. */
export function heatSpan(sliceEnd: number, newest: number | null): Range {
  return newest === null ? { from: 0, to: Math.max(sliceEnd, 1) } : { from: sliceEnd - newest, to: sliceEnd };
}

/** Brightness 0 to 255: by the logarithm, so that a single slow call can be seen beside a million quick ones; brighter where all are few. */
export function brightness(count: number, most: number): number {
  if (count === 0) return 0;
  if (most <= 1) return 255;
  const least = 56 + 144 / (1 + Math.log(most));
  return Math.round(least + (255 - least) * (Math.log(count) / Math.log(most)));
}

/**
 * Columns narrower than a pixel are left out where the picture is made smaller: so many are joined that none is, at places that
 * do not move with the time. What is joined has the most of its columns, so that brightness means the same.
 */
export function joinColumns(heat: HeatMap, pixelsPerColumn: number): HeatMap {
  const factor = Math.ceil(LEAST_CELL / pixelsPerColumn);
  if (!(factor > 1)) return heat;
  const { firstSlice, slicesPerColumn, rows, counts } = heat;
  const first = Math.floor(firstSlice / slicesPerColumn);
  const from = Math.floor(first / factor);
  const columns = Math.ceil((first + heat.columns) / factor) - from;
  const joined = new Uint32Array(columns * rows);
  for (let column = 0; column < heat.columns; column++) {
    const to = (Math.floor((first + column) / factor) - from) * rows;
    for (let row = 0; row < rows; row++) joined[to + row] = Math.max(joined[to + row]!, counts[column * rows + row]!);
  }
  return { ...heat, firstSlice: from * factor * slicesPerColumn, slicesPerColumn: slicesPerColumn * factor, columns, counts: joined };
}

/** A pixel a cell, the largest values on top; rows are those of the span. */
export function heatPixels(heat: HeatMap, span: BucketSpan, colours: Uint32Array): Uint32Array {
  const { columns, rows, counts, firstBucket, most } = heat;
  const height = span.end - span.first;
  const pixels = new Uint32Array(columns * height).fill(colours[0]!);
  // Most cells have few counts, and a logarithm each would be half of the time.
  const few = Uint32Array.from({ length: FEW }, (_, count) => colours[brightness(count, most)]!);
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      const count = counts[column * rows + row]!;
      if (count === 0) continue;
      const y = height - 1 - (firstBucket + row - span.first);
      pixels[y * columns + column] = count < FEW ? few[count]! : colours[brightness(count, most)]!;
    }
  }
  return pixels;
}

/** How a picture of pixels comes onto the surface; the canvas of a worker does it. */
export interface Pixels {
  draw(pixels: Uint32Array, columns: number, rows: number, to: { x: number; y: number; width: number; height: number }): void;
}

export type HeatSurface = Pick<
  CanvasRenderingContext2D,
  'clearRect' | 'fillRect' | 'fillText' | 'fillStyle' | 'font' | 'textAlign' | 'textBaseline' | 'globalAlpha'
>;

/** The axis at the left, from `base` upwards. */
export function paintValues(surface: HeatSurface, span: BucketSpan, unit: ProbeUnit, base: number, colours: ProbeColours): void {
  surface.textAlign = 'left';
  surface.textBaseline = 'middle';
  for (const { value, at } of ticksOf(span, unit, Math.floor(base / 22))) {
    const label = formatValue(value, unit);
    // Whole, also at the ends.
    const middle = Math.min(base - 6, Math.max(6, base * (1 - at)));
    // Cells of any brightness may lie behind it.
    surface.fillStyle = colours.panel;
    surface.globalAlpha = 0.75;
    surface.fillRect(1, middle - 6, label.length * 5 + 5, 12);
    surface.globalAlpha = 1;
    surface.fillStyle = colours.mark;
    surface.fillText(label, 3, middle);
  }
}

export function paintHeat(surface: HeatSurface, pixels: Pixels, size: { width: number; height: number }, scene: HeatScene): void {
  const { width, height } = size;
  // Of a panel that is closed, or not laid out yet.
  if (!(width > 0 && height > FOOT)) return;
  const { unit, sliceEnd, newest, range, colours, font } = scene;
  surface.clearRect(0, 0, width, height);
  const base = height - FOOT;
  surface.fillStyle = colours.line;
  surface.fillRect(0, base, width, 1);
  const shown = heatSpan(sliceEnd, newest);
  const xOf = (slice: number) => ((slice - shown.from) / (shown.to - shown.from)) * width;
  surface.font = font;
  const heat = scene.heat && joinColumns(scene.heat, xOf(shown.from + scene.heat.slicesPerColumn));
  if (heat !== null && heat.rows > 0) {
    const span = spanOf(heat.firstBucket, heat.firstBucket + heat.rows - 1);
    const [left, right] = [xOf(heat.firstSlice), xOf(heat.firstSlice + heat.columns * heat.slicesPerColumn)];
    pixels.draw(heatPixels(heat, span, colours.heat), heat.columns, span.end - span.first, { x: left, y: 0, width: right - left, height: base });
    paintValues(surface, span, unit, base, colours);
  }
  surface.textBaseline = 'top';
  surface.fillStyle = colours.text;
  const most = Math.max(2, Math.floor(width / 90));
  for (const tick of ticks(shown.from * SECONDS, shown.to * SECONDS, most)) {
    const x = xOf(tick / SECONDS);
    if (newest === null && tick < 0) continue;
    surface.textAlign = 'center';
    if (x < 16 || x > width - (newest === null ? 20 : 42)) continue;
    surface.fillText(newest === null ? formatClock(tick * 1e9 + 1) : `−${Math.round(sliceEnd * SECONDS - tick)} s`, x, base + 3);
  }
  if (newest !== null) {
    surface.textAlign = 'right';
    surface.fillText('now', width - 1, base + 3);
  }
  if (range === null) return;
  const [from, to] = [Math.max(0, xOf(range.from)), Math.min(width, xOf(range.to))];
  surface.fillStyle = colours.panel;
  surface.globalAlpha = 0.6;
  if (from > 0) surface.fillRect(0, 0, from, base);
  if (to < width) surface.fillRect(to, 0, width - to, base);
  surface.globalAlpha = 0.9;
  surface.fillStyle = colours.mark;
  surface.fillRect(from, 0, 1, base);
  surface.fillRect(Math.max(from + 1, to - 1), 0, 1, base);
  surface.globalAlpha = 1;
}
