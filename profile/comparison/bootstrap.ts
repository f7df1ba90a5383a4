// SPDX-License-Identifier: Apache-2.0
/**
 * The block bootstrap: recordings as they might have been, made of stretches of the one that was. How often each block
 * comes in each of them is drawn once and used for every function. The same seed always, so that comparing twice says the
 * same twice.
 */
import { seededRandom } from './distributions.ts';

/** Enough for the ends of an interval of 95 %. */
export const REPLICATES = 999;

export class Bootstrap {
  readonly #blocks: number;
  /** Of replicate r: how often it has block k, at r * blocks + k. */
  readonly #times: Float64Array;
  /** By replicate: 1 / the sum of divisors; 0 where there are none. */
  readonly #inverse = new Float64Array(REPLICATES);

  /** @param over what each block's value is divided by
   * @param stretch blocks that are always taken together, the last and the first being neighbours, too */
  constructor(over: Float64Array, stretch: number, seed: number) {
    const blocks = over.length;
    const random = seededRandom(seed);
    this.#blocks = blocks;
    this.#times = new Float64Array(REPLICATES * blocks);
    for (let replicate = 0; replicate < REPLICATES; replicate++) {
      const row = replicate * blocks;
      for (let drawn = 0; drawn < blocks; drawn += stretch) {
        const start = Math.floor(random() * blocks);
        const end = Math.min(stretch, blocks - drawn);
        for (let step = 0; step < end; step++) this.#times[row + ((start + step) % blocks)]!++;
      }
      let divisor = 0;
      for (let block = 0; block < blocks; block++) divisor += this.#times[row + block]! * over[block]!;
      this.#inverse[replicate] = divisor > 0 ? 1 / divisor : 0;
    }
  }

  /** Adds to `out` the ratio of each replicate, times `scale`. Values of block k at `at` + k. */
  addRatios(values: Float64Array, at: number, scale: number, out: Float64Array): void {
    const blocks = this.#blocks;
    const times = this.#times;
    const pairs = blocks & ~1;
    for (let replicate = 0; replicate < REPLICATES; replicate++) {
      const row = replicate * blocks;
      // Two sums side by side: neither waits for the other's addition.
      let even = 0;
      let odd = 0;
      for (let block = 0; block < pairs; block += 2) {
        even += times[row + block]! * values[at + block]!;
        odd += times[row + block + 1]! * values[at + block + 1]!;
      }
      if (pairs < blocks) even += times[row + pairs]! * values[at + pairs]!;
      out[replicate]! += (even + odd) * this.#inverse[replicate]! * scale;
    }
  }
}

/** Where 95 % of the replicates lie, and their standard deviation. Puts them into another order. */
export function boundsOf(replicates: Float64Array): { low: number; high: number; deviation: number } {
  let sum = 0;
  for (const value of replicates) sum += value;
  const mean = sum / replicates.length;
  let squares = 0;
  for (const value of replicates) squares += (value - mean) ** 2;
  const cut = Math.round(0.025 * (replicates.length + 1)) - 1;
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
