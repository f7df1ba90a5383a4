// SPDX-License-Identifier: Apache-2.0
import { SLICE_NANOSECONDS } from '../../profile/units.ts';

/** Kept columns: the contract's ~2,000, and even, since two become one. */
const MOST = 2000;
const SLICES_PER_SECOND = 1e9 / SLICE_NANOSECONDS;

/**
 * Samples over time in at most 2,000 columns, whatever the length of the session: when they are used up, two
 * become one. profile/timeline.ts keeps every slice instead, which a window open for days cannot.
 */
export class CpuColumns {
  #weights = new Float64Array(MOST);
  #slicesPerColumn = 1;

  get slicesPerColumn(): number {
    return this.#slicesPerColumn;
  }

  /** Adds samples that stand for `slices` from `slice` on, evenly. */
  add(slice: number, slices: number, weight: number): void {
    while (slice + slices > MOST * this.#slicesPerColumn) this.#halve();
    const first = Math.floor(slice / this.#slicesPerColumn);
    const last = Math.floor((slice + slices - 1) / this.#slicesPerColumn);
    if (first === last) {
      this.#weights[first]! += weight;
      return;
    }
    for (let column = first; column <= last; column++) {
      const from = Math.max(slice, column * this.#slicesPerColumn);
      const to = Math.min(slice + slices, (column + 1) * this.#slicesPerColumn);
      this.#weights[column]! += (weight * (to - from)) / slices;
    }
  }

  clear(): void {
    this.#weights.fill(0);
  }

  /** Mean CPUs busy in each column of slices [0, sliceEnd); the last column is a mean over the slices that it has. */
  cpus(sliceEnd: number, frequencyHz: number): Float32Array<ArrayBuffer> {
    while (sliceEnd > MOST * this.#slicesPerColumn) this.#halve();
    const cpus = new Float32Array(Math.ceil(sliceEnd / this.#slicesPerColumn));
    for (let column = 0; column < cpus.length; column++) {
      const slices = Math.min(this.#slicesPerColumn, sliceEnd - column * this.#slicesPerColumn);
      cpus[column] = (this.#weights[column]! * SLICES_PER_SECOND) / (frequencyHz * slices);
    }
    return cpus;
  }

  #halve(): void {
    const halved = new Float64Array(MOST);
    for (let column = 0; column < MOST; column++) halved[column >> 1]! += this.#weights[column]!;
    this.#weights = halved;
    this.#slicesPerColumn *= 2;
  }
}
