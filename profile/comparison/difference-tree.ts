// SPDX-License-Identifier: Apache-2.0
/**
 * Two sides' stacks merged by path into one tree, matched as functions are (identities.ts). Each node has what A and B spent
 * there, in percent of A's total by the chosen normalisation, and a width, by which it is drawn and culled (culling.ts).
 *
 * Node 0 is the root. Below it stand processes, where either side has several; else the outermost functions, or inverted,
 * what worked itself, with its callers above it.
 */
import { CallNodes, NO_NODE, ROOT } from '../call-nodes.ts';
import { SampleIndex } from '../filter.ts';
import { FrameCategory } from '../schema.ts';
import { processName } from '../processes.ts';
import { weightsOf } from '../questions.ts';
import type { Tables } from '../tables.ts';
import { NONE } from '../units.ts';
import type { Comparison } from './comparison.ts';
import { WIDTHS, type Width } from './difference-width.ts';
import { changeWords } from './difference-words.ts';
import { FrameIdentities, type Identities } from './identities.ts';
import { secondsPerWeight, type Run, type Side } from './sides.ts';

export interface DifferenceTreeOptions {
  /** Rooted at what worked itself. */
  inverted?: boolean;
  /** B if not given. */
  width?: Width;
}

type SideName = 'a' | 'b';

/** Weights by node, grown as the tree is. */
interface NodeWeights {
  self: Float64Array;
  total: Float64Array;
}

export class DifferenceTree {
  readonly inverted: boolean;
  readonly identities: Identities;
  #width: Width = 'b';
  readonly #nodes = new CallNodes();
  /** Names of processes, whose keys are -2 and below. */
  readonly #processes: string[] = [];
  readonly #weights: Readonly<Record<SideName, NodeWeights>>;
  /** What is drawn: one of the sides' columns, or the larger's. */
  #drawn: NodeWeights;
  readonly #larger: NodeWeights;

  /** @param scales of `Comparison` */
  constructor(a: Side, b: Side, { identities, scales }: Pick<Comparison, 'identities' | 'scales'>, { inverted = false, width = 'b' }: DifferenceTreeOptions = {}) {
    this.identities = identities;
    this.inverted = inverted;
    const hasProcesses = [a, b].some(({ runs }) => new Set(runs.flatMap((run) => [...processesOf(run).values()])).size > 1);
    const frames = new Map<Tables, FrameIdentities>();
    const folded = (side: Side, scale: number): Map<number, number> => {
      const self = new Map<number, number>();
      for (const run of side.runs) {
        let known = frames.get(run.tables);
        if (!known) frames.set(run.tables, (known = new FrameIdentities(run.tables, identities)));
        this.#fold(run, known, hasProcesses, scale * secondsPerWeight(run), self);
      }
      return self;
    };
    const [selfA, selfB] = [folded(a, scales.a), folded(b, scales.b)];
    this.#weights = { a: this.#sum(selfA), b: this.#sum(selfB) };
    const larger = new Map(selfA);
    for (const [node, weight] of selfB) larger.set(node, Math.max(weight, larger.get(node) ?? 0));
    this.#larger = this.#sum(larger);
    this.#drawn = this.#weights.b;
    this.width = width;
  }

  /** Nodes keep their numbers. */
  get width(): Width {
    return this.#width;
  }
  set width(width: Width) {
    this.#width = width;
    this.#drawn = width === 'larger' ? this.#larger : this.#weights[width];
  }

  /** One past the highest node. */
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
    return this.#nodes.firstChild.get(node);
  }
  nextSibling(node: number): number {
    return this.#nodes.nextSibling.get(node);
  }
  /** There is no level that is hidden. */
  isHidden(): boolean {
    return false;
  }
  /** Root to node, both included. */
  path(node: number): number[] {
    const path: number[] = [];
    for (let at = node; at !== NONE; at = this.parent(at)) path.push(at);
    return path.reverse();
  }

  /** By the chosen width, in percent of A's total. */
  total(node: number): number {
    return this.#drawn.total[node]!;
  }
  self(node: number): number {
    return this.#drawn.self[node]!;
  }
  /** Of one side, in percent of A's total. */
  totalOf(side: SideName, node: number): number {
    return this.#weights[side].total[node]!;
  }
  selfOf(side: SideName, node: number): number {
    return this.#weights[side].self[node]!;
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

  #fold(run: Run, frames: FrameIdentities, hasProcesses: boolean, scale: number, self: Map<number, number>): void {
    const { samples, stacks } = run.tables;
    const { stack, thread } = samples.columns;
    const weightOf = weightsOf(samples, run.weights);
    const processes = processesOf(run);
    // By process and stack: a stack is walked once.
    const weights = new Map<string, Map<number, number>>();
    new SampleIndex(run.tables).forEach(run.filter, (row) => {
      const weight = weightOf(row);
      if (weight === 0) return;
      const process = hasProcesses ? (processes.get(thread[row]!) ?? '') : '';
      let ofProcess = weights.get(process);
      if (!ofProcess) weights.set(process, (ofProcess = new Map()));
      ofProcess.set(stack[row]!, (ofProcess.get(stack[row]!) ?? 0) + weight);
    });
    const leaves = new Int32Array(stacks.length).fill(NONE);
    const met: number[] = [];
    for (const [process, ofProcess] of weights) {
      const base = hasProcesses ? this.#nodes.child(ROOT, this.#processKey(process)) : ROOT;
      for (const [leaf, weight] of ofProcess) {
        // Memory that was freed may outweigh what was allocated: nothing is drawn below nothing.
        if (!(weight > 0)) continue;
        let node = base;
        if (leaf !== NONE && this.inverted) node = this.#descendInverted(run.tables, frames, base, leaf);
        else if (leaf !== NONE) node = this.#leaf(run.tables, frames, base, leaf, leaves, met);
        self.set(node, (self.get(node) ?? 0) + weight * scale);
      }
      // The next process has nodes of its own.
      for (const row of met) leaves[row] = NONE;
      met.length = 0;
    }
  }

  /** The node at which a stack ends; `leaves` remembers those of its prefixes. */
  #leaf({ stacks }: Tables, { start, list }: FrameIdentities, base: number, leaf: number, leaves: Int32Array, met: number[]): number {
    const { prefix, frame } = stacks.columns;
    const path: number[] = [];
    let at = leaf;
    while (at !== NONE && leaves[at] === NONE) {
      path.push(at);
      at = prefix[at]! < at ? prefix[at]! : NONE;
    }
    let node = at === NONE ? base : leaves[at]!;
    while (path.length > 0) {
      const row = path.pop()!;
      const first = start[frame[row]!]!;
      for (let index = first; index < start[frame[row]! + 1]!; index++) node = this.#call(node, list[index]!, index === first);
      leaves[row] = node;
      met.push(row);
    }
    return node;
  }

  #descendInverted({ stacks }: Tables, { start, list }: FrameIdentities, base: number, leaf: number): number {
    const { prefix, frame } = stacks.columns;
    let node = base;
    for (let at = leaf; at !== NONE; at = prefix[at]! < at ? prefix[at]! : NONE) {
      const first = start[frame[at]!]!;
      for (let index = start[frame[at]! + 1]! - 1; index >= first; index--) node = this.#call(node, list[index]!, index === first);
    }
    return node;
  }

  #call(parent: number, identity: number, isCalled: boolean): number {
    const node = this.#nodes.child(parent, identity);
    if (isCalled) this.#nodes.isCalled.set(node, 1);
    return node;
  }

  #processKey(name: string): number {
    let row = this.#processes.indexOf(name);
    if (row < 0) row = this.#processes.push(name) - 1;
    return -2 - row;
  }

  /** Totals from selves. Children have higher numbers than their parents. */
  #sum(selves: ReadonlyMap<number, number>): NodeWeights {
    const self = new Float64Array(this.size);
    for (const [node, weight] of selves) self[node] = weight;
    const total = self.slice();
    for (let node = this.size - 1; node > ROOT; node--) total[this.parent(node)]! += total[node]!;
    return { self, total };
  }
}

export { NO_NODE, ROOT, WIDTHS, type Width };

/** Thread -> name of its process, of threads that the run means. */
function processesOf({ tables, filter }: Run): Map<number, string> {
  const hidden = new Set(filter.hiddenThreads);
  const { process } = tables.threads.columns;
  const names = new Map<number, string>();
  for (let thread = 0; thread < tables.threads.length; thread++) {
    if (!hidden.has(thread)) names.set(thread, processName(tables, process[thread]!));
  }
  return names;
}
