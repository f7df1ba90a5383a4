// SPDX-License-Identifier: Apache-2.0
/**
 * The call tree's three costs at 10 k, 100 k and 1 M nodes: folding a delta of 5,000 stacks (mean depth
 * about 36, one in five new: each makes some 14 nodes), culling to 1,600 pixels, and searching; each against a tree of plain
 * objects and Maps that does the same in the same run. Also the longest single stack while the tree was
 * built (growing must not stall), late names, a filter, and memory.
 *
 *     node --expose-gc bench/tree.ts [nodes...]
 */
import { CallTree, ROOT } from '../profile/call-tree.ts';
import { NOTHING_COLLAPSED } from '../profile/collapse.ts';
import { VisibleFrames, cull } from '../profile/culling.ts';
import { functionKey } from '../profile/frame-keys.ts';
import { compilePattern, type Pattern } from '../profile/pattern.ts';
import { Search } from '../profile/search.ts';
import { createTables, type Tables } from '../profile/tables.ts';
import { NONE } from '../profile/units.ts';
import { median, printTable } from './table.ts';

const FUNCTIONS = 4_000;
const DELTA = 5_000;
const DEPTH = 36;
const WIDTH = 1_600;

/** The same numbers in every run. */
let state = 1;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

/** A profile of functions that call a few others often and many rarely, as programs do. */
class Program {
  readonly tables: Tables = createTables();
  readonly #rows = new Map<number, number>();
  readonly #depth: number[] = [];
  /** Stack rows of which samples are taken. */
  readonly leaves: number[] = [];

  constructor() {
    const { strings, functions, frames, symbols } = this.tables;
    for (let row = 0; row < FUNCTIONS; row++) {
      const name = strings.append({ text: `namespace_${row % 37}::function_${row.toString(36)}` });
      functions.append({ name, module: NONE, file: 0, line: 0 });
      frames.append({ module: NONE, offset: row * 64, category: 0 });
      symbols.append({ frame: row, depth: 0, function: row, file: 0, line: 0 });
    }
  }

  /** A new stack: it leaves an older one somewhere on its way. */
  grow(): number {
    const { prefix, frame } = this.tables.stacks.columns;
    let at = this.leaves.length === 0 ? NONE : this.leaves[Math.floor(random() * this.leaves.length)]!;
    const depth = Math.max(4, Math.round(DEPTH + (random() + random() + random() - 1.5) * 24));
    let keep = Math.floor(depth * Math.sqrt(random()));
    while (at !== NONE && this.#depth[at]! > keep) at = prefix[at]!;
    for (keep = at === NONE ? 0 : this.#depth[at]!; keep < depth; keep++) {
      const caller = at === NONE ? 0 : frame[at]!;
      at = this.#row(at, (caller * 31 + Math.floor(random() ** 4 * 40) * 97 + 1) % FUNCTIONS, keep + 1);
    }
    this.leaves.push(at);
    return at;
  }

  any(): number {
    return this.leaves[Math.floor(random() ** 2 * this.leaves.length)]!;
  }

  #row(prefix: number, frame: number, depth: number): number {
    const identity = (prefix + 1) * FUNCTIONS + frame;
    let row = this.#rows.get(identity);
    if (row === undefined) {
      row = this.tables.stacks.append({ prefix, frame, end: 0 });
      this.#rows.set(identity, row);
      this.#depth[row] = depth;
    }
    return row;
  }
}

/** What most people would write. */
interface ObjectNode {
  name: string;
  self: number;
  total: number;
  children: Map<number, ObjectNode>;
}
class ObjectTree {
  readonly root: ObjectNode = { name: 'all', self: 0, total: 0, children: new Map() };
  readonly #tables: Tables;
  readonly #path: number[] = [];

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  fold(stack: number, weight: number): void {
    const { stacks, functions, strings } = this.#tables;
    const path = this.#path;
    path.length = 0;
    for (let at = stack; at !== NONE; at = stacks.columns.prefix[at]!) path.push(stacks.columns.frame[at]!);
    let node = this.root;
    node.total += weight;
    for (const frame of path.reverse()) {
      let child = node.children.get(frame);
      if (!child) {
        const name = strings.columns.text[functions.columns.name[frame]!]!;
        node.children.set(frame, (child = { name, self: 0, total: 0, children: new Map() }));
      }
      node = child;
      node.total += weight;
    }
    node.self += weight;
  }

  cull(): { x: number; width: number; depth: number; node: ObjectNode }[] {
    const scale = WIDTH / this.root.total;
    const out = [{ x: 0, width: WIDTH, depth: 0, node: this.root }];
    // It grows while it is walked.
    for (const parent of out) {
      let { x } = parent;
      const wide = [...parent.node.children.values()].filter((child) => child.total * scale >= 1);
      wide.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
      for (const node of wide) {
        out.push({ x, width: node.total * scale, depth: parent.depth + 1, node });
        x += node.total * scale;
      }
    }
    return out;
  }

  search(pattern: Pattern): number {
    const known = new Map<string, boolean>();
    const pending = [this.root];
    let matched = 0;
    while (pending.length > 0) {
      const node = pending.pop()!;
      let hit = known.get(node.name);
      if (hit === undefined) known.set(node.name, (hit = pattern.test(node.name)));
      if (hit) matched += node.total;
      else for (const child of node.children.values()) pending.push(child);
    }
    return matched / this.root.total;
  }
}

/** Milliseconds of this thread's CPU: others who use the machine do not count. */
function clock(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function medianTime(times: number, act: () => void): number {
  return median(
    Array.from({ length: times }, () => {
      const start = clock();
      act();
      return clock() - start;
    }),
  );
}

/** For what is shorter than the clock is fine. */
function mean(times: number, act: () => void): number {
  const start = clock();
  for (let left = times; left > 0; left--) act();
  return (clock() - start) / times;
}

function memory(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
}

/** Another rule for every stack, in steps. */
function collapse(tree: CallTree): [all: number, longestStep: number] {
  const work = tree.collapseInSteps({ ...NOTHING_COLLAPSED, recursion: true });
  let all = 0;
  let longest = 0;
  for (let isDone = false; !isDone; ) {
    const start = clock();
    isDone = work.next().done === true;
    const took = clock() - start;
    all += took;
    longest = Math.max(longest, took);
  }
  return [all, longest];
}

function measure(nodes: number): { costs: string[][]; others: string[] } {
  const program = new Program();
  const { tables } = program;
  const before = memory();
  const tree = new CallTree(tables);
  tree.applySymbols(0, tables.symbols.length);
  let longest = 0;
  while (tree.size < nodes) {
    const stack = program.grow();
    const start = clock();
    tree.fold(stack, 1 + Math.floor(40 * random() ** 8));
    longest = Math.max(longest, clock() - start);
  }
  // The tables and the program's own lists are in it on both sides of the comparison: they are built here.
  const withTree = memory();
  const objects = new ObjectTree(tables);
  for (const leaf of program.leaves) objects.fold(leaf, 1);
  const withObjects = memory();

  const delta = (): number[] =>
    Array.from({ length: DELTA }, (_, index) => (index % 5 === 0 ? program.grow() : program.any()));
  const foldTimes: [number, number][] = Array.from({ length: 9 }, () => {
    const stacks = delta();
    const start = clock();
    for (const stack of stacks) tree.fold(stack, 1);
    const between = clock();
    for (const stack of stacks) objects.fold(stack, 1);
    return [between - start, clock() - between];
  });

  const out = new VisibleFrames();
  const pattern = compilePattern('_2::.*_[a-f]', false);
  if ('error' in pattern) throw new Error(pattern.error);
  const search = new Search(tree, pattern);
  const zoom = out.node[Math.min(cull(tree, { zoom: ROOT, width: WIDTH }, out).count - 1, 40)]!;
  const costs: [string, number, number | null][] = [
    [`fold ${DELTA} stacks`, median(foldTimes.map(([ours]) => ours)), median(foldTimes.map(([, theirs]) => theirs))],
    ['cull', mean(200, () => cull(tree, { zoom: ROOT, width: WIDTH }, out)), mean(200, () => objects.cull())],
    ['cull, zoomed', mean(200, () => cull(tree, { zoom, width: WIDTH }, out)), null],
    ['search', medianTime(7, () => search.figures(ROOT)), medianTime(7, () => objects.search(pattern))],
  ];
  const visible = cull(tree, { zoom: ROOT, width: WIDTH }, out).count;

  const firstNew = tables.symbols.length;
  const named = tables.strings.append({ text: 'late name' });
  const late = tables.functions.append({ name: named, module: NONE, file: 0, line: 0 });
  tables.symbols.append({ frame: FUNCTIONS - 1, depth: 0, function: late, file: 0, line: 0 });
  let moved = 0;
  const lateTime = medianTime(1, () => (moved = tree.applySymbols(firstNew, tables.symbols.length)));
  if (tree.names.name(functionKey(late)) !== 'late name') throw new Error('the late name did not arrive');
  const [collapsing, longestStep] = collapse(tree);
  const filterTime = medianTime(3, () => tree.reweigh((add) => program.leaves.forEach((stack) => add(stack, 1))));

  const label = nodes >= 1e6 ? `${nodes / 1e6} M` : `${nodes / 1e3} k`;
  return {
    costs: costs.map(([what, ours, theirs]) => [
      label,
      what,
      ours.toFixed(2),
      theirs === null ? '' : theirs.toFixed(2),
      theirs === null ? '' : `${(ours / theirs).toFixed(2)} x`,
    ]),
    others: [
      label,
      String(visible),
      longest.toFixed(1),
      `${lateTime.toFixed(1)} (${moved} stacks)`,
      filterTime.toFixed(1),
      `${collapsing.toFixed(0)} / ${longestStep.toFixed(1)}`,
      globalThis.gc
        ? `${(withTree - before).toFixed(0)} with tables / ${(withObjects - withTree).toFixed(0)}`
        : 'run with --expose-gc',
    ],
  };
}

const sizes = process.argv.slice(2).map(Number);
const results = (sizes.length > 0 ? sizes : [10_000, 100_000, 1_000_000]).map(measure);
printTable(
  `The call tree against a tree of objects and Maps; CPU milliseconds (${WIDTH} px)`,
  ['nodes', 'what', 'ours', 'objects', 'ratio'],
  results.flatMap(({ costs }) => costs),
);
printTable(
  'The call tree, further; CPU milliseconds',
  ['nodes', 'visible', 'longest fold of one new stack', 'one late name', 'filter', 'collapse: all / longest step', 'MB: typed / objects'],
  results.map(({ others }) => others),
);
