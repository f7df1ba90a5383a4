// SPDX-License-Identifier: Apache-2.0
/** From estimates to verdicts: corrected for how many functions were looked at, and with what it would take to know. */
import { studentQuantile } from './distributions.ts';
import type { Why } from './comparison.ts';
import type { Estimate, WeightEstimate } from './estimates.ts';

/** unchanged: surely no difference that matters. unclear: these samples cannot tell. */
export type Verdict = 'grew' | 'shrank' | 'new' | 'vanished' | 'unchanged' | 'unclear';

/** Chance that one comparison says of any function at all that it changed though none did. */
export const LEVEL = 0.05;
/** Below so many observations, on both sides together, nothing could be found among many functions: they are no tests. */
export const LEAST_OBSERVATIONS = 12;

/** A difference inside it, by the whole interval, does not matter: half a point, or a tenth of the larger side. In percent of A's total. */
export function margin(a: number, b: number): number {
  return Math.max(0.5, 0.1 * Math.max(a, b));
}

/** A difference inside it does not matter even if it is sure: with enough samples everything differs a little. */
export function negligible(a: number, b: number): number {
  return Math.max(0.05, 0.01 * Math.max(a, b));
}

/**
 * Holm's correction: the probability that any of the tests says so by chance. Estimates of the same test share one.
 * @param shared the chance of what would have all of them say so together
 * @returns by estimate its corrected probability, and how many tests there were
 */
export function corrected(estimates: readonly Pick<Estimate, 'observations' | 'test' | 'p'>[], shared = 0): { p: Float64Array; tests: number } {
  const byTest = new Map<string, number>();
  for (const { observations, test, p } of estimates) if (observations >= LEAST_OBSERVATIONS) byTest.set(test, p);
  const ascending = [...byTest].sort((one, other) => one[1] - other[1]);
  const found = new Map<string, number>();
  let largest = 0;
  ascending.forEach(([test, p], index) => {
    largest = Math.max(largest, Math.min(1, p * (ascending.length - index)));
    found.set(test, largest);
  });
  const p = Float64Array.from(estimates, ({ observations, test }) => (observations >= LEAST_OBSERVATIONS ? Math.min(1, found.get(test)! + shared) : 1));
  return { p, tests: ascending.length };
}

export function verdictOf({ a, b, low, high }: Estimate, p: number): Verdict {
  const least = negligible(a, b);
  if (low >= -least && high <= least) return 'unchanged';
  if (p <= LEVEL && (low > 0 || high < 0)) {
    if (a <= 0 && b > 0) return 'new';
    if (b <= 0 && a > 0) return 'vanished';
    return b > a ? 'grew' : 'shrank';
  }
  const most = margin(a, b);
  return low >= -most && high <= most ? 'unchanged' : 'unclear';
}

/** A function whose observations are as good as so many times fewer comes and goes. */
const UNEVEN = 3;

export function whyUnclear({ only, observations, asGoodAs }: WeightEstimate): Why | null {
  if (observations < LEAST_OBSERVATIONS) return { kind: 'few', observations: Math.round(observations) };
  if (only) return { kind: 'stretches', ...only };
  return observations > UNEVEN * asGoodAs ? { kind: 'uneven', observations: Math.round(observations), asGoodAs: Math.max(1, Math.round(asGoodAs)) } : null;
}

/**
 * How many times as much would have to be recorded to know, if what was seen is what is so: noise falls with the square root
 * of the time.
 * @param tests for which is corrected
 */
export function timesToKnow({ a, b, low, high, deviation, degrees }: Estimate, tests: number): number {
  const delta = Math.abs(b - a);
  const inside = margin(a, b) - delta;
  const half = (high - low) / 2;
  // Either so narrow that the difference is sure, or so narrow that it surely does not matter.
  const forChange = (deviation * studentQuantile(LEVEL / Math.max(1, tests), degrees)) / delta;
  const forNone = inside > 0 ? half / inside : Infinity;
  return Math.max(1, Math.min(forChange, forNone) ** 2);
}
