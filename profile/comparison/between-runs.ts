// SPDX-License-Identifier: Apache-2.0
/**
 * How sure a difference is by what varied between several runs of the same, which is what noise really is: the layout of
 * memory, temperature and neighbours are others in every run and the same within one.
 */
import { studentQuantile, studentTwoSided } from './distributions.ts';
import { valuesOf, type WeightEstimate, type Measure, type Pooled } from './estimates.ts';
import { UNCORRELATED, spreadOf } from './spread.ts';
import { NONE } from '../units.ts';

/** Of fewer runs a side the spread is not known. */
export const LEAST_RUNS = 3;
/** What all functions together say of how runs differ counts as much as so many runs more: three of one function are too few to
 * know its spread by. */
const SHARED_DEGREES = 6;
/** A median of normal values varies so much more than their mean, at most: sqrt(pi / 2). */
export const MEDIAN = Math.sqrt(Math.PI / 2);

/** Values of one side: the median of the runs. */
interface Center {
  median: number;
  /** Runs. */
  count: number;
  observations: number;
  /** Variance of one run, seen between them, and what its own samples let expect. */
  between: number;
  within: number;
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
  /** Of all functions: by how much a run differs from others beyond chance, in squares of what it is. */
  readonly #runToRun: number;
  /** Values of everything. */
  readonly #all: { a: number; b: number };

  /** @param a of each run by itself */
  constructor(a: readonly Pooled[], b: readonly Pooled[], scales: { a: number; b: number }) {
    this.#a = a;
    this.#b = b;
    this.#scales = scales;
    this.#all = { a: centerOf(a, NONE, 'total', scales.a).median, b: centerOf(b, NONE, 'total', scales.b).median };
    let excess = 0;
    let squares = 0;
    for (const [side, runs] of [['a', a], ['b', b]] as const) {
      for (let row = 0; row < runs[0]!.squares.self.length; row++) {
        const { median, between, within } = centerOf(runs, row, 'self', scales[side]);
        excess += between - within;
        squares += this.#movable(median, side) ** 2;
      }
    }
    this.#runToRun = squares > 0 ? Math.max(0, excess / squares) : 0;
  }

  /** How far a value moves when what it stands for becomes twice as much: what is nearly everything hardly does. */
  #movable(value: number, side: 'a' | 'b'): number {
    return value * (1 - Math.min(1, Math.max(0, value / this.#all[side])));
  }

  /** The spread of a function's runs and what all functions' let expect, each by what it is known with. */
  #moderated({ median, between, within, count }: Center, side: 'a' | 'b'): { variance: number; degrees: number } {
    const expected = within + this.#runToRun * this.#movable(median, side) ** 2;
    const own = count - 1;
    const variance = (own * Math.max(between, within) + SHARED_DEGREES * expected) / (own + SHARED_DEGREES);
    return { variance: (variance / count) * MEDIAN ** 2, degrees: own + SHARED_DEGREES };
  }

  estimate(row: number, measure: Measure): WeightEstimate {
    const a = centerOf(this.#a, row, measure, this.#scales.a);
    const b = centerOf(this.#b, row, measure, this.#scales.b);
    const [spreadA, spreadB] = [this.#moderated(a, 'a'), this.#moderated(b, 'b')];
    const variance = spreadA.variance + spreadB.variance;
    const deviation = Math.sqrt(variance);
    const degrees = variance > 0 ? variance ** 2 / (spreadA.variance ** 2 / spreadA.degrees + spreadB.variance ** 2 / spreadB.degrees) : Infinity;
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
      test: `${a.median} ${spreadA.variance} ${b.median} ${spreadB.variance}`,
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
    count,
    between,
    within: within / count,
    observations,
  };
}
