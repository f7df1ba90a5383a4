// SPDX-License-Identifier: Apache-2.0
/**
 * The call tree: stacks merged by path, in typed columns.
 *
 * Node 0 is the root, "all". Nodes are numbered in order of creation and keep their number and key for
 * ever: a parent's number is below its children's, a name that comes late makes new nodes and leaves the
 * old ones with total 0, and a filter changes weights only.
 */
import { Float64Chunks, Int32Chunks } from './chunked.ts';
import { FrameKeys, ROOT_KEY, functionKey, type Key } from './frame-keys.ts';
import { Names } from './names.ts';
import { NodeHash } from './node-hash.ts';
import type { Tables } from './tables.ts';
import { NONE, type StackIndex } from './units.ts';

export const ROOT = 0;
/** "No such node" among children and siblings: the root is neither. */
export const NO_NODE = 0;

const RESERVED_AT_ONCE = 1024;
/** Leaf of a stack: 0 until it was folded once, STALE when a name changed and it must be looked up again. */
const STALE = -1;
/** Moving more than one stack in so many nodes sums the totals of the whole tree up afresh (5 ns a node) instead of
 * walking from every leaf to the root twice (some 5 ns a frame, two times some 40 frames). */
const NODES_PER_MOVED_STACK = 64;

export class CallTree {
  readonly names: Names;
  readonly #tables: Tables;
  readonly #frames: FrameKeys;
  #size = 1;
  #nodeCapacity = 0;
  #stackCapacity = 0;

  readonly #parent = new Int32Chunks();
  readonly #key = new Int32Chunks();
  readonly #depth = new Int32Chunks();
  readonly #firstChild = new Int32Chunks();
  readonly #lastChild = new Int32Chunks();
  readonly #nextSibling = new Int32Chunks();
  readonly #self = new Float64Chunks();
  readonly #total = new Float64Chunks();
  readonly #hash = new NodeHash(this.#parent, this.#key);

  // By stack. Only stacks that were folded are linked: to the stack they lie on, and to their frame.
  readonly #leaf = new Int32Chunks();
  readonly #weight = new Float64Chunks();
  /** Links hold stack + 1; 0: none. */
  readonly #firstCallee = new Int32Chunks();
  readonly #nextCallee = new Int32Chunks();
  readonly #nextOfFrame = new Int32Chunks();
  /** By frame. */
  readonly #firstOfFrame = new Int32Chunks();
  readonly #path: StackIndex[] = [];

  constructor(tables: Tables) {
    this.#tables = tables;
    this.names = new Names(tables);
    this.#frames = new FrameKeys(tables);
    this.#reserveNodes(RESERVED_AT_ONCE);
    this.#parent.set(ROOT, NONE);
    this.#key.set(ROOT, ROOT_KEY);
  }

  /** Nodes, the root and emptied ones included. */
  get size(): number {
    return this.#size;
  }

  /** NONE for the root. */
  parent(node: number): number {
    return this.#parent.get(node);
  }
  key(node: number): Key {
    return this.#key.get(node);
  }
  /** Nodes from the root. */
  depth(node: number): number {
    return this.#depth.get(node);
  }
  /** Weight of the samples that ended here. */
  self(node: number): number {
    return this.#self.get(node);
  }
  /** Weight of the samples that passed here. */
  total(node: number): number {
    return this.#total.get(node);
  }
  /** The oldest child; NO_NODE: none. */
  firstChild(node: number): number {
    return this.#firstChild.get(node);
  }
  /** The next younger; NO_NODE: none. */
  nextSibling(node: number): number {
    return this.#nextSibling.get(node);
  }
  name(node: number): string {
    return this.names.name(this.#key.get(node));
  }

  /** Root to node, both included. */
  path(node: number): number[] {
    const path: number[] = [];
    for (let at = node; at !== NONE; at = this.#parent.get(at)) path.push(at);
    return path.reverse();
  }

  /** The node that these keys lead to from the root, NONE if no stack did. */
  find(keys: Iterable<Key>): number {
    let node = ROOT;
    for (const key of keys) {
      node = this.#hash.find(node, key);
      if (node === NO_NODE) return NONE;
    }
    return node;
  }

  /** Adds samples of a stack (NONE: of no stack, which counts to the root). A weight that is not above 0 is nothing.
   * @returns the node at which the stack ends. */
  fold(stack: StackIndex, weight: number): number {
    const leaf = this.leaf(stack);
    if (!(weight > 0)) return leaf;
    if (stack !== NONE) this.#weight.add(stack, weight);
    this.#self.add(leaf, weight);
    this.#addToPath(leaf, weight);
    return leaf;
  }

  /** The node at which a stack ends; nodes are made as needed. */
  leaf(stack: StackIndex): number {
    if (stack === NONE) return ROOT;
    const { prefix, frame } = this.#tables.stacks.columns;
    this.#reserveStacks();
    const path = this.#path;
    let from = stack;
    while (from !== NONE && this.#leaf.get(from) <= 0) {
      path.push(from);
      // A prefix has always a lower row; anything else comes from a damaged file and must not make a loop.
      const below = prefix[from]!;
      from = below < from ? below : NONE;
    }
    let node = from === NONE ? ROOT : this.#leaf.get(from);
    while (path.length > 0) {
      const at = path.pop()!;
      node = this.#descend(node, frame[at]!);
      if (this.#leaf.get(at) === 0) this.#link(at, from, frame[at]!);
      this.#leaf.set(at, node);
      from = at;
    }
    return node;
  }

  /** Takes names that came late: rows [from, to) of `symbols`. Only the stacks that hold those frames move.
   * @returns how many stacks moved. */
  applySymbols(from: number, to: number): number {
    const stale = this.#invalidate(this.#frames.take(from, to));
    const bulk = stale.stacks.length * NODES_PER_MOVED_STACK > this.#size;
    stale.stacks.forEach((stack, index) => {
      const weight = this.#weight.get(stack);
      const before = stale.leaves[index]!;
      const after = this.leaf(stack);
      if (before === after) return;
      this.#self.add(before, -weight);
      this.#self.add(after, weight);
      if (bulk) return;
      this.#addToPath(before, -weight);
      this.#addToPath(after, weight);
    });
    if (bulk) this.#sumTotals();
    return stale.stacks.length;
  }

  /** Weights anew, node numbers as they are: `visit` is called once and adds every sample that counts. */
  reweigh(visit: (add: (stack: StackIndex, weight: number) => void) => void): void {
    this.#self.clear();
    this.#weight.clear();
    this.#reserveStacks();
    const weighed: StackIndex[] = [];
    visit((stack, weight) => {
      if (!(weight > 0)) return;
      if (stack === NONE) return this.#self.add(ROOT, weight);
      if (this.#weight.get(stack) === 0) weighed.push(stack);
      this.#weight.add(stack, weight);
    });
    for (const stack of weighed) this.#self.add(this.leaf(stack), this.#weight.get(stack));
    this.#sumTotals();
  }

  /** Child of a node for one frame and whatever was inlined there. */
  #descend(node: number, frame: number): number {
    let at = this.#child(node, this.#frames.outer(frame));
    const inlined = this.#frames.inlined(frame);
    if (inlined) for (const row of inlined) if (row !== NONE) at = this.#child(at, functionKey(row));
    return at;
  }

  #child(parent: number, key: Key): number {
    // Most nodes are made one on the other: a node without children needs no look-up.
    const last = this.#lastChild.get(parent);
    const found = last === NO_NODE ? NO_NODE : this.#hash.find(parent, key);
    if (found !== NO_NODE) return found;
    const node = this.#size++;
    if (node >= this.#nodeCapacity) this.#reserveNodes(node + RESERVED_AT_ONCE);
    this.#parent.set(node, parent);
    this.#key.set(node, key);
    this.#depth.set(node, this.#depth.get(parent) + 1);
    if (last === NO_NODE) this.#firstChild.set(parent, node);
    else this.#nextSibling.set(last, node);
    this.#lastChild.set(parent, node);
    this.#hash.insert(node);
    return node;
  }

  #addToPath(leaf: number, weight: number): void {
    for (let node = leaf; node !== NONE; node = this.#parent.get(node)) this.#total.add(node, weight);
  }

  /** Parents have lower numbers than their children: one pass from the end. */
  #sumTotals(): void {
    this.#total.copy(this.#self);
    for (let node = this.#size - 1; node > ROOT; node--) {
      const total = this.#total.get(node);
      if (total !== 0) this.#total.add(this.#parent.get(node), total);
    }
  }

  #link(stack: StackIndex, caller: StackIndex, frame: number): void {
    if (caller !== NONE) {
      this.#nextCallee.set(stack, this.#firstCallee.get(caller));
      this.#firstCallee.set(caller, stack + 1);
    }
    this.#firstOfFrame.reserve(frame + 1);
    this.#nextOfFrame.set(stack, this.#firstOfFrame.get(frame));
    this.#firstOfFrame.set(frame, stack + 1);
  }

  /** Marks the stacks that hold these frames, and all that lie on them, as stale.
   * @returns those with weight, and the node where each ended. */
  #invalidate(frames: Iterable<number>): { stacks: StackIndex[]; leaves: number[] } {
    const stacks: StackIndex[] = [];
    const leaves: number[] = [];
    const pending: StackIndex[] = [];
    for (const frame of frames) {
      this.#firstOfFrame.reserve(frame + 1);
      for (let link = this.#firstOfFrame.get(frame); link !== 0; link = this.#nextOfFrame.get(link - 1)) {
        pending.push(link - 1);
      }
    }
    while (pending.length > 0) {
      const stack = pending.pop()!;
      const leaf = this.#leaf.get(stack);
      // What lies on a stale stack is stale already: looking up a stack looks up all below it.
      if (leaf <= 0) continue;
      this.#leaf.set(stack, STALE);
      if (this.#weight.get(stack) !== 0) {
        stacks.push(stack);
        leaves.push(leaf);
      }
      for (let link = this.#firstCallee.get(stack); link !== 0; link = this.#nextCallee.get(link - 1)) {
        pending.push(link - 1);
      }
    }
    return { stacks, leaves };
  }

  #reserveNodes(length: number): void {
    this.#nodeCapacity = length;
    for (const column of [this.#parent, this.#key, this.#depth, this.#firstChild, this.#lastChild, this.#nextSibling]) {
      column.reserve(length);
    }
    this.#self.reserve(length);
    this.#total.reserve(length);
  }

  #reserveStacks(): void {
    if (this.#stackCapacity >= this.#tables.stacks.length) return;
    const length = this.#tables.stacks.length + RESERVED_AT_ONCE;
    this.#stackCapacity = length;
    for (const column of [this.#leaf, this.#firstCallee, this.#nextCallee, this.#nextOfFrame]) column.reserve(length);
    this.#weight.reserve(length);
  }
}
