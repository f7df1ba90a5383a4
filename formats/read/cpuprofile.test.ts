// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { FrameCategory, SampleKind } from '../../profile/schema.ts';
import { cpuprofile } from './cpuprofile.ts';
import { recognise } from './formats.ts';
import { errorOf, readText, sampleLines } from './testing.ts';

const call = (functionName: string, url = 'file:///app/main.js', lineNumber = 9) => ({ functionName, scriptId: '1', url, lineNumber, columnNumber: 0 });
const PROFILE = {
  nodes: [
    { id: 1, callFrame: call('(root)', '', -1), hitCount: 0, children: [2, 4, 5] },
    { id: 2, callFrame: call(''), hitCount: 0, children: [3] },
    { id: 3, callFrame: call('work', 'file:///app/main.js', 19), hitCount: 3, positionTicks: [{ line: 21, ticks: 2 }, { line: 22, ticks: 1 }] },
    { id: 4, callFrame: call('(idle)', '', -1), hitCount: 1 },
    { id: 5, callFrame: call('(garbage collector)', '', -1), hitCount: 1 },
  ],
  startTime: 1000,
  endTime: 46_000,
  samples: [3, 3, 4, 3, 5],
  timeDeltas: [0, 10_000, 10_000, 10_000, 10_000],
};
const TEXT = JSON.stringify(PROFILE);

describe("Chrome's .cpuprofile", () => {
  it('gives samples their time, stack, and line', () => {
    const { tables, imported } = readText(cpuprofile, TEXT);
    expect(sampleLines(tables)).toEqual([
      '0 main thread | JavaScript;(anonymous);work 1',
      '0 main thread | JavaScript;(anonymous);work 1',
      '1 main thread | JavaScript;(idle) 10000000',
      '1 main thread | JavaScript;(anonymous);work 1',
      '2 main thread | JavaScript;(garbage collector) 1',
    ]);
    expect(imported).toMatchObject({ question: 'wall', frequencyHz: 100, durationNs: 45_000_000, notes: [] });
    const { stack, kind } = tables.samples.columns;
    const { line } = tables.symbols.columns;
    const lineOf = (row: number): number => line[tables.stacks.columns.frame[stack[row]!]!]!;
    expect([0, 1, 3].map(lineOf).sort()).toEqual([21, 21, 22]);
    expect(kind[2]).toBe(SampleKind.blocked);
    const { line: declared, file } = tables.functions.columns;
    const functions = Array.from({ length: tables.functions.length }, (_, row) => [tables.strings.columns.text[file[row]!], declared[row]]);
    expect(functions).toContainEqual(['/app/main.js', 20]);
    expect(tables.frames.columns.category[0]).toBe(FrameCategory.interpreted);
  });

  it('is the same whatever the chunks, and with parents for children', () => {
    const whole = sampleLines(readText(cpuprofile, TEXT).tables);
    for (const chunk of [1, 5, 100]) expect(sampleLines(readText(cpuprofile, TEXT, { chunk }).tables)).toEqual(whole);
    const nodes = PROFILE.nodes.map(({ children: _, ...node }) => ({ ...node, ...(node.id > 1 && { parent: node.id === 3 ? 2 : 1 }) }));
    expect(sampleLines(readText(cpuprofile, JSON.stringify({ ...PROFILE, nodes })).tables)).toEqual(whole);
  });

  it('keeps numbers that are longer than most', () => {
    const nodes = [{ id: 2 ** 40, callFrame: call('a') }, { id: 5, callFrame: call('b') }];
    const { tables } = readText(cpuprofile, JSON.stringify({ nodes, samples: [5, 2 ** 40, 5], timeDeltas: [0, 3e9, 20_000.5] }));
    expect(sampleLines(tables)).toEqual(['0 main thread | JavaScript;b 1', '150000 main thread | JavaScript;a 1', '150001 main thread | JavaScript;b 1']);
  });

  it('ends a tree that goes in a circle', () => {
    const nodes = [{ id: 1, callFrame: call('a'), children: [2] }, { id: 2, callFrame: call('b'), children: [1] }];
    expect(readText(cpuprofile, JSON.stringify({ nodes, samples: [2], timeDeltas: [0] })).builder.cutStacks).toBe(1);
  });

  it('names what is broken', () => {
    expect(errorOf(() => readText(cpuprofile, TEXT.slice(0, 300)))).toMatch(/^byte 300: it ends too early/);
    expect(errorOf(() => readText(cpuprofile, '{"nodes": [], "samples": [7]}'))).toBe('sample 1 names node 7, which is not there');
    expect(errorOf(() => readText(cpuprofile, '{"nodes": [{}]}'))).toBe('byte 12: a node has no number');
    expect(errorOf(() => readText(cpuprofile, '{}'))).toBe('it holds no sample');
  });

  it('is recognised by what it is', () => {
    expect(recognise(new TextEncoder().encode(TEXT), 'x')?.name).toBe('cpuprofile');
    expect(recognise(new TextEncoder().encode('{"traceEvents": []}'), 'x')).toBeNull();
  });

  it('gives back what samples took while it makes rows of them, and loses none', () => {
    const samples = Array.from({ length: 2_200_000 }, (_, row) => (row % 2 === 0 ? 3 : 5));
    const { tables, imported } = readText(cpuprofile, JSON.stringify({ nodes: PROFILE.nodes.map(({ positionTicks: _, ...node }) => node), startTime: 0, endTime: 0, samples, timeDeltas: samples.map(() => 1000) }));
    expect(tables.samples.columns.weight.subarray(0, tables.samples.length).reduce((sum, weight) => sum + weight, 0)).toBe(2_200_000);
    expect(imported.durationNs).toBe(2_200_000 * 1e6);
  });
});
