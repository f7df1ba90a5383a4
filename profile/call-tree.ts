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
 * its children's, a name that comes late makes new nodes and leaves the old ones with total 0, and so does what is
 * collapsed, a filter changes weights only, and the level of processes changes depths and paths only.
 */
import { anchorsOf, type Anchor } from './anchors.ts';
import { CallNodes, NO_NODE, ROOT } from './call-nodes.ts';
import { Float64Chunks } from './chunked.ts';
import { NOTHING_COLLAPSED, type Collapse } from './collapse.ts';
import { FrameKeys, UNKNOWN_PROCESS, isFunctionKey, type Key } from './frame-keys.ts';
import { Names } from './names.ts';
import { NO_PLACE, Places } from './places.ts';
import { ProcessKeys } from './processes.ts';
import { FrameCategory } from './schema.ts';
import { StackPaths } from './stack-paths.ts';
import type { Tables } from './tables.ts';
import { NONE, type FrameIndex, type StackIndex } from './units.ts';

export { NO_NODE, ROOT };

/** Moving more than one stack in so many nodes sums the totals of the whole tree up afresh (5 ns a node) instead of
 * walking from every leaf to the root twice (some 5 ns a frame, two times some 40 frames). */
const NODES_PER_MOVED_STACK = 64;
/** Stacks looked up in a step of collapsing: some 2 ms. */
const STACKS_AT_ONCE = 4096;

export class CallTree {
  readonly names: Names;
  /** Says to which process a thread's samples count. */
  readonly processes: ProcessKeys;
  readonly #tables: Tables;
  readonly #frames: FrameKeys;
  readonly #nodes = new CallNodes();
  readonly #places = new Places();
  readonly #paths: StackPaths;
  /** Samples without a stack, by the node of their process. */
  readonly #stackless = new Map<number, number>();

  constructor(tables: Tables, collapse = NOTHING_COLLAPSED) {
    this.#tables = tables;
    this.names = new Names(tables);
    this.processes = new ProcessKeys(tables);
    this.#frames = new FrameKeys(tables);
    this.#frames.collapse = collapse;
    this.#paths = new StackPaths(tables, this.#frames, this.#nodes, this.#places);
  }

  /** One past the highest node: the root, hidden and emptied ones included. */
  get size(): number {
    return this.#nodes.size;
  }

  /** Is there a level of processes? */
  get hasProcesses(): boolean {
    return this.#paths.top === ROOT && this.#nodes.size > 1;
  }
  /** The process of a tree that has but one: in no path, nobody's parent or child. */
  isHidden(node: number): boolean {
    return node !== ROOT && node === this.#paths.top;
  }
  /** NONE for the root. */
  parent(node: number): number {
    const parent = this.#nodes.parent.get(node);
    return parent === this.#paths.top ? ROOT : parent;
  }
  key(node: number): Key {
    return this.#nodes.key.get(node);
  }
  get collapse(): Collapse {
    return this.#frames.collapse;
  }
  /** As `FrameKeys.own`. */
  keyOf(frame: FrameIndex): Key {
    return this.#frames.own(frame);
  }
  /** Its function was inlined into that of its parent, wherever else it may be called. */
  isInlined(node: number): boolean {
    return this.#nodes.isCalled.get(node) === 0 && isFunctionKey(this.#nodes.key.get(node));
  }
  /** Of this node: what is inlined here counts as such. */
  category(node: number): FrameCategory {
    return this.isInlined(node) ? FrameCategory.inlined : this.names.category(this.#nodes.key.get(node));
  }
  /** Nodes from the root. */
  depth(node: number): number {
    const depth = this.#nodes.depth.get(node);
    return this.#paths.top !== ROOT && depth > 0 ? depth - 1 : depth;
  }
  /** Weight of the samples that ended here. */
  self(node: number): number {
    return this.#nodes.self.get(node === ROOT ? this.#paths.top : node);
  }
  /** Weight of the samples that passed here. */
  total(node: number): number {
    return this.#nodes.total.get(node);
  }
  /** The oldest child; NO_NODE: none. */
  firstChild(node: number): number {
    return this.#nodes.firstChild.get(node === ROOT ? this.#paths.top : node);
  }
  /** The next younger; NO_NODE: none. */
  nextSibling(node: number): number {
    return this.#nodes.nextSibling.get(node);
  }
  name(node: number): string {
    return this.names.name(this.#nodes.key.get(node));
  }

  /** Root to node, both included. */
  path(node: number): number[] {
    const path: number[] = [];
    for (let at = node; at !== NONE; at = this.#nodes.parent.get(at)) if (!this.isHidden(at)) path.push(at);
    return path.reverse();
  }

  /** The node that these keys lead to from the root, NONE if no stack did. */
  find(keys: Iterable<Key>): number {
    let node = this.#paths.top;
    for (const key of keys) {
      node = this.#nodes.find(node, key);
      if (node === NO_NODE) return NONE;
    }
    return node === this.#paths.top ? ROOT : node;
  }

  /** Says that there are samples of a process, which a filter may keep from being folded. */
  meet(process: Key): void {
    this.#paths.processNode(process);
  }

  /** Adds samples of a stack (NONE: of no stack, which counts to the process). A weight of 0 or NaN is nothing; one below 0 (memory that was freed) takes
   * away.
   * @returns the node at which the stack ends. */
  fold(stack: StackIndex, weight: number, process: Key = UNKNOWN_PROCESS): number {
    const place = stack === NONE ? NO_PLACE : this.#paths.place(stack, process);
    const leaf = place === NO_PLACE ? this.#paths.processNode(process) : this.#places.leaf.get(place);
    if (!(weight > 0 || weight < 0)) return leaf;
    if (place !== NO_PLACE) this.#places.weight.add(place, weight);
    else this.#addStackless(leaf, weight);
    this.#nodes.self.add(leaf, weight);
    this.#nodes.addToPath(leaf, weight);
    return leaf;
  }

  /** The node at which a stack ends; nodes are made as needed. */
  leaf(stack: StackIndex, process: Key = UNKNOWN_PROCESS): number {
    return stack === NONE ? this.#paths.processNode(process) : this.#places.leaf.get(this.#paths.place(stack, process));
  }

  /** Takes names that came late: rows [from, to) of `symbols`. Only the stacks that hold those frames move.
   * @returns how many stacks moved. */
  applySymbols(from: number, to: number): number {
    const places = this.#places;
    const stale = places.invalidate(this.#frames.take(from, to));
    const bulk = stale.places.length * NODES_PER_MOVED_STACK > this.#nodes.size;
    stale.places.forEach((place, index) => {
      const weight = places.weight.get(place);
      const before = stale.leaves[index]!;
      const after = this.leaf(places.stack(place), places.process(place));
      if (before === after) return;
      this.#nodes.self.add(before, -weight);
      this.#nodes.self.add(after, weight);
      if (bulk) return;
      this.#nodes.addToPath(before, -weight);
      this.#nodes.addToPath(after, weight);
    });
    if (bulk) this.#nodes.sumTotals();
    return stale.places.length;
  }

  /** Weights anew, node numbers as they are: `visit` is called once and adds every sample that counts. */
  reweigh(visit: (add: (stack: StackIndex, weight: number, process?: Key) => void) => void): void {
    const { weight: weights } = this.#places;
    this.#nodes.self.clear();
    this.#stackless.clear();
    weights.clear();
    const weighed: number[] = [];
    visit((stack, weight, process = UNKNOWN_PROCESS) => {
      if (!(weight > 0 || weight < 0)) return;
      if (stack === NONE) return this.#addStackless(this.#paths.processNode(process), weight);
      const place = this.#paths.place(stack, process);
      if (weights.get(place) === 0) weighed.push(place);
      weights.add(place, weight);
    });
    for (const place of new Set(weighed)) this.#nodes.self.add(this.#places.leaf.get(place), weights.get(place));
    for (const [node, weight] of this.#stackless) this.#nodes.self.add(node, weight);
    this.#nodes.sumTotals();
  }

  /**
   * Shows stacks by other rules, in steps. Until the last one the tree is as it was, and nothing may be folded, named or
   * weighed; given up before (`return`), it stays so. Nodes keep their numbers: those that are the same by both rules
   * have the same one.
   */
  *collapseInSteps(collapse: Collapse): Generator<void, void, void> {
    const places = this.#places;
    const { collapse: rules } = this.#frames;
    const leaves = places.restart();
    const self = new Float64Chunks();
    let isDone = false;
    this.#frames.collapse = collapse;
    try {
      for (let place = NO_PLACE + 1; place < places.end; place++) {
        if (place % STACKS_AT_ONCE === 0) yield;
        const weight = places.weight.get(place);
        if (weight === 0) continue;
        const leaf = this.leaf(places.stack(place), places.process(place));
        self.reserve(leaf + 1);
        self.add(leaf, weight);
      }
      isDone = true;
    } finally {
      if (!isDone) {
        this.#frames.collapse = rules;
        leaves.reserve(places.end);
        places.leaf = leaves;
      }
    }
    self.reserve(this.#nodes.size);
    for (const [node, weight] of this.#stackless) self.add(node, weight);
    this.#nodes.self = self;
    this.#nodes.sumTotals();
  }

  /** Weights by stack (row of `stacks`) of whatever process, in steps. */
  *stackWeights(): Generator<void, Float64Array, void> {
    const places = this.#places;
    const weights = new Float64Array(this.#tables.stacks.length);
    for (let place = NO_PLACE + 1; place < places.end; place++) {
      if (place % STACKS_AT_ONCE === 0) yield;
      const weight = places.weight.get(place);
      if (weight > 0) weights[places.stack(place)]! += weight;
    }
    return weights;
  }

  /** Ways to nodes that outlast late names and what is collapsed; of the root and processes, which stay, there are none. */
  anchors(nodes: readonly number[]): Map<number, Anchor> {
    const code = nodes.filter((node) => this.key(node) >= 0);
    return anchorsOf(this.#nodes, this.#places, this.#tables.stacks.columns.prefix, code);
  }

  /** The node that took the place of an anchor's; the nearest one below where it is not shown. */
  nodeAt({ stack, process, key, nth }: Anchor): number {
    const { prefix } = this.#tables.stacks.columns;
    const below = this.leaf(prefix[stack]! < stack ? prefix[stack]! : NONE, process);
    const made: number[] = [];
    let node = this.leaf(stack, process);
    for (; node !== below; node = this.#nodes.parent.get(node)) made.unshift(node);
    const same = made.filter((each) => this.key(each) === key);
    node = same[nth] ?? same.at(-1) ?? made[0] ?? below;
    return this.isHidden(node) ? ROOT : node;
  }

  #addStackless(process: number, weight: number): void {
    this.#stackless.set(process, (this.#stackless.get(process) ?? 0) + weight);
  }
}
