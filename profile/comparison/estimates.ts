// SPDX-License-Identifier: Apache-2.0
/** What is said of one function's difference before it is judged, and the columns from which it is. */
import { NONE } from '../units.ts';
import type { FunctionCounts } from './function-counts.ts';

/** total: with all that it called; self: alone. */
export type Measure = 'total' | 'self';

/** In percent of A's total. */
export interface Estimate {
  a: number;
  b: number;
  /** 95 % interval of b - a. */
  low: number;
  high: number;
  /** Standard deviation of b - a. */
  deviation: number;
  /** Of freedom, with which that is known. */
  degrees: number;
  /** Probability of such a difference where there is none, of this function alone. */
  p: number;
  /** Observations on both sides together. */
  observations: number;
  /** The same text for functions of the same values, which are one test: whatever is always called by one caller. */
  test: string;
}

/** Of a function's weights, and how they came. */
export interface WeightEstimate extends Estimate {
  /** As many evenly spread observations are as good. */
  asGoodAs: number;
  /** It came on one side only, in so many separate stretches of time; null: on both, or the runs are whole, or several. */
  only: { side: 'a' | 'b'; stretches: number } | null;
}

/** Values of one thing on one side, block by block: of block k at `at` + k. */
export interface Values {
  readonly column: Float64Array;
  readonly at: number;
  /** Sum of squares of what was observed. */
  readonly squares: number;
}

/** The runs of one side, one behind the other. */
export interface Pooled {
  /** By block: what is divided by. */
  readonly over: Float64Array;
  readonly all: Float64Array;
  readonly columns: Readonly<Record<Measure, Float64Array>>;
  readonly squares: Readonly<Record<Measure, Float64Array>>;
}

export function pooled(counts: readonly FunctionCounts[], divisors: readonly Float64Array[], functions: number): Pooled {
  const [only] = counts;
  if (counts.length === 1) {
    const { all, total, self, totalSquares, selfSquares } = only!;
    return { over: divisors[0]!, all, columns: { total, self }, squares: { total: totalSquares, self: selfSquares } };
  }
  const blocks = counts.reduce((sum, each) => sum + each.blocks, 0);
  const column = (measure: Measure): Float64Array => {
    const joined = new Float64Array(functions * blocks);
    let first = 0;
    for (const each of counts) {
      for (let row = 0; row < functions; row++) {
        joined.set(each[measure].subarray(row * each.blocks, (row + 1) * each.blocks), row * blocks + first);
      }
      first += each.blocks;
    }
    return joined;
  };
  const added = (of: (each: FunctionCounts) => Float64Array): Float64Array =>
    new Float64Array(functions).map((_, row) => counts.reduce((sum, each) => sum + of(each)[row]!, 0));
  const joined = (parts: readonly Float64Array[]): Float64Array => Float64Array.from(parts.flatMap((part) => [...part]));
  return {
    over: joined(divisors),
    all: joined(counts.map(({ all }) => all)),
    columns: { total: column('total'), self: column('self') },
    squares: { total: added(({ totalSquares }) => totalSquares), self: added(({ selfSquares }) => selfSquares) },
  };
}

/** A function's values, or with NONE those of everything. */
export function valuesOf({ over, all, columns, squares }: Pooled, row: number, measure: Measure): Values {
  if (row === NONE) return { column: all, at: 0, squares: squares.self.reduce((sum, each) => sum + each, 0) };
  return { column: columns[measure], at: row * over.length, squares: squares[measure][row]! };
}
