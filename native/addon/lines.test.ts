// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadAddon } from './testing/addon.ts';
import { present, run, Workshop } from './testing/programs.ts';
import { readElfSymbols } from './testing/symbol-table.ts';
import { binutilsChains, chainsOf, llvmChains, type Chain } from './testing/witnesses.ts';

// Compilers and whole debug files on a busy machine.
vi.setConfig({ testTimeout: 120_000 });
const addon = loadAddon();
const workshop = new Workshop();
afterAll(() => workshop[Symbol.dispose]());

writeFileSync(
  workshop.path('deep.h'),
  `#pragma once
template <class T> static inline T square(T x) {
  __asm__ volatile("" : "+r"(x));
  return x * x;
}
struct Shape {
  int side;
  int area(int by) const {
    return square(side) + by;
  }
};
`,
);
const source = `#include <algorithm>
#include <cstdio>
#include <vector>
#include "${workshop.path('x/../deep.h')}"
namespace {
inline int twice(const Shape &s, int n) {
  int sum = 0;
  for (int i = 0; i < n; i++) sum += s.area(i) * square(n);
  return sum;
}
}
__attribute__((noinline)) int work(std::vector<int> &v, const Shape &s) {
  auto each = [&s](int x) { return twice(s, x); };
  int sum = 0;
  for (int x : v) sum += each(x);
  std::sort(v.begin(), v.end());
  return sum;
}
__attribute__((cold, noinline)) static void complain(int n) { std::fprintf(stderr, "%d\\n", n); }
int main(int n, char **) {
  std::vector<int> v(n * 3, n);
  if (n > 7) complain(n);
  std::printf("%d\\n", work(v, Shape{n}));
}
`;
const plain = `
static inline int leaf(int x) {
  __asm__ volatile("imul $3, %0" : "+r"(x));
  return x;
}
static inline int middle(int x) { int y = leaf(x); return y + leaf(y); }
int top(int x) { return middle(x) ^ 5; }
int main(int n, char **a) { return top(n) + leaf(n); }
`;

interface Asked {
  addresses: number[];
  offsets: Float64Array;
}

/** Addresses in functions that have a size, and their places in the file; evenly taken, all if there are not more than `most`. */
function addressesOf(path: string, symbolsOf = path, most = 4000): Asked {
  const { code } = readElfSymbols(path);
  const homeOf = (address: number) => code.find((part) => address >= part.address && address < part.address + part.size);
  const all: number[] = [];
  for (const { address, size } of readElfSymbols(symbolsOf).symbols) for (let i = 0; i < size; i++) all.push(address + i);
  const step = Math.max(1, all.length / most);
  const addresses = Array.from({ length: Math.floor(all.length / step) }, (_, i) => all[Math.floor(i * step)]!).filter(homeOf);
  const offsets = Float64Array.from(addresses, (address) => address - homeOf(address)!.address + homeOf(address)!.fileOffset);
  return { addresses, offsets };
}

async function locate(path: string, offsets: Float64Array, debugFolders: string[] = []): Promise<Chain[]> {
  const opened = await addon.openObject(path, '', debugFolders);
  try {
    return chainsOf(await addon.locate(opened.handle, offsets));
  } finally {
    addon.closeObject(opened.handle);
  }
}

/** Names as the addon gives them. The outermost may be called otherwise by the symbol table. */
const comparable = (chain: Chain) => chain.map(({ name, file, line }, depth) => ({ name: depth > 0 ? addon.demangle(name) : '', file, line }));
/** What the symbol table alone knows says nothing of lines. */
const known = (chain: Chain) => chain.filter(({ file }) => file !== '');

function expectSame(ours: Chain[], theirs: Chain[], { addresses }: Asked, mayDiffer = 0) {
  const differing = addresses.flatMap((address, i) => {
    const [one, other] = [known(ours[i]!), known(theirs[i]!)].map((chain) => JSON.stringify(comparable(chain)));
    return one === other ? [] : [`${address.toString(16)}:\n  ${one}\n  ${other}`];
  });
  expect(differing.length, differing.slice(0, 3).join('\n')).toBeLessThanOrEqual(mayDiffer);
  expect(ours.filter((chain) => chain.length > 1).length).toBeGreaterThan(0);
}

const compilers = (['g++', 'clang++'] as const).filter((each) => present(each));
const variants = compilers.flatMap((compiler) =>
  [
    ['-gdwarf-5', '-pie', '-fPIE'],
    ['-gdwarf-4', '-no-pie'],
    ['-gdwarf-3'],
    ['-gdwarf-5', '-gz=zlib'],
    ['-gdwarf-4', '-gsplit-dwarf'],
    ['-gdwarf-5', '-gsplit-dwarf'],
    ['-gdwarf-4', '-ffunction-sections', '-Wl,--gc-sections'],
  ].map((options) => [compiler, options] as const),
);

describe('against llvm-symbolizer', () => {
  it.each(variants)('%s %j', async (compiler, options) => {
    const path = workshop.compile(compiler, `${compiler}${options.join('')}`, 'cc', source, ['-O2', ...options]);
    const asked = addressesOf(path);
    const ours = await locate(path, asked.offsets);
    expectSame(ours, llvmChains(path, asked.addresses), asked);
    const names = new Set(ours.flatMap((chain) => chain.map(({ name }) => name)));
    for (const name of ['work', 'main', 'square<int>', 'Shape::area']) expect(names).toContain(name);
    // Normalized: the compiler was given a path with "..".
    expect(ours.flat().some(({ file }) => file === workshop.path('deep.h'))).toBe(true);
  });
});

describe('against addr2line', () => {
  it.each(['gcc', 'clang'].filter((each) => present(each)))('%s, every instruction of a small program', async (compiler) => {
    const path = workshop.compile(compiler, `plain-${compiler}`, 'c', plain, ['-O2', '-g', '-fno-ipa-cp']);
    const { code, symbols } = readElfSymbols(path);
    const [part] = code;
    // It takes an address before the code for the next that has some, so only starts of instructions are asked for.
    const starts = [...run('objdump', ['-d', path]).matchAll(/^\s+([0-9a-f]+):\t/gm)].map((match) => parseInt(match[1]!, 16));
    const within = symbols.filter(({ name }) => name === 'top' || name === 'main');
    const addresses = starts.filter((at) => within.some(({ address, size }) => at >= address && at < address + size));
    const home = code.find(({ address, size }) => addresses[0]! >= address && addresses[0]! < address + size) ?? part!;
    const offsets = Float64Array.from(addresses, (address) => address - home.address + home.fileOffset);
    expectSame(await locate(path, offsets), binutilsChains(path, addresses), { addresses, offsets });
  });
});

describe('where debug information may be', () => {
  const build = (name: string, options: string[] = ['-gdwarf-5']) =>
    workshop.compile('g++', name, 'cc', source, ['-O2', '-Wl,--build-id', ...options]);

  it('in a debug file by build id, though the object has its symbols', async () => {
    const whole = build('whole');
    const asked = addressesOf(whole);
    const before = await locate(whole, asked.offsets);
    const id = (await addon.openObject(whole, '', [])).buildId;
    const folder = workshop.path(`debug/.build-id/${id.slice(0, 2)}`);
    mkdirSync(folder, { recursive: true });
    const debug = `${folder}/${id.slice(2)}.debug`;
    run('objcopy', ['--only-keep-debug', whole, debug]);
    for (const [strip, symbols] of [['--strip-debug', 'symtab'], ['--strip-all', 'debug-file']] as const) {
      const stripped = workshop.path(`stripped${strip}`);
      run('objcopy', [strip, whole, stripped]);
      expect(await addon.openObject(stripped, '', [])).toMatchObject({ debugInfo: 'none', debugFile: '' });
      expect((await locate(stripped, asked.offsets)).flat()).toEqual([]);
      const opened = await addon.openObject(stripped, id, [workshop.path('debug')]);
      expect(opened).toMatchObject({ source: symbols, debugInfo: 'debug-file', debugFile: debug });
      expect(await locate(stripped, asked.offsets, [workshop.path('debug')])).toEqual(before);
    }
  });

  it('compressed with zstd', async (test) => {
    const path = build('for-zstd');
    const asked = addressesOf(path);
    const before = await locate(path, asked.offsets);
    try {
      run('objcopy', ['--compress-debug-sections=zstd', path, workshop.path('zstd')]);
    } catch (error) {
      console.log(`skipped: objcopy cannot compress with zstd: ${String(error)}`);
      return test.skip();
    }
    expect(run('readelf', ['-t', workshop.path('zstd')])).toContain('ZSTD');
    expect(await locate(workshop.path('zstd'), asked.offsets)).toEqual(before);
  });

  it('compressed as GNU did it first', async () => {
    const path = build('for-gnu');
    const asked = addressesOf(path);
    run('objcopy', ['--compress-debug-sections=zlib-gnu', path, workshop.path('zlib-gnu')]);
    expect(run('readelf', ['-SW', workshop.path('zlib-gnu')])).toContain('.zdebug_info');
    expect(await locate(workshop.path('zlib-gnu'), asked.offsets)).toEqual(await locate(path, asked.offsets));
  });

  it.each(['-gdwarf-4', '-gdwarf-5'])('in .dwo files or a .dwp package (%s), of this build', async (version) => {
    const path = workshop.path(`split${version}`);
    const sources = { one: source, two: plain.replace('int main(int n, char **a) { return top(n) + leaf(n); }', '') };
    const objects = Object.entries(sources).map(([name, text]) => {
      writeFileSync(workshop.path(`${name}.cc`), text);
      const object = workshop.path(`${name}${version}.o`);
      run('clang++', ['-O2', version, '-gsplit-dwarf', '-c', '-o', object, workshop.path(`${name}.cc`)]);
      return object;
    });
    run('clang++', ['-o', path, ...objects]);
    const asked = addressesOf(path);
    const theirs = llvmChains(path, asked.addresses);
    const inline = (chains: Chain[]) => chains.filter((chain) => chain.length > 1).length;
    expectSame(await locate(path, asked.offsets), theirs, asked);
    run('llvm-dwp', ['-e', path, '-o', `${path}.dwp`]);
    const dwos = objects.map((object) => object.replace(/o$/, 'dwo'));
    for (const dwo of dwos) renameSync(dwo, `${dwo}.away`);
    expectSame(await locate(path, asked.offsets), theirs, asked);
    // Without either the skeleton's lines are left, and no inlined functions.
    rmSync(`${path}.dwp`);
    const alone = await locate(path, asked.offsets);
    expect([inline(alone), alone.some((chain) => chain.some(({ line }) => line > 0))]).toEqual([0, true]);
    // Moved beside the program, and of another build.
    copyFileSync(`${dwos[0]!}.away`, dwos[0]!);
    expect(inline(await locate(path, asked.offsets))).toBeGreaterThan(0);
    const bytes = readFileSync(dwos[0]!);
    const skeleton = run('llvm-dwarfdump', ['--debug-info', path]);
    const id = /(?:DWO_id|dwo_id)\W+0x([0-9a-f]{16})/i.exec(skeleton)![1]!;
    const at = bytes.indexOf(Buffer.from(id, 'hex').reverse());
    expect(at).toBeGreaterThan(0);
    bytes[at]! ^= 1;
    writeFileSync(dwos[0]!, bytes);
    expect(inline(await locate(path, asked.offsets))).toBe(0);
    // A pipe, whose writer never comes.
    rmSync(dwos[0]!);
    run('mkfifo', [dwos[0]!]);
    expect(inline(await locate(path, asked.offsets))).toBe(0);
  });

  it('shared by several debug files (DWZ)', async (test) => {
    if (!present('dwz')) {
      console.log('skipped: dwz is not installed');
      return test.skip();
    }
    for (const version of ['-gdwarf-4', '-gdwarf-5']) {
      const paths = ['a', 'b'].map((name) => build(`dwz-${name}${version}`, [version, `-DNAME=${name}`]));
      const asked = addressesOf(paths[0]!);
      const before = await locate(paths[0]!, asked.offsets);
      const shared = workshop.path(`shared${version}`);
      run('dwz', ['-m', shared, '-M', shared, ...paths]);
      expect(run('readelf', ['-SW', paths[0]!])).toContain('.gnu_debugaltlink');
      expectSame(await locate(paths[0]!, asked.offsets), before, asked);
      // Names that are nowhere else are lost without it, or with another.
      renameSync(shared, `${shared}.away`);
      const without = await locate(paths[0]!, asked.offsets);
      expect(without.flat().filter(({ name }) => name !== '').length).toBeLessThan(before.flat().filter(({ name }) => name !== '').length);
      const other = readFileSync(`${shared}.away`);
      const buildId = /Build ID: (\w+)/.exec(run('readelf', ['-n', `${shared}.away`]))![1]!;
      other[other.indexOf(Buffer.from(buildId, 'hex'))]! ^= 1;
      writeFileSync(shared, other);
      expect(await locate(paths[0]!, asked.offsets)).toEqual(without);
    }
  });

  it('in no place: symbols alone, compressed in .gnu_debugdata', async () => {
    const path = build('for-mini', []);
    const { symbols } = readElfSymbols(path);
    const names = workshop.path('keep');
    writeFileSync(names, symbols.map(({ name }) => name).join('\n'));
    run('objcopy', ['--strip-all', `--keep-symbols=${names}`, path, workshop.path('mini')]);
    run('xz', ['--force', '--keep', workshop.path('mini')]);
    const stripped = workshop.path('with-mini');
    run('objcopy', ['--strip-all', '--add-section', `.gnu_debugdata=${workshop.path('mini.xz')}`, path, stripped]);
    const opened = await addon.openObject(stripped, '', []);
    expect(opened).toMatchObject({ source: 'gnu-debugdata', debugInfo: 'none', debugFile: '' });
    const asked = addressesOf(path);
    const whole = await addon.openObject(path, '', []);
    const namesOf = async (handle: number) => {
      const batch = await addon.symbolize(handle, asked.offsets);
      return [...batch.name].map((index) => batch.names[index]);
    };
    expect(await namesOf(opened.handle)).toEqual(await namesOf(whole.handle));
    const damaged = readFileSync(stripped);
    const at = damaged.indexOf(readFileSync(workshop.path('mini.xz')));
    damaged[at + 200]! ^= 0xff;
    expect(['dynsym', 'none']).toContain((await addon.openImage(damaged, '')).source);
  });
});

describe('installed programs with debug files', () => {
  it.each([
    ['the C library', '/lib/x86_64-linux-gnu/libc.so.6', 'libc6-dbg'],
    ['python3', '/usr/bin/python3', 'python3.11-dbg'],
  ])('%s', async (what, link, packageName) => {
    const path = realpathSync(link);
    const { buildId } = await addon.openObject(path, '', []);
    const debug = `/usr/lib/debug/.build-id/${buildId.slice(0, 2)}/${buildId.slice(2)}.debug`;
    if (!existsSync(debug)) return console.log(`skipped: ${packageName} is not installed`);
    const asked = addressesOf(path, debug, 2000);
    const began = performance.now();
    const ours = await locate(path, asked.offsets, ['/usr/lib/debug']);
    const took = Math.round(performance.now() - began);
    console.log(`${what}: ${asked.addresses.length} addresses, ${ours.filter((chain) => chain.length > 1).length} inlined, ${took} ms`);
    expectSame(ours, llvmChains(debug, asked.addresses), asked, 2);
  });
});

describe('what is given back', () => {
  it('has declared places, nothing for what is no code, and stays when debug information is forgotten', async () => {
    const path = workshop.compile('gcc', 'declared', 'c', plain, ['-O2', '-g']);
    const { handle } = await addon.openObject(path, '', []);
    const top = readElfSymbols(path).symbols.find(({ name }) => name === 'top')!;
    const { code } = readElfSymbols(path);
    const home = code.find(({ address, size }) => top.address >= address && top.address < address + size)!;
    const offset = top.address - home.address + home.fileOffset;
    const offsets = Float64Array.from([NaN, ...Array.from({ length: top.size }, (_, i) => offset + i), -1, 0, 2 ** 60]);
    const places = await addon.locate(handle, offsets);
    expect([...places.first.slice(0, 2), places.first.length]).toEqual([0, 0, offsets.length + 1]);
    expect(places.first.at(-1)).toBe(places.first.at(-4));
    const deepest = chainsOf(places).findIndex((chain) => chain.length === 3);
    const rows = [...places.name.keys()].slice(places.first[deepest], places.first[deepest + 1]);
    const file = workshop.path('declared.c');
    expect(rows.map((row) => [places.names[places.name[row]!], places.files[places.declaredFile[row]!], places.declaredLine[row]])).toEqual([
      ['top', file, 7],
      ['middle', file, 6],
      ['leaf', file, 2],
    ]);
    expect(rows.map((row) => [places.files[places.file[row]!], places.line[row]])).toEqual([[file, 7], [file, 6], [file, 3]]);
    addon.forgetDebugInfo();
    expect(await addon.locate(handle, offsets)).toEqual(places);
    addon.closeObject(handle);
    expect(() => addon.locate(handle, offsets)).toThrow('not open');
    expect(() => addon.locate(handle, [] as unknown as Float64Array)).toThrow(TypeError);
  });
});
