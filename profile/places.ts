// SPDX-License-Identifier: Apache-2.0
/**
 * Where stacks end in the call tree, by (stack, process): a place. A stack row is a path of addresses and knows no
 * process; those of the kernel and of shared libraries are met in many. Nearly every stack belongs to one process
 * all the same, so its places are a short list.
 */
import { Float64Chunks, Int32Chunks } from './chunked.ts';
import type { Key } from './frame-keys.ts';
import type { FrameIndex, StackIndex } from './units.ts';

/** "No such place": places are numbered from 1. */
export const NO_PLACE = 0;
/** Leaf of a place whose frames were renamed: it must be looked up again. */
export const STALE = -1;

const RESERVED_AT_ONCE = 1024;

export class Places {
  /** Node at which the stack ends, or STALE. */
  readonly leaf = new Int32Chunks();
  /** Samples. */
  readonly weight = new Float64Chunks();
  readonly #stack = new Int32Chunks();
  readonly #process = new Int32Chunks();
  /** The next place of the same stack. */
  readonly #next = new Int32Chunks();
  // What must follow when a frame is renamed: the places that lie on one, and those of its frame.
  readonly #firstCallee = new Int32Chunks();
  readonly #nextCallee = new Int32Chunks();
  readonly #nextOfFrame = new Int32Chunks();
  /** By stack. */
  readonly #first = new Int32Chunks();
  /** By frame. */
  readonly #firstOfFrame = new Int32Chunks();
  #size = 1;
  #capacity = 0;
  #stacks = 0;

  /** Stacks below `length` may be asked for. */
  reserveStacks(length: number): void {
    if (this.#stacks >= length) return;
    this.#stacks = length + RESERVED_AT_ONCE;
    this.#first.reserve(this.#stacks);
  }

  stack(place: number): StackIndex {
    return this.#stack.get(place);
  }
  process(place: number): Key {
    return this.#process.get(place);
  }

  find(stack: StackIndex, process: Key): number {
    let place = this.#first.get(stack);
    while (place !== NO_PLACE && this.#process.get(place) !== process) place = this.#next.get(place);
    return place;
  }

  /** Adds a place that `find` does not find.
   * @param caller the place that it lies on; NO_PLACE: it is outermost. */
  add(stack: StackIndex, process: Key, caller: number, frame: FrameIndex): number {
    const place = this.#size++;
    if (place >= this.#capacity) this.#reserve(place + RESERVED_AT_ONCE);
    this.#stack.set(place, stack);
    this.#process.set(place, process);
    const next = this.#first.get(stack);
    if (next !== NO_PLACE) this.#next.set(place, next);
    this.#first.set(stack, place);
    if (caller !== NO_PLACE) {
      const nextCallee = this.#firstCallee.get(caller);
      if (nextCallee !== NO_PLACE) this.#nextCallee.set(place, nextCallee);
      this.#firstCallee.set(caller, place);
    }
    this.#firstOfFrame.reserve(frame + 1);
    this.#nextOfFrame.set(place, this.#firstOfFrame.get(frame));
    this.#firstOfFrame.set(frame, place);
    return place;
  }

  /** Marks the places of these frames, and all that lie on them, as stale.
   * @returns those with weight, and the node where each ended. */
  invalidate(frames: Iterable<FrameIndex>): { places: number[]; leaves: number[] } {
    const places: number[] = [];
    const leaves: number[] = [];
    const pending: number[] = [];
    for (const frame of frames) {
      this.#firstOfFrame.reserve(frame + 1);
      let at = this.#firstOfFrame.get(frame);
      for (; at !== NO_PLACE; at = this.#nextOfFrame.get(at)) pending.push(at);
    }
    while (pending.length > 0) {
      const place = pending.pop()!;
      const leaf = this.leaf.get(place);
      // What lies on a stale place is stale already: looking up a stack looks up all below it.
      if (leaf === STALE) continue;
      this.leaf.set(place, STALE);
      if (this.weight.get(place) !== 0) {
        places.push(place);
        leaves.push(leaf);
      }
      let at = this.#firstCallee.get(place);
      for (; at !== NO_PLACE; at = this.#nextCallee.get(at)) pending.push(at);
    }
    return { places, leaves };
  }

  #reserve(length: number): void {
    this.#capacity = length;
    for (const column of [this.leaf, this.#stack, this.#process, this.#next]) column.reserve(length);
    for (const column of [this.#firstCallee, this.#nextCallee, this.#nextOfFrame]) column.reserve(length);
    this.weight.reserve(length);
  }
}
