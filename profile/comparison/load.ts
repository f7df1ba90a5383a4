// SPDX-License-Identifier: Apache-2.0
/**
 * How far rates may be off because everything that a program does becomes more or less together: what is asked of it changes, or
 * what others leave it. Single functions have too few samples to show that it lasts longer than a block; all of them have not.
 */
import type { Bounds, Counted } from './counting-noise.ts';
import { studentQuantile } from './distributions.ts';
import type { Observed } from './effective-counts.ts';
import { widening } from './likeness.ts';
import { betweenPhases, loadPhasesOf, unevenLengths, unknownPart, type Phases } from './phases.ts';
import { residualsOf } from './spread.ts';

/** Chance that loads differ more than is allowed for, once for all functions: they share it. */
export const LOAD_CHANCE = 0.01;
/** As if it had been so many more than one: below, no change would ever be sure. */
const LEAST_DEGREES = 3;

/** Of one side; variances are in squares of a rate. */
export interface Load {
  variance: number;
  degrees: number;
  /** By how much one stretch of it differs from others. */
  phased: number;
  /** Which part of that is left where those that were not met come on top. */
  unmet: number;
}

/** By the phases of everything together, or of what functions do, whichever move it more.
 * @param all by block
 * @param over what it is divided by
 * @param unit of one observation
 * @param phases of what functions do */
export function loadOf(all: Float64Array, over: Float64Array, unit: number, phases: Phases): Load {
  const [one, other] = [inPhases(all, over, loadPhasesOf(all, over, unit)), inPhases(all, over, phases)];
  const size = ({ variance, phased, unmet }: Load): number => variance + phased * unmet;
  return size(one) >= size(other) ? one : other;
}

function inPhases(all: Float64Array, over: Float64Array, phases: Phases): Load {
  const blocks = all.length;
  const { ratio, divisor, rest } = residualsOf(all, 0, over);
  const squares = rest.subarray(0, blocks).reduce((sum, each) => sum + each * each, 0);
  const { times, degrees } = widening(all, over, phases);
  const alone = ratio > 0 ? squares / (ratio * divisor) ** 2 : 0;
  const uneven = unevenLengths(over, phases);
  return {
    variance: alone * times ** 2,
    degrees: Math.max(LEAST_DEGREES, Math.min(blocks / times ** 2 - 1, degrees)),
    phased: betweenPhases(phases, (phase) => ratioIn(all, over, phases[phase]!, phases[phase + 1]!), uneven),
    unmet: unknownPart(phases) * (1 - 1 / uneven),
  };
}

function ratioIn(values: Float64Array, over: Float64Array, from: number, to: number): { value: number; weight: number } {
  const sum = (of: Float64Array): number => of.subarray(from, to).reduce((all, each) => all + each, 0);
  const weight = sum(over);
  return { value: weight > 0 ? sum(values) / weight : 0, weight };
}

/** How far the loads of both sides may be apart where nothing changed, in logarithms of their ratio. */
export class LoadNoise {
  readonly #a: Load;
  readonly #b: Load;
  readonly #phased: number;
  /** At the level that tests leave for it. */
  readonly reach: number;

  constructor(a: Load, b: Load) {
    [this.#a, this.#b] = [a, b];
    this.#phased = Math.max(a.phased, b.phased);
    const [ofA, ofB] = [this.varianceOf('a'), this.varianceOf('b')];
    const variance = ofA + ofB;
    const degrees = variance > 0 ? variance ** 2 / (ofA ** 2 / a.degrees + ofB ** 2 / b.degrees) : Infinity;
    this.reach = Math.sqrt(variance) * studentQuantile(LOAD_CHANCE, degrees);
  }

  varianceOf(side: 'a' | 'b'): number {
    const { variance, unmet } = side === 'a' ? this.#a : this.#b;
    return variance + unmet * this.#phased;
  }

  /** What was observed of a function as if the load were noise of its own. */
  asNoise(observed: Observed, side: 'a' | 'b'): Observed {
    const own = observed.chance * observed.designEffect;
    const ofLoad = this.varianceOf(side) * (observed.counted.count * observed.scale) ** 2;
    if (!(observed.chance > 0 && ofLoad > 0)) return observed;
    const { degrees } = side === 'a' ? this.#a : this.#b;
    return { ...observed, designEffect: (own + ofLoad) / observed.chance, degrees: (own + ofLoad) ** 2 / (own ** 2 / observed.degrees + ofLoad ** 2 / degrees) };
  }

  /** Counts of both sides as they are if the loads differed as much as they may in favour of no change. */
  favoured(a: Counted, b: Counted): { a: Counted; b: Counted } {
    const ratio = b.count / b.of / (a.count / a.of);
    const times = (change: number): number => Math.min(change, Math.exp(this.reach));
    return ratio > 1 ? { a, b: { ...b, of: b.of * times(ratio) } } : { a: { ...a, of: a.of * times(1 / ratio) }, b };
  }

  /** Loads are factors: they make nothing of something neither larger than nothing nor the other way round. */
  widened({ value, low, high }: Bounds, side: 'a' | 'b'): Bounds {
    const reach = Math.sqrt(this.varianceOf(side)) * studentQuantile(0.05, (side === 'a' ? this.#a : this.#b).degrees);
    if (!(value > 0)) return { value, low, high: high * Math.exp(reach) };
    const times = (bound: number): number => Math.exp(Math.hypot(Math.log(bound / value), reach));
    return { value, low: low > 0 ? value / times(low) : low, high: value * times(high) };
  }
}
