// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ROOT, type CallTree } from './call-tree.ts';
import { LiveTree } from './live-tree.ts';
import { compilePattern, type Pattern } from './pattern.ts';
import { Search } from './search.ts';
import { ProfileWriter, profileFromText } from './testing.ts';
import { NONE } from './units.ts';

function treeFromText(text: string): CallTree {
  const live = new LiveTree(profileFromText(text));
  live.advance();
  return live.tree;
}
const search = (tree: CallTree, source: string) => new Search(tree, compilePattern(source, false) as Pattern);
const nodeNamed = (tree: CallTree, name: string): number => {
  for (let node = 0; node < tree.size; node++) if (tree.name(node) === name) return node;
  throw new Error(name);
};

describe('Search', () => {
  const text = 'main;hash;alloc;hash 3\nmain;hash 1\nmain;alloc 4\nother;hash_get 2';

  it('counts nested matches once', () => {
    expect(search(treeFromText(text), 'hash').figures()).toEqual({ share: 0.6, functions: 2 });
    expect(search(treeFromText(text), 'nothing').figures()).toEqual({ share: 0, functions: 0 });
  });

  it('looks within the zoomed node only', () => {
    const tree = treeFromText(text);
    expect(search(tree, 'hash').figures(nodeNamed(tree, 'main'))).toEqual({ share: 0.5, functions: 1 });
    expect(search(tree, 'main').figures(nodeNamed(tree, 'main'))).toEqual({ share: 1, functions: 1 });
    expect(search(tree, 'main').figures(nodeNamed(tree, 'other'))).toEqual({ share: 0, functions: 0 });
  });

  it('does not count the root as a function', () => {
    expect(search(treeFromText(text), '^all$').figures()).toEqual({ share: 0, functions: 0 });
  });

  it('matches processes where they are shown', () => {
    const writer = new ProfileWriter();
    const frame = writer.frame(NONE, 1);
    writer.symbol(frame, 'python_main');
    const live = new LiveTree(writer.tables);
    const found = search(live.tree, 'python');
    writer.sample(writer.stack([frame]), 3, 0, writer.thread(1, 'python3'));
    writer.sample(NONE, 1, 0, writer.thread(1, 'python3'));
    live.advance();
    expect(found.figures()).toEqual({ share: 0.75, functions: 1 });
    writer.sample(writer.stack([frame]), 4, 0, writer.thread(2, 'sh'));
    live.advance();
    expect(found.figures()).toEqual({ share: 1, functions: 2 });
    expect(search(live.tree, '^sh$').figures()).toEqual({ share: 0.5, functions: 1 });
  });

  it('takes functions that come later', () => {
    const tables = profileFromText('main;a 1');
    const live = new LiveTree(tables);
    live.advance();
    const later = search(live.tree, 'b');
    expect(later.figures().functions).toBe(0);
    tables.strings.append({ text: 'bee' });
    const f = tables.functions.append({ name: tables.strings.length - 1, module: -1, file: 0, line: 0 });
    tables.symbols.append({ frame: 1, depth: 0, function: f, file: 0, line: 0 });
    live.advance();
    expect(later.figures()).toEqual({ share: 1, functions: 1 });
  });

  it('equals a count over the stacks', () => {
    const line = fc.tuple(fc.array(fc.constantFrom('ax', 'ay', 'b', 'c'), { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (lines) => {
        const tree = treeFromText(lines.map(([names, weight]) => `${names.join(';')} ${weight}`).join('\n'));
        const all = lines.reduce((sum, [, weight]) => sum + weight, 0);
        const hits = lines.filter(([names]) => names.some((name) => name.startsWith('a')));
        const found = search(tree, '^a').figures(ROOT);
        expect(found.share).toBeCloseTo(hits.reduce((sum, [, weight]) => sum + weight, 0) / all, 9);
        expect(found.functions).toBe(new Set(hits.flatMap(([names]) => names).filter((name) => name.startsWith('a'))).size);
      }),
    );
  });
});
