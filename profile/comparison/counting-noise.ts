// SPDX-License-Identifier: Apache-2.0
/**
 * What chance does to counts, however evenly they come: the least noise there is. Where a function has few samples, the
 * spread of its blocks is not known, and that of no sample at all is 0.
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

/** Probability that counts of one true share (or rate) differ as much as these do. */
export function countingProbability(a: Counted, b: Counted, isShare: boolean): number {
  const count = a.count + b.count;
  if (!(count > 0) || !(a.of > 0) || !(b.of > 0)) return 1;
  if (count < FEW) return binomialTwoSided(a.count, count, a.of / (a.of + b.of));
  const pooled = count / (a.of + b.of);
  // What is nearly everything varies as little as what is missing from it.
  const variance = pooled * (isShare ? Math.max(0, 1 - pooled) : 1) * (1 / a.of + 1 / b.of);
  const difference = Math.abs(b.count / b.of - a.count / a.of);
  return variance > 0 ? studentTwoSided(difference / Math.sqrt(variance), 1e6) : 1;
}

/** 95 % interval of a count, by the score: it does not shrink to nothing where nothing was counted (Wilson). */
export function countBounds({ count, of }: Counted, isShare: boolean): { low: number; high: number } {
  const z2 = NORMAL_95 ** 2;
  if (!isShare) {
    const half = NORMAL_95 * Math.sqrt(count + z2 / 4);
    return { low: Math.max(0, count + z2 / 2 - half), high: count + z2 / 2 + half };
  }
  const share = Math.min(1, count / of);
  const middle = share + z2 / (2 * of);
  const half = NORMAL_95 * Math.sqrt((share * (1 - share)) / of + z2 / (4 * of * of));
  const scale = of / (1 + z2 / of);
  return { low: count > 0 ? Math.max(0, (middle - half) * scale) : 0, high: Math.min(of, (middle + half) * scale) };
}

/** 95 % interval of the difference of two counted values, from those of each (Newcombe's hybrid).
 * @param scales what an observation of each side is worth */
export function differenceBounds(a: Counted, b: Counted, scales: { a: number; b: number }, isShare: boolean): { low: number; high: number } {
  const [inA, inB] = [countBounds(a, isShare), countBounds(b, isShare)];
  const delta = b.count * scales.b - a.count * scales.a;
  const fallOfB = (b.count - inB.low) * scales.b;
  const riseOfB = (inB.high - b.count) * scales.b;
  const fallOfA = (a.count - inA.low) * scales.a;
  const riseOfA = (inA.high - a.count) * scales.a;
  return { low: delta - Math.hypot(fallOfB, riseOfA), high: delta + Math.hypot(riseOfB, fallOfA) };
}
