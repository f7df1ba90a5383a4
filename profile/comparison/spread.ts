// SPDX-License-Identifier: Apache-2.0
/**
 * How far a ratio of two sums over blocks of time may be off: the spread of the blocks, and by how much what happens in
 * phases makes it wider than blocks would be that know nothing of each other. This is the variance to which a bootstrap over
 * long stretches converges, without having to leave so few stretches.
 */

/** Fewer blocks say nothing of their spread. */
const LEAST_BLOCKS = 5;
/** As if there were so many blocks, and each by itself: below, no difference would ever be sure. */
const LEAST_DEGREES = 3;
/** Neighbours further apart than this part of all blocks are not asked how alike they are. */
const BLOCKS_A_LAG = 4;
/** Functions together look less alike than this by chance. */
const LEAST_CORRELATION = 0.1;
/** A function alone looks more alike to its neighbours than this, by chance, once in a hundred times; times 1 / sqrt(blocks). */
const OWN_CORRELATION = 2.6;
/** Of the squares of all values: what is left of them by rounding alone is less. */
const ROUNDING = 1e-28;
/** Taking the mean off makes autocorrelations smaller by what is looked for: so often it is put back. */
const ROUNDS = 4;

export interface Spread {
  /** Sum of the values over the sum of the divisors. */
  ratio: number;
  /** Of the ratio; 0: the blocks say nothing. */
  variance: number;
  /** Of the ratio, too, and not seen in how samples fall: it comes on top of what they vary by chance. */
  beside: number;
  /** Of freedom, with which the variance is known. */
  degrees: number;
}

/** How alike blocks are by how far they are apart, from 1: of all functions of a comparison together. Empty: not at all. */
export type Correlation = Float64Array;
export const UNCORRELATED: Correlation = new Float64Array(0);

/** Values of many functions, that of block k of function f at f * blocks + k, and what they are divided by. */
export interface Columns {
  readonly values: Float64Array;
  readonly over: Float64Array;
}

const residuals = new Float64Array(4096);

/** What is left of each block when what is due by its divisor is taken off. Valid until the next call. */
export function residualsOf(values: Float64Array, at: number, over: Float64Array): { ratio: number; divisor: number; rest: Float64Array } {
  let sum = 0;
  let divisor = 0;
  for (let block = 0; block < over.length; block++) {
    sum += values[at + block]!;
    divisor += over[block]!;
  }
  const ratio = divisor > 0 ? sum / divisor : 0;
  const rest = over.length <= residuals.length ? residuals : new Float64Array(over.length);
  for (let block = 0; block < over.length; block++) rest[block] = values[at + block]! - ratio * over[block]!;
  return { ratio, divisor, rest };
}

function product(rest: Float64Array, blocks: number, lag: number): number {
  let sum = 0;
  for (let block = lag; block < blocks; block++) sum += rest[block]! * rest[block - lag]!;
  return sum;
}

/** @param products by lag from `first` on, which are added to */
function addProducts(sides: readonly Columns[], products: Float64Array, first: number): void {
  for (const { values, over } of sides) {
    for (let at = 0; at < values.length; at += over.length) {
      const { rest } = residualsOf(values, at, over);
      for (let index = 0; index < products.length; index++) products[index]! += product(rest, over.length, first + index);
    }
  }
}

/** How alike neighbours are in all columns together: one function's blocks are too few to tell. */
export function correlationOf(sides: readonly Columns[]): Correlation {
  const blocks = Math.min(...sides.map(({ over }) => over.length));
  const lags = Math.floor(blocks / BLOCKS_A_LAG);
  const products = new Float64Array(lags + 1);
  addProducts(sides, products.subarray(0, 2), 0);
  // Mostly neighbours are not alike, and those further apart need no look.
  if (!(products[0]! > 0) || lags === 0 || products[1]! / products[0]! + 1 / blocks < LEAST_CORRELATION) return UNCORRELATED;
  addProducts(sides, products.subarray(2), 2);
  let found = UNCORRELATED;
  for (let round = 0; round < ROUNDS; round++) {
    const missing = widening(1, found) / blocks;
    const alike = products.subarray(1).map((each) => each / products[0]! + missing);
    const end = alike.findIndex((each) => each < LEAST_CORRELATION);
    found = end < 0 ? alike : alike.slice(0, end);
  }
  return found;
}

/** 1 + twice the sum of autocorrelations. */
function widening(strength: number, correlation: Correlation): number {
  let sum = 0;
  for (const each of correlation) sum += each;
  return 1 + 2 * strength * sum;
}

/** @param values of block k at `at` + k
 * @param over what each block's value is divided by */
export function spreadOf(values: Float64Array, at: number, over: Float64Array, correlation: Correlation): Spread {
  const blocks = over.length;
  const { ratio, divisor, rest } = residualsOf(values, at, over);
  const nothing: Spread = { ratio, variance: 0, beside: 0, degrees: Infinity };
  if (blocks < LEAST_BLOCKS || !(divisor > 0)) return nothing;
  let squares = 0;
  let fourths = 0;
  let whole = 0;
  for (let block = 0; block < blocks; block++) {
    squares += rest[block]! ** 2;
    fourths += rest[block]! ** 4;
    whole += values[at + block]! ** 2;
  }
  if (!(squares > whole * ROUNDING)) return nothing;
  const { inflation, repeated } = inflationOf(rest, blocks, squares, correlation);
  const variance = ((squares * blocks) / (blocks - 1) / divisor ** 2) * inflation;
  // A variance that a few blocks make is known as badly as they are few: 2 / degrees = (kurtosis - 1) / blocks.
  const kurtosis = (fourths * blocks) / squares ** 2;
  const degrees = Math.min(blocks - 1, (2 * blocks) / Math.max(kurtosis - 1, 0.1));
  return { ratio, variance, beside: 0, degrees: Math.max(LEAST_DEGREES, degrees / repeated) };
}

/** @returns how much wider the variance is, and in how many blocks the same is told again */
function inflationOf(rest: Float64Array, blocks: number, squares: number, shared: Correlation): { inflation: number; repeated: number } {
  let correlation = shared;
  if (shared.length === 0) {
    // Nothing that the functions have in common; one may still have phases of its own.
    const own = product(rest, blocks, 1) / squares + 1 / blocks;
    if (own < OWN_CORRELATION / Math.sqrt(blocks)) return { inflation: 1, repeated: 1 };
    const lags = Math.floor(blocks / BLOCKS_A_LAG);
    correlation = Float64Array.from({ length: lags }, (_, lag) => Math.min(own, 0.95) ** (lag + 1));
  }
  const products = correlation.map((_, lag) => product(rest, blocks, lag + 1) / squares);
  const norm = correlation.reduce((sum, each) => sum + each * each, 0);
  let strength = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const missing = widening(strength, correlation) / blocks;
    const fit = products.reduce((sum, each, lag) => sum + (each + missing) * correlation[lag]!, 0) / norm;
    // No more alike than one value is to itself.
    strength = Math.min(Math.max(0, fit), 1 / correlation[0]!);
  }
  const inflation = widening(strength, correlation);
  // What is alike was itself read off these blocks, which leaves about half of what they would tell.
  return { inflation, repeated: (1 + 2 * strength ** 2 * norm) * (strength > 0 ? 2 : 1) };
}
