// SPDX-License-Identifier: Apache-2.0
/**
 * How sure a difference is by what varied between several runs of the same, which is what noise really is: the layout of
 * memory, temperature and neighbours are others in every run and the same within one.
 */
import { studentQuantile, studentTwoSided } from './distributions.ts';
import { valuesOf, type WeightEstimate, type Measure, type Pooled } from './estimates.ts';
import { UNCORRELATED, spreadOf } from './spread.ts';

/** Of fewer runs a side the spread is not known. */
export const LEAST_RUNS = 3;
/** A median of normal values varies so much more than their mean, at most: sqrt(pi / 2). */
const MEDIAN = Math.sqrt(Math.PI / 2);

/** Values of one side: the median of the runs, and the square of how far that may be off. */
interface Center {
  median: number;
  variance: number;
  degrees: number;
  observations: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export class BetweenRuns {
  readonly #a: readonly Pooled[];
  readonly #b: readonly Pooled[];
  readonly #scales: { a: number; b: number };

  /** @param a of each run by itself */
  constructor(a: readonly Pooled[], b: readonly Pooled[], scales: { a: number; b: number }) {
    this.#a = a;
    this.#b = b;
    this.#scales = scales;
  }

  estimate(row: number, measure: Measure): WeightEstimate {
    const a = centerOf(this.#a, row, measure, this.#scales.a);
    const b = centerOf(this.#b, row, measure, this.#scales.b);
    const variance = a.variance + b.variance;
    const deviation = Math.sqrt(variance);
    const degrees = variance > 0 ? variance ** 2 / (a.variance ** 2 / a.degrees + b.variance ** 2 / b.degrees) : Infinity;
    const delta = b.median - a.median;
    const reach = deviation > 0 ? deviation * studentQuantile(0.05, degrees) : 0;
    return {
      a: a.median,
      b: b.median,
      low: delta - reach,
      high: delta + reach,
      deviation,
      degrees,
      p: delta === 0 ? 1 : deviation > 0 ? studentTwoSided(delta / deviation, degrees) : 0,
      observations: a.observations + b.observations,
      asGoodAs: a.observations + b.observations,
      only: null,
      test: `${a.median} ${a.variance} ${b.median} ${b.variance}`,
    };
  }
}

/** Runs may by chance agree better than their own samples allow: then these count. */
function centerOf(runs: readonly Pooled[], row: number, measure: Measure, scale: number): Center {
  const values: number[] = [];
  let within = 0;
  let observations = 0;
  for (const run of runs) {
    const { column, at, squares } = valuesOf(run, row, measure);
    const { ratio, variance } = spreadOf(column, at, run.over, UNCORRELATED);
    values.push(ratio * scale);
    let sum = 0;
    let over = 0;
    for (let block = 0; block < run.over.length; block++) {
      sum += column[at + block]!;
      over += run.over[block]!;
    }
    // The variance of a count is the count: the sum of squares of what was observed.
    within += Math.max(variance, over > 0 ? squares / over ** 2 : 0) * scale ** 2;
    observations += squares > 0 ? sum ** 2 / squares : 0;
  }
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const between = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return {
    median: median(values),
    variance: (Math.max(between, within / count) / count) * MEDIAN ** 2,
    degrees: count - 1,
    observations,
  };
}
