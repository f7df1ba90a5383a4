// SPDX-License-Identifier: Apache-2.0
/**
 * (parent, key) -> call node, by open addressing with linear probing. A rehash of a million nodes at
 * once took 171 ms; here the old slots move over a few per insertion, so that none is felt.
 */
import type { Int32Chunks } from './chunked.ts';

const FIRST_SLOTS = 1 << 10;
/** Old slots moved per insertion: a table of S slots is moved after S / 16 insertions, long before it is full again. */
const MOVED_PER_INSERTION = 16;

function hash(parent: number, key: number): number {
  let h = Math.imul(parent, 0x9e3779b1) ^ Math.imul(key, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

export class NodeHash {
  readonly #parent: Int32Chunks;
  readonly #key: Int32Chunks;
  /** Node in each slot, 0: empty (the root is nobody's child). At most half full. */
  #slots = new Int32Array(FIRST_SLOTS);
  #count = 0;
  /** The table being left, never changed any more; slots before `#moved` stand in `#slots` too. */
  #old: Int32Array | null = null;
  #moved = 0;

  /** @param parent, key columns of the nodes, which the hash reads to compare. */
  constructor(parent: Int32Chunks, key: Int32Chunks) {
    this.#parent = parent;
    this.#key = key;
  }

  /** The node, or 0. */
  find(parent: number, key: number): number {
    const found = this.#findIn(this.#slots, parent, key);
    return found === 0 && this.#old !== null ? this.#findIn(this.#old, parent, key) : found;
  }

  /** Adds a node that `find` does not find. */
  insert(node: number): void {
    if ((this.#count + 1) * 2 > this.#slots.length) {
      this.#move(Infinity);
      this.#old = this.#slots;
      this.#moved = 0;
      this.#slots = new Int32Array(this.#old.length * 2);
    }
    this.#count++;
    this.#place(node);
    if (this.#old !== null) this.#move(MOVED_PER_INSERTION);
  }

  #findIn(slots: Int32Array, parent: number, key: number): number {
    const mask = slots.length - 1;
    for (let slot = hash(parent, key) & mask; ; slot = (slot + 1) & mask) {
      const node = slots[slot]!;
      if (node === 0 || (this.#key.get(node) === key && this.#parent.get(node) === parent)) return node;
    }
  }

  #place(node: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash(this.#parent.get(node), this.#key.get(node)) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = node;
  }

  #move(slots: number): void {
    const old = this.#old;
    if (old === null) return;
    const end = Math.min(old.length, this.#moved + slots);
    for (; this.#moved < end; this.#moved++) {
      const node = old[this.#moved]!;
      if (node !== 0) this.#place(node);
    }
    if (end === old.length) this.#old = null;
  }
}
