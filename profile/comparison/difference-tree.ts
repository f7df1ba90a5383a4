// SPDX-License-Identifier: Apache-2.0
/**
 * Two sides' stacks merged by path into one tree, matched as functions are (identities.ts). Each node has what A and B spent
 * there, in percent of A's total by the chosen normalisation, and a width, by which it is drawn and culled (culling.ts).
 *
 * Node 0 is the root. Below it stand processes, where either side has several; else the outermost functions, or inverted,
 * what worked itself, with its callers above it. A node's children are made when it is first asked for one: of two million,
 * some thousand are wide enough to be seen.
 */
import { CallNodes, NO_NODE, ROOT } from '../call-nodes.ts';
import { Float64Chunks, Int32Chunks } from '../chunked.ts';
import { FrameCategory } from '../schema.ts';
import { NONE } from '../units.ts';
import type { Comparison } from './comparison.ts';
import { Callers, Calls, identityAt, partsOf, Places, type Part, type SideName, type Steps } from './difference-places.ts';
import { WIDTHS, type Width } from './difference-width.ts';
import { changeWords } from './difference-words.ts';
import type { Identities } from './identities.ts';
import { largerWeights, type LargerWeights } from './larger-weights.ts';

export interface DifferenceTreeOptions {
  /** Rooted at what worked itself. */
  inverted?: boolean;
  /** B if not given. */
  width?: Width;
  /** An earlier tree, the same way up: nodes keep the numbers that they have there. */
  like?: DifferenceTree | null;
}

/** By node, in percent of A's total. */
interface NodeWeights {
  readonly self: Float64Chunks;
  readonly total: Float64Chunks;
}

/** Nodes for which there is room at once: each is in nine columns. */
const ROOM = 1000;

const noWeights = (): NodeWeights => ({ self: new Float64Chunks(), total: new Float64Chunks() });

export class DifferenceTree {
  readonly inverted: boolean;
  readonly identities: Identities;
  #width: Width = 'b';
  #nodes = new CallNodes();
  /** Names of processes, whose keys are -2 and below. */
  #processes: string[] = [];
  readonly #parts: readonly Part[];
  readonly #steps: Steps;
  readonly #hasProcesses: boolean;
  /** Of all nodes that are made, one behind the other. */
  readonly #places = new Places();
  /** By node: from #from to #to. */
  readonly #from = new Int32Chunks();
  readonly #to = new Int32Chunks();
  /** By node: 1: its children are made. */
  readonly #isOpen = new Int32Chunks();
  readonly #weights: Readonly<Record<Width, NodeWeights>> = { a: noWeights(), b: noWeights(), larger: noWeights() };
  /** All of them. */
  readonly #sums = Object.values(this.#weights).flatMap(({ self, total }) => [self, total]);
  /** Nodes for which there is room. */
  #room = 0;
  /** Null until it is asked for: it takes a look at every stack. */
  #larger: readonly LargerWeights[] | null = null;
  /** By identity, while a node is opened: the child; NO_NODE: none so far. */
  readonly #childOf: Int32Array;
  readonly #following = new Places();

  constructor({ identities, scales, sampled }: Pick<Comparison, 'identities' | 'scales' | 'sampled'>, { inverted = false, width = 'b', like = null }: DifferenceTreeOptions = {}) {
    this.identities = identities;
    this.inverted = inverted;
    const namesOf = (side: SideName): Set<string> => new Set(sampled[side].flatMap(({ processes }) => processes.map(({ process }) => process).filter(Boolean)));
    this.#hasProcesses = namesOf('a').size > 1 || namesOf('b').size > 1;
    this.#parts = (['a', 'b'] as const).flatMap((side) => partsOf(side, sampled[side], scales[side], this.#hasProcesses));
    this.#steps = inverted ? new Callers(this.#parts) : new Calls(this.#parts);
    if (like?.inverted === inverted) this.#keepNumbers(like);
    this.#childOf = new Int32Array(identities.size);
    this.#parts.forEach(({ before }, part) => this.#places.push(part, NONE, NONE, 0, 0, before.length - 1));
    this.#reserve();
    this.#to.set(ROOT, this.#places.length);
    this.#weigh(ROOT);
    if (this.#hasProcesses) this.#openProcesses();
    this.width = width;
  }

  /** Nodes keep their numbers. */
  get width(): Width {
    return this.#width;
  }
  set width(width: Width) {
    this.#width = width;
    if (width !== 'larger' || this.#larger) return;
    this.#larger = largerWeights(this.#parts);
    for (let node = ROOT; node < this.size; node++) this.#weigh(node);
  }

  /** One past the highest node that is made. */
  get size(): number {
    return this.#nodes.size;
  }
  /** NONE for the root. */
  parent(node: number): number {
    return this.#nodes.parent.get(node);
  }
  /** An identity; below 0 the root and processes. */
  key(node: number): number {
    return this.#nodes.key.get(node);
  }
  depth(node: number): number {
    return this.#nodes.depth.get(node);
  }
  /** NO_NODE: none. */
  firstChild(node: number): number {
    if (this.#isOpen.get(node) === 0) this.#open(node);
    return this.#nodes.firstChild.get(node);
  }
  nextSibling(node: number): number {
    return this.#nodes.nextSibling.get(node);
  }
  /** A node of this tree, or of the one that it is like; the root where there is no such any more. */
  reach(node: number): number {
    if (!(node > ROOT && node < this.size)) return ROOT;
    for (const outer of this.path(node)) if (this.#isOpen.get(outer) === 0) this.#open(outer);
    return node;
  }
  /** Root to node, both included. */
  path(node: number): number[] {
    const path: number[] = [];
    for (let at = node; at !== NONE; at = this.parent(at)) path.push(at);
    return path.reverse();
  }

  /** By the chosen width, in percent of A's total. */
  total(node: number): number {
    return this.#weights[this.#width].total.get(node);
  }
  self(node: number): number {
    return this.#weights[this.#width].self.get(node);
  }
  /** Of one side, in percent of A's total. */
  totalOf(side: SideName, node: number): number {
    return this.#weights[side].total.get(node);
  }
  selfOf(side: SideName, node: number): number {
    return this.#weights[side].self.get(node);
  }

  name(node: number): string {
    const key = this.key(node);
    return node === ROOT ? 'all' : key < 0 ? this.#processes[-2 - key]! : this.identities.name(key);
  }
  /** Empty for what is no code. */
  module(node: number): string {
    const key = this.key(node);
    return key < 0 ? '' : this.identities.module(key);
  }
  category(node: number): FrameCategory {
    const key = this.key(node);
    if (key < 0) return FrameCategory.unresolved;
    return this.#nodes.isCalled.get(node) === 0 ? FrameCategory.inlined : this.identities.category(key);
  }

  /** "A 4.1 % -> B 6.3 %, +2.2 points, +54 %", and of itself where that differs (inverted, it is the outermost row that says it). */
  words(node: number): string {
    const whole = changeWords(this.totalOf('a', node), this.totalOf('b', node));
    const [selfA, selfB] = [this.selfOf('a', node), this.selfOf('b', node)];
    const isLeaf = selfA === this.totalOf('a', node) && selfB === this.totalOf('b', node);
    return this.inverted || isLeaf || !(selfA > 0 || selfB > 0) ? whole : `${whole}; itself ${changeWords(selfA, selfB)}`;
  }

  /** -1 to 1: what changed against the larger of both sides; -1: vanished, 1: new. */
  change(node: number): number {
    const [a, b] = [this.totalOf('a', node), this.totalOf('b', node)];
    const larger = Math.max(a, b);
    return larger > 0 ? (b - a) / larger : 0;
  }

  /** Makes the nodes of an earlier tree, which have nothing until what leads to them is opened. */
  #keepNumbers(like: DifferenceTree): void {
    this.#processes = [...like.#processes];
    for (let node = ROOT + 1; node < like.size; node++) {
      const key = like.key(node);
      if (this.#nodes.child(like.parent(node), key < 0 ? key : this.identities.like(like.identities, key)) === node) continue;
      // Two functions that are one now: numbers would mean others.
      this.#nodes = new CallNodes();
      this.#processes = [];
      return;
    }
  }

  #reserve(): void {
    if (this.size <= this.#room) return;
    this.#room = this.size + ROOM;
    for (const column of [this.#from, this.#to, this.#isOpen, ...this.#sums]) column.reserve(this.#room);
  }

  #openProcesses(): void {
    this.#isOpen.set(ROOT, 1);
    const ofName = new Map<string, number[]>();
    this.#parts.forEach(({ process, before, bare }, part) => {
      if (before.at(-1)! + bare > 0) ofName.set(process, [...(ofName.get(process) ?? []), part]);
    });
    for (const [name, parts] of ofName) {
      let row = this.#processes.indexOf(name);
      if (row < 0) row = this.#processes.push(name) - 1;
      const node = this.#nodes.child(ROOT, -2 - row);
      this.#reserve();
      this.#from.set(node, this.#places.length);
      for (const part of parts) this.#places.push(part, NONE, NONE, 0, 0, this.#parts[part]!.before.length - 1);
      this.#to.set(node, this.#places.length);
      this.#weigh(node);
    }
  }

  /** Makes a node's children. */
  #open(node: number): void {
    this.#isOpen.set(node, 1);
    const following = this.#following;
    following.length = 0;
    for (let at = this.#from.get(node); at < this.#to.get(node); at++) this.#steps.follow(this.#places, at, following);
    if (following.length === 0) return;
    const children: number[] = [];
    const keys = new Int32Array(following.length);
    for (let at = 0; at < following.length; at++) {
      const index = following.index(at);
      const key = (keys[at] = identityAt(this.#parts[following.part(at)]!, following.row(at), index));
      let child = this.#childOf[key]!;
      if (child === NO_NODE) {
        this.#childOf[key] = child = this.#nodes.child(node, key);
        this.#reserve();
        children.push(child);
        this.#to.set(child, 0);
      }
      if (index === 0) this.#nodes.isCalled.set(child, 1);
      // How many, for now.
      this.#to.set(child, this.#to.get(child) + 1);
    }
    let end = this.#places.length;
    this.#places.reserve(end + following.length);
    this.#places.length += following.length;
    for (const child of children) {
      this.#from.set(child, end);
      end += this.#to.get(child);
      this.#to.set(child, this.#from.get(child));
    }
    for (let at = 0; at < following.length; at++) {
      const child = this.#childOf[keys[at]!]!;
      const place = this.#to.get(child);
      this.#places.copy(place, following, at);
      this.#to.set(child, place + 1);
    }
    for (const child of children) {
      this.#childOf[this.key(child)] = NO_NODE;
      this.#weigh(child);
    }
  }

  #weigh(node: number): void {
    for (const column of this.#sums) column.set(node, 0);
    for (let at = this.#from.get(node); at < this.#to.get(node); at++) {
      const number = this.#places.part(at);
      const { side, scale, before, bare } = this.#parts[number]!;
      this.#add(node, at, this.#weights[side], before, scale, bare);
      const larger = this.#larger?.[number];
      if (larger) this.#add(node, at, this.#weights.larger, larger.before, 1, larger.bare);
    }
  }

  #add(node: number, at: number, { self, total }: NodeWeights, before: Float64Array, scale: number, bare: number): void {
    const withoutStack = this.#places.chain(at) === NONE ? bare : 0;
    const { from, to } = this.#steps.ends(this.#places, at);
    total.add(node, (before[this.#places.to(at)]! - before[this.#places.from(at)]! + withoutStack) * scale);
    // What has no stack is the processes' own, where they stand on the root.
    const isOwn = node !== ROOT || !this.#hasProcesses;
    self.add(node, (before[to]! - before[from]! + (isOwn ? withoutStack : 0)) * scale);
  }
}

export { NO_NODE, ROOT, WIDTHS, type Width };
