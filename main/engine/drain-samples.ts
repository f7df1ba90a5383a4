// SPDX-License-Identifier: Apache-2.0
/**
 * The samples and waits of one drain on their way to the table, one row for each (slice, thread, stack, kind): the kernel counts by
 * addresses and generations of mappings, of which several may be one stack here.
 */
import { SampleKind } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import type { SliceIndex, StackIndex, ThreadIndex } from '../../profile/units.ts';

/** Stacks, with room for NONE. Exact: 2^25 stacks (ROW_LIMITS) x 2^28 threads stay within 2^53. */
const STACKS = 2 ** 25;
/** Above the number of kinds. */
const KINDS = 8;

export class DrainSamples {
  readonly #tables: Tables;
  /** By slice and kind, then by thread and stack: the place in the lists. */
  readonly #places = new Map<number, Map<number, number>>();
  #slices: SliceIndex[] = [];
  #threads: ThreadIndex[] = [];
  #stacks: StackIndex[] = [];
  #kinds: SampleKind[] = [];
  #weights: number[] = [];

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  add(slice: SliceIndex, thread: ThreadIndex, stack: StackIndex, weight: number, kind: SampleKind = SampleKind.onCpu): void {
    let places = this.#places.get(slice * KINDS + kind);
    if (!places) this.#places.set(slice * KINDS + kind, (places = new Map()));
    const key = thread * STACKS + stack + 1;
    const place = places.get(key);
    if (place !== undefined) {
      this.#weights[place]! += weight;
      return;
    }
    places.set(key, this.#weights.push(weight) - 1);
    this.#slices.push(slice);
    this.#threads.push(thread);
    this.#stacks.push(stack);
    this.#kinds.push(kind);
  }

  /** Appends them, in the order in which they first came. */
  flush(): void {
    const length = this.#weights.length;
    if (length === 0) return;
    const { samples } = this.#tables;
    for (let i = 0; i < length; i++) {
      samples.append({ slice: this.#slices[i]!, thread: this.#threads[i]!, stack: this.#stacks[i]!, kind: this.#kinds[i]!, weight: this.#weights[i]! });
    }
    this.#places.clear();
    this.#slices = [];
    this.#threads = [];
    this.#stacks = [];
    this.#kinds = [];
    this.#weights = [];
  }
}
