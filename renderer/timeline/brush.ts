// SPDX-License-Identifier: Apache-2.0
/** The time range that narrows every view: pure, in slices. */
import { SLICE_NANOSECONDS } from '../../profile/units.ts';
import { formatLength, formatMoment } from '../app/format.ts';

export interface Range {
  /** [from, to), whole slices. */
  from: number;
  to: number;
}

/** The stretch of time on the screen, in slices. */
export interface Span {
  from: number;
  to: number;
}

/** A recording that has just begun is not stretched over the whole width: ten seconds at least. */
export const SHORTEST_SPAN = 500;

/** @param isGrowing more may come */
export function shownSpan(firstSlice: number, sliceEnd: number, isGrowing: boolean): Span {
  return { from: firstSlice, to: Math.max(sliceEnd, firstSlice + (isGrowing ? SHORTEST_SPAN : 1)) };
}

export function sliceAt(x: number, width: number, span: Span): number {
  return span.from + (x / Math.max(1, width)) * (span.to - span.from);
}

export function xOf(slice: number, width: number, span: Span): number {
  return ((slice - span.from) / (span.to - span.from)) * width;
}

/** Between two places in either order, at least one slice, within the recording. */
export function rangeBetween(a: number, b: number, first: number, end: number): Range {
  const from = Math.min(Math.max(Math.floor(Math.min(a, b)), first), Math.max(first, end - 1));
  const to = Math.max(from + 1, Math.min(Math.ceil(Math.max(a, b)), end));
  return { from, to };
}

/** Moves a range as a whole, not beyond the recording. */
export function movedRange(range: Range, slices: number, first: number, end: number): Range {
  const by = Math.round(Math.max(first - range.from, Math.min(slices, end - range.to)));
  return { from: range.from + by, to: range.to + by };
}

/** Makes it longer or shorter at its end. */
export function resizedRange(range: Range, slices: number, end: number): Range {
  return { from: range.from, to: Math.max(range.from + 1, Math.min(end, range.to + Math.round(slices))) };
}

export type Grip = 'new' | 'move' | 'from' | 'to';

/** Pixels at each edge of a range that take hold of the edge. */
const EDGE_PIXELS = 5;

export function gripAt(x: number, range: Range | null, width: number, span: Span): Grip {
  if (range === null) return 'new';
  const [left, right] = [xOf(range.from, width, span), xOf(range.to, width, span)];
  if (Math.abs(x - left) <= EDGE_PIXELS) return 'from';
  if (Math.abs(x - right) <= EDGE_PIXELS) return 'to';
  return x > left && x < right ? 'move' : 'new';
}

/** "00:12.40 – 00:15.00 (2.6 s)" */
export function rangeWords(range: Range, first: number): string {
  const nanoseconds = (slice: number) => (slice - first) * SLICE_NANOSECONDS;
  const length = formatLength((range.to - range.from) * SLICE_NANOSECONDS);
  return `${formatMoment(nanoseconds(range.from))} – ${formatMoment(nanoseconds(range.to))} (${length})`;
}
