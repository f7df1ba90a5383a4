// SPDX-License-Identifier: Apache-2.0
/**
 * The call tree: stacks merged by path, in typed columns.
 *
 * Node 0 is the root, "all". On it stand the processes, by name, and on these their stacks. While all samples
 * taken are of one process, that level says nothing and is hidden: its node has a number, but no way through
 * the tree leads to it, and its children stand on the root. With the first samples of a second process, even if
 * a filter leaves them out, the level appears, for good.
 *
 * Nodes are numbered in order of creation and keep their number and key for ever: a parent's number is below
 * its children's, a name that comes late makes new nodes and leaves the old ones with total 0, a filter
 * changes weights only, and the level of processes changes depths and paths only.
 */
import { Float64Chunks, Int32Chunks } from './chunked.ts';
import { FrameKeys, ROOT_KEY, UNKNOWN_PROCESS, functionKey, type Key } from './frame-keys.ts';
import { Names } from './names.ts';
import { NodeHash } from './node-hash.ts';
import { NO_PLACE, Places, STALE } from './places.ts';
import { ProcessKeys } from './processes.ts';
import type { Tables } from './tables.ts';
import { NONE, type FrameIndex, type StackIndex } from './units.ts';

export const ROOT = 0;
/** "No such node" among children and siblings: the root is neither. */
export const NO_NODE = 0;

const RESERVED_AT_ONCE = 1024;
/** Moving more than one stack in so many nodes sums the totals of the whole tree up afresh (5 ns a node) instead of
 * walking from every leaf to the root twice (some 5 ns a frame, two times some 40 frames). */
const NODES_PER_MOVED_STACK = 64;

export class CallTree {
  readonly names: Names;
  /** Says to which process a thread's samples count. */
  readonly processes: ProcessKeys;
  readonly #tables: Tables;
  readonly #frames: FrameKeys;
  #size = 1;
  #capacity = 0;
  /** The node whose children stand on "all": the only process, which is hidden by that, or the root. */
  #top = ROOT;

  readonly #parent = new Int32Chunks();
  readonly #key = new Int32Chunks();
  readonly #depth = new Int32Chunks();
  readonly #firstChild = new Int32Chunks();
  readonly #lastChild = new Int32Chunks();
  readonly #nextSibling = new Int32Chunks();
  readonly #self = new Float64Chunks();
  readonly #total = new Float64Chunks();
  readonly #hash = new NodeHash(this.#parent, this.#key);
  readonly #places = new Places();
  readonly #path: StackIndex[] = [];

  constructor(tables: Tables) {
    this.#tables = tables;
    this.names = new Names(tables);
    this.processes = new ProcessKeys(tables);
    this.#frames = new FrameKeys(tables);
    this.#reserveNodes(RESERVED_AT_ONCE);
    this.#parent.set(ROOT, NONE);
    this.#key.set(ROOT, ROOT_KEY);
  }

  /** One past the highest node: the root, hidden and emptied ones included. */
  get size(): number {
    return this.#size;
  }

  /** Is there a level of processes? */
  get hasProcesses(): boolean {
    return this.#top === ROOT && this.#size > 1;
  }
  /** The process of a tree that has but one: in no path, nobody's parent or child. */
  isHidden(node: number): boolean {
    return node !== ROOT && node === this.#top;
  }
  /** NONE for the root. */
  parent(node: number): number {
    const parent = this.#parent.get(node);
    return parent === this.#top ? ROOT : parent;
  }
  key(node: number): Key {
    return this.#key.get(node);
  }
  /** What a frame counts as, of several the outermost: its function, or itself while it has no name. */
  keyOf(frame: FrameIndex): Key {
    return this.#frames.outer(frame);
  }
  /** Nodes from the root. */
  depth(node: number): number {
    const depth = this.#depth.get(node);
    return this.#top !== ROOT && depth > 0 ? depth - 1 : depth;
  }
  /** Weight of the samples that ended here. */
  self(node: number): number {
    return this.#self.get(node === ROOT ? this.#top : node);
  }
  /** Weight of the samples that passed here. */
  total(node: number): number {
    return this.#total.get(node);
  }
  /** The oldest child; NO_NODE: none. */
  firstChild(node: number): number {
    return this.#firstChild.get(node === ROOT ? this.#top : node);
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
    for (let at = node; at !== NONE; at = this.#parent.get(at)) if (!this.isHidden(at)) path.push(at);
    return path.reverse();
  }

  /** The node that these keys lead to from the root, NONE if no stack did. */
  find(keys: Iterable<Key>): number {
    let node = this.#top;
    for (const key of keys) {
      node = this.#hash.find(node, key);
      if (node === NO_NODE) return NONE;
    }
    return node === this.#top ? ROOT : node;
  }

  /** Says that there are samples of a process, which a filter may keep from being folded. */
  meet(process: Key): void {
    this.#child(ROOT, process);
  }

  /** Adds samples of a stack (NONE: of no stack, which counts to the process). A weight that is not above 0 is nothing.
   * @returns the node at which the stack ends. */
  fold(stack: StackIndex, weight: number, process: Key = UNKNOWN_PROCESS): number {
    const place = stack === NONE ? NO_PLACE : this.#place(stack, process);
    const leaf = place === NO_PLACE ? this.#child(ROOT, process) : this.#places.leaf.get(place);
    if (!(weight > 0)) return leaf;
    if (place !== NO_PLACE) this.#places.weight.add(place, weight);
    this.#self.add(leaf, weight);
    this.#addToPath(leaf, weight);
    return leaf;
  }

  /** The node at which a stack ends; nodes are made as needed. */
  leaf(stack: StackIndex, process: Key = UNKNOWN_PROCESS): number {
    return stack === NONE ? this.#child(ROOT, process) : this.#places.leaf.get(this.#place(stack, process));
  }

  /** Takes names that came late: rows [from, to) of `symbols`. Only the stacks that hold those frames move.
   * @returns how many stacks moved. */
  applySymbols(from: number, to: number): number {
    const places = this.#places;
    const stale = places.invalidate(this.#frames.take(from, to));
    const bulk = stale.places.length * NODES_PER_MOVED_STACK > this.#size;
    stale.places.forEach((place, index) => {
      const weight = places.weight.get(place);
      const before = stale.leaves[index]!;
      const after = this.leaf(places.stack(place), places.process(place));
      if (before === after) return;
      this.#self.add(before, -weight);
      this.#self.add(after, weight);
      if (bulk) return;
      this.#addToPath(before, -weight);
      this.#addToPath(after, weight);
    });
    if (bulk) this.#sumTotals();
    return stale.places.length;
  }

  /** Weights anew, node numbers as they are: `visit` is called once and adds every sample that counts. */
  reweigh(visit: (add: (stack: StackIndex, weight: number, process?: Key) => void) => void): void {
    const { weight: weights } = this.#places;
    this.#self.clear();
    weights.clear();
    const weighed: number[] = [];
    visit((stack, weight, process = UNKNOWN_PROCESS) => {
      if (!(weight > 0)) return;
      if (stack === NONE) return this.#self.add(this.#child(ROOT, process), weight);
      const place = this.#place(stack, process);
      if (weights.get(place) === 0) weighed.push(place);
      weights.add(place, weight);
    });
    for (const place of weighed) this.#self.add(this.#places.leaf.get(place), weights.get(place));
    this.#sumTotals();
  }

  /** The place of a stack, its leaf known. Small, so that it is compiled into the loops that call it. */
  #place(stack: StackIndex, process: Key): number {
    const places = this.#places;
    places.reserveStacks(this.#tables.stacks.length);
    const place = places.find(stack, process);
    return place !== NO_PLACE && places.leaf.get(place) !== STALE ? place : this.#makePlace(stack, process);
  }

  /** What is missing below it is made, too. */
  #makePlace(stack: StackIndex, process: Key): number {
    const places = this.#places;
    const { prefix, frame } = this.#tables.stacks.columns;
    const path = this.#path;
    let place = NO_PLACE;
    for (let from = stack; from !== NONE; ) {
      path.push(from);
      // A prefix has always a lower row; anything else comes from a damaged file and must not make a loop.
      const below = prefix[from]!;
      from = below < from ? below : NONE;
      place = from === NONE ? NO_PLACE : places.find(from, process);
      if (place !== NO_PLACE && places.leaf.get(place) !== STALE) break;
    }
    let node = place === NO_PLACE ? this.#child(ROOT, process) : places.leaf.get(place);
    // What lies on a new place is new.
    let isNew = false;
    while (path.length > 0) {
      const at = path.pop()!;
      const caller = place;
      node = this.#descend(node, frame[at]!);
      place = isNew ? NO_PLACE : places.find(at, process);
      isNew = place === NO_PLACE;
      if (isNew) place = places.add(at, process, caller, frame[at]!);
      places.leaf.set(place, node);
    }
    return place;
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
    if (node >= this.#capacity) this.#reserveNodes(node + RESERVED_AT_ONCE);
    this.#parent.set(node, parent);
    this.#key.set(node, key);
    this.#depth.set(node, this.#depth.get(parent) + 1);
    if (last === NO_NODE) this.#firstChild.set(parent, node);
    else this.#nextSibling.set(last, node);
    this.#lastChild.set(parent, node);
    this.#hash.insert(node);
    // Only processes stand on the root: the first alone is hidden.
    if (parent === ROOT) this.#top = last === NO_NODE ? node : ROOT;
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

  #reserveNodes(length: number): void {
    this.#capacity = length;
    for (const column of [this.#parent, this.#key, this.#depth, this.#firstChild, this.#lastChild, this.#nextSibling]) {
      column.reserve(length);
    }
    this.#self.reserve(length);
    this.#total.reserve(length);
  }
}
