// SPDX-License-Identifier: Apache-2.0
/** Paints CPUs busy, or threads that wait, per slice: columns, a scale at the left, seconds below, the brushed range. */
import { ticks } from 'd3';
import { SLICE_NANOSECONDS } from '../../profile/units.ts';
import { formatClock, formatMoment } from '../app/format.ts';
import type { Timeline } from '../worker/protocol.ts';
import { shownSpan, xOf, type Range } from './brush.ts';

export interface TimelineColours {
  column: string;
  line: string;
  text: string;
  brush: string;
}

/** Pixels below the columns for the seconds. */
const FOOT = 16;
const HEAD = 14;

/** The top of the scale: the least round number of CPUs that holds every column. */
export function scaleTop(highest: number): number {
  if (highest <= 1) return 1;
  const steps = [1, 2, 4, 6, 8];
  const power = 10 ** Math.floor(Math.log10(highest));
  return [...steps, 10, 20].map((step) => step * power).find((top) => top >= highest) ?? Math.ceil(highest);
}

/** Narrower columns would show the few samples of a slice, not the CPU time. */
const LEAST_COLUMN_PIXELS = 4;

/**
 * Joins columns to bins of a round number of slices, at least some pixels wide. Bins begin at multiples of their length,
 * so that they do not change while the recording grows.
 */
export function binColumns(
  timeline: Timeline,
  pixelsPerSlice: number,
): { slices: number; values: { slice: number; cpus: number }[] } {
  const { firstSlice, slicesPerColumn, cpus } = timeline;
  const least = Math.max(slicesPerColumn, LEAST_COLUMN_PIXELS / pixelsPerSlice);
  let columns = 1;
  for (let step = 0; columns * slicesPerColumn < least; step++) columns = [2, 5, 10][step % 3]! * 10 ** Math.floor(step / 3);
  const offset = Math.floor(firstSlice / slicesPerColumn) % columns;
  const values: { slice: number; cpus: number }[] = [];
  for (let from = -offset; from < cpus.length; from += columns) {
    const joined = cpus.subarray(Math.max(0, from), from + columns);
    // The mean of a slice or two at the end would jump: it comes with the next ones.
    if (values.length > 0 && joined.length < columns / 2) break;
    const sum = joined.reduce((total, value) => total + value, 0);
    values.push({ slice: firstSlice + from * slicesPerColumn, cpus: sum / joined.length });
  }
  return { slices: columns * slicesPerColumn, values };
}

type Surface = Pick<
  CanvasRenderingContext2D,
  'clearRect' | 'fillRect' | 'fillText' | 'fillStyle' | 'font' | 'textAlign' | 'textBaseline' | 'globalAlpha'
>;

export function paintTimeline(
  surface: Surface,
  timeline: Timeline | null,
  range: Range | null,
  /** `cpus` of the recorded computer, more cannot be busy; 0: not known. */
  { cpus: machineCpus, isGrowing }: { cpus: number; isGrowing: boolean },
  size: { width: number; height: number },
  colours: TimelineColours,
  font: string,
): void {
  const { width, height } = size;
  surface.clearRect(0, 0, width, height);
  if (timeline === null) return;
  const span = shownSpan(timeline.firstSlice, timeline.sliceEnd, isGrowing);
  const base = height - FOOT;

  const bins = binColumns(timeline, xOf(span.from + 1, width, span));
  let highest = 0;
  for (const { cpus } of bins.values) highest = Math.max(highest, cpus);
  const isOfCpus = timeline.counts === 'CPUs';
  const top = isOfCpus && machineCpus > 0 ? Math.min(scaleTop(highest), machineCpus) : scaleTop(highest);
  const binWidth = xOf(span.from + bins.slices, width, span);
  for (const { slice, cpus } of bins.values) {
    if (cpus <= 0) continue;
    const left = Math.round(xOf(slice, width, span));
    const right = Math.round(xOf(slice, width, span) + binWidth);
    const share = Math.min(1, cpus / top);
    const bar = Math.max(1, share * (base - HEAD));
    surface.globalAlpha = 0.4 + 0.55 * share;
    surface.fillStyle = colours.column;
    surface.fillRect(left, base - bar, Math.max(1, right - left - 1), bar);
  }
  surface.globalAlpha = 1;

  surface.fillStyle = colours.line;
  surface.fillRect(0, base, width, 1);
  surface.font = font;
  surface.textBaseline = 'top';
  surface.fillStyle = colours.text;
  surface.textAlign = 'left';
  surface.fillText(`${top} ${top === 1 && timeline.counts !== 'MiB/s' ? timeline.counts.slice(0, -1) : timeline.counts}`, 6, 2);

  const seconds = SLICE_NANOSECONDS / 1e9;
  const marks = ticks(0, (span.to - span.from) * seconds, Math.max(2, Math.floor(width / 110)));
  const timeWords = marks.every(Number.isInteger) ? formatClock : formatMoment;
  for (const tick of marks) {
    const x = xOf(span.from + tick / seconds, width, span);
    if (x < 20 || x > width - 20) continue;
    surface.fillStyle = colours.line;
    surface.fillRect(Math.round(x), base, 1, 4);
    surface.fillStyle = colours.text;
    surface.textAlign = 'center';
    surface.fillText(timeWords(tick * 1e9 + 1), x, base + 4);
  }

  if (range !== null) {
    const [left, right] = [xOf(range.from, width, span), xOf(range.to, width, span)];
    surface.fillStyle = colours.brush;
    surface.globalAlpha = 0.13;
    surface.fillRect(left, 0, right - left, base);
    surface.globalAlpha = 0.85;
    surface.fillRect(left, 0, 1, base);
    surface.fillRect(Math.max(left + 1, right - 1), 0, 1, base);
    surface.globalAlpha = 1;
  }
}
