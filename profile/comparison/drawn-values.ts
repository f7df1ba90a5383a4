// SPDX-License-Identifier: Apache-2.0
/**
 * Where shares of a probe's values lie on one side, how often they came, and how far that may be off: the side as it was, and
 * as it might have been, whole blocks of it drawn again.
 */
import { bucketRange } from '../histogram.ts';
import { SLICE_NANOSECONDS } from '../units.ts';
import { median } from './between-runs.ts';
import { boundsOf, REPLICATES } from './bootstrap.ts';
import { seededRandom } from './distributions.ts';
import { widening, type Widening } from './likeness.ts';
import { betweenPhases, phasesOf, unevenLengths, type Phases } from './phases.ts';
import type { ProbeValues } from './probe-values.ts';

export const DECILES: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** Of which the shift is estimated: deciles, and the slowest hundredth. */
export const SHARES: readonly number[] = [...DECILES, 0.99];

const SLICES_A_SECOND = 1e9 / SLICE_NANOSECONDS;
/** A phase with fewer values says nothing of where shares of them lie. */
const LEAST_IN_PHASE = 10;

/** Where a share of the values lies, or how often they come. */
export interface Figure {
  value: number;
  /** See `ShiftEstimate`; of how often 0. */
  precision: number;
  /** As it might have been, if blocks knew nothing of each other. */
  replicates: Float64Array;
  /** How much more it varies since they do. */
  widened: number;
  /** Standard deviation, widened, and the degrees of freedom with which it is known. */
  deviation: number;
  degrees: number;
}

export interface Drawn {
  /** By share; empty without values. */
  shares: Figure[];
  /** By second. */
  rate: Figure;
  phases: Phases;
  /** By how much one phase differs from others in values, and in how often they come: variance in squares of themselves. */
  phased: { shares: number; rate: number };
  /** Of the variance of a single phase what is left of it in the whole. */
  concentration: number;
}

export function drawn(values: ProbeValues, seed: number): Drawn {
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
  const phases = phasesOf(overTime(values));
  const squares = totals.reduce((sum, total) => sum + total * total, 0);
  /** Blocks that the values are spread over, as if evenly. */
  const spread = squares > 0 ? values.total ** 2 / squares : 0;
  const figure = (value: number, precision: number, at: number, { times: widened, degrees }: Widening): Figure => ({
    value,
    precision,
    replicates: replicates[at]!,
    widened,
    deviation: boundsOf(replicates[at]!.slice()).deviation * widened,
    degrees: Math.min(spread / widened ** 2 - 1, degrees),
  });
  return {
    shares: (whole ?? []).map((place, at) => figure(place.value, place.precision, at, widening(below(values, place), totals, phases))),
    rate: figure(perSecond(totals, values.slices, once), 0, SHARES.length, widening(totals, values.slices, phases)),
    phases,
    phased: phasedBy(values, totals, phases),
    concentration: 1 - 1 / unevenLengths(values.slices, phases),
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

/** Values of each bucket as what came of it in time, so that a phase is also one in which they come more often. */
function overTime({ buckets, slices, counts, total }: ProbeValues): Parameters<typeof phasesOf>[0] {
  const [width, blocks] = [buckets.length, slices.length];
  const length = slices.reduce((sum, each) => sum + each, 0);
  const self = new Float64Array(width * blocks);
  const squares = new Float64Array(width);
  counts.forEach((count, at) => {
    const bucket = at % width;
    self[bucket * blocks + Math.floor(at / width)] = count;
    squares[bucket]! += count;
  });
  return { all: slices.map((each) => (each * total) / (length || 1)), columns: { self }, squares: { self: squares } };
}

function phasedBy(values: ProbeValues, totals: Float64Array, phases: Phases): Drawn['phased'] {
  const found = Array.from({ length: phases.length - 1 }, (_, phase) => {
    const inside = totals.map((_total, block) => (block >= phases[phase]! && block < phases[phase + 1]! ? 1 : 0));
    const sum = (of: Float64Array): number => of.reduce((all, each, block) => all + each * inside[block]!, 0);
    return { places: placesOf(values, inside), count: sum(totals), rate: { value: perSecond(totals, values.slices, inside), weight: sum(values.slices) } };
  });
  const uneven = unevenLengths(totals, phases);
  const ofShare = (at: number): number =>
    betweenPhases(phases, (phase) => ({ value: found[phase]!.places?.[at]!.value ?? 0, weight: found[phase]!.count >= LEAST_IN_PHASE ? found[phase]!.count : 0 }), uneven);
  return {
    // One share between the quick and the slow moves by far more than what phases do to all.
    shares: median(SHARES.map((_, at) => ofShare(at))),
    rate: betweenPhases(phases, (phase) => found[phase]!.rate, unevenLengths(values.slices, phases)),
  };
}
