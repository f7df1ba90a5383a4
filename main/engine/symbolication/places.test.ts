// SPDX-License-Identifier: Apache-2.0
/** Source lines and inlined functions in the tables of a recording. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Addon } from '../../../native/addon/addon.d.ts';
import { FrameCategory, ModuleKind, SampleKind, StackEnd } from '../../../profile/schema.ts';
import { createTables, type Tables } from '../../../profile/tables.ts';
import { NONE, type FrameIndex, type ModuleIndex } from '../../../profile/units.ts';
import { toFolded } from '../../../formats/folded.ts';
import { StringInterner } from '../interner.ts';
import { loadAddon } from './addon.ts';
import { NameCache } from './name-cache.ts';
import { Symbolizer } from './symbolizer.ts';

vi.setConfig({ testTimeout: 60_000 });
const folder = mkdtempSync(join(tmpdir(), 'emberscope-places-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const source = join(folder, 'program.c');
const program = join(folder, 'program');
const text = `static inline int leaf(int x) {
  __asm__ volatile("imul $3, %0" : "+r"(x));
  return x;
}
static inline int middle(int x) { int y = leaf(x); return y + leaf(y + 1); }
__attribute__((noinline)) int top(int x) {
  return middle(x) ^ 5;
}
int main(int n, char **a) { return top(n); }
`;
/** File offsets of \`imul\`: in leaf, in middle, in top. */
let deepOffsets: number[];
let mainOffset: number;

beforeAll(() => {
  writeFileSync(source, text);
  execFileSync('gcc', ['-O2', '-g', '-Wl,--build-id', '-o', program, source]);
  const listing = execFileSync('objdump', ['-d', program], { encoding: 'utf8' });
  const segments = execFileSync('readelf', ['-lW', program], { encoding: 'utf8' });
  const [, offset, address] = /LOAD\s+0x(\w+)\s+0x(\w+)\s.*R E/.exec(segments)!;
  const inFile = (hexadecimal: string) => parseInt(hexadecimal, 16) - parseInt(address!, 16) + parseInt(offset!, 16);
  deepOffsets = [...listing.matchAll(/^\s+([0-9a-f]+):.*\bimul\b/gm)].map((match) => inFile(match[1]!));
  mainOffset = inFile(/^([0-9a-f]+) <main>:/m.exec(listing)![1]!);
});

let tables: Tables;
let of: ModuleIndex;
beforeEach(() => {
  tables = createTables();
  const strings = StringInterner.of(tables);
  of = tables.modules.append({ path: strings.index(program), buildId: 0, kind: ModuleKind.executable });
});
const frame = (offset: number): FrameIndex => tables.frames.append({ module: of, offset, category: FrameCategory.user });
const string = (index: number) => tables.strings.columns.text[index]!;

/** The last row of each depth: its function, line, and where that function is declared. */
function rowsOf(wanted: FrameIndex) {
  const { symbols, functions } = tables;
  const rows: { name: string; at: string; declared: string }[] = [];
  for (let row = 0; row < symbols.length; row++) {
    if (symbols.columns.frame[row] !== wanted) continue;
    const called = symbols.columns.function[row]!;
    rows[symbols.columns.depth[row]!] = {
      name: called === NONE ? '' : string(functions.columns.name[called]!),
      at: `${string(symbols.columns.file[row]!)}:${symbols.columns.line[row]}`,
      declared: called === NONE ? '' : `${string(functions.columns.file[called]!)}:${functions.columns.line[called]}`,
    };
  }
  return rows;
}

async function placeAll(symbolizer: Symbolizer): Promise<number> {
  let placed = 0;
  for (let some = 1; some > 0; placed += some) some = await symbolizer.placeSomeFrames();
  return placed;
}

function weigh(frames: readonly FrameIndex[], weights: readonly number[]): void {
  const process = tables.processes.append({ tgid: 1, parent: NONE, name: StringInterner.of(tables).index('program'), start: 0 });
  const thread = tables.threads.append({ process, tid: 1, name: 0 });
  frames.forEach((each, i) => {
    const stack = tables.stacks.append({ prefix: NONE, frame: each, end: StackEnd.outermost });
    tables.samples.append({ slice: 0, thread, stack, kind: SampleKind.onCpu, weight: weights[i]! });
  });
}

describe('source lines and inlined functions', () => {
  it('come after the names, as rows below them, and go into what is exported', async () => {
    const symbolizer = new Symbolizer(tables);
    symbolizer.addModule(of, { candidates: [program], buildId: '' });
    const [deep, plain] = [frame(deepOffsets[0]!), frame(mainOffset)];
    weigh([deep, plain], [3, 4]);
    await symbolizer.nameNewFrames();
    expect([rowsOf(deep), rowsOf(plain)].map((rows) => rows.map(({ name, at }) => `${name} ${at}`))).toEqual([['top :0'], ['main :0']]);
    expect(await placeAll(symbolizer)).toBe(2);
    expect(rowsOf(deep)).toEqual([
      // Its row was made before anything but its name was known.
      { name: 'top', at: `${source}:7`, declared: ':0' },
      { name: 'middle', at: `${source}:5`, declared: `${source}:5` },
      { name: 'leaf', at: `${source}:2`, declared: `${source}:1` },
    ]);
    expect(rowsOf(plain)).toMatchObject([{ name: 'main', at: `${source}:9` }]);
    expect(toFolded(tables)).toBe('program;main 4\nprogram;top;middle_[i];leaf_[i] 3\n');
    expect(symbolizer.sources()).toEqual([{ module: of, source: 'symtab', debugFile: '', symbols: expect.any(Number) as number, lines: 'own' }]);
    expect(symbolizer.linesReason(of)).toBe('');
    const before = tables.symbols.length;
    await symbolizer.nameNewFrames();
    expect([await placeAll(symbolizer), tables.symbols.length]).toEqual([0, before]);
  });

  it('name what the symbol table does not', async () => {
    const bare = join(folder, 'bare');
    // The others have no size: what follows them is taken for theirs.
    const gone = ['top', 'frame_dummy', 'register_tm_clones', 'deregister_tm_clones', '__do_global_dtors_aux'];
    execFileSync('objcopy', [...gone.map((name) => `--strip-symbol=${name}`), program, bare]);
    const symbolizer = new Symbolizer(tables);
    symbolizer.addModule(of, { candidates: [bare], buildId: '' });
    const deep = frame(deepOffsets[0]!);
    await symbolizer.nameNewFrames();
    expect([rowsOf(deep)[0]!.name, symbolizer.unnamedReason(of)]).toEqual(['', expect.stringContaining('name no function')]);
    await placeAll(symbolizer);
    expect(rowsOf(deep)[0]).toEqual({ name: 'top', at: `${source}:7`, declared: `${source}:6` });
    expect(symbolizer.unnamedReason(of)).toBe('');
  });

  it('are asked for the hottest frames first', async () => {
    const asked: number[][] = [];
    const addon = loadAddon();
    const watched: Addon = {
      ...addon,
      locate: (handle, offsets) => {
        asked.push([...offsets]);
        return addon.locate(handle, offsets);
      },
    };
    const symbolizer = new Symbolizer(tables, { addon: watched });
    symbolizer.addModule(of, { candidates: [program], buildId: '' });
    const cold = Array.from({ length: 3000 }, (_, i) => frame(100_000 + i));
    const hot = frame(deepOffsets[0]!);
    weigh([...cold, hot], [...cold.map(() => 1), 1000]);
    await symbolizer.nameNewFrames();
    expect(await placeAll(symbolizer)).toBe(3001);
    expect(asked[0]![0]).toBe(deepOffsets[0]);
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.flat()).toHaveLength(3001);
  });

  it('say why there are none', async () => {
    const addon = loadAddon();
    const failing: Addon = { ...addon, locate: () => Promise.reject(new Error(`/proc/7/root${program} is damaged: x.`)) };
    const symbolizer = new Symbolizer(tables, { addon: failing });
    symbolizer.addModule(of, { candidates: [program], buildId: '' });
    const deep = frame(deepOffsets[0]!);
    await symbolizer.nameNewFrames();
    await placeAll(symbolizer);
    expect(rowsOf(deep)).toMatchObject([{ name: 'top' }]);
    expect(symbolizer.linesReason(of)).toBe(`${program} is damaged: x.`);

    const stripped = join(folder, 'without');
    execFileSync('objcopy', ['--strip-debug', program, stripped]);
    const other = new Symbolizer(tables);
    other.addModule(of, { candidates: [stripped], buildId: '' });
    frame(mainOffset);
    await other.nameNewFrames();
    expect(await placeAll(other)).toBe(0);
    expect(other.linesReason(of)).toContain('without debug information');
  });

  it('end when the recording is closed', async () => {
    const symbolizer = new Symbolizer(tables);
    symbolizer.addModule(of, { candidates: [program], buildId: '' });
    frame(deepOffsets[0]!);
    await symbolizer.nameNewFrames();
    const before = tables.symbols.length;
    const running = symbolizer.placeSomeFrames();
    symbolizer.close();
    await running;
    expect([await placeAll(symbolizer), tables.symbols.length]).toEqual([0, before]);
  });
});

describe('the cache of names', () => {
  const opened: string[] = [];
  /** One session on `path`; the rows of a frame in inlined code and of one that has no name. */
  async function session(path: string, buildId = '', debugFolders: string[] = [], meanwhile: () => void = () => undefined) {
    tables = createTables();
    const strings = StringInterner.of(tables);
    of = tables.modules.append({ path: strings.index(path), buildId: strings.index(buildId), kind: ModuleKind.executable });
    const addon = loadAddon();
    const counting: Addon = {
      ...addon,
      openObject: (file, id, folders) => {
        opened.push(file);
        return addon.openObject(file, id, folders);
      },
    };
    opened.length = 0;
    const cache = new NameCache(join(folder, 'cache', 'names.sqlite'));
    const symbolizer = new Symbolizer(tables, { addon: counting, cache, debugFolders });
    symbolizer.addModule(of, { candidates: [path], buildId });
    const frames = [frame(deepOffsets[0]!), frame(mainOffset), frame(64)];
    await symbolizer.nameNewFrames();
    meanwhile();
    const atOnce = frames.map((each) => rowsOf(each).map(({ name, at }) => `${name} ${at}`));
    await placeAll(symbolizer);
    await cache.close();
    return { symbolizer, atOnce, rows: frames.map((each) => rowsOf(each).map(({ name, at }) => `${name} ${at}`)) };
  }
  const copy = (name: string, change: (path: string) => void = () => undefined) => {
    const path = join(folder, name);
    copyFileSync(program, path);
    change(path);
    return path;
  };
  let buildId: string;
  beforeAll(() => {
    buildId = /Build ID: (\w+)/.exec(execFileSync('readelf', ['-n', program], { encoding: 'utf8' }))![1]!;
  });

  it('names a second session at once, which opens no object', async () => {
    const path = copy('twice');
    const first = await session(path, buildId);
    expect(opened).toHaveLength(1);
    expect(first.rows).toEqual([[`top ${source}:7`, `middle ${source}:5`, `leaf ${source}:2`], [`main ${source}:9`], [' :0']]);
    const second = await session(path, buildId);
    expect(opened).toEqual([]);
    expect([second.atOnce, second.rows]).toEqual([first.rows, first.rows]);
    expect(second.symbolizer.sources()).toEqual(first.symbolizer.sources());
    expect(second.symbolizer.unnamedReason(of)).toBe(first.symbolizer.unnamedReason(of));
    // Here the functions are made together with where they are declared.
    expect(rowsOf(0)[0]!.declared).toBe(`${source}:6`);
  });

  it('is for this very file, and for what its debug file was', async () => {
    const path = copy('debugged', (at) => execFileSync('objcopy', ['--strip-debug', at]));
    const debug = join(folder, 'debug');
    const before = await session(path, buildId, [debug]);
    expect(before.rows[0]).toEqual(['top :0']);
    await session(path, buildId, [debug]);
    expect(opened).toEqual([]);
    const home = join(debug, '.build-id', buildId.slice(0, 2));
    mkdirSync(home, { recursive: true });
    execFileSync('objcopy', ['--only-keep-debug', program, join(home, `${buildId.slice(2)}.debug`)]);
    const after = await session(path, buildId, [debug]);
    expect([opened.length, after.rows[0]]).toEqual([1, [`top ${source}:7`, `middle ${source}:5`, `leaf ${source}:2`]]);
    await session(path, buildId, [debug]);
    expect(opened).toEqual([]);
    // As clients of debuginfod keep it, and found when the object was open already: nothing is kept of that session.
    rmSync(home, { recursive: true });
    mkdirSync(join(debug, buildId));
    await session(path, buildId, [debug], () => execFileSync('objcopy', ['--only-keep-debug', program, join(debug, buildId, 'debuginfo')]));
    expect(opened).toEqual([]);
    expect((await session(path, buildId, [debug])).rows).toEqual(after.rows);
    expect(opened).toHaveLength(1);
    await session(path, buildId, [debug]);
    expect(opened).toEqual([]);
    utimesSync(path, 1, 1);
    await session(path, buildId, [debug]);
    expect(opened).toHaveLength(1);
  });

  it('keeps nothing of what has no build id, and nothing that was not asked to the end', async () => {
    const path = copy('anonymous');
    await session(path);
    await session(path);
    expect(opened).toHaveLength(1);
  });

  it('is no obstacle when it is damaged', async () => {
    const path = copy('damaged');
    const first = await session(path, buildId);
    writeFileSync(join(folder, 'cache', 'names.sqlite'), 'not a database'.repeat(1000));
    const second = await session(path, buildId);
    expect([opened.length, second.rows]).toEqual([1, first.rows]);
    await session(path, buildId);
    expect(opened).toEqual([]);
  });
});
