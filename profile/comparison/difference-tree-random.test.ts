// SPDX-License-Identifier: Apache-2.0
/** Both sides' tree, made as it is asked, is that of plain objects made of every stack at once. */
import { describe, expect, test } from 'vitest';
import { sampleTest } from '../filter.ts';
import { processName } from '../processes.ts';
import { weightsOf } from '../questions.ts';
import { NONE } from '../units.ts';
import { compare, type Comparison } from './comparison.ts';
import { DifferenceTree, NO_NODE, ROOT, WIDTHS } from './difference-tree.ts';
import { RANDOM_RUNS, randomRun, type RandomRun } from './random-testing.ts';
import { secondsPerWeight } from './sides.ts';

interface PlainNode {
  a: number;
  b: number;
  children: Map<string, PlainNode>;
}

const plainNode = (): PlainNode => ({ a: 0, b: 0, children: new Map() });

/** Names are of paths: what each side spent at their ends. */
function plainTree({ sampled, scales, identities }: Comparison, inverted: boolean): PlainNode {
  const root = plainNode();
  const names = (side: 'a' | 'b'): Set<string> =>
    new Set(sampled[side].flatMap(({ run: { tables, filter } }) => [...tables.threads.columns.process.subarray(0, tables.threads.length)].filter((_, thread) => !filter.hiddenThreads.includes(thread)).map((process) => processName(tables, process))));
  const hasProcesses = names('a').size > 1 || names('b').size > 1;
  for (const side of ['a', 'b'] as const) {
    for (const { run, frames } of sampled[side]) {
      const { samples, stacks, threads } = run.tables;
      const weightOf = weightsOf(samples, run.weights);
      const meant = sampleTest(samples, run.filter);
      const sums = new Map<string, number>();
      for (let row = 0; row < samples.length; row++) {
        if (!meant(row)) continue;
        const process = hasProcesses ? processName(run.tables, threads.columns.process[samples.columns.thread[row]!]!) : '';
        const key = `${process}\n${samples.columns.stack[row]!}`;
        sums.set(key, (sums.get(key) ?? 0) + weightOf(row));
      }
      for (const [key, weight] of sums) {
        if (!(weight > 1e-9)) continue;
        const [process, stack] = key.split('\n') as [string, string];
        const path: string[] = [];
        for (let at = Number(stack); at !== NONE; at = stacks.columns.prefix[at]!) {
          const frame = stacks.columns.frame[at]!;
          for (let index = frames.start[frame + 1]! - 1; index >= frames.start[frame]!; index--) {
            const identity = frames.list[index]!;
            path.push(`${identities.name(identity)} ${identities.module(identity)}`);
          }
        }
        if (!inverted) path.reverse();
        if (hasProcesses) path.unshift(`${process} `);
        let node = root;
        for (const name of path) {
          let child = node.children.get(name);
          if (!child) node.children.set(name, (child = plainNode()));
          node = child;
        }
        node[side] += weight * scales[side] * secondsPerWeight(run);
      }
    }
  }
  return root;
}

/** Of every stack the larger side, as `plainTree` without inversion has it. */
function largerOf({ a, b, children }: PlainNode): number {
  return [...children.values()].reduce((sum, child) => sum + largerOf(child), Math.max(a, b));
}

const round = (value: number): number => Math.round(value * 1e6) / 1e6;

/** Path, total and self of both sides, a line a node. */
function plainLines(node: PlainNode, path: string): { lines: string[]; a: number; b: number } {
  const lines: string[] = [];
  let [a, b] = [node.a, node.b];
  for (const [name, child] of node.children) {
    const below = plainLines(child, `${path};${name}`);
    lines.push(...below.lines);
    a += below.a;
    b += below.b;
  }
  lines.push(`${path} ${[a, b, node.a, node.b].map(round).join(' ')}`);
  return { lines, a, b };
}

function lines(tree: DifferenceTree, node: number, path: string): string[] {
  const found = [`${path} ${[tree.totalOf('a', node), tree.totalOf('b', node), tree.selfOf('a', node), tree.selfOf('b', node)].map(round).join(' ')}`];
  for (let child = tree.firstChild(node); child !== NO_NODE; child = tree.nextSibling(child)) {
    expect(tree.parent(child)).toBe(node);
    expect(tree.depth(child)).toBe(tree.depth(node) + 1);
    if (tree.totalOf('a', child) > 0 || tree.totalOf('b', child) > 0) found.push(...lines(tree, child, `${path};${tree.name(child)} ${tree.module(child)}`));
  }
  return found;
}

const compared = (seed: number, drawn: RandomRun, runs: number): Comparison => {
  const side = (first: number) => ({ runs: Array.from({ length: runs }, (_, index) => randomRun(first + index, drawn)) });
  return compare(side(seed * 100), side(seed * 100 + 50));
};

describe.each(RANDOM_RUNS.map((drawn) => [JSON.stringify(drawn), drawn] as const))('%s', (_words, drawn) => {
  test.each([false, true])('inverted: %s', (inverted) => {
    for (let seed = 1; seed <= 6; seed++) {
      const comparison = compared(seed, drawn, 1 + (seed % 2));
      const tree = new DifferenceTree(comparison, { inverted });
      expect(lines(tree, ROOT, 'all').sort()).toEqual(plainLines(plainTree(comparison, inverted), 'all').lines.sort());
    }
  });

  test.each([false, true])('as wide as the larger side, inverted: %s', (inverted) => {
    for (let seed = 1; seed <= 6; seed++) {
      const comparison = compared(seed, drawn, 1 + (seed % 2));
      const late = new DifferenceTree(comparison, { inverted });
      lines(late, ROOT, 'all');
      late.width = 'larger';
      const early = new DifferenceTree(comparison, { inverted, width: 'larger' });
      lines(early, ROOT, 'all');
      for (const tree of [late, early]) {
        expect(tree.total(ROOT)).toBeCloseTo(largerOf(plainTree(comparison, false)), 6);
        for (let node = ROOT; node < tree.size; node++) {
          let below = tree.self(node);
          for (let child = tree.firstChild(node); child !== NO_NODE; child = tree.nextSibling(child)) below += tree.total(child);
          expect(tree.total(node)).toBeCloseTo(below, 6);
          expect(tree.total(node)).toBeGreaterThan(Math.max(tree.totalOf('a', node), tree.totalOf('b', node)) - 1e-6);
        }
      }
    }
  });

  test('a tree like an earlier one has the same numbers, in whatever order it is opened', () => {
    const before = new DifferenceTree(compared(1, drawn, 2));
    lines(before, ROOT, 'all');
    const after = new DifferenceTree(compared(1, drawn, 1), { like: before });
    const nameOf = (tree: DifferenceTree, node: number): string => tree.path(node).map((each) => `${tree.name(each)} ${tree.module(each)}`).join(';');
    for (let node = before.size - 1; node > ROOT; node--) {
      expect(after.reach(node)).toBe(node);
      expect(nameOf(after, node)).toBe(nameOf(before, node));
    }
    const fresh = new DifferenceTree(compared(1, drawn, 1));
    expect(lines(after, ROOT, 'all').sort()).toEqual(lines(fresh, ROOT, 'all').sort());
    for (const width of WIDTHS) {
      after.width = fresh.width = width;
      expect(after.total(ROOT)).toBe(fresh.total(ROOT));
    }
  });
});
