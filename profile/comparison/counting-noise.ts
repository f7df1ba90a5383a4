// SPDX-License-Identifier: Apache-2.0
/**
 * What chance does to counts, however evenly they come: the least noise there is. Where a function has few samples, the
 * spread of its blocks is not known, and that of no sample at all is 0. Counts of what does not come evenly are divided by its
 * design effect first (effective-counts.ts): they are as good as so many that would.
 */
import { NORMAL_95, binomialTwoSided, studentTwoSided } from './distributions.ts';

/** Below, probabilities are the binomial's own. */
const FEW = 40;

/** Observations of one side, as many as are as good as the weights. */
export interface Counted {
  count: number;
  /** Of all that could have been counted: observations for shares, any measure of how long was looked for rates. */
  of: number;
}

/** What a side's value is, and where it lies with 95 %. */
export interface Bounds {
  value: number;
  low: number;
  high: number;
}

/** Probability that counts of one true share (or rate) differ as much as these do.
 * @param degrees of freedom, with which is known what a count is worth */
export function countingProbability(a: Counted, b: Counted, isShare: boolean, degrees = Infinity): number {
  const count = a.count + b.count;
  const of = a.of + b.of;
  if (!(count > 0) || !(a.of > 0) || !(b.of > 0)) return 1;
  // Of what is nearly everything, what is missing from it is as rare as what is hardly there.
  const isMostly = isShare && count > of / 2;
  const exact = (isMostly ? of - count : count) < FEW;
  const binomial = !exact ? 0 : isMostly ? binomialTwoSided(a.of - a.count, of - count, a.of / of) : binomialTwoSided(a.count, count, a.of / of);
  if (exact && !Number.isFinite(degrees)) return binomial;
  const pooled = count / of;
  const variance = pooled * (isShare ? Math.max(0, 1 - pooled) : 1) * (1 / a.of + 1 / b.of);
  const difference = Math.abs(b.count / b.of - a.count / a.of);
  return variance > 0 ? Math.max(binomial, studentTwoSided(difference / Math.sqrt(variance), Math.min(degrees, 1e6))) : 1;
}

/** Interval of a count, by the score: it does not shrink to nothing where nothing was counted (Wilson), and never leaves what
 * is possible.
 * @param reach in standard deviations */
export function countBounds({ count, of }: Counted, isShare: boolean, reach = NORMAL_95): { low: number; high: number } {
  const z2 = reach ** 2;
  if (!isShare) {
    const half = reach * Math.sqrt(count + z2 / 4);
    return { low: Math.max(0, count + z2 / 2 - half), high: count + z2 / 2 + half };
  }
  const share = Math.min(1, count / of);
  const middle = share + z2 / (2 * of);
  const half = reach * Math.sqrt((share * (1 - share)) / of + z2 / (4 * of * of));
  const scale = of / (1 + z2 / of);
  return { low: count > 0 ? Math.max(0, (middle - half) * scale) : 0, high: Math.min(of, (middle + half) * scale) };
}

/** Interval of the difference of two values, from those of each (Newcombe's hybrid). */
export function differenceBounds(a: Bounds, b: Bounds): { low: number; high: number } {
  const delta = b.value - a.value;
  return { low: delta - Math.hypot(b.value - b.low, a.high - a.value), high: delta + Math.hypot(b.high - b.value, a.value - a.low) };
}
