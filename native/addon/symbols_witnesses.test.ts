// SPDX-License-Identifier: Apache-2.0
/** Names of real files against others who read the same symbol tables. */
import { realpathSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { addonFile, loadAddon } from './testing/addon.ts';
import { namesAt } from './testing/names.ts';
import { run } from './testing/programs.ts';
import { addressOf, readElfSymbols, symbolsAt, type ElfSymbols } from './testing/symbol-table.ts';

// Whole symbol tables on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
const addon = loadAddon();

/** Numbers that are the same in every run. */
function* seeded(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** All of the code, evenly at random, and the edges of the symbols, where errors hide. */
function offsetsOf({ code, symbols }: ElfSymbols, count: number): number[] {
  const random = seeded(count);
  const next = () => random.next().value as number;
  const offsets: number[] = [];
  for (let i = 0; i < count / 2; i++) {
    const part = code[Math.floor(next() * code.length)]!;
    offsets.push(part.fileOffset + Math.floor(next() * part.size));
    const symbol = symbols[Math.floor(next() * symbols.length)]!;
    const edge = [symbol.address, symbol.address - 1, symbol.address + symbol.size, symbol.address + symbol.size - 1];
    const home = code.find(({ address, size }) => symbol.address >= address && symbol.address < address + size);
    if (home) offsets.push(edge[Math.floor(next() * 4)]! - home.address + home.fileOffset);
  }
  return offsets.filter((offset) => code.some((c) => offset >= c.fileOffset && offset < c.fileOffset + c.size));
}

async function expectAgreement(path: string, oracle: ElfSymbols, count: number, debugFolders: string[] = []) {
  const offsets = offsetsOf(oracle, count);
  const names = await namesAt(path, offsets, debugFolders);
  let named = 0;
  offsets.forEach((offset, i) => {
    const may = symbolsAt(oracle.symbols, addressOf(oracle, offset)).map(({ name }) => addon.demangle(name));
    if (may.length > 0) named++;
    const name = names[i];
    const agrees = name === undefined ? may.length === 0 : may.includes(name);
    if (!agrees) expect.fail(`${path} at ${offset}: ${name ?? 'no name'}, but it may be ${may.join(', ') || 'none'}`);
  });
  return { asked: offsets.length, named };
}

describe('against a plain reader of the symbol tables', () => {
  const libc = realpathSync('/lib/x86_64-linux-gnu/libc.so.6');
  it.each([
    ['the C library', libc, 4000],
    ['the C++ library', realpathSync('/usr/lib/x86_64-linux-gnu/libstdc++.so.6'), 3000],
    ['the addon itself', addonFile, 3000],
    ['python3', realpathSync('/usr/bin/python3'), 3000],
    ['node', realpathSync(process.execPath), 120],
  ])('%s', async (_, path, count) => {
    const { asked, named } = await expectAgreement(path, readElfSymbols(path), count);
    expect(asked).toBeGreaterThan(count * 0.7);
    expect(named).toBeGreaterThan(asked * 0.2);
  });

  it('the C library with its debug file', async (test) => {
    const opened = await addon.openObject(libc, '', ['/usr/lib/debug']);
    if (opened.source !== 'debug-file') {
      console.log('skipped: libc6-dbg is not installed');
      return test.skip();
    }
    expect(opened.debugFile).toContain(opened.buildId.slice(2));
    const debug = readElfSymbols(opened.debugFile, ['symtab']);
    const own = readElfSymbols(libc);
    const { named, asked } = await expectAgreement(
      libc,
      { symbols: [...own.symbols, ...debug.symbols], code: own.code },
      4000,
      ['/usr/lib/debug'],
    );
    expect(named).toBeGreaterThan(asked * 0.7);
  });
});

describe('against nm', () => {
  it.each([
    ['dynamic symbols of the C library', realpathSync('/lib/x86_64-linux-gnu/libc.so.6'), ['-D']],
    ['all symbols of the addon', addonFile, []],
    ['all symbols of node', realpathSync(process.execPath), []],
  ])('%s: a function has the same name in its middle', async (_, path, options) => {
    const { code } = readElfSymbols(path);
    const byPlace = new Map<string, Set<string>>();
    for (const line of run('nm', ['--defined-only', '-S', ...options, path]).split('\n')) {
      const match = /^([0-9a-f]+) ([0-9a-f]+) ([TtWwiu]) (.*)$/.exec(line);
      if (!match || /^0+$/.test(match[2]!)) continue;
      const key = `${match[1]} ${match[2]}`;
      if (!byPlace.has(key)) byPlace.set(key, new Set());
      byPlace.get(key)!.add(addon.demangle(match[4]!));
    }
    const asked: { offset: number; may: Set<string> }[] = [];
    for (const [key, may] of byPlace) {
      const [start, size] = key.split(' ').map((text) => parseInt(text, 16)) as [number, number];
      const home = code.find((part) => start >= part.address && start < part.address + part.size);
      if (home) asked.push({ offset: start - home.address + home.fileOffset + Math.floor(size / 2), may });
    }
    const names = await namesAt(path, asked.map(({ offset }) => offset));
    const differing = asked.filter(({ may }, i) => !may.has(names[i] ?? ''));
    console.log(`${path}: ${asked.length} functions, ${differing.length} named otherwise than nm`);
    expect(asked.length).toBeGreaterThan(500);
    // Where functions overlap, the middle of one may be another's.
    expect(differing.length).toBeLessThanOrEqual(asked.length * 0.002);
  });
});
