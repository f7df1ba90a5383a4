// SPDX-License-Identifier: Apache-2.0
/** When to send: at once when the user did something, else no more often than the eye follows. */

/**
 * About five live updates a second: rows come every 100 or 200 ms. Below 200 so that updates keep step with rows that
 * come a little early or late: a sample that has just missed one drawing waits for the next, and 100 ms for the drain
 * plus this is to stay within the 250 ms from sample to pixel.
 */
export const UPDATE_MILLISECONDS = 140;

/** An update that takes long leaves the worker free for twice as long, for views, rows and answers. */
const REST = 2;

/** Runs `update` soon after `wanted`, and at least `interval` after the last run began; `now` runs it at once. */
export class Pace {
  readonly #interval: number;
  readonly #update: () => void;
  /** `performance.now()` from which the next run may be. */
  #free = -Infinity;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(update: () => void, interval = UPDATE_MILLISECONDS) {
    this.#update = update;
    this.#interval = interval;
  }

  wanted(): void {
    this.#timer ??= setTimeout(() => this.now(), Math.max(0, this.#free - performance.now()));
  }

  now(): void {
    this.end();
    const began = performance.now();
    this.#update();
    const ended = performance.now();
    this.#free = Math.max(began + this.#interval, ended + REST * (ended - began));
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
