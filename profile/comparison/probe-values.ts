// SPDX-License-Identifier: Apache-2.0
/** What one probe measured on one side, block by block of time: what the shift function resamples. */
import { BUCKETS, type Counts } from '../histogram.ts';
import { HistogramColumns, type SliceRange } from '../histogram-columns.ts';
import type { SampleFilter } from '../filter.ts';
import type { Tables } from '../tables.ts';
import { NONE, SLICE_NANOSECONDS } from '../units.ts';

/** Stretches of equal length into which the time of a run is cut. */
export const BLOCKS = 64;

export interface ProbeValues {
  /** Ascending (histogram.ts). */
  readonly buckets: readonly number[];
  /** By block: how many slices of the run it has. */
  readonly slices: Float64Array;
  /** Of bucket i in block k, at k * buckets.length + i. */
  readonly counts: Float64Array;
  readonly total: number;
}

/** Slices of two seconds: a recording begins some time before its probes are attached, and that is no time without calls. */
const ATTACHED_BY = 2e9 / SLICE_NANOSECONDS;

/** A range, from where the probe began to measure. */
export function attachedRange({ first }: HistogramColumns, { from, to }: SliceRange): SliceRange {
  return { from: from === 0 && first < Math.min(ATTACHED_BY, to) ? first : from, to };
}

/** Is a row of `buckets` to be left out? Of memory those that were given back are. */
export type IsLeftOut = (probe: number, group: number) => boolean;

/**
 * Each probe's values over time, by its row. Where threads are chosen, values of which the thread is not known are none of theirs.
 */
export function columnsByProbe({ buckets: table }: Tables, { range, hiddenThreads }: SampleFilter, isLeftOut: IsLeftOut): Map<number, HistogramColumns> {
  const { slice, probe, thread, group, bucket, count } = table.columns;
  const hidden = new Set(hiddenThreads);
  if (hidden.size > 0) hidden.add(NONE);
  const [from, to] = range ? [range.from, range.to] : [0, Infinity];
  const found = new Map<number, HistogramColumns>();
  for (let row = 0; row < table.length; row++) {
    if (slice[row]! < from || slice[row]! >= to || hidden.has(thread[row]!) || isLeftOut(probe[row]!, group[row]!)) continue;
    let columns = found.get(probe[row]!);
    if (!columns) found.set(probe[row]!, (columns = new HistogramColumns()));
    columns.add(slice[row]!, Math.max(-BUCKETS, Math.min(bucket[row]!, BUCKETS - 1)), count[row]!);
  }
  return found;
}

/** To the precision that the columns have where the range begins. */
export function valuesIn(columns: HistogramColumns, { from, to }: SliceRange): ProbeValues {
  const heat = columns.heat({ from, to: Math.max(to, from + 1) }, BLOCKS);
  const used = Array.from({ length: heat.rows }, (_, row) => row).filter((row) => {
    for (let block = 0; block < heat.columns; block++) if (heat.counts[block * heat.rows + row]! > 0) return true;
    return false;
  });
  const counts = new Float64Array(heat.columns * used.length);
  const slices = new Float64Array(heat.columns);
  let total = 0;
  for (let block = 0; block < heat.columns; block++) {
    const first = heat.firstSlice + block * heat.slicesPerColumn;
    slices[block] = Math.max(0, Math.min(to, first + heat.slicesPerColumn) - Math.max(from, first));
    used.forEach((row, at) => (total += counts[block * used.length + at] = heat.counts[block * heat.rows + row]!));
  }
  return { buckets: used.map((row) => heat.firstBucket + row), slices, counts, total };
}

/** Without the blocks at the end in which nothing came, where they are short: a probe is taken away some time before its recording ends, and
 * that is no phase of the program. */
export function untilTaken(values: ProbeValues): ProbeValues {
  const { buckets, slices, counts } = values;
  const width = buckets.length;
  let end = slices.length;
  while (end > 0 && counts.subarray((end - 1) * width, end * width).every((count) => count === 0)) end--;
  const left = slices.subarray(end).reduce((sum, each) => sum + each, 0);
  return end === 0 || left > ATTACHED_BY ? values : { ...values, slices: slices.subarray(0, end), counts: counts.subarray(0, end * width) };
}

/** Several runs of a side, one behind the other. */
export function pooledValues(runs: readonly ProbeValues[]): ProbeValues {
  if (runs.length === 1) return runs[0]!;
  const buckets = [...new Set(runs.flatMap((run) => run.buckets))].sort((one, other) => one - other);
  const place = new Map(buckets.map((bucket, at) => [bucket, at]));
  const slices = Float64Array.from(runs.flatMap((run) => [...run.slices]));
  const counts = new Float64Array(slices.length * buckets.length);
  let first = 0;
  for (const run of runs) {
    const width = run.buckets.length;
    run.counts.forEach((count, at) => (counts[(first + Math.floor(at / width)) * buckets.length + place.get(run.buckets[at % width]!)!] = count));
    first += run.slices.length;
  }
  return { buckets, slices, counts, total: runs.reduce((sum, { total }) => sum + total, 0) };
}

export function countsOf({ buckets, counts }: ProbeValues): Counts {
  const found = new Map<number, number>();
  counts.forEach((count, at) => {
    const bucket = buckets[at % buckets.length]!;
    found.set(bucket, (found.get(bucket) ?? 0) + count);
  });
  return found;
}
