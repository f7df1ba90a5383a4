// SPDX-License-Identifier: Apache-2.0
/** The probabilities that verdicts are made of: normal, Student's t, binomial. Exact to about ten digits. */

/** Of 95 % of a normal distribution, on either side. */
export const NORMAL_95 = 1.959963984540054;

/** Lanczos' coefficients for g = 7. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  const t = shifted + 7.5;
  let sum = LANCZOS[0]!;
  for (let term = 1; term < LANCZOS.length; term++) sum += LANCZOS[term]! / (shifted + term);
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Terms of the continued fraction; it needs about sqrt(max(a, b)) of them. */
const MOST_TERMS = 5_000;
const TINY = 1e-300;

const notNothing = (value: number): number => (Math.abs(value) < TINY ? TINY : value);

/** Lentz's evaluation of the continued fraction of the incomplete beta function (Numerical Recipes, 6.4). */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  d = 1 / (Math.abs(d) < TINY ? TINY : d);
  let value = d;
  for (let m = 1; m <= MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = notNothing(1 + even * d);
    c = notNothing(1 + even / c);
    d = 1 / d;
    value *= d * c;
    d = notNothing(1 + odd * d);
    c = notNothing(1 + odd / c);
    d = 1 / d;
    const step = d * c;
    value *= step;
    if (Math.abs(step - 1) < 1e-14) break;
  }
  return value;
}

/** The regularised incomplete beta function I_x(a, b); a, b > 0. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  // The fraction converges fast on its own side of the mean only.
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** Probability that Student's t lies further from 0 than `t`, on either side. */
export function studentTwoSided(t: number, degrees: number): number {
  return Number.isFinite(t) ? incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) : 0;
}

/** From here on Student's t is the normal distribution, to five digits of any quantile that is asked for. */
const NORMAL_DEGREES = 100_000;
/** By the probability, then by the degrees times ten. */
const quantiles = new Map<number, Map<number, number>>();
const MOST_QUANTILES = 10_000;
const MOST_PROBABILITIES = 16;

/** Of a logarithm: what is left is rounding. */
const PRECISION = 1e-14;
const MOST_STEPS = 100;

/** Newton's steps: the logarithm of the probability is nearly a line over that of t. */
function searchedQuantile(twoSided: number, degrees: number): number {
  const density = Math.exp(logGamma((degrees + 1) / 2) - logGamma(degrees / 2)) / Math.sqrt(Math.PI * degrees);
  let t = NORMAL_95;
  for (let step = 0; step < MOST_STEPS; step++) {
    const probability = studentTwoSided(t, degrees);
    const slope = (2 * t * density * (1 + (t * t) / degrees) ** (-(degrees + 1) / 2)) / probability;
    // From far away it would go too far.
    const change = Math.max(-1, Math.min(1, Math.log(probability / twoSided) / slope));
    t *= Math.exp(change);
    if (Math.abs(change) < PRECISION) break;
  }
  return t;
}

/** The t beyond which, on either side, Student's t lies with this probability. Degrees are taken to the tenth below. */
export function studentQuantile(twoSided: number, degrees: number): number {
  const taken = Math.max(1, Math.min(NORMAL_DEGREES, Math.floor(degrees * 10) / 10));
  let known = quantiles.get(twoSided);
  if (!known) {
    // Each comparison asks for another probability, by how many functions it corrects for.
    if (quantiles.size >= MOST_PROBABILITIES) quantiles.clear();
    quantiles.set(twoSided, (known = new Map()));
  }
  const tenths = Math.round(taken * 10);
  let quantile = known.get(tenths);
  if (quantile === undefined) {
    if (known.size >= MOST_QUANTILES) known.clear();
    known.set(tenths, (quantile = searchedQuantile(twoSided, taken)));
  }
  return quantile;
}

/**
 * Probability of a count as far from what is expected as `k` of `n`, either way: twice the smaller tail, at most 1.
 * @param share of each of n to be counted, 0 to 1; n and k need not be whole (counts that were divided)
 */
export function binomialTwoSided(k: number, n: number, share: number): number {
  if (!(n > 0) || !(share > 0 && share < 1)) return 1;
  const atLeast = k <= 0 ? 1 : incompleteBeta(share, k, n - k + 1);
  const atMost = k >= n ? 1 : incompleteBeta(1 - share, n - k, k + 1);
  return Math.min(1, 2 * Math.min(atLeast, atMost));
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
