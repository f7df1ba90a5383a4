// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ROOT, type CallTree } from './call-tree.ts';
import { VisibleFrames, cull } from './culling.ts';
import { LiveTree } from './live-tree.ts';
import { ProfileWriter, profileFromText } from './testing.ts';
import { NONE } from './units.ts';

function treeFromText(text: string): CallTree {
  const live = new LiveTree(profileFromText(text));
  live.advance();
  return live.tree;
}

function lines(tree: CallTree, out: VisibleFrames): string[] {
  return Array.from({ length: out.count }, (_, at) => {
    const name = out.merged[at] ? '(merged)' : tree.name(out.node[at]!);
    return `${out.depth[at]} ${name} ${out.x[at]}+${out.width[at]} ${out.self[at]}/${out.total[at]}`;
  });
}

const nodeNamed = (tree: CallTree, name: string): number => {
  for (let node = 0; node < tree.size; node++) if (tree.name(node) === name) return node;
  throw new Error(name);
};

describe('cull', () => {
  const text = `
    main;zebra 30
    main;ant;leg 40
    main;mouse 1
    main;flea 1
    main 28
  `;

  it('orders siblings by name and merges the narrow ones', () => {
    const tree = treeFromText(text);
    expect(lines(tree, cull(tree, { zoom: ROOT, width: 100, minWidth: 2 }, new VisibleFrames()))).toEqual([
      '0 all 0+100 0/100',
      '1 main 0+100 28/100',
      '2 ant 0+40 0/40',
      '2 zebra 40+30 30/30',
      '2 (merged) 70+2 0/2',
      '3 leg 0+40 40/40',
    ]);
  });

  it('shows the ancestors of the zoomed node at full width', () => {
    const tree = treeFromText(text);
    expect(lines(tree, cull(tree, { zoom: nodeNamed(tree, 'ant'), width: 80 }, new VisibleFrames()))).toEqual([
      '0 all 0+80 0/100',
      '1 main 0+80 28/100',
      '2 ant 0+80 0/40',
      '3 leg 0+80 40/40',
    ]);
  });

  it('puts processes on the root where there are several', () => {
    const writer = new ProfileWriter();
    const stack = writer.stack([writer.frame(NONE, 1)]);
    writer.sample(stack, 30, 0, writer.thread(1, 'sh'));
    writer.sample(stack, 60, 0, writer.thread(2, 'python3'));
    writer.sample(NONE, 9, 0, writer.thread(2, 'python3'));
    writer.sample(stack, 1, 0, writer.thread(3, 'ls'));
    const live = new LiveTree(writer.tables);
    live.advance();
    expect(lines(live.tree, cull(live.tree, { zoom: ROOT, width: 100, minWidth: 2 }, new VisibleFrames()))).toEqual([
      '0 all 0+100 0/100',
      '1 python3 0+69 9/69',
      '1 sh 69+30 0/30',
      '1 (merged) 99+1 0/1',
      '2 0x1 0+60 60/60',
      '2 0x1 69+30 30/30',
    ]);
  });

  it('shows no children where there is no weight, and nothing in no width', () => {
    const tree = treeFromText(text);
    tree.reweigh(() => undefined);
    const out = new VisibleFrames();
    expect(lines(tree, cull(tree, { zoom: nodeNamed(tree, 'ant'), width: 80 }, out))).toEqual([
      '0 all 0+80 0/0',
      '1 main 0+80 0/0',
      '2 ant 0+80 0/0',
    ]);
    for (const width of [0, -1, NaN]) expect(cull(tree, { zoom: ROOT, width }, out).count).toBe(0);
    for (const zoom of [-1, NaN, tree.size]) expect(cull(tree, { zoom, width: 10 }, out).count).toBe(0);
  });

  it('never overlaps, stays within the parent, and covers all weight', () => {
    const profile = fc.array(
      fc.record({
        frames: fc.array(fc.nat(6), { maxLength: 6 }),
        thread: fc.nat(2),
        weight: fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.double({ min: 0.001, max: 50, noNaN: true })),
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(profile, fc.nat(2), fc.nat(), fc.integer({ min: 1, max: 2000 }), fc.double({ min: 0.01, max: 9, noNaN: true }),
        (samples, processes, anyNode, width, minWidth) => {
          const writer = new ProfileWriter();
          for (let thread = 0; thread < 3; thread++) writer.thread(thread, 't', thread, `process ${Math.min(thread, processes)}`);
          for (const { frames, weight, thread } of samples) {
            writer.sample(writer.stack(frames.map((index) => writer.frame(NONE, index))), weight, 0, thread);
          }
          const live = new LiveTree(writer.tables);
          live.advance();
          const { tree } = live;
          const zoom = anyNode % tree.size;
          const out = cull(tree, { zoom, width, minWidth }, new VisibleFrames());
          const scale = width / tree.total(zoom);
          const rowOf = new Map<number, number>();
          const childWeight = new Map<number, number>();
          for (let at = 0; at < out.count; at++) {
            expect(tree.isHidden(out.node[at]!)).toBe(false);
            if (at > 0) {
              expect(out.depth[at]! - out.depth[at - 1]!).toBeOneOf([0, 1]);
              if (out.depth[at] === out.depth[at - 1]) {
                expect(out.x[at]!).toBeGreaterThanOrEqual(out.x[at - 1]! + out.width[at - 1]! - 1e-3);
              }
            }
            const parent = rowOf.get(tree.parent(out.node[at]!));
            if (!out.merged[at]) rowOf.set(out.node[at]!, at);
            if (parent === undefined || out.depth[at]! <= tree.depth(zoom)) continue;
            if (!out.merged[at]) expect(out.width[at]!).toBeGreaterThanOrEqual(minWidth - 1e-3);
            expect(out.width[at]!).toBeCloseTo(out.total[at]! * scale, 2);
            expect(out.x[at]!).toBeGreaterThanOrEqual(out.x[parent]! - 1e-3);
            expect(out.x[at]! + out.width[at]!).toBeLessThanOrEqual(out.x[parent]! + out.width[parent]! + 1e-3);
            childWeight.set(parent, (childWeight.get(parent) ?? 0) + out.total[at]!);
          }
          for (const [node, at] of rowOf) {
            if (tree.depth(node) < tree.depth(zoom)) continue;
            expect(out.self[at]! + (childWeight.get(at) ?? 0)).toBeCloseTo(tree.total(node), 5);
          }
        }),
      { numRuns: 300 },
    );
  });
});
