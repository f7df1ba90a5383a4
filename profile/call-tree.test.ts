// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallTree, NO_NODE, ROOT } from './call-tree.ts';
import { functionKey, frameKey, isProcessKey, processKey } from './frame-keys.ts';
import { EVERYTHING, type SampleFilter } from './filter.ts';
import { LiveTree } from './live-tree.ts';
import type { Tables } from './tables.ts';
import { ProfileWriter, profileFromText } from './testing.ts';
import { NONE } from './units.ts';

/** The tree as indented text; emptied nodes are left out. Children by name. `mark`: says what is a process. */
function draw(tree: CallTree, node = ROOT, indent = '', mark = false): string {
  const children: number[] = [];
  for (let child = tree.firstChild(node); child !== NO_NODE; child = tree.nextSibling(child)) children.push(child);
  const name = tree.name(node) + (mark && isProcessKey(tree.key(node)) ? ' (process)' : '');
  const lines = children
    .filter((child) => tree.total(child) !== 0)
    .map((child) => draw(tree, child, `${indent}  `, mark))
    .sort();
  return [`${indent}${name} ${tree.self(node)}/${tree.total(node)}`, ...lines].join('\n');
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

  it('counts a sample without a stack to its process, and ignores weights that are none; memory that was freed weighs less than nothing', () => {
    const { tables } = new ProfileWriter();
    const tree = new CallTree(tables);
    tree.fold(NONE, 2);
    tree.fold(NONE, NaN);
    tree.fold(NONE, 3);
    tree.fold(NONE, -3);
    expect(draw(tree)).toBe('all 2/2');
    tree.fold(NONE, 3, processKey(0));
    expect([tree.self(ROOT), tree.total(ROOT)]).toEqual([0, 5]);
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
    const tree = new CallTree(tables);
    expect(tree.depth(tree.fold(1, 1))).toBe(1);
  });
});

describe('the level of processes', () => {
  const two = () => {
    const writer = new ProfileWriter();
    const [f, g] = [writer.frame(NONE, 1), writer.frame(NONE, 2)];
    writer.symbol(f, 'f');
    const shell = writer.thread(1, 'sh');
    const live = new LiveTree(writer.tables);
    writer.sample(writer.stack([f, g]), 3, 0, shell);
    live.advance();
    return { writer, live, tree: live.tree, f, g, shell };
  };

  it('is hidden while there is one process, and appears for good with the second', () => {
    const { writer, live, tree, f, g, shell } = two();
    expect(draw(tree)).toBe('all 0/3\n  f 0/3\n    0x2 3/3');
    expect(tree.hasProcesses).toBe(false);
    const node = tree.find([functionKey(0)]);
    expect([tree.depth(node), tree.parent(node), tree.path(node)]).toEqual([1, ROOT, [ROOT, node]]);
    const numbered = Array.from({ length: tree.size }, (_, each) => tree.key(each));
    const child = writer.thread(2, 'py', 2, 'python3');
    writer.sample(writer.stack([f, g]), 2, 0, child);
    writer.sample(NONE, 1, 0, child);
    live.advance();
    expect(draw(tree)).toBe('all 0/6\n  python3 1/3\n    f 0/2\n      0x2 2/2\n  sh 0/3\n    f 0/3\n      0x2 3/3');
    expect(tree.hasProcesses).toBe(true);
    expect(numbered.map((_, each) => tree.key(each))).toEqual(numbered);
    expect([tree.depth(node), tree.path(node).map((each) => tree.name(each))]).toEqual([2, ['all', 'sh', 'f']]);
    expect(tree.find([functionKey(0)])).toBe(NONE);
    expect(tree.find([processKey(0), functionKey(0)])).toBe(node);
    live.show({ range: null, hiddenThreads: [child] });
    expect(draw(tree)).toBe('all 0/3\n  sh 0/3\n    f 0/3\n      0x2 3/3');
    live.show({ range: null, hiddenThreads: [shell, child] });
    expect(draw(tree)).toBe('all 0/0');
  });

  it('does not hang on the filter', () => {
    const { writer, f } = two();
    const child = writer.thread(2, 'py', 2, 'python3');
    writer.sample(writer.stack([f]), 2, 7, child);
    const filtered = new LiveTree(writer.tables);
    filtered.show({ range: { from: 0, to: 1 }, hiddenThreads: [] });
    expect(draw(filtered.tree)).toBe('all 0/3\n  sh 0/3\n    f 0/3\n      0x2 3/3');
  });

  it('has one node for processes of one name, and one for each program of a process', () => {
    const { writer, live, f } = two();
    for (const [tid, tgid, name] of [[2, 2, 'sh'], [3, 3, 'openssl'], [4, 2, 'openssl'], [5, 5, '']] as const) {
      writer.sample(writer.stack([f]), tid, 0, writer.thread(tid, 'thread', tgid, name));
    }
    live.advance();
    expect(draw(live.tree)).toBe(
      ['all 0/17', '  openssl 0/7', '    f 7/7', '  process 5 0/5', '    f 5/5', '  sh 0/5', '    f 2/5', '      0x2 3/3'].join('\n'),
    );
  });

  it('names a sample whose thread is not known', () => {
    const { writer, live } = two();
    writer.sample(NONE, 1, 0, 99);
    live.advance();
    expect(draw(live.tree)).toContain('  process ? 1/1');
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
  const processOf = (thread: number): string => {
    const process = tables.threads.columns.process[thread]!;
    const name = strings.columns.text[tables.processes.columns.name[process]!]!;
    return name === '' ? `process ${tables.processes.columns.tgid[process]!}` : name;
  };
  const processes = new Set(Array.from(samples.columns.thread.subarray(0, samples.length), processOf));
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
    if (processes.size > 1) path.unshift(`${processOf(thread[row]!)} (process)`);
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
  /** The process names of threads 0 to 3; a name may be that of a function, too. */
  const owners = fc.array(fc.constantFrom('a', 'p', ''), { minLength: 4, maxLength: 4 });
  const run = (steps: Step[], names: string[], nodesBefore: number) => {
    const writer = new ProfileWriter();
    names.forEach((name, thread) => writer.thread(thread + 1, 'thread', 10 + (thread >> 1), name));
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
        expect(live.tree.isHidden(live.tree.parent(node))).toBe(false);
        expect(live.tree.path(node).length).toBe(live.tree.depth(node) + 1);
      }
    }
    live.advance();
    expect(draw(live.tree, ROOT, '', true)).toBe(naive(writer.tables, filter));
  };

  it('equals a naive model', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), owners, (steps, names) => run(steps, names, 0)), { numRuns: 300 });
  });

  it('equals it in a tree much larger than the change', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 20 }), owners, (steps, names) => run(steps, names, 800)), { numRuns: 25 });
  });
});
