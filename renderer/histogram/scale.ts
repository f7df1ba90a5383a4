// SPDX-License-Identifier: Apache-2.0
/** The axis of values, which histogram and heat map share: buckets side by side, so nearly logarithmic. Pure. */
import type { ProbeUnit } from '../../ipc/contract.ts';
import { bucketOf, bucketRange } from '../../profile/histogram.ts';

/** Buckets [first, end). */
export interface BucketSpan {
  first: number;
  end: number;
}

/** A histogram of one value is not stretched over the whole width: two powers of two at least. */
const LEAST_BUCKETS = 24;

/** All buckets with counts, and room beside them; null: there are none. */
export function spanOf(lowest: number, highest: number): BucketSpan {
  const missing = Math.max(0, LEAST_BUCKETS - (highest - lowest + 1));
  const first = lowest - Math.ceil(missing / 2);
  return { first, end: first + Math.max(LEAST_BUCKETS, highest - lowest + 1) };
}

/** Place of a value on the axis, in buckets; within its bucket by its share of it. */
export function placeOf(value: number): number {
  const bucket = bucketOf(Math.trunc(value));
  const { low, high } = bucketRange(bucket);
  return bucket + Math.min(1, Math.max(0, (value - low) / (high - low)));
}

export interface Tick {
  value: number;
  /** 0 to 1 along the axis. */
  at: number;
}

const BINARY = Array.from({ length: 21 }, (_, power) => 1024 * 4 ** power);
const DECIMAL = Array.from({ length: 16 }, (_, power) => 10 ** power);

/** Round values within the span, at most `most`, ends included only where a label has room. */
export function ticksOf(span: BucketSpan, unit: ProbeUnit, most: number): Tick[] {
  const steps = unit === 'bytes' ? [1, 16, 256, ...BINARY] : DECIMAL;
  const values = [...steps.map((step) => -step).reverse(), 0, ...steps];
  const inside = values.map((value) => ({ value, at: (placeOf(value) - span.first) / (span.end - span.first) })).filter(({ at }) => at >= 0.03 && at <= 0.97);
  const every = Math.max(1, Math.ceil(inside.length / Math.max(1, most)));
  return inside.filter((_, index) => index % every === 0);
}
