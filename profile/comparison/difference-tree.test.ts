// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { cull, VisibleFrames } from '../culling.ts';
import { FrameCategory, ModuleKind } from '../schema.ts';
import { ProfileWriter, profileFromText } from '../testing.ts';
import { compare } from './comparison.ts';
import { DifferenceTree, NO_NODE, ROOT, type DifferenceTreeOptions } from './difference-tree.ts';
import type { Normalisation } from './normalisation.ts';
import type { Side } from './sides.ts';
import { asRun } from './testing.ts';

const BEFORE = 'main;parse.isra.0;read_[k] 30\nmain;parse.isra.0 10\nmain;old 20\nmain 40';
const AFTER = 'main;parse;read_[k] 60\nmain;parse 20\nmain;fresh 40\nmain 80';

const side = (text: string): Side => ({ runs: [asRun(profileFromText(text))] });
const treeOf = (a: Side, b: Side, options?: DifferenceTreeOptions, normalisation: Normalisation = 'total'): DifferenceTree =>
  new DifferenceTree(compare(a, b, { normalisation }), options);

/** "  name a b self" a line, children by name. */
function drawn(tree: DifferenceTree, node: number = ROOT): string[] {
  const figures = [tree.totalOf('a', node), tree.totalOf('b', node), tree.selfOf('a', node), tree.selfOf('b', node)].map((each) => Math.round(each));
  const children: number[] = [];
  for (let child = tree.firstChild(node); child !== NO_NODE; child = tree.nextSibling(child)) children.push(child);
  children.sort((one, other) => (tree.name(one) < tree.name(other) ? -1 : 1));
  return [`${'  '.repeat(tree.depth(node))}${tree.name(node)} ${figures.join(' ')}`, ...children.flatMap((child) => drawn(tree, child))];
}

function find(tree: DifferenceTree, name: string): number {
  drawn(tree);
  return Array.from({ length: tree.size }, (_, node) => node).find((node) => tree.name(node) === name)!;
}

test('both sides stand in one tree, matched across builds', () => {
  const tree = treeOf(side(BEFORE), side(AFTER));
  expect(drawn(tree)).toEqual([
    'all 100 100 0 0',
    '  main 100 100 40 40',
    '    fresh 0 20 0 20',
    '    old 20 0 20 0',
    '    parse 40 40 10 10',
    '      read 30 30 30 30',
  ]);
  expect(tree.category(find(tree, 'read'))).toBe(FrameCategory.kernel);
  expect([find(tree, 'fresh'), find(tree, 'old'), find(tree, 'parse')].map((node) => tree.change(node))).toEqual([1, -1, 0]);
});

test('in the unit of the normalisation', () => {
  const tree = treeOf(side(BEFORE), side(AFTER), {}, 'none');
  expect(drawn(tree).slice(0, 2)).toEqual(['all 100 200 0 0', '  main 100 200 40 80']);
});

test('words of a node', () => {
  const tree = treeOf(side('main;f 30\nmain 70'), side('main;f 60\nmain 40'));
  expect(tree.words(find(tree, 'f'))).toBe('A 30.0 % -> B 60.0 %, +30.0 points, +100 %');
  expect(tree.words(find(tree, 'main'))).toBe('A 100.0 % -> B 100.0 %, 0.0 points, 0 %; itself A 70.0 % -> B 40.0 %, −30.0 points, −43 %');
});

test('widths are of A, of B, or so that all of both is to be seen', () => {
  const tree = treeOf(side(BEFORE), side(AFTER), { width: 'larger' });
  const shown = (): string[] => {
    const visible = cull(tree, { zoom: ROOT, width: 1000 }, new VisibleFrames());
    return Array.from({ length: visible.count }, (_, at) => tree.name(visible.node[at]!)).sort();
  };
  expect(shown()).toEqual(['all', 'fresh', 'main', 'old', 'parse', 'read']);
  // Of every stack the larger: 40 + 10 + 30 + 20 + 20.
  expect(tree.total(ROOT)).toBeCloseTo(120, 9);
  tree.width = 'b';
  expect(shown()).not.toContain('old');
  tree.width = 'a';
  expect(shown()).not.toContain('fresh');
});

test('inverted, what worked itself comes first and its callers stand on it', () => {
  const tree = treeOf(side(BEFORE), side(AFTER), { inverted: true });
  expect(drawn(tree)).toEqual([
    'all 100 100 0 0',
    '  fresh 0 20 0 0',
    '    main 0 20 0 20',
    '  main 40 40 40 40',
    '  old 20 0 0 0',
    '    main 20 0 20 0',
    '  parse 10 10 0 0',
    '    main 10 10 10 10',
    '  read 30 30 0 0',
    '    parse 30 30 0 0',
    '      main 30 30 30 30',
  ]);
});

test('processes are a level where there are several, and threads that are hidden have none', () => {
  const writer = new ProfileWriter();
  const frame = writer.frame(writer.module('/bin/x', ModuleKind.executable), 16);
  writer.symbol(frame, 'main', 0, 0);
  const threads = [writer.thread(1, 'one'), writer.thread(2, 'two')];
  for (const thread of threads) writer.sample(writer.stack([frame]), 10, 0, thread);
  const both: Side = { runs: [asRun(writer.tables)] };
  expect(drawn(treeOf(both, both))).toEqual(['all 100 100 0 0', '  one 50 50 0 0', '    main 50 50 50 50', '  two 50 50 0 0', '    main 50 50 50 50']);
  const alone: Side = { runs: [{ ...asRun(writer.tables), filter: { range: null, hiddenThreads: [threads[1]!] } }] };
  expect(drawn(treeOf(alone, alone))).toEqual(['all 100 100 0 0', '  main 100 100 100 100']);
});
