// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadAddon } from './testing/addon.ts';
import { namesAt } from './testing/names.ts';
import { present, run, Workshop } from './testing/programs.ts';
import { addressOf, readElfSymbols } from './testing/symbol-table.ts';

// Compilers and whole symbol tables on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
const addon = loadAddon();
const workshop = new Workshop();
afterAll(() => workshop[Symbol.dispose]());

const templates = `
#include <cstdio>
namespace shop { template <class T, int N> struct Basket { __attribute__((noinline)) T sum(T x) { return x * N; } };
__attribute__((noinline)) long operator_like(long x) { return x + 1; } }
static __attribute__((noinline)) int hidden(int x) { return x * 3; }
int main(int n, char **) { shop::Basket<long, 7> b; auto l = [](int y) __attribute__((noinline)) { return y - 1; };
  std::printf("%ld %d\\n", b.sum(shop::operator_like(n)), l(hidden(n))); }
`;
const ofFunction = (path: string, mangled: string, at: number) => {
  const { symbols, code } = readElfSymbols(path);
  const symbol = symbols.find(({ name }) => name === mangled);
  if (!symbol) throw new Error(`${path} has no ${mangled}`);
  const home = code.find(({ address, size }) => symbol.address >= address && symbol.address < address + size)!;
  return symbol.address - home.address + home.fileOffset + at;
};

describe('objects compiled here', () => {
  const hidden = '_ZL6hiddeni';
  const basket = '_ZN4shop6BasketIlLi7EE3sumEl';
  let pie: string;
  beforeAll(() => {
    pie = workshop.compile('g++', 'pie', 'cc', templates, ['-O1', '-g', '-pie', '-fPIE', '-Wl,--build-id']);
  });

  it('names C++ in position-independent and fixed programs, as addr2line does', async () => {
    const fixed = workshop.compile('g++', 'fixed', 'cc', templates, ['-O1', '-g', '-no-pie', '-fno-pie']);
    for (const path of [pie, fixed]) {
      const oracle = readElfSymbols(path);
      const functions = oracle.symbols.filter((s) => s.size > 1 && !s.name.startsWith('_start'));
      const offsets = functions.map((s) => ofFunction(path, s.name, 1));
      const addresses = offsets.map((offset) => `0x${addressOf(oracle, offset).toString(16)}`);
      // Two lines an address: the mangled name and the place.
      const witness = run('addr2line', ['-f', '-e', path, ...addresses]).split('\n').filter((_, i) => i % 2 === 0);
      const names = await namesAt(path, offsets);
      expect(names).toEqual(witness.slice(0, names.length).map((name) => addon.demangle(name)));
      expect(names).toContain('shop::Basket<long, 7>::sum');
      expect(names).toContain('hidden');
      expect(names).toContain('main::{lambda(int)#1}::operator()');
    }
  });

  it('gives distances from the start of the function, and no name outside of the code', async () => {
    const opened = await addon.openObject(pie, '', []);
    const offsets = [ofFunction(pie, hidden, 0), ofFunction(pie, hidden, 2), 0, -1, NaN, 1e300, 2 ** 53, Infinity];
    const batch = await addon.symbolize(opened.handle, Float64Array.from(offsets));
    expect([...batch.name]).toEqual([0, 0, -1, -1, -1, -1, -1, -1]);
    expect([...batch.distance]).toEqual([0, 2, 0, 0, 0, 0, 0, 0]);
    expect(batch.names).toEqual(['hidden']);
    addon.closeObject(opened.handle);
    await expect(async () => addon.symbolize(opened.handle, new Float64Array(1))).rejects.toThrow('not open');
  });

  it('finds symbols of any type by their names', async () => {
    const source = 'int filled[3] = {1}; char empty[70]; static int hidden_one = 7; int main(void) { return filled[0] + empty[1] + hidden_one; }';
    const path = workshop.compile('gcc', 'data', 'c', source, ['-O0', '-rdynamic', '-Wl,--build-id']);
    const names = ['filled', 'empty', 'main', 'hidden_one', 'printf', 'nowhere', ''];
    const [filled, empty, main, hiddenOne, ...others] = await addon.findSymbols(path, '', names);
    const listing = new Map([...run('nm', ['-S', path]).matchAll(/^(\w+) (\w+) \w (\w+)$/gm)].map(([, at, size, name]) => [name!, { address: BigInt(`0x${at}`), size: BigInt(`0x${size}`) }]));
    expect(filled).toMatchObject(listing.get('filled')!);
    expect(readFileSync(path).readInt32LE(Number(filled!.fileOffset))).toBe(1);
    expect(empty).toEqual({ ...listing.get('empty')!, fileOffset: null });
    // Only .symtab has the last one.
    expect([main, hiddenOne]).toMatchObject([listing.get('main')!, listing.get('hidden_one')!]);
    expect(others).toEqual([null, null, null]);
    await expect(addon.findSymbols(path, 'ab', names)).rejects.toMatchObject({ code: 'EBUILDID' });
    await expect(async () => addon.findSymbols(path, '', 'main' as unknown as string[])).rejects.toThrow('array of names');
  });

  it('finds a separate debug file by build id', async () => {
    const id = (await addon.openObject(pie, '', [])).buildId;
    expect(run('readelf', ['-n', pie])).toContain(id);
    const folder = workshop.path(`by-id/.build-id/${id.slice(0, 2)}`);
    run('mkdir', ['-p', folder]);
    const debug = `${folder}/${id.slice(2)}.debug`;
    const stripped = workshop.path('stripped');
    run('objcopy', ['--only-keep-debug', pie, debug]);
    run('objcopy', ['--strip-all', pie, stripped]);
    const offset = ofFunction(pie, hidden, 1);
    expect(await namesAt(stripped, [offset])).toEqual([undefined]);
    expect(await namesAt(stripped, [offset], ['/nowhere', workshop.path('by-id')])).toEqual(['hidden']);
    const opened = await addon.openObject(stripped, id, [workshop.path('by-id')]);
    expect(opened).toMatchObject({ source: 'debug-file', debugFile: debug, buildId: id });

    const other = workshop.compile('g++', 'other', 'cc', `${templates}int extra;`, ['-O1', '-Wl,--build-id']);
    run('objcopy', ['--only-keep-debug', other, debug]);
    expect(await namesAt(stripped, [offset], [workshop.path('by-id')])).toEqual([undefined]);
  });

  it('finds a separate debug file by its link, in each of its places, if the checksum fits', async () => {
    run('mkdir', ['-p', workshop.path('linked/.debug'), workshop.path(`global${workshop.path('linked')}`)]);
    const anonymous = workshop.compile('g++', 'anonymous', 'cc', templates, ['-O1', '-Wl,--build-id=none']);
    const offset = ofFunction(anonymous, basket, 1);
    run('objcopy', ['--only-keep-debug', anonymous, workshop.path('linked/anonymous.debug')]);
    const link = `--add-gnu-debuglink=${workshop.path('linked/anonymous.debug')}`;
    const stripped = workshop.path('linked/anonymous');
    run('objcopy', ['--strip-all', link, anonymous, stripped]);
    const places = ['linked', 'linked/.debug', `global${workshop.path('linked')}`].map(workshop.path.bind(workshop));
    let last = places[0]!;
    for (const place of places) {
      if (place !== last) run('mv', [`${last}/anonymous.debug`, place]);
      last = place;
      const opened = await addon.openObject(stripped, '', [workshop.path('global')]);
      expect(opened).toMatchObject({ buildId: '', source: 'debug-file', debugFile: `${place}/anonymous.debug` });
      expect(await namesAt(stripped, [offset], [workshop.path('global')])).toEqual(['shop::Basket<long, 7>::sum']);
    }
    const debug = readFileSync(`${last}/anonymous.debug`);
    debug[debug.length - 1]! ^= 1;
    writeFileSync(`${last}/anonymous.debug`, debug);
    expect((await addon.openObject(stripped, '', [workshop.path('global')])).source).not.toBe('debug-file');
  });

  it('refuses a file with another build id', async () => {
    await expect(addon.openObject(pie, '00'.repeat(20), [])).rejects.toMatchObject({
      code: 'EBUILDID',
      message: expect.stringContaining('another version') as string,
    });
    expect((await addon.openImage(readFileSync(pie), '')).source).toBe('symtab');
    await expect(addon.openImage(readFileSync(pie), 'abcd')).rejects.toMatchObject({ code: 'EBUILDID' });
  });

  it('names IFUNCs and their implementations', async () => {
    const source = `
      static int plain(int x) { return x + 1; }
      static void *choose(void) { return (void *)plain; }
      int chosen(int x) __attribute__((ifunc("choose")));
      int main(void) { return chosen(-1); }`;
    const path = workshop.compile('gcc', 'ifunc', 'c', source, ['-O1', '-fno-ipa-icf']);
    // The IFUNC symbol and its resolver are one piece of code; what others call goes first.
    expect(await namesAt(path, [ofFunction(path, 'plain', 1), ofFunction(path, 'chosen', 1)])).toEqual(['plain', 'chosen']);
  });

  it('prefers what people call a function among aliases', async () => {
    const source = `
      int __inner(int x) { return x * 5; }
      int outer(int) __attribute__((weak, alias("__inner")));
      static int longer_local(int) __attribute__((used, alias("__inner")));
      int a_first(int x) { return x * 7; }
      int b_second(int) __attribute__((alias("a_first")));
      int main(void) { return 0; }`;
    const path = workshop.compile('gcc', 'aliases', 'c', source, ['-O1']);
    expect(await namesAt(path, [ofFunction(path, '__inner', 1), ofFunction(path, 'a_first', 1)])).toEqual(['outer', 'a_first']);
  });

  it('reaches from a symbol without a size to the next, and never beyond one with a size', async () => {
    const source = `
      .text
      .globl main
      sized: .type sized, @function
        .fill 16, 1, 0x90
        .size sized, 16
        .fill 16, 1, 0x90
      bare: .type bare, @function
        .fill 8, 1, 0x90
      inside: nop
        .fill 7, 1, 0x90
      main: .type main, @function
        xor %eax, %eax
        ret
        .size main, . - main
        .fill 16, 1, 0x90
      untyped:
        .fill 8, 1, 0x90
      .section .note.GNU-stack,"",@progbits`;
    const path = workshop.compile('gcc', 'labels', 's', source, ['-nostartfiles', '-static', '-Wl,-e,main']);
    const at = ofFunction(path, 'sized', 0);
    const offsets = [0, 15, 16, 31, 32, 39, 40, 47, 48, 50, 51, 66, 67, 74].map((distance) => at + distance);
    expect(await namesAt(path, offsets)).toEqual([
      ...['sized', 'sized', undefined, undefined, 'bare', 'bare', 'bare', 'bare'],
      ...['main', 'main', undefined, undefined, 'untyped', 'untyped'],
    ]);
  });

  it('names Rust, in both of its schemes', async (test) => {
    if (!present('rustc')) {
      console.log('skipped: rustc is not installed');
      return test.skip();
    }
    const source = `mod shop { pub struct Basket<T>(pub T);
      impl<T: Copy + std::ops::Mul<Output = T>> Basket<T> { #[inline(never)] pub fn square(&self) -> T { self.0 * self.0 } } }
      fn main() { println!("{}", shop::Basket(std::env::args().count()).square()); }`;
    for (const scheme of ['v0', 'legacy']) {
      const options = ['-O', '-C', `symbol-mangling-version=${scheme}`, '-Z', 'unstable-options'];
      process.env['RUSTC_BOOTSTRAP'] = '1';
      const path = workshop.compile('rustc', `rust_${scheme}`, 'rs', source, options);
      const square = readElfSymbols(path).symbols.find(({ name }) => /Basket.*square/.test(name))!;
      const [name] = await namesAt(path, [ofFunction(path, square.name, 1)]);
      expect(name).toMatch(scheme === 'v0' ? /^<rust_v0::shop::Basket<usize>>::square$/ : /^rust_legacy::shop::Basket<T>::square$/);
    }
  });
});

describe('files that are not what they should be', () => {
  const source = 'int main(void) { return 0; }';
  it.each([
    ['/nowhere/at/all', 'ENOENT', 'does not exist'],
    ['/etc/passwd/x', 'ENOENT', 'does not exist'],
    ['/etc/passwd', 'ENOTELF', 'is not an ELF file'],
    ['/tmp', 'ENOTELF', 'not a regular file'],
    ['/dev/null', 'ENOTELF', 'not a regular file'],
  ])('%s: %s', async (path, code, sentence) => {
    await expect(addon.openObject(path, '', [])).rejects.toMatchObject({ code, message: expect.stringContaining(sentence) as string });
  });

  it('says which kind of object it cannot read', async () => {
    const path = workshop.compile('gcc', 'kinds', 'c', source);
    const refused = async (change: (bytes: Buffer) => void, sentence: string) => {
      const bytes = readFileSync(path);
      change(bytes);
      await expect(addon.openImage(bytes, '')).rejects.toThrow(sentence);
    };
    await refused((bytes) => (bytes[4] = 1), '32-bit');
    await refused((bytes) => (bytes[5] = 2), 'other byte order');
    await refused((bytes) => bytes.writeUInt16LE(1, 16), 'neither a program nor a shared library');
    await refused((bytes) => bytes.writeBigUInt64LE(1n << 60n, 0x28), 'lie outside the file');
    await expect(addon.openImage(new Uint8Array(), '')).rejects.toMatchObject({ code: 'ENOTELF' });
  });

  it('throws at arguments of the wrong type', () => {
    const loose = addon as unknown as Record<string, (...values: unknown[]) => unknown>;
    expect(() => loose['openObject']!(1, 2, 3)).toThrow(TypeError);
    expect(() => loose['openObject']!('/a', '', [1])).toThrow(TypeError);
    expect(() => loose['openObject']!('/a\0b', '', [])).toThrow('zero byte');
    expect(() => loose['openImage']!('abc', '')).toThrow(TypeError);
    expect(() => loose['symbolize']!(12345, new Float64Array(1))).toThrow('not open');
    expect(() => loose['demangle']!(7)).toThrow(TypeError);
    expect(loose['closeObject']!(12345)).toBeUndefined();
  });
});
