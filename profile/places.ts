// SPDX-License-Identifier: Apache-2.0
/**
 * Where stacks end in the call tree, by (stack, process): a place. A stack row is a path of addresses and knows no
 * process; those of the kernel and of shared libraries are met in many.
 *
 * Nearly every stack belongs to one process all the same. So the process that a stack is met in first has the place
 * that goes with the row: places come in blocks, one for so many stacks, and no look-up is needed. Places of the
 * same stack in other processes lie in blocks of their own, and are a list that begins at the first.
 */
import { Float64Chunks, Int32Chunks } from './chunked.ts';
import type { Key } from './frame-keys.ts';
import type { FrameIndex, StackIndex } from './units.ts';

/** "No such place": places are numbered from 1. */
export const NO_PLACE = 0;
/** Leaf of a place whose frames were renamed: it must be looked up again. */
export const STALE = -1;

const SHIFT = 12;
const BLOCK = 1 << SHIFT;
const MASK = BLOCK - 1;

export class Places {
  /** Node at which the stack ends, or STALE. */
  leaf = new Int32Chunks();
  /** Samples. */
  readonly weight = new Float64Chunks();
  readonly #stack = new Int32Chunks();
  /** 0, which is no process: the place is not taken. */
  readonly #process = new Int32Chunks();
  /** The next place of the same stack. */
  readonly #next = new Int32Chunks();
  // What must follow when a frame is renamed: the places that lie on one, and those of its frame.
  readonly #firstCallee = new Int32Chunks();
  readonly #nextCallee = new Int32Chunks();
  readonly #nextOfFrame = new Int32Chunks();
  /** Place of the first stack of each block of stacks. */
  readonly #block: number[] = [];
  /** By frame. */
  readonly #firstOfFrame = new Int32Chunks();
  #blocks = 0;
  /** Next place for another process, and the end of its block. */
  #other = NO_PLACE;
  #otherEnd = NO_PLACE;

  /** Stacks below `length` may be asked for. */
  reserveStacks(length: number): void {
    while (this.#block.length * BLOCK < length) this.#block.push(this.#newBlock());
  }

  /** One past the highest place; some below it are not taken. */
  get end(): number {
    return 1 + this.#blocks * BLOCK;
  }
  isTaken(place: number): boolean {
    return this.#process.get(place) !== 0;
  }

  /** Gives every place a leaf to be looked up. @returns the leaves so far. */
  restart(): Int32Chunks {
    const before = this.leaf;
    this.leaf = new Int32Chunks();
    this.leaf.reserve(this.end);
    this.leaf.fill(STALE);
    return before;
  }

  stack(place: number): StackIndex {
    return this.#stack.get(place);
  }
  process(place: number): Key {
    return this.#process.get(place);
  }

  find(stack: StackIndex, process: Key): number {
    let place = this.#block[stack >>> SHIFT]! + (stack & MASK);
    if (this.#process.get(place) === process) return place;
    do place = this.#next.get(place);
    while (place !== NO_PLACE && this.#process.get(place) !== process);
    return place;
  }

  /** Adds a place that `find` does not find.
   * @param caller the place that it lies on; NO_PLACE: it is outermost. */
  add(stack: StackIndex, process: Key, caller: number, frame: FrameIndex): number {
    const first = this.#block[stack >>> SHIFT]! + (stack & MASK);
    const place = this.#process.get(first) === 0 ? first : this.#addOther(first);
    this.#stack.set(place, stack);
    this.#process.set(place, process);
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

  #addOther(first: number): number {
    if (this.#other === this.#otherEnd) {
      this.#other = this.#newBlock();
      this.#otherEnd = this.#other + BLOCK;
    }
    const place = this.#other++;
    this.#next.set(place, this.#next.get(first));
    this.#next.set(first, place);
    return place;
  }

  #newBlock(): number {
    const first = 1 + this.#blocks++ * BLOCK;
    const length = first + BLOCK;
    for (const column of [this.leaf, this.#stack, this.#process, this.#next]) column.reserve(length);
    for (const column of [this.#firstCallee, this.#nextCallee, this.#nextOfFrame]) column.reserve(length);
    this.weight.reserve(length);
    return first;
  }
}
