// SPDX-License-Identifier: Apache-2.0
import { closeSync, existsSync, openSync, readFileSync, readSync, realpathSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadAddon } from './testing/addon.ts';
import { present, Workshop } from './testing/programs.ts';
import { readFrames, type DescribedFunction } from './testing/readelf-frames.ts';
import { readRows, ruleAt } from './testing/unwind-rows.ts';
import { readElfSymbols } from './testing/symbol-table.ts';

// readelf takes seconds for large objects.
vi.setConfig({ testTimeout: 120_000 });
const addon = loadAddon();
const workshop = new Workshop();
afterAll(() => workshop[Symbol.dispose]());

/** What there may be no row for: all that readelf can say and eight bytes cannot. */
const REASONS = [
  /^CFA in r(ax|bx|cx|dx|si|di|8|9|10|11|12|13|14|15)$/,
  /^CFA too far away$/,
  /^CFA = DW_OP_breg[67] \(r[sb]p\): n; DW_OP_deref; DW_OP_plus_uconst: (?!8$)\d+$/,
  /^CFA = DW_OP_breg7 \(rsp\): n; DW_OP_breg9 \(r9\): n; DW_OP_lit8; DW_OP_mul; DW_OP_plus; DW_OP_deref; DW_OP_plus_uconst: 8$/,
  /^the return address is in (c|r1|r5)$/,
  /^fp in r9$/,
];

interface Place {
  at: number;
  rule: string;
}

/** Both ends of every row of readelf, and of the gaps between functions. */
function* places(functions: readonly DescribedFunction[]): Generator<Place> {
  let covered = functions[0]!.at;
  let padding = 'none';
  for (const { at, end, rows } of functions) {
    if (at - covered >= 16) {
      yield { at: covered, rule: 'none' };
      yield { at: at - 1, rule: 'none' };
    } else if (at > covered) {
      yield { at: at - 1, rule: padding };
    }
    for (let i = 0; i < rows.length; i++) {
      yield { at: rows[i]!.at, rule: rows[i]!.rule };
      yield { at: (rows[i + 1]?.at ?? end) - 1, rule: rows[i]!.rule };
    }
    padding = rows.at(-1)!.rule;
    covered = end;
  }
  yield { at: covered, rule: 'none' };
}

/** With the entry of the program as one more function, where none says that it has no caller. */
function withEntry(file: string, functions: DescribedFunction[]): DescribedFunction[] {
  const { symbols, code } = readElfSymbols(file);
  const address = Number(readFileSync(file).readBigUInt64LE(0x18));
  const part = code.find((c) => address >= c.address && address < c.address + c.size);
  const at = part ? address - part.address + part.fileOffset : 0;
  if (address === 0 || !part || functions.some((f) => f.at <= at && at < f.end)) return functions;
  const next = functions.findIndex((f) => f.at > at);
  const size = symbols.find((s) => s.address === address && s.size > 0)?.size ?? 256;
  const end = Math.min(at + size, functions[next]?.at ?? Infinity, part.fileOffset + part.size);
  return functions.toSpliced(next < 0 ? functions.length : next, 0, { at, end, rows: [{ at, rule: 'outermost' }] });
}

/** Compares all places, and prints why there are no rows where there are none. */
async function expectAgreement(path: string): Promise<{ rules: Set<string>; unknown: number }> {
  const file = realpathSync(path);
  const { functions, reasons } = readFrames(file);
  const compiled = await addon.compileUnwindRows(file, '');
  const rows = readRows(compiled.rows);
  expect(compiled.functions).toBe(functions.length);
  expect(compiled.refused).toBe(0);
  let compared = 0;
  for (const { at, rule } of places(withEntry(file, functions))) {
    const ours = ruleAt(rows, at);
    compared++;
    if (ours !== rule) expect.fail(`at ${at.toString(16)} of ${path}: ${ours}, but readelf says ${rule}`);
  }
  expect(compared).toBeGreaterThan(functions.length);
  for (const reason of reasons.keys()) {
    if (!REASONS.some((known) => known.test(reason))) expect.fail(`${path}: no rows because ${reason}`);
  }
  const lost = [...reasons].map(([reason, count]) => `${count} × ${reason}`).join(', ');
  console.log(`${path}: ${rows.length} rows agree in ${compared} places; unknown ${compiled.unknown}: ${lost || 'nothing'}`);
  return { rules: new Set(rows.map(({ rule }) => rule)), unknown: compiled.unknown };
}

describe('against readelf', () => {
  it.each(
    [
      '/lib/x86_64-linux-gnu/libc.so.6',
      '/lib64/ld-linux-x86-64.so.2',
      '/usr/lib/x86_64-linux-gnu/libstdc++.so.6',
      '/usr/lib/x86_64-linux-gnu/libcrypto.so.3',
      '/usr/lib/x86_64-linux-gnu/libsqlite3.so.0',
      '/usr/bin/python3.11',
      '/usr/bin/openssl',
      '/usr/bin/sqlite3',
      '/usr/bin/perl',
      process.execPath,
    ].filter((path) => existsSync(path)),
  )('%s', async (path) => {
    await expectAgreement(path);
  });

  it('the vdso, as it lies in memory', async (test) => {
    const range = /^([0-9a-f]+)-([0-9a-f]+) .*\[vdso\]$/m.exec(readFileSync('/proc/self/maps', 'utf8'));
    if (!range) test.skip('this kernel has no vdso');
    const [start, end] = [parseInt(range![1]!, 16), parseInt(range![2]!, 16)];
    const image = Buffer.alloc(end - start);
    const memory = openSync('/proc/self/mem', 'r');
    readSync(memory, image, 0, image.length, start);
    closeSync(memory);
    writeFileSync(workshop.path('vdso'), image);
    await expectAgreement(workshop.path('vdso'));
    expect(await addon.compileUnwindRowsOfImage(image, '')).toEqual(await addon.compileUnwindRows(workshop.path('vdso'), ''));
  });

  it('the signal frame of the C library, and where its threads begin', async () => {
    const { rules } = await expectAgreement('/lib/x86_64-linux-gnu/libc.so.6');
    expect([...rules]).toEqual(expect.arrayContaining(['signal at sp+160', 'outermost', 'stub sp+8 from 11']));
  });
});

describe('objects compiled here', () => {
  const SHARED = ['-shared', '-nostdlib', '-fPIC', '-fasynchronous-unwind-tables'];

  it.runIf(present('gcc'))('a stack that GCC realigns', async () => {
    const source = `
      typedef float wide __attribute__((vector_size(32)));
      void use(void *);
      int realigned(int n) { wide w[2]; char more[n]; use(w); use(more); return n; }`;
    const { rules } = await expectAgreement(workshop.compile('gcc', 'realigned.so', 'c', source, [...SHARED, '-O2', '-mavx']));
    expect([...rules].some((rule) => /^\*\(fp-\d+\), fp at fp$/.test(rule))).toBe(true);
  });

  it.runIf(present('gcc'))('a procedure linkage table, with and without control-flow protection', async () => {
    const source = 'void out(void); void in(void) { out(); out(); }';
    const plain = await expectAgreement(workshop.compile('gcc', 'plain.so', 'c', source, [...SHARED, '-O2']));
    expect(plain.rules).toContain('stub sp+8 from 11');
    const protectedOne = await expectAgreement(workshop.compile('gcc', 'ibt.so', 'c', source, [...SHARED, '-O2', '-fcf-protection', '-Wl,-z,ibtplt']));
    expect([...protectedOne.rules].some((rule) => rule.startsWith('stub sp+8 from'))).toBe(true);
  });

  it.runIf(present('gcc'))('frames by hand', async () => {
    const lines = [
      'moved: .cfi_startproc; nop; .cfi_def_cfa_offset 32; .cfi_rel_offset rbp, 8; nop; .cfi_remember_state',
      '.cfi_def_cfa rbp, 16; nop; .cfi_restore_state; .cfi_restore rbp; nop; .cfi_adjust_cfa_offset -24; nop; .cfi_endproc',
      'far: .cfi_startproc; .cfi_def_cfa_offset 100000; .fill 70000, 1, 0x90; .cfi_def_cfa_offset 8; .fill 300, 1, 0x90; .cfi_def_cfa_offset 16; nop; .cfi_endproc',
      'last: .cfi_startproc; .cfi_undefined rip; nop; .cfi_endproc',
      'same: .cfi_startproc; .cfi_offset rbp, -24; nop; .cfi_same_value rbp; nop; .cfi_register rbp, r9; nop; .cfi_val_offset rbx, -16; nop; .cfi_endproc',
      'handled: .cfi_startproc; .cfi_signal_frame; .cfi_personality 0x9b, place; .cfi_lsda 0x1b, table; nop; .cfi_window_save; nop; .cfi_endproc',
      '.section .data; place: .quad 0; table: .quad 0',
    ];
    const { rules, unknown } = await expectAgreement(workshop.compile('gcc', 'by-hand.so', 's', `${lines.join('\n').replaceAll('; ', '\n')}\n`, ['-shared', '-nostdlib']));
    expect([...rules]).toEqual(expect.arrayContaining(['sp+32, fp at cfa-24', 'fp+16, fp at cfa-24', 'sp+100000', 'outermost', 'none']));
    expect(unknown).toBe(1);
  });

  if (!present('gcc')) console.log('left out: objects compiled here, as there is no gcc');
});
