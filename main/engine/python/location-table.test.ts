// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LocationTable } from './location-table.ts';

/** The standard library's own code, and what a compiler does of its own accord, as the interpreter itself reads it. */
const SCRIPT = `
import base64, inspect, json, sys, argparse, ast, asyncio.base_events, contextlib, dataclasses, decimal, enum, functools, typing, unittest.mock
sources = [(m.__name__, inspect.getsource(m)) for m in (argparse, ast, asyncio.base_events, contextlib, dataclasses, enum, functools, typing, unittest.mock)]
sources.append(("own", "\\n" * 70000 + "def f(a):\\n  return [x for x in a if (lambda y:\\n    y)(x)]\\nasync def g():\\n  async with f() as h:\\n    await h\\n  try:\\n    yield\\n  finally:\\n    del h\\nclass A:\\n  b: int = 1\\n"))
def walk(code):
    yield code
    for constant in code.co_consts:
        if inspect.iscode(constant):
            yield from walk(constant)
for name, source in sources:
    for code in walk(compile(source, name, "exec")):
        lines = [position[0] or 0 for position in code.co_positions()]
        print(json.dumps([code.co_qualname, code.co_firstlineno, base64.b64encode(code.co_linetable).decode(), lines]))
`;

function pythons(): string[] {
  const versions = join(homedir(), '.pyenv/versions');
  const built = existsSync(versions) ? readdirSync(versions).filter((name) => /^3\.1[123]\./.test(name)).map((name) => join(versions, name, 'bin/python3')) : [];
  return ['/usr/bin/python3.11', '/usr/bin/python3.12', '/usr/bin/python3.13', ...built].filter((path) => existsSync(path));
}

describe('against the interpreter itself', () => {
  it.each(pythons())('%s', { timeout: 60_000 }, (path) => {
    const { stdout, status } = spawnSync(path, ['-I', '-c', SCRIPT], { encoding: 'utf8', maxBuffer: 256 << 20 });
    expect(status).toBe(0);
    const codes = stdout.trim().split('\n').map((line) => JSON.parse(line) as [name: string, first: number, table: string, lines: number[]]);
    let units = 0;
    for (const [name, first, table, lines] of codes) {
      const read = new LocationTable(Buffer.from(table, 'base64'), first);
      units += lines.length;
      expect(lines.map((_, unit) => read.line(unit)), name).toEqual(lines);
      expect(read.line(lines.length), name).toBe(0);
    }
    console.log(`${path}: ${codes.length} code objects of ${units} units`);
    expect(codes.length).toBeGreaterThan(1000);
  });
});

describe('tables that are not whole', () => {
  // Two units at line 7, three at 9 (a line's delta of 2), one nowhere, one at 4 (a delta of -5 without columns).
  const table = Uint8Array.of(0x80 | 1, 0x00, 0x80 | (12 << 3) | 2, 0x01, 0x02, 0x80 | (15 << 3), 0x80 | (13 << 3), 0x0b);
  const linesOf = (bytes: Uint8Array) => Array.from({ length: 9 }, (_, unit) => new LocationTable(bytes, 7).line(unit));

  it('reads a whole one', () => {
    expect(linesOf(table)).toEqual([7, 7, 9, 9, 9, 0, 4, 0, 0]);
  });

  it('uses what there is of one that is cut', () => {
    for (let length = 0; length < table.length; length++) {
      const lines = linesOf(table.subarray(0, length));
      expect(lines.every((line, unit) => line === 0 || line === linesOf(table)[unit]), `${length} bytes`).toBe(true);
    }
    expect(linesOf(table.subarray(0, 7))).toEqual([7, 7, 9, 9, 9, 0, 0, 0, 0]);
  });

  it.each([
    ['no entry at its beginning', [0x00, 0x81, 0x00]],
    ['a number without an end', [0xe8, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f]],
    ['a line below 0', [0xe8, 0x7f, 0x3f]],
  ])('does not fail on %s', (_, bytes) => {
    expect(linesOf(Uint8Array.from(bytes))).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });
});
