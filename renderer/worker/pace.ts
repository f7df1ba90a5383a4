// SPDX-License-Identifier: Apache-2.0
/** When to send: at once when the user did something or rows came, unless the last time was only just. */

/**
 * An update follows the rows at once, so it keeps step with the helper's drains, every 100 ms (5 a second of an idle
 * target): a pace of its own, slower or not, has samples wait for it up to its whole interval, and 100 ms for the drain
 * plus that is more than the 250 ms allowed from sample to pixel. Half of a drain's interval lets names, which come
 * between two drains, not push the next drain's samples back.
 */
export const UPDATE_MILLISECONDS = 50;

/** An update that takes long leaves the worker free for twice as long, for views, rows and answers. */
const REST = 2;
/** But not longer than this: when a large recording is opened, its last rows wait for what the first ones took. */
const MOST_REST_MILLISECONDS = 250;

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
    this.#free = Math.max(began + this.#interval, ended + Math.min(MOST_REST_MILLISECONDS, REST * (ended - began)));
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
