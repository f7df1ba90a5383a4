// SPDX-License-Identifier: Apache-2.0
/**
 * The nodes of a call tree as typed columns. Node 0 is the root. A node's number is above its parent's, and its
 * parent, key and depth never change.
 */
import { Float64Chunks, Int32Chunks } from './chunked.ts';
import { ROOT_KEY, type Key } from './frame-keys.ts';
import { NodeHash } from './node-hash.ts';
import { NONE } from './units.ts';

export const ROOT = 0;
/** "No such node" among children and siblings: the root is neither. */
export const NO_NODE = 0;

const RESERVED_AT_ONCE = 1024;

export class CallNodes {
  readonly parent = new Int32Chunks();
  readonly key = new Int32Chunks();
  readonly depth = new Int32Chunks();
  readonly firstChild = new Int32Chunks();
  readonly lastChild = new Int32Chunks();
  readonly nextSibling = new Int32Chunks();
  /** 1: a frame called it; else it was only ever inlined there, or is no code. */
  readonly isCalled = new Int32Chunks();
  /** Replaced as a whole when all samples are weighed afresh. */
  self = new Float64Chunks();
  readonly total = new Float64Chunks();
  readonly #hash = new NodeHash(this.parent, this.key);
  #size = 1;
  #capacity = 0;

  constructor() {
    this.#reserve(RESERVED_AT_ONCE);
    this.parent.set(ROOT, NONE);
    this.key.set(ROOT, ROOT_KEY);
  }

  /** One past the highest node. */
  get size(): number {
    return this.#size;
  }

  /** NO_NODE: there is none. */
  find(parent: number, key: Key): number {
    return this.#hash.find(parent, key);
  }

  /** The child with that key, which is made if there is none. */
  child(parent: number, key: Key): number {
    // Most nodes are made one on the other: a node without children needs no look-up.
    const last = this.lastChild.get(parent);
    const found = last === NO_NODE ? NO_NODE : this.#hash.find(parent, key);
    if (found !== NO_NODE) return found;
    const node = this.#size++;
    if (node >= this.#capacity) this.#reserve(node + RESERVED_AT_ONCE);
    this.parent.set(node, parent);
    this.key.set(node, key);
    this.depth.set(node, this.depth.get(parent) + 1);
    if (last === NO_NODE) this.firstChild.set(parent, node);
    else this.nextSibling.set(last, node);
    this.lastChild.set(parent, node);
    this.#hash.insert(node);
    return node;
  }

  addToPath(leaf: number, weight: number): void {
    for (let node = leaf; node !== NONE; node = this.parent.get(node)) this.total.add(node, weight);
  }

  /** Totals afresh. Parents have lower numbers than their children: one pass from the end. */
  sumTotals(): void {
    this.self.reserve(this.#capacity);
    this.total.copy(this.self);
    for (let node = this.#size - 1; node > ROOT; node--) {
      const total = this.total.get(node);
      if (total !== 0) this.total.add(this.parent.get(node), total);
    }
  }

  /** From a node towards where most of its samples end: a node at which some do, or one without children. */
  heaviestLeaf(from: number): number {
    for (let node = from; ; ) {
      let heaviest = NO_NODE;
      for (let child = this.firstChild.get(node); child !== NO_NODE; child = this.nextSibling.get(child)) {
        if (heaviest === NO_NODE || this.total.get(child) >= this.total.get(heaviest)) heaviest = child;
      }
      if (heaviest === NO_NODE || (this.self.get(node) > 0 && this.self.get(node) >= this.total.get(heaviest))) return node;
      node = heaviest;
    }
  }

  #reserve(length: number): void {
    this.#capacity = length;
    const { parent, key, depth, firstChild, lastChild, nextSibling, isCalled, self, total } = this;
    for (const column of [parent, key, depth, firstChild, lastChild, nextSibling, isCalled, self, total]) column.reserve(length);
  }
}
