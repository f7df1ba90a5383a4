// SPDX-License-Identifier: Apache-2.0
/**
 * How sure a difference is by what varied within the recordings: the larger of two noises, that of the blocks (what comes in
 * phases) and that of counting (what has few samples). Of whole runs of a command phases are no noise (whole-runs.ts).
 */
import { Bootstrap, REPLICATES, widened } from './bootstrap.ts';
import { countingProbability, differenceBounds, type Bounds } from './counting-noise.ts';
import { studentQuantile, studentTwoSided } from './distributions.ts';
import { effectiveBounds, effectiveCounts, sharedEffect, type Observed } from './effective-counts.ts';
import { valuesOf, type WeightEstimate, type Measure, type Pooled, type Values } from './estimates.ts';
import type { Divided } from './normalisation.ts';
import { phaseVariance, phasesOf, unknownPart, withPhases, type Phases } from './phases.ts';
import { UNCORRELATED, correlationOf, spreadOf, type Correlation, type Spread } from './spread.ts';
import { stretchesOf } from './stretches.ts';
import { RUN_TO_RUN, ScheduledShares, scheduledRate } from './whole-runs.ts';

/** Longer stretches leave too few of them. */
const LONGEST_STRETCH = 3;
const SEEDS = { a: 1, b: 2 };

export interface Noise {
  divided: Divided;
  /** Both sides are whole runs of a command. */
  isWhole: boolean;
  /** Weights are samples, which a busy CPU has evenly. */
  isSampled: boolean;
}

/** What is the same for all functions of a side. */
interface Basis {
  pooled: Pooled;
  /** What weights are divided by, block by block, and how much that is worth in percent of A's total. */
  over: Float64Array;
  divisor: number;
  scale: number;
  /** Everything, and what of it one observation is. */
  all: number;
  unit: number;
  phases: Phases;
  scheduled: ScheduledShares | null;
  /** Made when it is first asked for. */
  bootstrap: Bootstrap | null;
  seed: number;
}

type BothObserved = Pick<WeightEstimate, 'only'> & { a: Observed; b: Observed };

export class WithinRuns {
  readonly #a: Basis;
  readonly #b: Basis;
  readonly #noise: Noise;
  readonly #isShare: boolean;
  readonly #correlation: Correlation;
  /** By how much few phases move shares, in squares of themselves. */
  readonly #phased: number;
  readonly #random: Float64Array;
  readonly #replicates = new Float64Array(REPLICATES);

  /** @param scales to percent of A's total */
  constructor(a: Pooled, b: Pooled, scales: { a: number; b: number }, noise: Noise) {
    this.#noise = noise;
    this.#isShare = noise.divided === 'shares';
    this.#a = this.#basisOf(a, scales.a, SEEDS.a);
    this.#b = this.#basisOf(b, scales.b, SEEDS.b);
    const sides = [this.#a, this.#b];
    this.#correlation = noise.isWhole ? UNCORRELATED : correlationOf(sides.map(({ pooled: { columns }, over }) => ({ values: columns.self, over })));
    this.#phased = noise.isWhole ? 0 : Math.max(...sides.map(({ pooled, phases }) => phaseVariance(pooled, phases)));
    this.#random = Float64Array.from({ length: Math.max(a.over.length, b.over.length) }, (_, block) => Math.sin(block + 1) + 2);
  }

  #basisOf(pooled: Pooled, scale: number, seed: number): Basis {
    const sum = (values: Float64Array): number => values.reduce((all, each) => all + each, 0);
    const [all, divisor] = [sum(pooled.all), sum(pooled.over)];
    // Shares are of what was seen, whatever of it is the divisor.
    const over = this.#isShare ? { over: pooled.all, divisor: all, scale: (scale * all) / divisor } : { over: pooled.over, divisor, scale };
    return { pooled, ...over, all, unit: sum(pooled.squares.self) / all, phases: this.#noise.isWhole ? new Uint32Array(0) : phasesOf(pooled), scheduled: this.#noise.isWhole ? new ScheduledShares(pooled.all) : null, bootstrap: null, seed };
  }

  /** Of a function, or with NONE of everything.
   * @param resampled the interval is also the bootstrap's, which costs a tenth of a millisecond */
  estimate(row: number, measure: Measure, resampled: boolean): WeightEstimate {
    const inA = valuesOf(this.#a.pooled, row, measure);
    const inB = valuesOf(this.#b.pooled, row, measure);
    const spreadA = this.#spread(this.#a, inA);
    const spreadB = this.#spread(this.#b, inB);
    const [a, b] = [spreadA.ratio * this.#a.scale, spreadB.ratio * this.#b.scale];
    const observed = this.#observed(inA, inB, spreadA, spreadB);
    const varianceOf = ({ variance, beside }: Spread, of: Observed | undefined, { scale }: Basis): number =>
      of ? of.chance * of.designEffect : (variance + beside) * scale ** 2;
    const [varianceA, varianceB] = [varianceOf(spreadA, observed?.a, this.#a), varianceOf(spreadB, observed?.b, this.#b)];
    const variance = varianceA + varianceB;
    const degreesOf = (of: Observed | undefined, spread: Spread): number => of?.degrees ?? spread.degrees;
    // Welch's: the spread of each side is known with its own certainty.
    const degrees = variance > 0 ? variance ** 2 / (varianceA ** 2 / degreesOf(observed?.a, spreadA) + varianceB ** 2 / degreesOf(observed?.b, spreadB)) : Infinity;
    const reach = studentQuantile(0.05, degrees);
    let [boundsA, boundsB] = observed
      ? [effectiveBounds(observed.a, observed.b, this.#isShare), effectiveBounds(observed.b, observed.a, this.#isShare)]
      : [around(a, reach * Math.sqrt(varianceA)), around(b, reach * Math.sqrt(varianceB))];
    // Where nothing varies, blocks are no stretches of time.
    const resample = (basis: Basis, values: Values, { variance }: Spread, bounds: Bounds): Bounds => (variance > 0 ? this.#resampled(basis, values, bounds) : bounds);
    if (resampled && !this.#noise.isWhole) [boundsA, boundsB] = [resample(this.#a, inA, spreadA, boundsA), resample(this.#b, inB, spreadB, boundsB)];
    const { low, high } = differenceBounds(boundsA, boundsB);
    return {
      a,
      b,
      low,
      high,
      deviation: observed ? (high - low) / (2 * reach) : Math.sqrt(variance),
      degrees,
      // Nothing that varies and nothing that differs.
      p: a === b ? 1 : observed ? this.#probability(observed, degrees) : variance > 0 ? studentTwoSided((b - a) / Math.sqrt(variance), degrees) : 0,
      observations: observed ? observed.a.counted.count + observed.b.counted.count : Infinity,
      asGoodAs: observed ? (observed.a.counted.count + observed.b.counted.count) / Math.max(1, sharedEffect(observed.a, observed.b)) : Infinity,
      only: observed?.only ?? null,
      test: `${this.#identityOf(inA, this.#a)} ${this.#identityOf(inB, this.#b)}`,
    };
  }

  #probability(observed: BothObserved, degrees: number): number {
    const { a, b } = effectiveCounts(observed.a, observed.b);
    return countingProbability(a, b, this.#isShare, degrees);
  }

  #spread({ over, divisor, all, unit, scheduled, phases }: Basis, { column, at }: Values): Spread {
    if (!scheduled) {
      const spread = withPhases(spreadOf(column, at, over, this.#correlation), column, at, over, phases);
      return { ...spread, beside: unknownPart(phases) * this.#phased * (spread.ratio * (1 - Math.min(1, (spread.ratio * divisor) / all))) ** 2 };
    }
    switch (this.#noise.divided) {
      case 'shares':
        return scheduled.spread(column, at);
      case 'time':
        return scheduledRate(column, at, over);
      case 'work': {
        // What a run costs is its share of everything, and everything, which has no schedule.
        const { ratio, variance, beside, degrees } = scheduled.spread(column, at);
        const rate = all / divisor;
        const idle = this.#noise.isSampled ? Math.max(0, 1 - rate) : 1;
        const ofAll = (idle * unit) / all + RUN_TO_RUN ** 2;
        return { ratio: ratio * rate, variance: variance * rate ** 2, beside: beside * rate ** 2 + ofAll * (ratio * rate) ** 2, degrees };
      }
      default:
        return this.#noise.divided satisfies never;
    }
  }

  /** Null where weights were also taken away (memory): they are no counts. */
  #observed(inA: Values, inB: Values, spreadA: Spread, spreadB: Spread): BothObserved | null {
    const weightA = spreadA.ratio * this.#a.divisor;
    const weightB = spreadB.ratio * this.#b.divisor;
    if (weightA < 0 || weightB < 0 || !(this.#a.divisor > 0 && this.#b.divisor > 0)) return null;
    if (!(inA.squares + inB.squares > 0)) return null;
    // What one observation weighs, on average by weight.
    const unit = (inA.squares + inB.squares) / (weightA + weightB);
    const a = this.#observedOn(this.#a, weightA, unit, spreadA);
    const b = this.#observedOn(this.#b, weightB, unit, spreadB);
    // Each time that it came is a time that it did not come on the other side.
    if (this.#noise.isWhole || weightA > 0 === weightB > 0) return { a, b, only: null };
    const [there, values, { over }] = weightA > 0 ? [a, inA, this.#a] : [b, inB, this.#b];
    const stretches = stretchesOf(values.column, values.at, over.length, unit);
    const designEffect = Math.max(1, there.counted.count / stretches);
    if (designEffect < there.designEffect) [there.designEffect, there.degrees] = [designEffect, Infinity];
    return { a, b, only: { side: weightA > 0 ? 'a' : 'b', stretches } };
  }

  #observedOn({ divisor, scale, all }: Basis, weight: number, unit: number, { ratio, variance, beside, degrees }: Spread): Observed {
    // Of the same work each side had as much to be seen in, however long it took.
    const counted = { count: weight / unit, of: this.#isShare ? divisor / unit : divisor / scale };
    // Of the ratio, if it were counted at random.
    const missing = this.#isShare ? 1 - ratio : 1;
    const random = (ratio * unit * missing) / divisor;
    // A busy CPU has its samples evenly: by chance they only fall on one function or another.
    const least = this.#isShare ? random : Math.max((ratio * unit * (this.#noise.isSampled ? Math.max(0, 1 - weight / all) : 1)) / divisor, (unit / divisor) ** 2);
    const larger = Math.max(variance, least) + beside;
    return {
      counted,
      scale: (scale * unit) / divisor,
      chance: random * scale ** 2,
      designEffect: random > 0 ? larger / random : 1,
      degrees: variance > least ? degrees : Infinity,
    };
  }

  /** Wider where the bootstrap's interval is: which, of stretches that were, leaves no more than they what is possible. */
  #resampled(basis: Basis, { column, at }: Values, bounds: Bounds): Bounds {
    // As long as blocks resemble each other, but so that some dozen are left.
    const stretch = Math.min(LONGEST_STRETCH, 1 + this.#correlation.length);
    basis.bootstrap ??= new Bootstrap(basis.over, stretch, basis.seed);
    this.#replicates.fill(0);
    basis.bootstrap.addRatios(column, at, basis.scale, this.#replicates);
    return widened(bounds, this.#replicates);
  }

  /** Nearly surely another number for other values. */
  #identityOf({ column, at }: Values, { over }: Basis): number {
    let sum = 0;
    for (let block = 0; block < over.length; block++) sum += column[at + block]! * this.#random[block]!;
    return sum;
  }
}

const around = (value: number, reach: number): Bounds => ({ value, low: value - reach, high: value + reach });
