// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallTree, ROOT } from './call-tree.ts';
import { NOTHING_COLLAPSED, collapseWords, type Collapse } from './collapse.ts';
import { EVERYTHING, type SampleFilter } from './filter.ts';
import { LiveTree } from './live-tree.ts';
import { FrameCategory } from './schema.ts';
import type { Tables } from './tables.ts';
import { ProfileWriter, treeLines } from './testing.ts';
import { NONE } from './units.ts';

function switchTo(tree: CallTree, collapse: Collapse): void {
  for (const _ of tree.collapseInSteps(collapse));
}

/** A program, a library, another one, and the kernel; by name. */
function writer() {
  const written = new ProfileWriter();
  const modules = { p: written.module('/bin/prog'), c: written.module('/lib/libc.so.6'), x: written.module('/lib/libx.so'), k: written.module('[kernel]') };
  const categories = { p: FrameCategory.user, c: FrameCategory.library, x: FrameCategory.library, k: FrameCategory.kernel };
  const frames = new Map<string, number>();
  /** "c.read" is read in libc; "p.work+fast" has fast inlined into it. */
  const frameOf = (text: string): number => {
    let frame = frames.get(text);
    if (frame !== undefined) return frame;
    const [place, names] = text.split('.') as [keyof typeof modules, string];
    frame = written.frame(modules[place], frames.size + 1, categories[place]);
    names.split('+').forEach((name, depth) => written.symbol(frame!, name, depth, modules[place]));
    frames.set(text, frame);
    return frame;
  };
  return { written, sample: (stack: string, weight: number) => written.sample(written.stack(stack.split(' ').map(frameOf)), weight), frameOf };
}

function example() {
  const { written, sample } = writer();
  sample('p.main p.work+fast c.read c.sys k.enter k.vfs', 8);
  sample('p.main p.work c.read', 4);
  sample('p.main p.work p.work p.work', 2);
  sample('p.main c.qsort p.compare c.read', 1);
  written.thread(1, 'prog');
  const live = new LiveTree(written.tables);
  live.advance();
  return live;
}

describe('what is collapsed', () => {
  const shown = (change: Partial<Collapse>) => {
    const { tree } = example();
    switchTo(tree, { ...NOTHING_COLLAPSED, ...change });
    return treeLines(tree).filter((line) => !/^main(;work)? /.test(line));
  };

  it('inlined functions count to the one into which they were inlined', () => {
    expect(shown({ inlined: true })).toEqual([
      'main;qsort 0/1',
      'main;qsort;compare 0/1',
      'main;qsort;compare;read 1/1',
      'main;work;read 4/12',
      'main;work;read;sys 0/8',
      'main;work;read;sys;enter 0/8',
      'main;work;read;sys;enter;vfs 8/8',
      'main;work;work 0/2',
      'main;work;work;work 2/2',
    ]);
  });

  it('a function that calls itself is one node', () => {
    const { tree } = example();
    switchTo(tree, { ...NOTHING_COLLAPSED, recursion: true });
    expect(treeLines(tree)).toContain('main;work 2/14');
    expect(treeLines(tree).filter((line) => /work;work/.test(line))).toEqual([]);
  });

  it('frames of one library that follow each other are one node with its name', () => {
    expect(shown({ libraries: true })).toEqual([
      'main;libc.so.6 0/1',
      'main;libc.so.6;compare 0/1',
      'main;libc.so.6;compare;libc.so.6 1/1',
      'main;work;fast 0/8',
      'main;work;fast;libc.so.6 0/8',
      'main;work;fast;libc.so.6;enter 0/8',
      'main;work;fast;libc.so.6;enter;vfs 8/8',
      'main;work;libc.so.6 4/4',
      'main;work;work 0/2',
      'main;work;work;work 2/2',
    ]);
  });

  it('the kernel counts to who entered it, and one that nobody entered to the process', () => {
    expect(shown({ kernel: true })).toContain('main;work;fast;read;sys 8/8');
    const { written, sample } = writer();
    sample('k.idle', 3);
    written.thread(1, 'swapper');
    const { tree } = new LiveTree(written.tables, { ...NOTHING_COLLAPSED, kernel: true });
    tree.fold(0, 3);
    expect([tree.self(ROOT), tree.total(ROOT), treeLines(tree)]).toEqual([3, 3, []]);
  });

  it('is said in words', () => {
    expect(collapseWords(NOTHING_COLLAPSED)).toBe('');
    expect(collapseWords({ inlined: true, recursion: false, libraries: true, kernel: true })).toBe(
      'inlined functions hidden, libraries collapsed, kernel hidden',
    );
  });
});

it('a node is inlined where nothing called its function, wherever else it was called', () => {
  const { written, sample } = writer();
  sample('p.main p.work+fast', 1);
  sample('p.main p.fast', 1);
  const live = new LiveTree(written.tables);
  live.advance();
  const { tree } = live;
  const byName = new Map(Array.from({ length: tree.size }, (_, node) => [tree.path(node).map((each) => tree.name(each)).join(';'), node]));
  expect(tree.isInlined(byName.get('all;main;work;fast')!)).toBe(true);
  expect(tree.category(byName.get('all;main;work;fast')!)).toBe(FrameCategory.inlined);
  expect(tree.isInlined(byName.get('all;main;fast')!)).toBe(false);
  expect(tree.isInlined(byName.get('all;main;work')!)).toBe(false);
  sample('p.main p.work p.fast', 1);
  live.advance();
  expect(tree.isInlined(byName.get('all;main;work;fast')!)).toBe(false);
});

const FRAMES = ['p.main', 'p.work', 'p.work+fast', 'p.work+fast+fast', 'c.read', 'c.sys', 'x.load', 'k.enter', 'k.enter+check'];
const collapse: fc.Arbitrary<Collapse> = fc.record({ inlined: fc.boolean(), recursion: fc.boolean(), libraries: fc.boolean(), kernel: fc.boolean() });
const act = fc.oneof(
  { weight: 5, arbitrary: fc.record({ frames: fc.array(fc.constantFrom(...FRAMES), { maxLength: 7 }), weight: fc.integer({ min: 1, max: 9 }), slice: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ named: fc.constantFrom(...FRAMES), name: fc.option(fc.constantFrom('main', 'work', 'new')), depth: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ collapse }) },
  { weight: 1, arbitrary: fc.record({ given: collapse, steps: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ range: fc.option(fc.tuple(fc.nat(5), fc.nat(6)).map(([from, to]) => ({ from, to }))) }) },
);

/** The same by lists: of each sample the names that are left, joined where they repeat. */
function naive(tables: Tables, { inlined, recursion, libraries, kernel }: Collapse, { range }: SampleFilter): string[] {
  const { samples, stacks, frames, symbols, functions, strings, modules } = tables;
  const text = (row: number) => strings.columns.text[row]!;
  const names = new Map<string, string>();
  for (let row = 0; row < symbols.length; row++) {
    const place = `${symbols.columns.frame[row]} ${symbols.columns.depth[row]}`;
    const named = symbols.columns.function[row]!;
    if (named === NONE) names.delete(place);
    else names.set(place, `${text(functions.columns.name[named]!)}|${named}`);
  }
  const sums = new Map<string, [self: number, total: number]>();
  for (let row = 0; row < samples.length; row++) {
    const slice = samples.columns.slice[row]!;
    if (range && (slice < range.from || slice >= range.to)) continue;
    let path: string[] = [];
    for (let at = samples.columns.stack[row]!; at !== NONE; at = stacks.columns.prefix[at]!) {
      const frame = stacks.columns.frame[at]!;
      const module = text(modules.columns.path[frames.columns.module[frame]!]!).split('/').at(-1)!;
      const category = frames.columns.category[frame];
      let calls = [names.get(`${frame} 0`) ?? `${module}+0x${frames.columns.offset[frame]!.toString(16)}|`];
      if (!inlined) for (const depth of [1, 2]) calls.push(names.get(`${frame} ${depth}`) ?? '');
      calls = calls.filter((call) => call !== '');
      if (libraries && category === FrameCategory.library) calls = [`${module}|library`];
      if (kernel && category === FrameCategory.kernel) calls = [];
      path.unshift(...calls);
    }
    path = path.filter((call, at) => !(path[at - 1] === call && (recursion || call.endsWith('|library'))));
    const shown = path.map((call) => call.split('|')[0]!);
    shown.forEach((_, at) => {
      const name = shown.slice(0, at + 1).join(';');
      const sum = sums.get(name) ?? [0, 0];
      sums.set(name, sum);
      sum[1] += samples.columns.weight[row]!;
      if (at === shown.length - 1) sum[0] += samples.columns.weight[row]!;
    });
  }
  return [...sums].map(([name, [self, total]]) => `${name} ${self}/${total}`).sort();
}

describe('a tree that follows growing tables and changing switches', () => {
  it('equals a naive model', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const { written, frameOf } = writer();
        written.thread(1, 'prog');
        const live = new LiveTree(written.tables);
        let now = NOTHING_COLLAPSED;
        let filter = EVERYTHING;
        for (const each of acts) {
          if ('frames' in each) written.sample(written.stack(each.frames.map(frameOf)), each.weight, each.slice);
          else if ('named' in each) written.symbol(frameOf(each.named), each.name, each.depth, 0);
          else if ('range' in each) live.show((filter = { range: each.range, hiddenThreads: [] }));
          else if ('collapse' in each) switchTo(live.tree, (now = each.collapse));
          else {
            // Given up on the way: as if nothing had been.
            const before = treeLines(live.tree);
            const work = live.tree.collapseInSteps(each.given);
            for (let step = 0; step < each.steps; step++) work.next();
            if (work.next().done === true) now = each.given;
            else {
              work.return();
              expect(treeLines(live.tree)).toEqual(before);
            }
          }
          if (!('range' in each)) live.advance();
        }
        live.advance();
        expect(treeLines(live.tree)).toEqual(naive(written.tables, now, filter));
        const fresh = new LiveTree(written.tables, now);
        fresh.show(filter);
        expect(treeLines(fresh.tree)).toEqual(treeLines(live.tree));
      }),
      { numRuns: 300 },
    );
  });

  it('given up between steps it is as it was, and goes on', () => {
    const { written } = writer();
    const [library, thread] = [written.module('/lib/libc.so.6'), written.thread(1, 'prog')];
    for (let offset = 0; offset < 9000; offset++) {
      written.sample(written.stack([written.frame(library, 0x1_0000 + offset, FrameCategory.library)]), 1, 0, thread);
    }
    const live = new LiveTree(written.tables);
    live.advance();
    const before = treeLines(live.tree);
    const work = live.tree.collapseInSteps({ ...NOTHING_COLLAPSED, libraries: true });
    expect([work.next().done, work.next().done]).toEqual([false, false]);
    expect(treeLines(live.tree)).toEqual(before);
    work.return();
    written.sample(written.stack([written.frame(library, 1, FrameCategory.library)]), 1, 0, thread);
    live.advance();
    expect(treeLines(live.tree)).toEqual([...before, 'libc.so.6+0x1 1/1'].sort());
    switchTo(live.tree, { ...NOTHING_COLLAPSED, libraries: true });
    expect(treeLines(live.tree)).toEqual(['libc.so.6 9001/9001']);
  });
});

describe('an anchor', () => {
  it('leads to what took the place of its node, and back', () => {
    const { tree } = example();
    const keyed = (path: string) => {
      for (let node = 0; node < tree.size; node++) if (tree.path(node).slice(1).map((each) => tree.name(each)).join(';') === path) return node;
      throw new Error(`no node ${path}`);
    };
    const paths = ['main', 'main;work', 'main;work;fast', 'main;work;fast;read;sys', 'main;work;fast;read;sys;enter;vfs', 'main;work;work', 'main;qsort;compare;read'];
    const nodes = paths.map(keyed);
    const anchors = nodes.map((node) => tree.anchors([node]).get(node)!);
    const now = () => anchors.map((anchor) => tree.path(tree.nodeAt(anchor)).slice(1).map((each) => tree.name(each)).join(';'));
    expect(now()).toEqual(paths);
    switchTo(tree, { ...NOTHING_COLLAPSED, libraries: true });
    expect(now()).toEqual(['main', 'main;work', 'main;work;fast', 'main;work;fast;libc.so.6', 'main;work;fast;libc.so.6;enter;vfs', 'main;work;work', 'main;libc.so.6;compare;libc.so.6']);
    switchTo(tree, { inlined: true, recursion: true, libraries: false, kernel: true });
    expect(now()).toEqual(['main', 'main;work', 'main;work', 'main;work;read;sys', 'main;work;read;sys', 'main;work', 'main;qsort;compare;read']);
    switchTo(tree, NOTHING_COLLAPSED);
    expect(anchors.map((anchor) => tree.nodeAt(anchor))).toEqual(nodes);
  });

  it('comes back to its node whatever was collapsed meanwhile, and always to one with samples', () => {
    const stacks = fc.array(fc.array(fc.constantFrom(...FRAMES), { minLength: 1, maxLength: 7 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(stacks, collapse, fc.array(collapse, { minLength: 1, maxLength: 3 }), (all, first, others) => {
        const { written, frameOf } = writer();
        all.forEach((frames, at) => written.sample(written.stack(frames.map(frameOf)), 1 + (at % 3)));
        const live = new LiveTree(written.tables, first);
        live.advance();
        const { tree } = live;
        const nodes = Array.from({ length: tree.size }, (_, node) => node).filter((node) => tree.key(node) >= 0);
        const anchors = tree.anchors(nodes);
        expect([...anchors.keys()]).toEqual(nodes);
        for (const other of others) {
          switchTo(tree, other);
          for (const anchor of anchors.values()) expect(tree.total(tree.nodeAt(anchor))).toBeGreaterThan(0);
        }
        switchTo(tree, first);
        for (const [node, anchor] of anchors) expect(tree.nodeAt(anchor)).toBe(node);
      }),
      { numRuns: 200 },
    );
  });
});
