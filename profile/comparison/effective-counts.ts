// SPDX-License-Identifier: Apache-2.0
/**
 * How many evenly spread observations what was seen of a function on each side is as good as: its design effect is the variance
 * that it has over the one that chance alone would give it. Divided by that, counts have the probabilities and the intervals of
 * counts, which stay within what is possible.
 */
import { countBounds, type Bounds, type Counted } from './counting-noise.ts';
import { studentQuantile } from './distributions.ts';

/** Of one side. */
export interface Observed {
  counted: Counted;
  /** Percent of A's total that one observation is. */
  scale: number;
  /** Variance of the value by chance alone, in squares of percent. */
  chance: number;
  /** The variance that it has over that. */
  designEffect: number;
  /** Of freedom, with which that is known; Infinity: it is chance alone. */
  degrees: number;
}

const effective = ({ count, of }: Counted, designEffect: number): Counted => ({ count: count / designEffect, of: of / designEffect });

/** Of both sides together, by what was counted on each: where a function hardly came it tells little of how it comes. */
export function sharedEffect(a: Observed, b: Observed): number {
  const [inA, inB] = [a.counted.count, b.counted.count];
  return inA + inB > 0 ? (a.designEffect * inA + b.designEffect * inB) / (inA + inB) : 1;
}

/** As evenly spread counts of both sides, which can be tested. */
export function effectiveCounts(a: Observed, b: Observed): { a: Counted; b: Counted } {
  const designEffect = sharedEffect(a, b);
  return { a: effective(a.counted, designEffect), b: effective(b.counted, designEffect) };
}

/** Where the value of one side lies, in percent of A's total. */
export function effectiveBounds(side: Observed, other: Observed, isShare: boolean): Bounds {
  const { counted, scale, degrees } = side;
  const designEffect = Math.max(side.designEffect, sharedEffect(side, other));
  // What says how much a function varies is the other side where this one has none of it.
  const known = counted.count > 0 ? degrees : other.degrees;
  const { low, high } = countBounds(effective(counted, designEffect), isShare, studentQuantile(0.05, known));
  return { value: counted.count * scale, low: low * designEffect * scale, high: high * designEffect * scale };
}
