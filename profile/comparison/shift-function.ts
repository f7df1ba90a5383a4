// SPDX-License-Identifier: Apache-2.0
/**
 * How a distribution moved: the difference of each decile of two probes' values, and of how often they came. A mean hides
 * whether everything got a little slower or the slowest tenth much slower; the deciles side by side do not.
 */
import { bucketRange } from '../histogram.ts';
import { SLICE_NANOSECONDS } from '../units.ts';
import { boundsOf, REPLICATES } from './bootstrap.ts';
import { seededRandom, studentQuantile, studentTwoSided } from './distributions.ts';
import type { Estimate } from './estimates.ts';
import type { ProbeValues } from './probe-values.ts';

export const DECILES: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** Of which the shift is estimated: deciles, and the slowest hundredth. */
export const SHARES: readonly number[] = [...DECILES, 0.99];

/** With fewer values beyond a share, on either side, nobody knows where it lies. */
const LEAST_BEYOND = 10;
/** Blocks whose likeness to their neighbours widens an interval. */
const NEIGHBOURS = 12;
/** Correlation of neighbours: more than that widens 64 blocks to less than two. */
const MOST_LIKE = 0.94;
const SLICES_A_SECOND = 1e9 / SLICE_NANOSECONDS;
const SEEDS = { a: 1, b: 2 };

/** Of a share of the values, in the probe's unit. */
export interface ShiftEstimate extends Estimate {
  /** 0.1 to 0.9, and 0.99. */
  share: number;
  /** Nothing smaller is known: a value is known by its bucket, and a bucket that holds much of all values says little of where in it they lie. */
  precision: number;
}

export interface Shift {
  /** By second. */
  rate: Estimate;
  /** By share; empty where either side has no values. */
  shares: ShiftEstimate[];
}

interface Drawn {
  /** Of the whole, by share. */
  quantiles: number[];
  precisions: number[];
  perSecond: number;
  /** Of each share, then of the rate: replicates. */
  replicates: Float64Array[];
  /** How much more they vary since blocks resemble their neighbours. */
  widened: number[];
  /** Blocks that the values are spread over, as if evenly. */
  spread: number;
}

/** @param test by which probabilities are corrected: another for each probe */
export function shiftFunction(a: ProbeValues, b: ProbeValues, test: string): Shift {
  const [inA, inB] = [drawn(a, SEEDS.a), drawn(b, SEEDS.b)];
  const rate = estimate(inA, inB, SHARES.length, inA.perSecond, inB.perSecond);
  const observations = a.total + b.total;
  const isMeasured = a.total > 0 && b.total > 0;
  return {
    rate: { ...rate, observations, test: `${test} rate` },
    shares: (isMeasured ? SHARES : []).map((share, at) => {
      const beyond = Math.min(share, 1 - share) * Math.min(a.total, b.total);
      return {
        ...estimate(inA, inB, at, inA.quantiles[at]!, inB.quantiles[at]!),
        share,
        precision: Math.max(inA.precisions[at]!, inB.precisions[at]!),
        // Rounded, since 1 - 0.9 is a little below a tenth.
        observations: beyond < LEAST_BEYOND - 1e-6 ? 0 : observations,
        test: `${test} ${share}`,
      };
    }),
  };
}

function estimate(inA: Drawn, inB: Drawn, at: number, a: number, b: number): Omit<Estimate, 'observations' | 'test'> {
  const delta = b - a;
  const independent = (side: Drawn): number => side.spread / side.widened[at]! ** 2;
  const degrees = Math.min(independent(inA), independent(inB)) - 1;
  // What came in one moment alone says nothing of what it would be in another.
  if (!(degrees >= 1)) return { a, b, low: -Infinity, high: Infinity, deviation: Infinity, degrees: 1, p: 1 };
  const deviationOf = (side: Drawn): number => boundsOf(side.replicates[at]!.slice()).deviation * side.widened[at]!;
  const deviation = Math.hypot(deviationOf(inA), deviationOf(inB));
  const differences = Float64Array.from(inA.replicates[at]!, (replicate, index) => inB.replicates[at]![index]! - replicate);
  const widened = Math.max(inA.widened[at]!, inB.widened[at]!);
  const bounds = boundsOf(differences);
  const reach = deviation * studentQuantile(0.05, degrees);
  return {
    a,
    b,
    low: Math.min(delta - reach, delta + (bounds.low - delta) * widened),
    high: Math.max(delta + reach, delta + (bounds.high - delta) * widened),
    deviation,
    degrees,
    p: delta === 0 ? 1 : deviation > 0 ? studentTwoSided(delta / deviation, degrees) : 0,
  };
}

/** The side as it was, and as it might have been: whole blocks are drawn again. */
function drawn(values: ProbeValues, seed: number): Drawn {
  const blocks = values.slices.length;
  const once = new Float64Array(blocks).fill(1);
  const totals = blockTotals(values);
  const whole = placesOf(values, once);
  const random = seededRandom(seed);
  const replicates = Array.from({ length: SHARES.length + 1 }, () => new Float64Array(REPLICATES));
  const times = new Float64Array(blocks);
  for (let replicate = 0; replicate < REPLICATES; replicate++) {
    times.fill(0);
    for (let drawn = 0; drawn < blocks; drawn++) times[Math.floor(random() * blocks)]!++;
    // Without any value: those of all blocks.
    const places = values.total > 0 ? (placesOf(values, times) ?? whole) : null;
    places?.forEach(({ value }, at) => (replicates[at]![replicate] = value));
    replicates[SHARES.length]![replicate] = perSecond(totals, values.slices, times);
  }
  let squares = 0;
  for (const total of totals) squares += total * total;
  const rate = perSecond(totals, values.slices, once);
  return {
    quantiles: whole?.map(({ value }) => value) ?? [],
    precisions: whole?.map(({ precision }) => precision) ?? [],
    perSecond: rate,
    replicates,
    widened: [
      ...(whole ?? SHARES.map(() => null)).map((place, at) => (place ? widening(below(values, place).map((count, block) => count - SHARES[at]! * totals[block]!)) : 1)),
      widening(totals.map((total, block) => total - (rate / SLICES_A_SECOND) * values.slices[block]!)),
    ],
    spread: values.total > 0 ? values.total ** 2 / squares : 0,
  };
}

interface Place {
  value: number;
  precision: number;
  /** Index of the bucket, and which part of its values lies below. */
  at: number;
  part: number;
}

/** Where each share lies when block k counts times[k]: within a bucket values are taken as spread evenly, as `quantile` does. Null: nothing counts. */
function placesOf({ buckets, slices, counts }: ProbeValues, times: Float64Array): Place[] | null {
  const width = buckets.length;
  const sums = new Float64Array(width);
  for (let block = 0; block < slices.length; block++) {
    const often = times[block]!;
    if (often === 0) continue;
    for (let at = 0; at < width; at++) sums[at]! += often * counts[block * width + at]!;
  }
  const total = sums.reduce((sum, each) => sum + each, 0);
  if (!(total > 0)) return null;
  let at = 0;
  let before = 0;
  return SHARES.map((share) => {
    while (at < width - 1 && before + sums[at]! < share * total) before += sums[at++]!;
    const { low, high } = bucketRange(buckets[at]!);
    const part = sums[at]! > 0 ? (share * total - before) / sums[at]! : 0;
    // One whole number has no inside.
    const value = high - low <= 1 ? low : low + part * (high - low);
    return { value, precision: ((high - low) * sums[at]!) / total, at, part };
  });
}

function perSecond(totals: Float64Array, slices: Float64Array, times: Float64Array): number {
  let [sum, length] = [0, 0];
  for (let block = 0; block < slices.length; block++) {
    sum += times[block]! * totals[block]!;
    length += times[block]! * slices[block]!;
  }
  return length > 0 ? (sum / length) * SLICES_A_SECOND : 0;
}

function blockTotals({ slices, counts, buckets }: ProbeValues): Float64Array {
  const width = buckets.length;
  return Float64Array.from(slices, (_, block) => counts.subarray(block * width, (block + 1) * width).reduce((sum, count) => sum + count, 0));
}

/** By block: the values that lie below a place. */
function below({ slices, counts, buckets }: ProbeValues, { at, part }: Place): Float64Array {
  const width = buckets.length;
  return Float64Array.from(slices, (_, block) => {
    const row = counts.subarray(block * width, block * width + at + 1);
    return row.reduce((sum, count) => sum + count, 0) - (1 - part) * row[at]!;
  });
}

/**
 * By how much the spread of a mean is larger than that of blocks which know nothing of each other: programs go through phases
 * that are longer than a block. The larger of what the next neighbour says of phases that end by chance (a first-order
 * autoregression and what is no phase, both freed of bias) and of what all near ones say (Newey and West).
 * @param deviations of each block from what all say
 */
function widening(deviations: Float64Array): number {
  const blocks = deviations.length;
  const products = (lag: number): number => {
    let sum = 0;
    for (let block = lag; block < blocks; block++) sum += deviations[block]! * deviations[block - lag]!;
    return sum;
  };
  const squares = products(0);
  if (!(squares > 0)) return 1;
  const [next, second] = [1, 2].map((lag) => products(lag) / squares + (1 + 4 * Math.max(0, products(lag) / squares)) / blocks) as [number, number];
  // Counting few values makes neighbours less alike, and what is two apart by no more; of what may be chance that says nothing.
  const likeness = Math.min(MOST_LIKE, Math.max(next, next > 2 / Math.sqrt(blocks) ? second / next : 0));
  let near = squares;
  for (let lag = 1; lag <= NEIGHBOURS; lag++) near += 2 * (1 - lag / (NEIGHBOURS + 1)) * products(lag);
  return Math.sqrt(Math.max(1, near / squares, 1 + (2 * next) / (1 - likeness)));
}
