// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAddon } from './testing/addon.ts';
import { corpus } from './testing/frame-corpus.ts';
import { run, Workshop } from './testing/programs.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const workshop = new Workshop();
afterAll(() => workshop[Symbol.dispose]());
let program: string;

beforeAll(() => {
  // Small, so that damage hits something that is read.
  const source = 'static int inner(int x) { return x * 3; } int outer(int x) { return inner(x) + 1; } int main(void) { return outer(0); }';
  program = workshop.compile('gcc', 'program', 'c', source, ['-O1', '-g', '-Wl,--build-id']);
});

/** The outcome, and never a signal. */
function damage(...args: string[]): Record<string, number> {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [here('testing/damage.ts'), ...args], { encoding: 'utf8' });
  expect({ status, signal, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  return JSON.parse(stdout) as Record<string, number>;
}

describe('damaged objects', () => {
  it('cut at every 97th byte', { timeout: 60_000 }, () => {
    const outcome = damage('truncate', program, '97');
    console.log(`truncations: ${JSON.stringify(outcome)}`);
    expect(outcome['EMALFORMED']).toBeGreaterThan(100);
  });

  it('thousands at random', { timeout: 60_000 }, () => {
    const outcome = damage('mutate', program, '42', '4000');
    console.log(`mutations: ${JSON.stringify(outcome)}`);
    expect(outcome['EMALFORMED']).toBeGreaterThan(100);
    expect(outcome['named']).toBeGreaterThan(100);
  });

  it('names put together from pieces of others', { timeout: 60_000 }, () => {
    const library = realpathSync('/usr/lib/x86_64-linux-gnu/libstdc++.so.6');
    const listing = run('nm', ['-D', '--defined-only', library]);
    const rust = ['_RNvMs_CsjL_5basicINtB4_6BasketjE6square', '_RINvNtC3std3mem8align_ofjE', '_ZN4core3ptr13drop_in_place17h0123456789abcdefE'];
    const names = [...listing.matchAll(/ [TtWi] (_Z[^@\s]+)/g)].map((match) => match[1]!).concat(...Array.from({ length: 500 }, () => rust));
    writeFileSync(workshop.path('names'), names.join('\n'));
    const outcome = damage('demangle', workshop.path('names'), '3', '30000');
    console.log(`names: ${JSON.stringify(outcome)}`);
    expect(outcome['named']).toBeGreaterThan(1000);
    expect(outcome['slowestMs']).toBeLessThan(1000);
  });

  it('under the address and undefined behaviour sanitizers', { timeout: 300_000 }, () => {
    run('make', ['-s', '-C', here('.'), 'sanitize']);
    const reader = here('../../build/native/addon/read-object');
    const { status, stdout, stderr } = spawnSync(reader, ['--mutate', '7', '4000', program], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    console.log(`sanitized: ${stdout.trim()}`);
    expect(stdout).toMatch(/^[1-9]\d* opened, [1-9]\d* refused, [1-9]\d* with lines/);
    const real = ['/lib/x86_64-linux-gnu/libc.so.6', '/usr/lib/x86_64-linux-gnu/libstdc++.so.6', '/usr/bin/python3'].map((path) => realpathSync(path));
    expect(run(reader, real)).toMatch(/^3 opened, 0 refused/);
  });

  it('debug information of each kind, under the same sanitizers', { timeout: 300_000 }, () => {
    run('make', ['-s', '-C', here('.'), 'sanitize']);
    const source = `static inline int inner(int x) { __asm__ volatile("" : "+r"(x)); return x * 3; }
      static inline int middle(int x) { return inner(x) + inner(x + 1); }
      int outer(int x) { return middle(x) + 1; } int main(int n, char **a) { return outer(n) + middle(n); }`;
    const build = (name: string, compiler: string, ...options: string[]) => workshop.compile(compiler, name, 'c', source, ['-O2', ...options]);
    const objects = [
      build('gcc5', 'gcc', '-gdwarf-5'),
      build('gcc4z', 'gcc', '-gdwarf-4', '-gz=zlib'),
      build('clang4', 'clang', '-gdwarf-4'),
      build('clang5', 'clang', '-gdwarf-5'),
    ];
    const reader = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(here('../../build/native/addon/read-object'), args, { encoding: 'utf8', cwd: workshop.folder });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      console.log(`${args.slice(0, 4).join(' ')}: ${stdout.trim()}`);
      expect(stdout).toMatch(/[1-9]\d* with lines/);
    };
    reader('--mutate', '11', '1500', ...objects);
    for (const version of ['4', '5']) {
      const [object, split] = [`split${version}.o`, `split${version}`];
      run('clang', ['-O2', `-gdwarf-${version}`, '-gsplit-dwarf', '-c', '-o', workshop.path(object), workshop.path('gcc5.c')]);
      run('clang', ['-o', workshop.path(split), workshop.path(object)]);
      reader('--other', '5', '1000', `${split}.dwo`, split);
      run('clang', ['-O2', `-gdwarf-${version}`, '-gsplit-dwarf', '-c', '-o', workshop.path(object), workshop.path('gcc5.c')]);
      run('llvm-dwp', ['-e', workshop.path(split), '-o', workshop.path(`${split}.dwp`)]);
      rmSync(workshop.path(`${split}.dwo`));
      reader('--other', '6', '1000', `${split}.dwp`, split);
    }
  });

  it('that lead to the same bytes again and again, or claim to be compressed a thousandfold', { timeout: 60_000 }, async () => {
    // Twenty thousand units that each look for an abbreviation through a megabyte of them.
    const units = `
      .text
      .globl main
      main: ret
      .section .debug_abbrev,"",@progbits
      .rept 150000
        .uleb128 9, 0x2e
        .byte 0, 0, 0
      .endr
      .byte 0
      .section .debug_info,"",@progbits
      .rept 20000
        .long 8
        .short 4
        .long 0
        .byte 8, 1
      .endr
      .section .note.GNU-stack,"",@progbits`;
    const path = workshop.compile('gcc', 'again', 's', units);
    const addon = loadAddon();
    const began = performance.now();
    const { handle, debugInfo } = await addon.openImage(readFileSync(path), '');
    expect(debugInfo).toBe('own');
    await expect(addon.locate(handle, Float64Array.of(0x1100))).rejects.toMatchObject({
      code: 'EMALFORMED',
      message: expect.stringContaining('again and again') as string,
    });
    addon.closeObject(handle);
    expect(performance.now() - began).toBeLessThan(10_000);

    const compressed = workshop.compile('gcc', 'compressed', 'c', 'int main(void) { return 0; }', ['-g', '-gz=zlib']);
    const image = readFileSync(compressed);
    const sections = Number(image.readBigUInt64LE(0x28));
    const before = process.memoryUsage().rss;
    for (let i = 1; i < image.readUInt16LE(0x3c); i++) {
      const header = sections + i * 64;
      // SHF_COMPRESSED; the size is the second word of what follows.
      if (!(image.readBigUInt64LE(header + 8) & 0x800n)) continue;
      image.writeBigUInt64LE(1n << 34n, Number(image.readBigUInt64LE(header + 24)) + 8);
    }
    const opened = await addon.openImage(image, '');
    expect((await addon.locate(opened.handle, Float64Array.of(0x1100))).line).toHaveLength(0);
    addon.closeObject(opened.handle);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  it('with counts that would take all memory', async () => {
    const addon = loadAddon();
    const bytes = readFileSync(program);
    const sections = Number(bytes.readBigUInt64LE(0x28));
    const before = process.memoryUsage().rss;
    for (let i = 1; i < bytes.readUInt16LE(0x3c); i++) {
      // Each section in turn claims to be a terabyte long, or to lie at the end of the world.
      for (const [field, value] of [[32, 1n << 40n], [24, (1n << 64n) - 8n], [32, (1n << 64n) - 1n], [40, 0xffffffffn]] as const) {
        const image = Buffer.from(bytes);
        image.writeBigUInt64LE(value, sections + i * 64 + field);
        const opened = await addon.openImage(image, '').catch((error: Error & { code?: string }) => error.code);
        if (typeof opened === 'string') expect(opened).toBe('EMALFORMED');
        else addon.closeObject(opened!.handle);
      }
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });
});

describe('unwind rows under the same sanitizers', () => {
  const compileRows = (...args: string[]) => {
    run('make', ['-s', '-C', here('.'), 'sanitize']);
    const { status, signal, stdout, stderr } = spawnSync(here('../../build/native/addon/compile-rows'), args, { encoding: 'utf8', cwd: workshop.folder });
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
    return stdout;
  };

  it('of real objects', { timeout: 300_000 }, () => {
    const real = ['/lib/x86_64-linux-gnu/libc.so.6', '/usr/lib/x86_64-linux-gnu/libstdc++.so.6', '/usr/bin/python3', process.execPath].map((path) => realpathSync(path));
    expect(compileRows(...real)).toBe('4 compiled: 4 with rows, 0 refused\n');
  });

  it('of odd ones, damaged for a while', { timeout: 300_000 }, () => {
    const files = corpus.map(({ name, image }) => {
      writeFileSync(workshop.path(name), image);
      return workshop.path(name);
    });
    const said = compileRows('--mutate', '11', '15', ...files);
    console.log(`damaged: ${said.trim()}`);
    const [compiled, withRows, refused] = [...said.matchAll(/\d+/g)].map(Number) as [number, number, number];
    expect(compiled).toBeGreaterThan(5000);
    expect(withRows).toBeGreaterThan(compiled / 10);
    expect(refused).toBeGreaterThan(compiled / 50);
  });
});
