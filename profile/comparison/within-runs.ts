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
import { LOAD_CHANCE, LoadNoise, loadOf, type Load } from './load.ts';
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
  /** What is spread over the blocks: where a load is common to all, shares of everything, and beside them everything's rate. */
  spreadOver: Float64Array;
  rate: number;
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
  /** Rates of parts of a longer life. */
  readonly #isLoaded: boolean;
  readonly #correlation: Correlation;
  /** By how much few phases move shares, in squares of themselves. */
  readonly #phased: number;
  readonly #load: LoadNoise | null;
  readonly #random: Float64Array;
  readonly #replicates = new Float64Array(REPLICATES);

  /** @param scales to percent of A's total */
  constructor(a: Pooled, b: Pooled, scales: { a: number; b: number }, noise: Noise) {
    this.#noise = noise;
    this.#isShare = noise.divided === 'shares';
    // Of memory that is given back nothing is a share.
    this.#isLoaded = !noise.isWhole && !this.#isShare && [a, b].every(({ all }) => all.every((weight) => weight >= 0));
    this.#a = this.#basisOf(a, scales.a, SEEDS.a);
    this.#b = this.#basisOf(b, scales.b, SEEDS.b);
    const sides = [this.#a, this.#b];
    this.#correlation = noise.isWhole ? UNCORRELATED : correlationOf(sides.map(({ pooled: { columns }, spreadOver }) => ({ values: columns.self, over: spreadOver })));
    this.#phased = noise.isWhole ? 0 : Math.max(...sides.map(({ pooled, phases }) => phaseVariance(pooled, phases)));
    const loads = (): LoadNoise => new LoadNoise(...(sides.map(({ pooled, over, unit, phases }) => loadOf(pooled.all, over, unit, phases)) as [Load, Load]));
    this.#load = this.#isLoaded ? loads() : null;
    this.#random = Float64Array.from({ length: Math.max(a.over.length, b.over.length) }, (_, block) => Math.sin(block + 1) + 2);
  }

  #basisOf(pooled: Pooled, scale: number, seed: number): Basis {
    const sum = (values: Float64Array): number => values.reduce((all, each) => all + each, 0);
    const [all, divisor] = [sum(pooled.all), sum(pooled.over)];
    // Shares are of what was seen, whatever of it is the divisor.
    const over = this.#isShare ? { over: pooled.all, divisor: all, scale: (scale * all) / divisor } : { over: pooled.over, divisor, scale };
    const unit = sum(pooled.squares.self) / all;
    const isWhole = this.#noise.isWhole;
    const spread = this.#isLoaded ? { spreadOver: pooled.all, rate: all / divisor } : { spreadOver: over.over, rate: 1 };
    return {
      ...{ pooled, ...over, ...spread, all, unit, seed, bootstrap: null },
      phases: isWhole ? new Uint32Array(0) : phasesOf(pooled),
      scheduled: isWhole ? new ScheduledShares(pooled.all) : null,
    };
  }

  /** That what all functions have in common is beyond what was allowed for: probabilities have it on top, once. */
  get sharedChance(): number {
    return this.#load ? LOAD_CHANCE : 0;
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
    const varianceOf = (side: 'a' | 'b', { ratio, variance, beside }: Spread, { scale }: Basis): number =>
      observed ? observed[side].chance * observed[side].designEffect : (variance + beside + (this.#load?.varianceOf(side) ?? 0) * ratio ** 2) * scale ** 2;
    const [varianceA, varianceB] = [varianceOf('a', spreadA, this.#a), varianceOf('b', spreadB, this.#b)];
    const variance = varianceA + varianceB;
    const degrees = observed ? degreesOf(observed) : welch(varianceA, spreadA.degrees, varianceB, spreadB.degrees);
    const reach = studentQuantile(0.05, degrees);
    let [boundsA, boundsB] = observed
      ? [effectiveBounds(observed.a, observed.b, this.#isShare), effectiveBounds(observed.b, observed.a, this.#isShare)]
      : [around(a, reach * Math.sqrt(varianceA)), around(b, reach * Math.sqrt(varianceB))];
    // Where nothing varies, blocks are no stretches of time.
    const resample = (basis: Basis, values: Values, { variance }: Spread, bounds: Bounds): Bounds => (variance > 0 ? this.#resampled(basis, values, bounds) : bounds);
    if (resampled && !this.#noise.isWhole) [boundsA, boundsB] = [resample(this.#a, inA, spreadA, boundsA), resample(this.#b, inB, spreadB, boundsB)];
    if (observed && this.#load) [boundsA, boundsB] = [this.#load.widened(boundsA, 'a'), this.#load.widened(boundsB, 'b')];
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
    const counts = effectiveCounts(observed.a, observed.b);
    if (!this.#load) return countingProbability(counts.a, counts.b, this.#isShare, degrees);
    // The one tells more where loads are well known, the other where they are not.
    const { a, b } = this.#load.favoured(counts.a, counts.b);
    const noisy = { a: this.#load.asNoise(observed.a, 'a'), b: this.#load.asNoise(observed.b, 'b') };
    const together = effectiveCounts(noisy.a, noisy.b);
    return Math.min(countingProbability(a, b, false, degrees), countingProbability(together.a, together.b, false, degreesOf(noisy)));
  }

  #spread({ over, divisor, spreadOver, rate, all, unit, scheduled, phases }: Basis, { column, at }: Values): Spread {
    if (!scheduled) {
      const spread = withPhases(spreadOf(column, at, spreadOver, this.#correlation), column, at, spreadOver, phases);
      const ratio = spread.ratio * rate;
      const beside = unknownPart(phases) * this.#phased * (ratio * (1 - Math.min(1, (ratio * divisor) / all))) ** 2;
      return { ...spread, ratio, variance: spread.variance * rate ** 2, beside };
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
    basis.bootstrap ??= new Bootstrap(basis.spreadOver, stretch, basis.seed);
    this.#replicates.fill(0);
    basis.bootstrap.addRatios(column, at, basis.scale * basis.rate, this.#replicates);
    return widened(bounds, this.#replicates);
  }

  /** Nearly surely another number for other values. */
  #identityOf({ column, at }: Values, { over }: Basis): number {
    let sum = 0;
    for (let block = 0; block < over.length; block++) sum += column[at + block]! * this.#random[block]!;
    return sum;
  }
}

/** Welch's: the spread of each side is known with its own certainty. */
function welch(varianceA: number, degreesA: number, varianceB: number, degreesB: number): number {
  const variance = varianceA + varianceB;
  return variance > 0 ? variance ** 2 / (varianceA ** 2 / degreesA + varianceB ** 2 / degreesB) : Infinity;
}

const degreesOf = ({ a, b }: Pick<BothObserved, 'a' | 'b'>): number => welch(a.chance * a.designEffect, a.degrees, b.chance * b.designEffect, b.degrees);

const around = (value: number, reach: number): Bounds => ({ value, low: value - reach, high: value + reach });
