// SPDX-License-Identifier: Apache-2.0
/**
 * (parent, key) -> call node, by open addressing with linear probing. A rehash of a million nodes at
 * once took 171 ms; here the old slots move over a few per insertion, so that none is felt. A slot keeps
 * the hash beside the node: moving reads and writes in order, and few probes touch the nodes' columns.
 */
import type { Int32Chunks } from './chunked.ts';

const FIRST_SLOTS = 1 << 10;
/** Old slots moved per insertion. A table of S slots is left when S / 2 are taken, and the next one, of 2 S, S / 2
 * insertions later: 2 would just do. More would only make the insertions after a growth slower. */
const MOVED_PER_INSERTION = 4;

function hashOf(parent: number, key: number): number {
  let h = Math.imul(parent, 0x9e3779b1) ^ Math.imul(key, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

export class NodeHash {
  readonly #parent: Int32Chunks;
  readonly #key: Int32Chunks;
  /** Pairs of hash and node; node 0: empty (the root is nobody's child). At most half full. */
  #slots = new Int32Array(2 * FIRST_SLOTS);
  #count = 0;
  /** The table being left, never changed any more; what is before `#moved` stands in `#slots` too. */
  #old: Int32Array | null = null;
  #moved = 0;

  /** @param parent, key columns of the nodes, which the hash reads to compare. */
  constructor(parent: Int32Chunks, key: Int32Chunks) {
    this.#parent = parent;
    this.#key = key;
  }

  /** The node, or 0. */
  find(parent: number, key: number): number {
    const hash = hashOf(parent, key);
    const found = this.#findIn(this.#slots, hash, parent, key);
    return found === 0 && this.#old !== null ? this.#findIn(this.#old, hash, parent, key) : found;
  }

  /** Adds a node that `find` does not find. */
  insert(node: number): void {
    if ((this.#count + 1) * 4 > this.#slots.length) {
      this.#move(Infinity);
      this.#old = this.#slots;
      this.#moved = 0;
      this.#slots = new Int32Array(this.#old.length * 2);
    }
    this.#count++;
    this.#place(hashOf(this.#parent.get(node), this.#key.get(node)), node);
    if (this.#old !== null) this.#move(MOVED_PER_INSERTION);
  }

  #findIn(slots: Int32Array, hash: number, parent: number, key: number): number {
    const mask = slots.length / 2 - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const node = slots[2 * slot + 1]!;
      if (node === 0) return 0;
      if (slots[2 * slot] === hash && this.#key.get(node) === key && this.#parent.get(node) === parent) return node;
    }
  }

  #place(hash: number, node: number): void {
    const slots = this.#slots;
    const mask = slots.length / 2 - 1;
    let slot = hash & mask;
    while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
    slots[2 * slot] = hash;
    slots[2 * slot + 1] = node;
  }

  #move(slots: number): void {
    const old = this.#old;
    if (old === null) return;
    const end = Math.min(old.length, this.#moved + 2 * slots);
    for (; this.#moved < end; this.#moved += 2) {
      const node = old[this.#moved + 1]!;
      if (node !== 0) this.#place(old[this.#moved]!, node);
    }
    if (end === old.length) this.#old = null;
  }
}
