// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { FrameCategory, ModuleKind } from '../../../profile/schema.ts';
import { createTables, type Tables } from '../../../profile/tables.ts';
import { NONE } from '../../../profile/units.ts';
import type { PythonCodeFrame } from '../wire-frames.ts';
import { isPythonFrame, PythonFrames } from './python-frames.ts';

const TAG = 1n << 62n;
/** As the kernel makes it. */
const frameOf = (id: bigint, unit: number) => TAG | (id << 18n) | BigInt(unit);

/** Eight units a line, on lines that follow each other. */
const lines = Uint8Array.from({ length: 8 }, (_, entry) => (entry % 2 === 0 ? 0x80 | ((entry === 0 ? 10 : 11) << 3) | 7 : 0));

function code(id: bigint, fields: Partial<PythonCodeFrame> = {}): PythonCodeFrame {
  return { type: 'pythonCode', id, tgid: 10, name: 'Shop.sell', file: '/srv/shop.py', firstLine: 40, lines, ...fields };
}

function describeFrame(tables: Tables, frame: number): unknown {
  const { strings, modules, frames, symbols, functions } = tables;
  const text = (at: number) => strings.columns.text[at]!;
  const rows = Array.from({ length: symbols.length }, (_, row) => row).filter((row) => symbols.columns.frame[row] === frame);
  expect(rows.length).toBe(1);
  const [row] = rows as [number];
  const fn = symbols.columns.function[row]!;
  const module = frames.columns.module[frame]!;
  expect(modules.columns.kind[module]).toBe(ModuleKind.source);
  expect(frames.columns.category[frame]).toBe(FrameCategory.interpreted);
  expect([functions.columns.module[fn], text(functions.columns.file[fn]!)]).toEqual([module, text(modules.columns.path[module]!)]);
  return `${text(functions.columns.name[fn]!)} ${text(symbols.columns.file[row]!)}:${symbols.columns.line[row]} of ${functions.columns.line[fn]}`;
}

describe('isPythonFrame', () => {
  it.each([
    [0n, false],
    [0x7fff_ffff_ffffn, false],
    [0xffff_ffff_8100_0000n, false],
    [frameOf(1n, 0), true],
    [frameOf((1n << 43n) - 1n, (1 << 18) - 1), true],
  ])('%s: %s', (value, expected) => expect(isPythonFrame(value)).toBe(expected));
});

describe('frames of Python programs', () => {
  it('are one for each line of a function that was met, named with their file', () => {
    const tables = createTables();
    const python = new PythonFrames(tables);
    python.add(code(7n));
    const frames = [0, 7, 8, 31].map((unit) => python.frame(frameOf(7n, unit), 10));
    expect(frames.map((frame) => describeFrame(tables, frame))).toEqual([
      'Shop.sell /srv/shop.py:40 of 40',
      'Shop.sell /srv/shop.py:40 of 40',
      'Shop.sell /srv/shop.py:41 of 40',
      'Shop.sell /srv/shop.py:43 of 40',
    ]);
    expect(frames[0]).toBe(frames[1]);
    expect([tables.frames.length, tables.functions.length, tables.modules.length]).toEqual([3, 1, 1]);
  });

  it('are the same in every process that has the function, and not in others of its name', () => {
    const tables = createTables();
    const python = new PythonFrames(tables);
    python.add(code(7n));
    python.add(code(8n, { tgid: 11 }));
    python.add(code(9n, { firstLine: 80 }));
    python.add(code(10n, { file: '<string>' }));
    const [parents, childs, later, elsewhere] = [
      python.frame(frameOf(7n, 0), 10),
      python.frame(frameOf(8n, 0), 11),
      python.frame(frameOf(9n, 0), 10),
      python.frame(frameOf(10n, 0), 10),
    ];
    expect(childs).toBe(parents);
    expect([later, elsewhere].map((frame) => describeFrame(tables, frame!))).toEqual(['Shop.sell /srv/shop.py:80 of 80', 'Shop.sell <string>:40 of 40']);
    expect([tables.functions.length, tables.modules.length]).toEqual([3, 2]);
  });

  it('have no line where the code has none, and no name where the code never came', () => {
    const tables = createTables();
    const python = new PythonFrames(tables);
    python.add(code(7n));
    expect(describeFrame(tables, python.frame(frameOf(7n, 200_000), 10))).toBe('Shop.sell /srv/shop.py:0 of 40');
    const unknown = python.frame(frameOf(8n, 0), 10);
    // Of another process with that number.
    expect(python.frame(frameOf(7n, 0), 11)).toBe(unknown);
    expect(tables.frames.columns.module[unknown]).toBe(NONE);
    python.forget(10);
    expect(python.frame(frameOf(7n, 0), 10)).toBe(unknown);
  });
});
