// SPDX-License-Identifier: Apache-2.0
/**
 * How a distribution moved: the difference of each decile of two probes' values, and of how often they came. A mean hides
 * whether everything got a little slower or the slowest tenth much slower; the deciles side by side do not.
 */
import { boundsOf } from './bootstrap.ts';
import { studentQuantile, studentTwoSided } from './distributions.ts';
import { drawn, SHARES, type Figure } from './drawn-values.ts';
import type { Estimate } from './estimates.ts';
import { unknownPart } from './phases.ts';
import type { ProbeValues } from './probe-values.ts';

/** With fewer values beyond a share, on either side, nobody knows where it lies. */
const LEAST_BEYOND = 10;
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

/** @param test by which probabilities are corrected: another for each probe */
export function shiftFunction(a: ProbeValues, b: ProbeValues, test: string): Shift {
  const [inA, inB] = [drawn(a, SEEDS.a), drawn(b, SEEDS.b)];
  const phased = (what: 'shares' | 'rate'): number => Math.max(inA.phased[what], inB.phased[what]);
  const observations = a.total + b.total;
  const isMeasured = a.total > 0 && b.total > 0;
  const besideOf = (of: number) => ({ a: of * unknownPart(inA.phases) * inA.concentration, b: of * unknownPart(inB.phases) * inB.concentration });
  return {
    rate: { ...estimate(inA.rate, inB.rate, besideOf(phased('rate'))), observations, test: `${test} rate` },
    shares: (isMeasured ? SHARES : []).map((share, at) => {
      const [ofA, ofB] = [inA.shares[at]!, inB.shares[at]!];
      return {
        ...estimate(ofA, ofB, besideOf(phased('shares'))),
        share,
        precision: Math.max(ofA.precision, ofB.precision),
        observations: isEnoughBeyond(share, Math.min(a.total, b.total)) ? observations : 0,
        test: `${test} ${share}`,
      };
    }),
  };
}

/** Rounded, since 1 - 0.9 is a little below a tenth. */
export const isEnoughBeyond = (share: number, values: number): boolean => Math.min(share, 1 - share) * values >= LEAST_BEYOND - 1e-6;

/** @param beside variance that was not seen, in squares of the value */
function estimate(inA: Figure, inB: Figure, beside: { a: number; b: number }): Omit<Estimate, 'observations' | 'test'> {
  const [a, b] = [inA.value, inB.value];
  const delta = b - a;
  // What came in one moment alone says nothing of what it would be in another.
  if (!(Math.min(inA.degrees, inB.degrees) >= 1)) return { a, b, low: -Infinity, high: Infinity, deviation: Infinity, degrees: 1, p: 1 };
  const known = ({ value, deviation, degrees }: Figure, more: number): Known => ({ value, variance: deviation ** 2 + more * value ** 2, degrees });
  const { deviation, degrees, p } = differenceOf(known(inA, beside.a), known(inB, beside.b));
  const differences = Float64Array.from(inA.replicates, (replicate, index) => inB.replicates[index]! - replicate);
  const widened = Math.max(inA.widened, inB.widened);
  const bounds = boundsOf(differences);
  const reach = deviation * studentQuantile(0.05, degrees);
  return {
    a,
    b,
    low: Math.min(delta - reach, delta + (bounds.low - delta) * widened),
    high: Math.max(delta + reach, delta + (bounds.high - delta) * widened),
    deviation,
    degrees,
    p,
  };
}

/** A value, and its variance with the degrees of freedom with which that is known. */
export interface Known {
  value: number;
  variance: number;
  degrees: number;
}

/** Standard deviation of b - a, and the probability of such a difference where there is none. */
export function differenceOf(a: Known, b: Known): { deviation: number; degrees: number; p: number } {
  const linear = together(a, b);
  // Where nothing changed both vary by as much; of what became three times as much one side tells nearly all of the variance.
  const isRatio = a.value > 0 && b.value > 0;
  const relative = ({ value, variance, degrees }: Known): Known => ({ value, variance: variance / value ** 2, degrees });
  const { deviation, degrees } = isRatio ? together(relative(a), relative(b)) : linear;
  const change = isRatio ? Math.log(b.value / a.value) : b.value - a.value;
  return { ...linear, p: change === 0 ? 1 : deviation > 0 ? studentTwoSided(change / deviation, degrees) : 0 };
}

/** Welch's degrees of freedom: the variance of each side is known with its own certainty. */
function together(a: Known, b: Known): { deviation: number; degrees: number } {
  const variance = a.variance + b.variance;
  return { deviation: Math.sqrt(variance), degrees: variance > 0 ? variance ** 2 / (a.variance ** 2 / a.degrees + b.variance ** 2 / b.degrees) : Infinity };
}
