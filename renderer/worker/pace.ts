// SPDX-License-Identifier: Apache-2.0
/** When to send: at once when the user did something, else no more often than the eye follows. */

/** About five live updates a second. */
export const UPDATE_MILLISECONDS = 200;

/** Runs `update` soon after `wanted`, and at least `interval` after the last run; `now` runs it at once. */
export class Pace {
  readonly #interval: number;
  readonly #update: () => void;
  #last = -Infinity;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(update: () => void, interval = UPDATE_MILLISECONDS) {
    this.#update = update;
    this.#interval = interval;
  }

  wanted(): void {
    this.#timer ??= setTimeout(() => this.now(), Math.max(0, this.#last + this.#interval - performance.now()));
  }

  now(): void {
    this.end();
    this.#last = performance.now();
    this.#update();
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
