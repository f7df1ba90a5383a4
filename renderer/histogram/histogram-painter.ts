// SPDX-License-Identifier: Apache-2.0
/** Paints a histogram: a column a bucket, the values below, and where the percentiles lie. */
import type { ProbeUnit } from '../../ipc/contract.ts';
import type { Theme } from '../../profile/colours.ts';
import { formatValue } from '../functions/durations.ts';
import type { Histogram } from '../worker/protocol.ts';
import { placeOf, spanOf, ticksOf } from './scale.ts';

export interface ProbeColours {
  theme: Theme;
  column: string;
  line: string;
  text: string;
  mark: string;
  panel: string;
  /** 256 colours from none to the most, as 0xAABBGGRR. */
  heat: Uint32Array;
}

export interface HistogramScene {
  histogram: Histogram | null;
  /** Another over the same buckets, of which only the outline is drawn; null: none. */
  outline: Histogram | null;
  unit: ProbeUnit;
  marks: readonly { label: string; value: number }[];
  /** Column of the histogram under the pointer, -1: none. */
  hover: number;
  colours: ProbeColours;
  font: string;
}

/** Pixels below the columns for the values, and above them for the marks. */
const FOOT = 15;
const HEAD = 11;
const TICK_PIXELS = 62;
/** Half of a letter's width. */
const LETTER = 3;

type Surface = Pick<
  CanvasRenderingContext2D,
  'clearRect' | 'fillRect' | 'fillText' | 'fillStyle' | 'font' | 'textAlign' | 'textBaseline' | 'globalAlpha'
>;

/** The bucket that lies at `x`, as an index into the histogram; the nearest with counts, -1: none is near. */
export function bucketAt(histogram: Histogram, x: number, width: number): number {
  const { buckets } = histogram;
  if (buckets.length === 0) return -1;
  const span = spanOf(buckets[0]!, buckets.at(-1)!);
  const bucket = span.first + Math.floor((x / width) * (span.end - span.first));
  let nearest = 0;
  for (let index = 1; index < buckets.length; index++) if (Math.abs(buckets[index]! - bucket) < Math.abs(buckets[nearest]! - bucket)) nearest = index;
  return Math.abs(buckets[nearest]! - bucket) <= 1 ? nearest : -1;
}

export function paintHistogram(surface: Surface, size: { width: number; height: number }, { histogram, outline, unit, marks, hover, colours, font }: HistogramScene): void {
  const { width, height } = size;
  surface.clearRect(0, 0, width, height);
  const base = height - FOOT;
  surface.fillStyle = colours.line;
  surface.fillRect(0, base, width, 1);
  if (histogram === null || histogram.buckets.length === 0) return;
  const { buckets, counts } = histogram;
  const span = spanOf(buckets[0]!, buckets.at(-1)!);
  const step = width / (span.end - span.first);
  const most = Math.max(...counts, ...(outline?.counts ?? []));
  const gap = step > 4 ? 1 : step > 2 ? 0.5 : 0;
  for (let index = 0; index < buckets.length; index++) {
    if (counts[index] === 0) continue;
    const left = (buckets[index]! - span.first) * step;
    // Whatever was counted can be seen.
    const column = Math.max(1, (counts[index]! / most) * (base - HEAD));
    surface.fillStyle = colours.column;
    surface.globalAlpha = index === hover ? 1 : 0.85;
    surface.fillRect(left, base - column, Math.max(1, step - gap), column);
  }
  surface.globalAlpha = 1;
  if (outline !== null) paintOutline(surface, outline, { base, step, first: span.first, scale: (base - HEAD) / most }, colours.mark);
  surface.font = font;
  surface.textBaseline = 'top';
  surface.textAlign = 'center';
  surface.fillStyle = colours.text;
  for (const { value, at } of ticksOf(span, unit, Math.floor(width / TICK_PIXELS))) {
    surface.fillText(formatValue(value, unit), Math.min(Math.max(at * width, 18), width - 18), base + 3);
  }
  let free = 0;
  for (const { label, value } of marks) {
    if (!Number.isFinite(value)) continue;
    const x = Math.min(Math.max((placeOf(value) - span.first) * step, 0), width - 1);
    surface.fillStyle = colours.mark;
    surface.globalAlpha = 0.7;
    surface.fillRect(Math.round(x), HEAD, 1, base - HEAD);
    surface.globalAlpha = 1;
    // Labels that would lie on each other are left out: the figures stand beside.
    if (x < free) continue;
    const half = label.length * LETTER;
    surface.fillText(label, Math.min(Math.max(x, half), width - half), 0);
    free = x + 2 * half + 6;
  }
}

/** CSS pixels. */
const LINE = 1.5;

/** Steps along the tops of columns, down to the base line where there are none. */
function paintOutline(surface: Surface, { buckets, counts }: Histogram, { base, step, first, scale }: { base: number; step: number; first: number; scale: number }, colour: string): void {
  surface.fillStyle = colour;
  let before = base;
  for (let index = 0; index < buckets.length; index++) {
    const left = (buckets[index]! - first) * step;
    const top = counts[index]! > 0 ? base - Math.max(1, counts[index]! * scale) : base;
    const isNext = buckets[index + 1] === buckets[index]! + 1;
    surface.fillRect(left, Math.min(before, top), LINE, Math.abs(before - top));
    if (top < base) surface.fillRect(left, top, step + LINE, LINE);
    before = isNext ? top : base;
    if (!isNext) surface.fillRect(left + step, top, LINE, base - top);
  }
}
