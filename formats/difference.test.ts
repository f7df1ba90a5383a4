// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { compare } from '../profile/comparison/comparison.ts';
import { CHANGE_STEPS, DIFFERENCE_PALETTES, changeColour, changeStep, sureOf } from '../profile/comparison/difference-colours.ts';
import { DifferenceTree } from '../profile/comparison/difference-tree.ts';
import type { Side } from '../profile/comparison/sides.ts';
import { asRun } from '../profile/comparison/testing.ts';
import { profileFromText } from '../profile/testing.ts';
import { differenceHtml, differenceSvg } from './difference.ts';
import { HOSTILE_NAMES } from './hostile-names.ts';
import type { PageData } from './page/page-data.ts';

const side = (text: string): Side => ({ runs: [asRun(profileFromText(text))] });
const treeOf = (before: string, after: string): DifferenceTree => {
  const [a, b] = [side(before), side(after)];
  return new DifferenceTree(compare(a, b), { width: 'larger' });
};
const options = { title: 'What changed', a: 'before.ember', b: 'after.ember' };

test('the picture says of every frame what it was and is', () => {
  const svg = differenceSvg(treeOf('main;f 30\nmain;old 20\nmain 50', 'main;f 60\nmain;fresh 20\nmain 20'), options);
  expect(svg).toContain('<title>f (A 30.0 % -&gt; B 60.0 %, +30.0 points, +100 %)</title>');
  expect(svg).toContain('<title>old (A 20.0 % -&gt; B 0.0 %, −20.0 points, vanished)</title>');
  expect(svg).toContain('<title>fresh (A 0.0 % -&gt; B 20.0 %, +20.0 points, new)</title>');
  const classOf = (name: string): string => new RegExp(`<title>${name} \\(.*?class="(c\\d+)"`).exec(svg)![1]!;
  expect(new Set(['f', 'old', 'fresh', 'main'].map(classOf)).size).toBe(4);
  for (const name of ['f', 'old', 'fresh', 'main']) expect(svg).toContain(`.${classOf(name)}{fill:#`);
});

test('what may be noise is grey where that is wanted, in either form', () => {
  const [a, b] = [side('main;f 300\nmain;g 3\nmain 697'), side('main;f 600\nmain;g 4\nmain 396')];
  const comparison = compare(a, b);
  const sure = sureOf(comparison);
  const tree = new DifferenceTree(comparison, { width: 'larger' });
  const stepsOf = (html: string): Record<string, number> => {
    const { names, name, difference } = JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!) as PageData;
    return Object.fromEntries(name.map((row, frame) => [names[row]!, difference!.step[frame]!]));
  };
  const weights = { all: 1000, unit: 'samples' } as const;
  expect(stepsOf(differenceHtml(tree, options, weights))).toMatchObject({ f: CHANGE_STEPS - 1, g: 2 });
  expect(stepsOf(differenceHtml(tree, { ...options, sure }, weights))).toMatchObject({ f: CHANGE_STEPS - 1, g: 0 });
  const colour = (svg: string, name: string): string => {
    const kind = new RegExp(`<title>${name} \\(.*?class="(c\\d+)"`).exec(svg)![1]!;
    return new RegExp(`\\.${kind}\\{fill:(#\\w+)`).exec(svg)![1]!;
  };
  expect(colour(differenceSvg(tree, options), 'g')).toBe(changeColour(2, 'orange-blue', 'light'));
  const grey = differenceSvg(tree, { ...options, sure, palette: 'red-blue' });
  expect([colour(grey, 'f'), colour(grey, 'g')]).toEqual([CHANGE_STEPS - 1, 0].map((step) => changeColour(step, 'red-blue', 'light')));
});

test('names can be no markup, in either form', () => {
  const hostile = HOSTILE_NAMES.filter((name) => !/[;\n]/.test(name) && name.trim() === name && name !== '');
  const tree = treeOf(hostile.map((name) => `main;${name} 5`).join('\n'), 'main 50');
  const weights = { all: 100, unit: 'samples' } as const;
  for (const text of [differenceSvg(tree, options), differenceHtml(tree, options, weights)]) {
    expect(text.match(/<script/g)).toHaveLength(2);
    expect(text).not.toContain('<img');
  }
});

test('the page has both shares of every frame', () => {
  const html = differenceHtml(treeOf('main;f 30\nmain 70', 'main;f 60\nmain 40'), options, { all: 100, unit: 'samples' });
  const data = JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!) as {
    names: string[];
    name: number[];
    difference: { a: string; totalA: number[]; totalB: number[] };
  };
  const frame = data.name.findIndex((row) => data.names[row] === 'f');
  expect(data.difference.a).toBe('before.ember');
  expect([data.difference.totalA[frame], data.difference.totalB[frame]].map((share) => Math.round(share! * 100))).toEqual([30, 60]);
});

test('colours go from vanished over the same to new, each its own', () => {
  expect([-1, -0.5, 0, 0.001, 0.5, 0.9, 1].map(changeStep)).toEqual([-CHANGE_STEPS, 1 - CHANGE_STEPS, 0, 0, CHANGE_STEPS - 1, CHANGE_STEPS - 1, CHANGE_STEPS]);
  expect(Object.is(changeStep(-0.0001), 0)).toBe(true);
  for (const palette of DIFFERENCE_PALETTES) {
    const steps = Array.from({ length: 2 * CHANGE_STEPS + 1 }, (_, at) => changeColour(at - CHANGE_STEPS, palette, 'light'));
    expect(new Set(steps).size).toBe(steps.length);
    expect(steps.every((colour) => /^#[0-9a-f]{6}$/.test(colour))).toBe(true);
  }
});
