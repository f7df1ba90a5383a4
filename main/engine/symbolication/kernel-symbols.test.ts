// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { KernelSymbols, MAX_FUNCTION_BYTES } from './kernel-symbols.ts';

// Compilers and whole symbol tables on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
function symbolsOf(rows: Record<string, number>): KernelSymbols {
  const symbols = new KernelSymbols();
  symbols.add(Uint32Array.from(Object.values(rows)), Object.keys(rows));
  return symbols;
}

describe('KernelSymbols', () => {
  it('finds the function that an offset lies in', () => {
    const symbols = symbolsOf({ first: 16, second: 32, last: 100 });
    expect([0, 15, 16, 31, 32, 99, 100, 5000].map((offset) => symbols.find(offset))).toEqual([
      ...['', '', 'first', 'first', 'second', 'second', 'last', 'last'],
    ]);
    expect(symbols.find(100 + MAX_FUNCTION_BYTES)).toBe('');
    expect(new KernelSymbols().find(0)).toBe('');
  });

  it('chooses the plainer of aliases, whatever their order', () => {
    expect(symbolsOf({ __entry: 0, entry_text: 0, entry: 0, next: 8 }).find(4)).toBe('entry');
    expect(symbolsOf({ entry: 0, __entry: 0, next: 8 }).find(4)).toBe('entry');
  });

  it('takes pieces, the whole again, and pieces that overlap', () => {
    const symbols = symbolsOf({ a: 0, b: 10 });
    symbols.add(Uint32Array.of(20, 30), ['c', 'd']);
    symbols.add(new Uint32Array(0), []);
    expect([5, 15, 25, 35].map((offset) => symbols.find(offset))).toEqual(['a', 'b', 'c', 'd']);
    symbols.add(Uint32Array.of(10, 25), ['B', 'x']);
    expect([5, 15, 22, 27, 35].map((offset) => symbols.find(offset))).toEqual(['a', 'B', 'c', 'x', 'd']);
    symbols.add(Uint32Array.of(0, 40), ['new', 'end']);
    expect([symbols.size, symbols.find(30)]).toEqual([2, 'new']);
  });

  it('refuses what is not sorted, or lacks names', () => {
    expect(() => new KernelSymbols().add(Uint32Array.of(2, 1), ['a', 'b'])).toThrow('not sorted');
    expect(() => new KernelSymbols().add(Uint32Array.of(1), [])).toThrow(RangeError);
  });

  it('agrees with looking through all symbols', () => {
    const offsets = fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(offsets, fc.integer({ min: 1, max: 30 }), (starts, cut) => {
        const sorted = starts.sort((a, b) => a - b);
        const symbols = new KernelSymbols();
        for (const piece of [sorted.slice(0, cut), sorted.slice(cut)]) symbols.add(Uint32Array.from(piece), piece.map(String));
        for (let offset = 0; offset < 220; offset++) {
          expect(symbols.find(offset)).toBe(String(sorted.findLast((start) => start <= offset) ?? ''));
        }
      }),
    );
  });

  it("names each of this kernel's own functions", (test) => {
    const rows = [...readFileSync('/proc/kallsyms', 'utf8').matchAll(/^([0-9a-f]{16}) [Tt] (\S+)$/gm)];
    const base = BigInt(`0x${rows[0]?.[1] ?? '0'}`);
    if (base === 0n) {
      console.log('skipped: the kernel hides its symbols from this user');
      return test.skip();
    }
    const text = rows.map(([, address, name]) => ({ offset: Number(BigInt(`0x${address!}`) - base), name: name! }));
    const sorted = text.filter(({ offset }) => offset >= 0 && offset < 2 ** 32).sort((a, b) => a.offset - b.offset);
    const symbols = new KernelSymbols();
    symbols.add(Uint32Array.from(sorted, ({ offset }) => offset), sorted.map(({ name }) => name));
    const aliases = new Map<number, string[]>();
    for (const { offset, name } of sorted) aliases.set(offset, [...(aliases.get(offset) ?? []), name]);
    expect(sorted.length).toBeGreaterThan(10_000);
    const wrong = sorted.filter(({ offset }) => !aliases.get(offset)!.includes(symbols.find(offset)));
    expect(wrong).toEqual([]);
  });
});
