// SPDX-License-Identifier: Apache-2.0
/** Paints the difference of two heat maps: parts of the run to the right, values upwards, what changed in colour. */
import type { HeatDifference } from '../../profile/comparison/heat-difference.ts';
import { changeColour, type DifferencePalette } from '../../profile/comparison/difference-colours.ts';
import type { ProbeUnit } from '../../ipc/contract.ts';
import { FOOT, paintValues, type HeatSurface } from '../histogram/heat-painter.ts';
import type { ProbeColours } from '../histogram/histogram-painter.ts';
import { spanOf, type BucketSpan } from '../histogram/scale.ts';

export interface HeatDifferenceScene {
  difference: HeatDifference | null;
  unit: ProbeUnit;
  palette: DifferencePalette;
  /** Pointed at, or where the keyboard is; -1: none. */
  cell: number;
  colours: ProbeColours;
  font: string;
}

interface Size {
  width: number;
  height: number;
}

/** Grey cells tell where calls are, as a heat map does: from the fewest to the most. */
const FAINTEST = 0.14;
const FULLEST = 0.7;
/** Percent of the run. */
const TICKS = [0, 25, 50, 75, 100];

function bucketsOf({ firstBucket, rows, bucketsPerRow }: HeatDifference): BucketSpan {
  return spanOf(firstBucket, firstBucket + rows * bucketsPerRow - 1);
}

interface Box extends Size {
  x: number;
  y: number;
}

/** Where a cell lies, CSS pixels. */
export function cellBox(difference: HeatDifference, cell: number, { width, height }: Size): Box {
  const { parts, rows, firstBucket, bucketsPerRow } = difference;
  const span = bucketsOf(difference);
  const base = height - FOOT;
  const [part, row] = [Math.floor(cell / rows), cell % rows];
  const yOf = (bucket: number): number => base * (1 - (bucket - span.first) / (span.end - span.first));
  const bottom = firstBucket + row * bucketsPerRow;
  const top = yOf(bottom + bucketsPerRow);
  return { x: (part / parts) * width, y: top, width: width / parts, height: yOf(bottom) - top };
}

/** The cell at a place; -1: there is none, or neither side has calls in it. */
export function cellAt(difference: HeatDifference, x: number, y: number, { width, height }: Size): number {
  const { parts, rows, firstBucket, bucketsPerRow, a, b } = difference;
  const base = height - FOOT;
  if (!(x >= 0 && x < width && y >= 0 && y < base)) return -1;
  const span = bucketsOf(difference);
  const bucket = span.first + (1 - y / base) * (span.end - span.first);
  const row = Math.floor((bucket - firstBucket) / bucketsPerRow);
  if (row < 0 || row >= rows) return -1;
  const cell = Math.floor((x / width) * parts) * rows + row;
  return a[cell]! + b[cell]! > 0 ? cell : -1;
}

export type CellStep = 'left' | 'right' | 'up' | 'down';

/** The next cell with calls that way, or -1 turned into the one that changed most: where the keyboard begins. */
export function cellBeside({ parts, rows, a, b, steps }: HeatDifference, cell: number, step: CellStep): number {
  const isUsed = (at: number): boolean => a[at]! + b[at]! > 0;
  if (cell < 0) {
    const used = Array.from(a, (_, at) => at).filter(isUsed);
    const change = (at: number): number => (steps[at] === 0 ? 0 : Math.abs(b[at]! - a[at]!));
    return used.reduce((most, at) => (change(at) > change(most) ? at : most), used[0] ?? -1);
  }
  const [dx, dy] = { left: [-1, 0], right: [1, 0], up: [0, 1], down: [0, -1] }[step] as [number, number];
  let [part, row] = [Math.floor(cell / rows) + dx, (cell % rows) + dy];
  for (; part >= 0 && part < parts && row >= 0 && row < rows; part += dx, row += dy) {
    if (isUsed(part * rows + row)) return part * rows + row;
  }
  return cell;
}

export function paintHeatDifference(surface: HeatSurface, size: Size, { difference, unit, palette, cell, colours, font }: HeatDifferenceScene): void {
  const { width, height } = size;
  if (!(width > 0 && height > FOOT)) return;
  surface.clearRect(0, 0, width, height);
  const base = height - FOOT;
  surface.fillStyle = colours.line;
  surface.fillRect(0, base, width, 1);
  surface.font = font;
  surface.textBaseline = 'top';
  surface.fillStyle = colours.text;
  TICKS.forEach((percent, index) => {
    surface.textAlign = index === 0 ? 'left' : index === TICKS.length - 1 ? 'right' : 'center';
    surface.fillText(`${percent} %`, (percent / 100) * width, base + 3);
  });
  if (difference === null) return;
  const { a, b, steps } = difference;
  const shares = Array.from(a, (share, at) => Math.max(share, b[at]!));
  const used = shares.filter((share) => share > 0);
  const [least, most] = [Math.log(Math.min(...used)), Math.log(Math.max(...used))];
  shares.forEach((share, at) => {
    if (share === 0) return;
    const step = steps[at]!;
    const { x, y, width: w, height: h } = cellBox(difference, at, size);
    surface.fillStyle = changeColour(step, palette, colours.theme);
    surface.globalAlpha = step !== 0 ? 1 : FAINTEST + (FULLEST - FAINTEST) * (most > least ? (Math.log(share) - least) / (most - least) : 1);
    const gap = w > 6 ? 1 : 0;
    surface.fillRect(x, y, w - gap, Math.max(1, h - (h > 4 ? 1 : 0)));
  });
  surface.globalAlpha = 1;
  paintValues(surface, bucketsOf(difference), unit, base, colours);
  if (cell < 0) return;
  const { x, y, width: w, height: h } = cellBox(difference, cell, size);
  surface.fillStyle = colours.mark;
  for (const [left, top, right, bottom] of [[x - 1, y - 1, x + w, y], [x - 1, y + h - 1, x + w, y + h], [x - 1, y - 1, x, y + h], [x + w - 1, y - 1, x + w, y + h]] as const) {
    surface.fillRect(left, top, right - left, bottom - top);
  }
}
