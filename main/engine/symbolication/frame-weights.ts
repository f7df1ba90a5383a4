// SPDX-License-Identifier: Apache-2.0
/** How hot each frame is: the samples whose stacks hold it, counted while they come. */
import type { Tables } from '../../../profile/tables.ts';
import { NONE, type FrameIndex } from '../../../profile/units.ts';

/** Samples counted before the event loop gets its turn: some 40 frames each, in all a millisecond. */
const SAMPLES_AT_ONCE = 4096;
/** Weights are told apart by powers of two. */
const CLASSES = 64;

export class FrameWeights {
  readonly #tables: Tables;
  #weights = new Float64Array(1024);
  #seen = 0;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** Counts the samples that came since the last call. */
  async advance(): Promise<void> {
    while (this.#seen < this.#tables.samples.length) {
      this.#count(Math.min(this.#seen + SAMPLES_AT_ONCE, this.#tables.samples.length));
      if (this.#seen < this.#tables.samples.length) await new Promise(setImmediate);
    }
  }

  /** Samples; a frame that stands in a stack twice counts twice. */
  of(frame: FrameIndex): number {
    return this.#weights[frame] ?? 0;
  }

  /** At most `count` of the frames: those that are hotter by a factor of two surely come first. */
  hottest(frames: readonly FrameIndex[], count: number): FrameIndex[] {
    if (frames.length <= count) return [...frames];
    const classes = Array.from({ length: CLASSES }, (): FrameIndex[] => []);
    for (const frame of frames) classes[Math.min(CLASSES - 1, Math.floor(Math.log2(this.of(frame) + 1)))]!.push(frame);
    const found: FrameIndex[] = [];
    for (let i = CLASSES - 1; found.length < count; i--) for (const frame of classes[i]!) if (found.length < count) found.push(frame);
    return found;
  }

  #count(end: number): void {
    const { samples, stacks, frames } = this.#tables;
    const { stack, weight } = samples.columns;
    const { prefix, frame } = stacks.columns;
    if (this.#weights.length < frames.length) {
      const grown = new Float64Array(frames.length * 2);
      grown.set(this.#weights);
      this.#weights = grown;
    }
    for (; this.#seen < end; this.#seen++) {
      // A prefix stands before what follows it.
      for (let at = stack[this.#seen]!; at !== NONE; at = prefix[at]! < at ? prefix[at]! : NONE) this.#weights[frame[at]!]! += weight[this.#seen]!;
    }
  }
}
