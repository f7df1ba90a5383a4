// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallTree, NO_NODE, ROOT } from './call-tree.ts';
import { functionKey, frameKey } from './frame-keys.ts';
import { EVERYTHING, type SampleFilter } from './filter.ts';
import { LiveTree } from './live-tree.ts';
import type { Tables } from './tables.ts';
import { ProfileWriter, profileFromText } from './testing.ts';
import { NONE } from './units.ts';

/** The tree as indented text; emptied nodes are left out. Children by name. */
function draw(tree: CallTree, node = ROOT, indent = ''): string {
  const children: number[] = [];
  for (let child = tree.firstChild(node); child !== NO_NODE; child = tree.nextSibling(child)) children.push(child);
  const lines = children
    .filter((child) => tree.total(child) !== 0)
    .map((child) => draw(tree, child, `${indent}  `))
    .sort();
  return [`${indent}${tree.name(node)} ${tree.self(node)}/${tree.total(node)}`, ...lines].join('\n');
}

function treeOf(tables: Tables, filter: SampleFilter = EVERYTHING): CallTree {
  const live = new LiveTree(tables);
  live.advance();
  if (filter !== EVERYTHING) live.show(filter);
  return live.tree;
}

describe('CallTree', () => {
  it('merges stacks by path', () => {
    const tree = treeOf(
      profileFromText(`
        main;work;read_[k] 3
        main;work 2
        main;idle 1
        main;work;read_[k] 4
      `),
    );
    expect(draw(tree)).toBe(
      ['all 0/10', '  main 0/10', '    idle 1/1', '    work 2/9', '      read 7/7'].join('\n'),
    );
  });

  it('counts a frame with inlined functions as several nodes', () => {
    const tree = treeOf(profileFromText('main;work;fast_[i];faster_[i];leaf 2\nmain;work 1'));
    expect(draw(tree)).toBe(
      ['all 0/3', '  main 0/3', '    work 1/3', '      fast 0/2', '        faster 0/2', '          leaf 2/2'].join('\n'),
    );
  });

  it('counts a sample without a stack to the root, and ignores weights that are none', () => {
    const { tables } = new ProfileWriter();
    const tree = new CallTree(tables);
    tree.fold(NONE, 2);
    tree.fold(NONE, NaN);
    tree.fold(NONE, -1);
    expect([tree.self(ROOT), tree.total(ROOT), tree.size]).toEqual([2, 2, 1]);
  });

  it('keeps node numbers when a name comes late, and empties the old node', () => {
    const writer = new ProfileWriter();
    const library = writer.module('/lib/libx.so');
    const [a, b] = [writer.frame(library, 0x10), writer.frame(library, 0x20)];
    const tree = new CallTree(writer.tables);
    const leaf = tree.fold(writer.stack([a, b]), 5);
    expect(draw(tree)).toBe('all 0/5\n  libx.so+0x10 0/5\n    libx.so+0x20 5/5');
    writer.symbol(a, 'outer', 0, library);
    expect(tree.applySymbols(0, 1)).toBe(1);
    expect(draw(tree)).toBe('all 0/5\n  outer 0/5\n    libx.so+0x20 5/5');
    expect([tree.name(leaf), tree.total(leaf), tree.self(leaf)]).toEqual(['libx.so+0x20', 0, 0]);
    expect(tree.find([functionKey(0), frameKey(b)])).toBe(tree.size - 1);
    expect(tree.find([frameKey(b)])).toBe(NONE);
    expect(tree.path(tree.size - 1).map((node) => tree.name(node))).toEqual(['all', 'outer', 'libx.so+0x20']);
  });

  it('takes a stack of 100,000 frames', () => {
    const { tables, frame, stack } = bound(new ProfileWriter());
    const frames = Array.from({ length: 100_000 }, (_, index) => frame(NONE, index));
    const tree = new CallTree(tables);
    const leaf = tree.fold(stack(frames), 1);
    expect(tree.depth(leaf)).toBe(100_000);
    tables.symbols.append({ frame: 0, depth: 0, function: NONE, file: 0, line: 0 });
    tables.functions.append({ name: 0, module: NONE, file: 0, line: 0 });
    tables.symbols.append({ frame: 0, depth: 0, function: 0, file: 0, line: 0 });
    tree.applySymbols(0, 2);
    expect(tree.total(leaf)).toBe(0);
    expect(tree.total(tree.size - 1)).toBe(1);
    expect(tree.depth(tree.size - 1)).toBe(100_000);
  });

  it('does not loop on a damaged prefix', () => {
    const { tables } = new ProfileWriter();
    tables.stacks.append({ prefix: 1, frame: 0, end: 0 });
    tables.stacks.append({ prefix: 1, frame: 1, end: 0 });
    expect(new CallTree(tables).fold(1, 1)).toBe(1);
  });
});

function bound(writer: ProfileWriter) {
  return { tables: writer.tables, frame: writer.frame.bind(writer), stack: writer.stack.bind(writer) };
}

const FRAMES = 12;
type Step =
  | { kind: 'sample'; frames: number[]; weight: number; slice: number; thread: number }
  | { kind: 'symbol'; frame: number; name: string | null; depth: number }
  | { kind: 'advance' }
  | { kind: 'filter'; filter: SampleFilter };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({
    kind: fc.constant('sample' as const),
    frames: fc.array(fc.nat(FRAMES - 1), { maxLength: 8 }),
    weight: fc.integer({ min: 1, max: 100 }),
    slice: fc.nat(9),
    thread: fc.nat(3),
  }) },
  { weight: 2, arbitrary: fc.record({
    kind: fc.constant('symbol' as const),
    frame: fc.nat(FRAMES - 1),
    name: fc.option(fc.constantFrom('a', 'b', 'c', 'd')),
    depth: fc.nat(2),
  }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'advance' as const }) },
  { weight: 1, arbitrary: fc.record({
    kind: fc.constant('filter' as const),
    filter: fc.record({
      range: fc.option(fc.tuple(fc.nat(9), fc.nat(9)).map(([from, to]) => ({ from, to }))),
      hiddenThreads: fc.uniqueArray(fc.nat(3)),
    }),
  }) },
);

/** The same by plain objects: every sample afresh, with the names as they are at last. */
function naive(tables: Tables, filter: SampleFilter): string {
  const { samples, stacks, frames, symbols, strings, functions } = tables;
  const names = new Map<number, Map<number, number>>();
  for (let row = 0; row < symbols.length; row++) {
    const frame = symbols.columns.frame[row]!;
    if (!names.has(frame)) names.set(frame, new Map());
    names.get(frame)!.set(symbols.columns.depth[row]!, symbols.columns.function[row]!);
  }
  const textOf = (row: number) => strings.columns.text[functions.columns.name[row]!]!;
  const calls = (frame: number): string[] => {
    const byDepth = names.get(frame) ?? new Map<number, number>();
    const outer = byDepth.get(0) ?? NONE;
    const list = [outer === NONE ? `0x${frames.columns.offset[frame]!.toString(16)}` : textOf(outer)];
    for (let depth = 1; depth <= 2; depth++) {
      const row = byDepth.get(depth) ?? NONE;
      if (row !== NONE) list.push(textOf(row));
    }
    return list;
  };
  interface Node { self: number; total: number; children: Map<string, Node> }
  const root: Node = { self: 0, total: 0, children: new Map() };
  for (let row = 0; row < samples.length; row++) {
    const { slice, thread, stack, weight } = samples.columns;
    if (filter.range && (slice[row]! < filter.range.from || slice[row]! >= filter.range.to)) continue;
    if (filter.hiddenThreads.includes(thread[row]!)) continue;
    const path: string[] = [];
    for (let at = stack[row]!; at !== NONE; at = stacks.columns.prefix[at]!) {
      path.unshift(...calls(stacks.columns.frame[at]!));
    }
    let node = root;
    node.total += weight[row]!;
    for (const name of path) {
      if (!node.children.has(name)) node.children.set(name, { self: 0, total: 0, children: new Map() });
      node = node.children.get(name)!;
      node.total += weight[row]!;
    }
    node.self += weight[row]!;
  }
  const drawNode = (name: string, node: Node, indent: string): string =>
    [
      `${indent}${name} ${node.self}/${node.total}`,
      ...[...node.children].map(([child, each]) => drawNode(child, each, `${indent}  `)).sort(),
    ].join('\n');
  return drawNode('all', root, '');
}

describe('every incremental path', () => {
  const run = (steps: Step[], nodesBefore: number) => {
    const writer = new ProfileWriter();
    const frames = Array.from({ length: FRAMES }, (_, index) => writer.frame(NONE, 0x100 + index));
    const live = new LiveTree(writer.tables);
    let filter = EVERYTHING;
    // A large tree, so that a few moved stacks take the path of single steps.
    for (let index = 0; index < nodesBefore; index++) writer.sample(writer.stack([writer.frame(NONE, 0x1000 + index)]), 1);
    live.advance();
    const keys: number[] = [];
    for (const each of steps) {
      if (each.kind === 'sample') {
        writer.sample(writer.stack(each.frames.map((index) => frames[index]!)), each.weight, each.slice, each.thread);
      } else if (each.kind === 'symbol') writer.symbol(frames[each.frame]!, each.name, each.depth);
      else if (each.kind === 'filter') live.show((filter = each.filter));
      else live.advance();
      for (let node = 0; node < live.tree.size; node++) {
        if (node < keys.length) expect(live.tree.key(node)).toBe(keys[node]);
        else keys.push(live.tree.key(node));
        expect(live.tree.parent(node)).toBeLessThan(node);
      }
    }
    live.advance();
    expect(draw(live.tree)).toBe(naive(writer.tables, filter));
  };

  it('equals a naive model', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => run(steps, 0)), { numRuns: 300 });
  });

  it('equals it in a tree much larger than the change', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 20 }), (steps) => run(steps, 800)), { numRuns: 25 });
  });
});
