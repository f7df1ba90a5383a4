// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Addon } from '../../../native/addon/addon.d.ts';
import { FrameCategory, ModuleKind } from '../../../profile/schema.ts';
import { createTables, type Tables } from '../../../profile/tables.ts';
import { NONE, type FrameIndex, type ModuleIndex } from '../../../profile/units.ts';
import { StringInterner } from '../interner.ts';
import { loadAddon } from './addon.ts';
import { debugSymbolsAdvice } from './debug-package.ts';
import { objectCandidates, readVdso } from './object-source.ts';
import { Symbolizer } from './symbolizer.ts';

// Compilers and whole symbol tables on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
const folder = mkdtempSync(join(tmpdir(), 'emberscope-symbolizer-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const libc = realpathSync('/lib/x86_64-linux-gnu/libc.so.6');

let tables: Tables;
let symbolizer: Symbolizer;
beforeEach(() => {
  tables = createTables();
  symbolizer = new Symbolizer(tables);
});

function module(path: string, kind: ModuleKind = ModuleKind.library, buildId = ''): ModuleIndex {
  const strings = StringInterner.of(tables);
  return tables.modules.append({ path: strings.index(path), buildId: strings.index(buildId), kind });
}
const frame = (of: ModuleIndex, offset: number): FrameIndex =>
  tables.frames.append({ module: of, offset, category: FrameCategory.library });

/** Frame -> its last name, null: it has a row and no function; undefined: no row. */
function name(of: FrameIndex): string | null | undefined {
  const { symbols, functions, strings } = tables;
  const row = symbols.columns.frame.subarray(0, symbols.length).lastIndexOf(of);
  if (row < 0) return undefined;
  const found = symbols.columns.function[row]!;
  return found === NONE ? null : strings.columns.text[functions.columns.name[found]!]!;
}

/** Compiles C; the offset of a function in the file, for a program whose code is mapped where the linker put it. */
function compile(file: string, source: string, options: string[] = []): (symbol: string) => number {
  const path = join(folder, file);
  execFileSync('gcc', ['-O0', '-Wl,--build-id', ...options, '-o', path, '-x', 'c', '-'], { input: source });
  const listing = execFileSync('nm', [path], { encoding: 'utf8' });
  const segments = execFileSync('readelf', ['-lW', path], { encoding: 'utf8' });
  const [, offset, address] = /LOAD\s+0x(\w+)\s+0x(\w+)\s.*R E/.exec(segments)!;
  return (symbol) => {
    const match = new RegExp(`^(\\w+) [TtW] ${symbol}$`, 'm').exec(listing);
    if (!match) throw new Error(`${file} has no ${symbol}`);
    return parseInt(match[1]!, 16) - parseInt(address!, 16) + parseInt(offset!, 16);
  };
}
const buildIdOf = (path: string) => /Build ID: (\w+)/.exec(execFileSync('readelf', ['-n', path], { encoding: 'utf8' }))![1]!;

describe('Symbolizer', () => {
  it('names frames of several modules, one function row a name and module', async () => {
    const at = compile('two', 'int work(void) { return 1; } int main(void) { return work(); }');
    const program = module(join(folder, 'two'), ModuleKind.executable);
    const again = module(join(folder, 'two'), ModuleKind.executable);
    for (const each of [program, again]) symbolizer.addModule(each, { candidates: [join(folder, 'two')], buildId: '' });
    const frames = [frame(program, at('work')), frame(program, at('work') + 1), frame(program, at('main')), frame(again, at('work'))];
    await symbolizer.nameNewFrames();
    expect(frames.map(name)).toEqual(['work', 'work', 'main', 'work']);
    expect(tables.functions.length).toBe(3);
    expect(tables.strings.columns.text.filter((text) => text === 'work')).toHaveLength(1);
    expect(symbolizer.unnamedReason(program)).toBe('');
    expect(symbolizer.sources()[0]).toMatchObject({ module: program, source: 'symtab', debugFile: '' });
  });

  it('gives every frame one row, also when called again and again', async () => {
    const lib = module(libc);
    symbolizer.addModule(lib, { candidates: [libc], buildId: buildIdOf(libc) });
    const random = Array.from({ length: 9000 }, (_, i) => (i * 7919) % 1_900_000);
    for (const offset of random) frame(lib, offset);
    await Promise.all([symbolizer.nameNewFrames(), symbolizer.nameNewFrames()]);
    for (const offset of random) frame(lib, offset + 1);
    await Promise.all([symbolizer.nameNewFrames(), symbolizer.nameNewFrames(), symbolizer.nameNewFrames()]);
    await symbolizer.nameNewFrames();
    expect(tables.symbols.length).toBe(18_000);
    expect(new Set(tables.symbols.columns.frame.subarray(0, 18_000)).size).toBe(18_000);
    expect(tables.symbols.columns.function.subarray(0, 18_000).filter((row) => row !== NONE).length).toBeGreaterThan(5_000);
  });

  it('answers a call made meanwhile only when its frames are named too', async () => {
    const lib = module(libc);
    symbolizer.addModule(lib, { candidates: [libc], buildId: '' });
    const first = frame(lib, 0x50000);
    const running = symbolizer.nameNewFrames();
    const second = frame(lib, 0x60000);
    await symbolizer.nameNewFrames();
    expect(name(first)).not.toBeUndefined();
    expect(name(second)).not.toBeUndefined();
    await running;
  });

  it('gives frames of bad objects a row, says why, and goes on with the others', async () => {
    writeFileSync(join(folder, 'text'), 'not an object');
    const bad = [
      { of: module('/gone'), candidates: ['/gone/root', '/gone'], buildId: '', says: 'does not exist' },
      { of: module('/text'), candidates: ['/gone', join(folder, 'text')], buildId: '', says: 'is not an ELF file' },
      { of: module('/other'), candidates: ['/gone', libc], buildId: '00ff', says: 'another version' },
    ];
    const frames = bad.map(({ of, candidates, buildId }) => {
      symbolizer.addModule(of, { candidates, buildId });
      return frame(of, 4096);
    });
    const good = module(libc);
    symbolizer.addModule(good, { candidates: ['/gone', libc], buildId: buildIdOf(libc) });
    const named = frame(good, 0x60000);
    const nowhere = frame(NONE, 1234);
    const anonymous = module('[anonymous]', ModuleKind.anonymous);
    const jit = frame(anonymous, 16);
    await symbolizer.nameNewFrames();
    expect([...frames, nowhere, jit].map(name)).toEqual([null, null, null, null, null]);
    expect(name(named)).toBeTypeOf('string');
    for (const { of, says } of bad) expect(symbolizer.unnamedReason(of)).toContain(says);
    expect(symbolizer.unnamedReason(anonymous)).toContain('compiler');
    expect(symbolizer.unnamedReason(good)).toBe('');
  });

  it('tells which of its frames debug symbols would name, and where they may come from', async () => {
    compile('stripped', 'int main(void) { return 0; }', ['-s']);
    const path = join(folder, 'stripped');
    const program = module(path, ModuleKind.executable);
    const elsewhere = module('/in/a/container', ModuleKind.executable);
    for (const each of [program, elsewhere]) symbolizer.addModule(each, { candidates: [`/proc/${process.pid}/root${path}`], buildId: '' });
    const lib = module(realpathSync(libc));
    symbolizer.addModule(lib, { candidates: [libc], buildId: '' });
    // In the C library's header there is no function.
    const frames = [frame(program, 4200), frame(elsewhere, 4200), frame(lib, 0x60000), frame(lib, 64)];
    await symbolizer.nameNewFrames();
    expect(frames.map(name)).toEqual([null, null, expect.any(String), null]);
    expect(symbolizer.unnamedReason(program)).toBe(`${path} has no symbols, and no debug file of its build was found.`);
    expect(symbolizer.strippedFile(program)).toBe(path);
    expect(symbolizer.strippedFile(elsewhere)).toBe(true);
    expect(await debugSymbolsAdvice(true)).toMatch(/^Install its debug symbols, or/);
    expect(symbolizer.unnamedReason(lib)).toMatch(/names only what it exports|name no function at this place/);
  });

  it('says so when the addon is missing', async () => {
    const none = { openObject: () => Promise.reject(new Error('It is not built.')) } as unknown as Addon;
    const bare = new Symbolizer(tables, { addon: none });
    const lib = module(libc);
    bare.addModule(lib, { candidates: [libc], buildId: '' });
    const only = frame(lib, 4096);
    await bare.nameNewFrames();
    expect([name(only), bare.unnamedReason(lib)]).toEqual([null, 'It is not built.']);
  });

  it('lets frames wait for their module, and tries again at a new place', async () => {
    const at = compile('late', 'int late(void) { return 1; } int main(void) { return late(); }');
    const of = module('/late', ModuleKind.executable);
    const waiting = frame(of, at('late'));
    await symbolizer.nameNewFrames();
    expect(name(waiting)).toBeUndefined();
    symbolizer.addModule(of, { candidates: ['/nowhere'], buildId: '' });
    await symbolizer.nameNewFrames();
    expect([name(waiting), tables.symbols.length]).toEqual([null, 1]);
    symbolizer.addModule(of, { candidates: ['/nowhere/else'], buildId: '' });
    await symbolizer.nameNewFrames();
    expect(tables.symbols.length).toBe(1);
    symbolizer.addModule(of, { candidates: [join(folder, 'late')], buildId: '' });
    await symbolizer.nameNewFrames();
    expect([name(waiting), tables.symbols.length]).toEqual(['late', 2]);
  });

  it('names the vdso from memory and the kernel from its table', async () => {
    const vdso = module('[vdso]', ModuleKind.vdso);
    const image = readVdso();
    writeFileSync(join(folder, 'vdso'), image);
    const listing = execFileSync('readelf', ['--dyn-syms', '-W', join(folder, 'vdso')], { encoding: 'utf8' });
    const value = /: (\w+) .*FUNC.*clock_gettime/.exec(listing);
    symbolizer.addImage(vdso, image);
    const clock = frame(vdso, parseInt(value![1]!, 16));
    const kernel = module('[kernel]', ModuleKind.kernel);
    const ext4 = module('[ext4]', ModuleKind.kernelModule);
    const unseen = frame(kernel, 8);
    await symbolizer.nameNewFrames();
    expect([name(clock), name(unseen)]).toEqual(['clock_gettime', undefined]);
    expect(symbolizer.unnamedReason(kernel)).toContain('kptr_restrict');
    symbolizer.addKernelSymbols(kernel, Uint32Array.of(0, 16), ['_text', 'do_idle']);
    symbolizer.addKernelSymbols(ext4, Uint32Array.of(64), ['ext4_read']);
    const frames = [frame(kernel, 20), frame(ext4, 70), frame(ext4, 63)];
    await symbolizer.nameNewFrames();
    expect([unseen, ...frames].map(name)).toEqual(['_text', 'do_idle', 'ext4_read', null]);
    expect(symbolizer.sources()).toContainEqual({ module: ext4, source: 'kallsyms', debugFile: '', symbols: 1 });
  });

  it('makes hostile names harmless and keeps long ones', async () => {
    const long = 'x'.repeat(10_000);
    const at = compile('hostile', `int placeholder_for_evil(void) { return 1; } int ${long}(void) { return 0; } int main(void) { return 2; }`);
    const of = module('/hostile', ModuleKind.executable);
    const [evil, longest] = [frame(of, at('placeholder_for_evil')), frame(of, at(long))];
    const bytes = readFileSync(join(folder, 'hostile'));
    const bytesOfName = Buffer.from('evil\u001b[31m\n<script>"?\0', 'latin1');
    bytesOfName[bytesOfName.indexOf('?')] = 0x82;
    bytesOfName.copy(bytes, bytes.indexOf('placeholder_for_evil\0'));
    writeFileSync(join(folder, 'hostile'), bytes);
    symbolizer.addModule(of, { candidates: [join(folder, 'hostile')], buildId: '' });
    await symbolizer.nameNewFrames();
    expect(name(evil)).toBe('evil␛[31m␊<script>"\ufffd');
    expect(name(longest) === long).toBe(true);
  });

  it('goes on where another symbolizer stopped', async () => {
    const lib = module(libc);
    const first = new Symbolizer(tables);
    first.addModule(lib, { candidates: [libc], buildId: '' });
    frame(lib, 0x60000);
    await first.nameNewFrames();
    first.close();
    symbolizer = new Symbolizer(tables);
    symbolizer.addModule(lib, { candidates: [libc], buildId: '' });
    frame(lib, 0x60000);
    await symbolizer.nameNewFrames();
    expect([tables.symbols.length, tables.functions.length]).toEqual([2, 1]);
  });

  it('appends nothing after it was closed', async () => {
    const lib = module(libc);
    symbolizer.addModule(lib, { candidates: [libc], buildId: '' });
    frame(lib, 0x60000);
    const running = symbolizer.nameNewFrames();
    symbolizer.close();
    await running;
    expect(tables.symbols.length).toBe(0);
  });

  it('opens an object once for several recordings', async () => {
    let opens = 0;
    const addon = loadAddon();
    const counting: Addon = {
      ...addon,
      openObject: (path, buildId, folders) => {
        opens++;
        return addon.openObject(path, buildId, folders);
      },
    };
    for (let i = 0; i < 3; i++) {
      const each = new Symbolizer(tables, { addon: counting });
      const lib = module(libc);
      each.addModule(lib, { candidates: [libc], buildId: buildIdOf(libc) });
      frame(lib, 0x60000);
      await each.nameNewFrames();
      each.close();
    }
    expect(opens).toBe(1);
  });
});

describe('a running process whose file was replaced', () => {
  it('gets the names of the file that it runs, or none: never those of the new file', async () => {
    const path = join(folder, 'replaced');
    const at = compile('replaced', '#include <unistd.h>\nint before(void) { return pause(); } int main(void) { return before(); }');
    const buildId = buildIdOf(path);
    const child = spawn(path, { stdio: 'ignore' });
    await once(child, 'spawn');
    try {
      compile('newer', 'int other(void) { return 2; } int after(void) { return 3; } int main(void) { return other() + after(); }');
      renameSync(join(folder, 'newer'), path);
      const code = /^(\w+)-(\w+) r-xp .*replaced/m;
      let maps = readFileSync(`/proc/${child.pid}/maps`, 'latin1');
      for (let i = 0; i < 100 && !code.test(maps); i++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        maps = readFileSync(`/proc/${child.pid}/maps`, 'latin1');
      }
      const [, start, end] = code.exec(maps)!;
      const mapped = { tgid: child.pid!, start: BigInt(`0x${start!}`), end: BigInt(`0x${end!}`), path, deleted: false, buildId, inode: 0n };
      const all = module(path, ModuleKind.executable, buildId);
      const byPath = module(path, ModuleKind.executable, buildId);
      symbolizer.addModule(byPath, { candidates: [`/proc/${child.pid}/root${path}`, path], buildId });
      const unnamed = frame(byPath, at('before'));
      await symbolizer.nameNewFrames();
      expect(name(unnamed)).toBeNull();
      expect(symbolizer.unnamedReason(byPath)).toContain('another version');
      symbolizer.addModule(all, { candidates: objectCandidates(mapped), buildId });
      const named = frame(all, at('before'));
      await symbolizer.nameNewFrames();
      if (process.getuid!() === 0) expect(name(named)).toBe('before');
      else {
        console.log('skipped: only root may open what a process has mapped');
        expect(name(named)).toBeNull();
      }
    } finally {
      child.kill();
    }
  });

  it('is found in another mount namespace', async (test) => {
    const inside = join(folder, 'inside');
    const program = 'int hidden(void) { return 1; } int main(void) { return hidden(); }';
    const at = compile('contained', program);
    // A file system that only this process sees.
    const script = `mkdir -p ${inside} && mount -t tmpfs none ${inside} && cp ${join(folder, 'contained')} ${inside}/only-here && echo ready && exec sleep 60`;
    const child = spawn('unshare', ['-m', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ready = await Promise.race([once(child.stdout, 'data').then(() => true), once(child, 'exit').then(() => false)]);
    if (!ready) {
      console.log(`skipped: no mount namespace can be made here: ${String(child.stderr.read())}`);
      return test.skip();
    }
    try {
      const of = module(`${inside}/only-here`, ModuleKind.executable);
      const { ino: inode } = statSync(`/proc/${child.pid}/root${inside}/only-here`, { bigint: true });
      const mapped = { tgid: child.pid!, start: 0n, end: 4096n, path: `${inside}/only-here`, deleted: false, buildId: '', inode };
      symbolizer.addModule(of, { candidates: objectCandidates(mapped), buildId: '' });
      const named = frame(of, at('hidden'));
      await symbolizer.nameNewFrames();
      expect(name(named)).toBe('hidden');
    } finally {
      child.kill();
    }
  });
});
