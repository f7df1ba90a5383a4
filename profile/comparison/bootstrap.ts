// SPDX-License-Identifier: Apache-2.0
/**
 * The block bootstrap: recordings as they might have been, made of stretches of the one that was. How often each block
 * comes in each of them is drawn once and used for every function. The same seed always, so that comparing twice says the
 * same twice.
 */
import type { Bounds } from './counting-noise.ts';
import { seededRandom } from './distributions.ts';

/** Enough for the ends of an interval of 95 %. */
export const REPLICATES = 999;

export class Bootstrap {
  readonly #blocks: number;
  readonly #stretch: number;
  /** Stretches of a replicate, of which the last may be shorter. */
  readonly #stretches: number;
  /** Of replicate r: the first block of stretch s, at r * stretches + s. */
  readonly #starts: Uint16Array;
  /** By replicate: 1 / the sum of divisors; 0 where there are none. */
  readonly #inverse = new Float64Array(REPLICATES);
  /** By the block with which they begin: sums of a whole stretch and of the last. */
  readonly #whole: Float64Array;
  readonly #last: Float64Array;

  /** @param over what each block's value is divided by
   * @param stretch blocks that are always taken together, the last and the first being neighbours, too */
  constructor(over: Float64Array, stretch: number, seed: number) {
    const blocks = over.length;
    const random = seededRandom(seed);
    this.#blocks = blocks;
    this.#stretch = Math.min(stretch, blocks);
    this.#stretches = Math.ceil(blocks / stretch);
    this.#starts = Uint16Array.from({ length: REPLICATES * this.#stretches }, () => Math.floor(random() * blocks));
    this.#whole = new Float64Array(blocks);
    this.#last = new Float64Array(blocks);
    const divisors = new Float64Array(REPLICATES);
    this.#inverse.fill(1);
    this.addRatios(over, 0, 1, divisors);
    this.#inverse = divisors.map((divisor) => (divisor > 0 ? 1 / divisor : 0));
  }

  /** Adds to `out` the ratio of each replicate, times `scale`. Values of block k at `at` + k. */
  addRatios(values: Float64Array, at: number, scale: number, out: Float64Array): void {
    const starts = this.#starts;
    const stretches = this.#stretches;
    const whole = this.#whole;
    const last = this.#last;
    this.#sumStretches(values, at, this.#stretch, whole);
    this.#sumStretches(values, at, this.#blocks - (stretches - 1) * this.#stretch, last);
    const pairs = (stretches - 1) & ~1;
    for (let replicate = 0, first = 0; replicate < REPLICATES; replicate++, first += stretches) {
      // Two sums side by side: neither waits for the other's addition.
      let even = last[starts[first + stretches - 1]!]!;
      let odd = 0;
      for (let index = first, end = first + pairs; index < end; index += 2) {
        even += whole[starts[index]!]!;
        odd += whole[starts[index + 1]!]!;
      }
      if (pairs < stretches - 1) odd += whole[starts[first + pairs]!]!;
      out[replicate]! += (even + odd) * this.#inverse[replicate]! * scale;
    }
  }

  #sumStretches(values: Float64Array, at: number, length: number, out: Float64Array): void {
    const blocks = this.#blocks;
    for (let block = 0; block < blocks; block++) {
      let sum = 0;
      for (let step = 0; step < length; step++) sum += values[at + ((block + step) % blocks)]!;
      out[block] = sum;
    }
  }
}

/** Of replicates in the order of their size: where 95 % of them begin. */
const cutOf = (replicates: Float64Array): number => Math.round(0.025 * (replicates.length + 1)) - 1;

/** As far as 95 % of the replicates lie where that is further. Puts them into another order. */
export function widened({ value, low, high }: Bounds, replicates: Float64Array): Bounds {
  const cut = cutOf(replicates);
  let below = 0;
  let above = 0;
  for (const each of replicates) {
    if (each < low) below++;
    if (each > high) above++;
  }
  // Most are not, and finding where they lie takes ten times as long as that.
  return {
    value,
    low: below > cut ? nthSmallest(replicates, cut) : low,
    high: above > cut ? nthSmallest(replicates, replicates.length - 1 - cut) : high,
  };
}

/** Where 95 % of the replicates lie, and their standard deviation. Puts them into another order. */
export function boundsOf(replicates: Float64Array): { low: number; high: number; deviation: number } {
  let sum = 0;
  for (const value of replicates) sum += value;
  const mean = sum / replicates.length;
  let squares = 0;
  for (const value of replicates) squares += (value - mean) ** 2;
  const cut = cutOf(replicates);
  return {
    low: nthSmallest(replicates, cut),
    high: nthSmallest(replicates, replicates.length - 1 - cut),
    deviation: Math.sqrt(squares / (replicates.length - 1)),
  };
}

/** Hoare's selection: a tenth of the time that sorting takes. */
function nthSmallest(values: Float64Array, nth: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1]!;
    let left = low;
    let right = high;
    while (left <= right) {
      while (values[left]! < pivot) left++;
      while (values[right]! > pivot) right--;
      if (left > right) break;
      const value = values[left]!;
      values[left++] = values[right]!;
      values[right--] = value;
    }
    if (nth <= right) high = right;
    else if (nth >= left) low = left;
    else break;
  }
  return values[nth]!;
}
