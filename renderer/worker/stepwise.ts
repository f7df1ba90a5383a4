// SPDX-License-Identifier: Apache-2.0
/** Long work in steps, between which rows, views and pictures have their turn. */

/** Of a step: with the drawing after it still within an animation frame. */
const STEP_MILLISECONDS = 8;

export class Stepwise<T> {
  readonly #done: (result: T) => void;
  #work: Generator<void, T, void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(done: (result: T) => void) {
    this.#done = done;
  }

  get isRunning(): boolean {
    return this.#work !== null;
  }

  /** Begins at once, in place of what is running; short work is done when this returns. */
  begin(work: Generator<void, T, void>): void {
    this.end();
    this.#work = work;
    this.#step(work);
  }

  /** Gives up what is running. */
  end(): void {
    clearTimeout(this.#timer);
    const work = this.#work;
    this.#work = null;
    // What it holds is let go; the result is of no use to anybody.
    work?.return(undefined as never);
  }

  /** Does the rest of what is running at once. */
  finish(): void {
    const work = this.#work;
    if (work === null) return;
    clearTimeout(this.#timer);
    this.#work = null;
    this.#done(finish(work));
  }

  #step(work: Generator<void, T, void>): void {
    const until = performance.now() + STEP_MILLISECONDS;
    do {
      const { done, value } = work.next();
      if (done !== true) continue;
      this.#work = null;
      this.#done(value);
      return;
    } while (performance.now() < until);
    this.#timer = setTimeout(() => this.#step(work), 0);
  }
}

/** The whole work at once. */
export function finish<T>(work: Generator<void, T, void>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
