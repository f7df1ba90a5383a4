// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { places } from '../places.ts';
import { readElfNames } from './elf-functions.ts';
import { isCalled } from './mapped-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'emberscope-functions-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('names of an ELF file', () => {
  it('are those of its symbol tables', async () => {
    const { functions, complete } = await readElfNames(places().demo);
    expect(complete).toBe(true);
    const { stdout } = spawnSync('readelf', ['-sW', places().demo], { encoding: 'latin1' });
    const lines = [...stdout.matchAll(/^ *\d+: ([0-9a-f]+) +\d+ (?:FUNC|IFUNC) +\w+ +\w+ +\d+ (\S+)$/gm)];
    expect(lines.length).toBeGreaterThan(0);
    const wanted = new Set(lines.map(([, , name]) => name!.replace(/@.*$/, '')).filter((name) => !/\.cold/.test(name)));
    expect(new Set(functions.map(({ symbol }) => symbol))).toEqual(wanted);
  });

  it('are refused with a sentence where there is no such file', async () => {
    const text = join(folder, 'text');
    writeFileSync(text, 'no program');
    await expect(readElfNames(text)).rejects.toThrow(/ELF/);
    await expect(readElfNames(join(folder, 'absent'))).rejects.toThrow(/ENOENT/);
  });

  it('come or are refused, whatever is damaged', async () => {
    const whole = readFileSync(places().demo);
    const file = join(folder, 'damaged');
    let random = 12345;
    const next = (below: number): number => (random = (random * 1103515245 + 12345) % 2 ** 31) % below;
    const sections = Number(whole.readBigUInt64LE(0x28));
    for (let i = 0; i < 200; i++) {
      const bytes = Buffer.from(next(4) === 0 ? whole.subarray(0, next(whole.length)) : whole);
      for (let j = 0; j < 4; j++) {
        const place = next(2) === 0 ? next(64) : sections + next(1024);
        if (place < bytes.length) bytes[place] = next(256);
      }
      writeFileSync(file, bytes);
      try {
        const { functions } = await readElfNames(file);
        expect(functions.length).toBeLessThan(100_000);
      } catch (error) {
        expect((error as Error).message).toMatch(/ELF|damaged|cut/);
      }
    }
  });
});

describe('files', () => {
  it('are called by their names with or without what follows', () => {
    expect(isCalled('/usr/lib/x86_64-linux-gnu/libc.so.6', 'libc')).toBe(true);
    expect(isCalled('/usr/lib/libc-2.31.so', 'libc')).toBe(true);
    expect(isCalled('/usr/lib/libcrypto.so.3', 'libc')).toBe(false);
    expect(isCalled('/usr/bin/python3.11', 'python3.11')).toBe(true);
    expect(isCalled('/usr/bin/a', '/usr/bin/a')).toBe(true);
    expect(isCalled('/usr/bin/a', '(')).toBe(false);
  });
});
