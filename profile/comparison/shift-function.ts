// SPDX-License-Identifier: Apache-2.0
/**
 * How a distribution moved: the difference of each decile of two probes' values, with a 95 % interval. A mean hides whether
 * everything got a little slower or the slowest tenth much slower; the deciles side by side do not.
 */
import { bucketRange } from '../histogram.ts';
import type { Tables } from '../tables.ts';
import { seededRandom } from './distributions.ts';

/** Stretches of equal length into which a recording's time is cut, as whole stretches are drawn again. */
const BLOCKS = 64;
/** Of the bootstrap. */
const REPLICATES = 499;
const DECILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const;
const SEEDS = { a: 1, b: 2 };

/** Counts of one probe's values over time. */
export interface ProbeHistogram {
  /** Ascending (histogram.ts). */
  readonly buckets: readonly number[];
  readonly blocks: number;
  /** Of bucket i in block k, at k * buckets.length + i. */
  readonly counts: Float64Array;
  readonly total: number;
}

/** Decile of both sides, in the probe's unit. */
export interface Shift {
  /** 0.1 to 0.9. */
  share: number;
  a: number;
  b: number;
  /** b - a. */
  delta: number;
  /** 95 % interval of delta, of the bootstrap over stretches of time. */
  low: number;
  high: number;
}

/** @param probe row of `probes` */
export function probeHistogram({ buckets: table }: Tables, probe: number): ProbeHistogram {
  const { slice, probe: ofProbe, bucket, count } = table.columns;
  const met = new Set<number>();
  let last = 0;
  for (let row = 0; row < table.length; row++) {
    if (ofProbe[row] !== probe) continue;
    met.add(bucket[row]!);
    last = Math.max(last, slice[row]!);
  }
  const buckets = [...met].sort((one, other) => one - other);
  const place = new Map(buckets.map((each, at) => [each, at]));
  const blocks = Math.min(BLOCKS, last + 1);
  const counts = new Float64Array(blocks * buckets.length);
  let total = 0;
  for (let row = 0; row < table.length; row++) {
    if (ofProbe[row] !== probe) continue;
    const block = Math.floor((slice[row]! * blocks) / (last + 1));
    counts[block * buckets.length + place.get(bucket[row]!)!]! += count[row]!;
    total += count[row]!;
  }
  return { buckets, blocks, counts, total };
}

/** Empty where either side has no values. */
export function shiftFunction(a: ProbeHistogram, b: ProbeHistogram): Shift[] {
  if (!(a.total > 0 && b.total > 0)) return [];
  const [inA, inB] = [decilesOf(a, new Float64Array(a.blocks).fill(1)), decilesOf(b, new Float64Array(b.blocks).fill(1))];
  const [drawnA, drawnB] = [resampled(a, SEEDS.a), resampled(b, SEEDS.b)];
  const cut = Math.round(0.025 * (REPLICATES + 1)) - 1;
  return DECILES.map((share, decile) => {
    const differences = Float64Array.from(drawnA, (each, replicate) => drawnB[replicate]![decile]! - each[decile]!).sort();
    return { share, a: inA[decile]!, b: inB[decile]!, delta: inB[decile]! - inA[decile]!, low: differences[cut]!, high: differences[REPLICATES - 1 - cut]! };
  });
}

/** Deciles of recordings as they might have been. */
function resampled(histogram: ProbeHistogram, seed: number): number[][] {
  const random = seededRandom(seed);
  const times = new Float64Array(histogram.blocks);
  return Array.from({ length: REPLICATES }, () => {
    times.fill(0);
    for (let drawn = 0; drawn < histogram.blocks; drawn++) times[Math.floor(random() * histogram.blocks)]!++;
    return decilesOf(histogram, times);
  });
}

/** Within a bucket values are taken as spread evenly, as `quantile` does. Draws without any value: those of all blocks. */
function decilesOf(histogram: ProbeHistogram, times: Float64Array): number[] {
  const { buckets, blocks, counts } = histogram;
  const sums = new Float64Array(buckets.length);
  let total = 0;
  for (let block = 0; block < blocks; block++) {
    const often = times[block]!;
    if (often === 0) continue;
    for (let at = 0; at < buckets.length; at++) sums[at]! += often * counts[block * buckets.length + at]!;
  }
  for (const sum of sums) total += sum;
  if (total === 0) return decilesOf(histogram, new Float64Array(blocks).fill(1));
  let at = 0;
  let before = 0;
  return DECILES.map((share) => {
    while (at < buckets.length - 1 && before + sums[at]! < share * total) before += sums[at++]!;
    const { low, high } = bucketRange(buckets[at]!);
    // One whole number has no inside.
    return high - low <= 1 ? low : low + ((share * total - before) / sums[at]!) * (high - low);
  });
}
