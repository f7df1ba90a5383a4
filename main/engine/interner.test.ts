// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTables, rowCounts, segmentsSince, appendSegments } from '../../profile/tables.ts';
import { MAX_TEXT_LENGTH, safeText } from '../../profile/safe-text.ts';
import { StringInterner } from './interner.ts';

describe('StringInterner', () => {
  it('gives each text one row, and the empty text row 0', () => {
    const tables = createTables();
    const interner = StringInterner.of(tables);
    expect(interner.index('')).toBe(0);
    expect(interner.index('main')).toBe(1);
    expect(interner.index('malloc')).toBe(2);
    expect(interner.index('main')).toBe(1);
    expect(tables.strings.columns.text.slice(0, tables.strings.length)).toEqual(['', 'main', 'malloc']);
  });

  it('is one for all writers of the same tables, and another for other tables', () => {
    const tables = createTables();
    expect(StringInterner.of(tables)).toBe(StringInterner.of(tables));
    expect(StringInterner.of(createTables())).not.toBe(StringInterner.of(tables));
  });

  it('knows rows that came as segments', () => {
    const source = createTables();
    StringInterner.of(source).index('a');
    const before = rowCounts(source);
    const copy = createTables();
    appendSegments(copy, segmentsSince(source, { ...before, strings: 1 }));
    const interner = StringInterner.of(copy);
    expect(interner.index('a')).toBe(1);
    StringInterner.of(source).index('b');
    appendSegments(copy, segmentsSince(source, before));
    expect(interner.index('b')).toBe(2);
    expect(interner.index('c')).toBe(3);
  });

  it('keeps a hostile text as a harmless one, in one row', () => {
    const tables = createTables();
    const interner = StringInterner.of(tables);
    const index = interner.index('a\nb\u001b[31m');
    expect(tables.strings.columns.text[index]).toBe('a␊b␛[31m');
    expect(interner.index('a\nb\u001b[31m')).toBe(index);
    expect(interner.index('a␊b␛[31m')).toBe(index);
  });
});

describe('safeText', () => {
  it('keeps markup, quotes, spaces and all scripts as they are', () => {
    const text = '<script>alert("x" + \'y\')</script> ∀ naïve 函数 🔥 std::vector<int, A<B> >::f';
    expect(safeText(text)).toBe(text);
  });

  it('shows controls, C1, direction marks, line separators and half pairs', () => {
    expect(safeText('\t\u007f\u009b')).toBe('␉␡\ufffd');
    expect(safeText('a\u202eb\u2066c\u2028d\u200f')).toBe('a\ufffdb\ufffdc\ufffdd\ufffd');
    expect(safeText('\ud83dx\ude00')).toBe('\ufffdx\ufffd');
  });

  it('cuts what is longer than the limit, and says so', () => {
    const name = 'T<'.repeat(5_000);
    expect(safeText(name)).toBe(name);
    const cut = safeText('x'.repeat(MAX_TEXT_LENGTH + 1));
    expect(cut).toHaveLength(MAX_TEXT_LENGTH);
    expect(cut.endsWith('…')).toBe(true);
    // The cut may split a pair; what stays is well formed.
    expect(safeText('🔥'.repeat(MAX_TEXT_LENGTH)).isWellFormed()).toBe(true);
  });

  it('always gives well-formed text of one line that it gives back unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 20 }), (binary, plain) => {
        const safe = safeText(binary + plain + String.fromCharCode(0xd800 + binary.length));
        expect(safe.isWellFormed()).toBe(true);
        expect(safe).not.toMatch(/\p{Cc}/u);
        expect(safeText(safe)).toBe(safe);
      }),
    );
  });
});
