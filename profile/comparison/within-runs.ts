// SPDX-License-Identifier: Apache-2.0
/**
 * How sure a difference is by what varied within the recordings: the larger of two noises, that of the blocks (what comes in
 * phases) and that of counting (what has few samples).
 */
import { Bootstrap, REPLICATES, boundsOf } from './bootstrap.ts';
import { countingProbability, differenceBounds, type Counted } from './counting-noise.ts';
import { NORMAL_95, binomialTwoSided, studentQuantile, studentTwoSided } from './distributions.ts';
import { valuesOf, type Estimate, type Measure, type Pooled, type Values } from './estimates.ts';
import { correlationOf, spreadOf, type Correlation } from './spread.ts';

/** Longer stretches leave too few of them. */
const LONGEST_STRETCH = 3;
const SEEDS = { a: 1, b: 2 };

interface Bootstraps {
  a: Bootstrap;
  b: Bootstrap;
}

export class WithinRuns {
  readonly #a: Pooled;
  readonly #b: Pooled;
  readonly #scales: { a: number; b: number };
  readonly #isShare: boolean;
  /** Made when it is first asked for. */
  #bootstraps: Bootstraps | null = null;
  readonly #correlation: Correlation;
  readonly #random: Float64Array;

  /** @param scales to percent of A's total
   * @param isShare weights are divided by their own total */
  constructor(a: Pooled, b: Pooled, scales: { a: number; b: number }, isShare: boolean) {
    this.#a = a;
    this.#b = b;
    this.#scales = scales;
    this.#isShare = isShare;
    this.#correlation = correlationOf([a, b].map(({ columns, over }) => ({ values: columns.self, over })));
    this.#random = Float64Array.from({ length: Math.max(a.over.length, b.over.length) }, (_, block) => Math.sin(block + 1) + 2);
  }

  /** Of a function, or with NONE of everything.
   * @param resampled the interval is the bootstrap's, which costs a tenth of a millisecond; else of a normal distribution */
  estimate(row: number, measure: Measure, resampled: boolean): Estimate {
    const inA = valuesOf(this.#a, row, measure);
    const inB = valuesOf(this.#b, row, measure);
    const spreadA = spreadOf(inA.column, inA.at, this.#a.over, this.#correlation);
    const spreadB = spreadOf(inB.column, inB.at, this.#b.over, this.#correlation);
    const { a: scaleA, b: scaleB } = this.#scales;
    const [a, b] = [spreadA.ratio * scaleA, spreadB.ratio * scaleB];
    const [varianceA, varianceB] = [spreadA.variance * scaleA ** 2, spreadB.variance * scaleB ** 2];
    const ofBlocks = Math.sqrt(varianceA + varianceB);
    // Welch's: the spread of each side is known with its own certainty.
    const degrees = ofBlocks > 0 ? (varianceA + varianceB) ** 2 / (varianceA ** 2 / spreadA.degrees + varianceB ** 2 / spreadB.degrees) : Infinity;
    const reach = ofBlocks > 0 ? studentQuantile(0.05, degrees) : 0;
    const bounds = resampled && ofBlocks > 0 ? this.#resampled(inA, inB, b - a, ofBlocks * reach) : { low: b - a - reach * ofBlocks, high: b - a + reach * ofBlocks };
    const counted = this.#counted(inA, inB);
    const byCount = counted && differenceBounds(counted.a, counted.b, counted.scales, this.#isShare);
    const pOfBlocks = ofBlocks > 0 ? Math.min(studentTwoSided((b - a) / ofBlocks, degrees), this.#presence(inA, inB, spreadA.inflation * spreadB.inflation)) : 0;
    const pOfCounts = counted ? countingProbability(counted.a, counted.b, this.#isShare) : 0;
    return {
      a,
      b,
      low: Math.min(bounds.low, byCount?.low ?? bounds.low),
      high: Math.max(bounds.high, byCount?.high ?? bounds.high),
      deviation: Math.max(ofBlocks, byCount ? (byCount.high - byCount.low) / (2 * NORMAL_95) : 0),
      degrees,
      // Nothing that varies and nothing that differs.
      p: a === b ? 1 : Math.max(pOfBlocks, pOfCounts),
      observations: counted ? counted.a.count + counted.b.count : Infinity,
      test: `${this.#identityOf(inA, this.#a)} ${this.#identityOf(inB, this.#b)}`,
    };
  }

  /** Probability that what was seen in so many blocks of one side is in none of the other by chance; 1: it is in both. A side
   * without any has no spread of its own. */
  #presence(inA: Values, inB: Values, inflation: number): number {
    const blocksA = presentBlocks(inA, this.#a.over);
    const blocksB = presentBlocks(inB, this.#b.over);
    if (blocksA > 0 && blocksB > 0) return 1;
    const [, overA] = sums(inA, this.#a.over);
    const [, overB] = sums(inB, this.#b.over);
    return binomialTwoSided(blocksA / inflation, (blocksA + blocksB) / inflation, overA / (overA + overB));
  }

  /** The bootstrap's interval, no narrower than the spread and its degrees of freedom say. */
  #resampled(inA: Values, inB: Values, delta: number, half: number): { low: number; high: number } {
    const { a, b } = (this.#bootstraps ??= this.#makeBootstraps());
    const replicates = new Float64Array(REPLICATES);
    b.addRatios(inB.column, inB.at, this.#scales.b, replicates);
    a.addRatios(inA.column, inA.at, -this.#scales.a, replicates);
    const { low, high, deviation } = boundsOf(replicates);
    const widening = deviation > 0 ? Math.max(1, half / (NORMAL_95 * deviation)) : 1;
    return { low: delta - (delta - low) * widening, high: delta + (high - delta) * widening };
  }

  #makeBootstraps(): Bootstraps {
    // As long as blocks resemble each other, but so that some dozen are left.
    const stretch = Math.min(LONGEST_STRETCH, 1 + this.#correlation.length);
    return {
      a: new Bootstrap(this.#a.over, stretch, SEEDS.a),
      b: new Bootstrap(this.#b.over, stretch, SEEDS.b),
    };
  }

  /** Null where weights were also taken away (memory): they are no counts. */
  #counted(inA: Values, inB: Values): { a: Counted; b: Counted; scales: { a: number; b: number } } | null {
    const [weightA, overA] = sums(inA, this.#a.over);
    const [weightB, overB] = sums(inB, this.#b.over);
    if (weightA < 0 || weightB < 0 || !(overA > 0 && overB > 0)) return null;
    if (!(inA.squares + inB.squares > 0)) return null;
    // What one observation weighs, on average by weight.
    const unit = (inA.squares + inB.squares) / (weightA + weightB);
    const of = (over: number): number => (this.#isShare ? over / unit : over);
    return {
      a: { count: weightA / unit, of: of(overA) },
      b: { count: weightB / unit, of: of(overB) },
      scales: { a: (this.#scales.a * unit) / overA, b: (this.#scales.b * unit) / overB },
    };
  }

  /** Nearly surely another number for other values. */
  #identityOf({ column, at }: Values, { over }: Pooled): number {
    let sum = 0;
    for (let block = 0; block < over.length; block++) sum += column[at + block]! * this.#random[block]!;
    return sum;
  }
}

function presentBlocks({ column, at }: Values, over: Float64Array): number {
  let present = 0;
  for (let block = 0; block < over.length; block++) if (column[at + block]! > 0) present++;
  return present;
}

function sums({ column, at }: Values, over: Float64Array): [weight: number, divisor: number] {
  let weight = 0;
  let divisor = 0;
  for (let block = 0; block < over.length; block++) {
    weight += column[at + block]!;
    divisor += over[block]!;
  }
  return [weight, divisor];
}
