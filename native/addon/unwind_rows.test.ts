// SPDX-License-Identifier: Apache-2.0
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadAddon } from './testing/addon.ts';
import { corpus } from './testing/frame-corpus.ts';
import { cfi, CODE_ADDRESS, CODE_OFFSET, FRAMES_ADDRESS, FrameSection, objectOf, objectWith, type ObjectOptions, RBP, RSP, sleb, u16, u32, u64, uleb } from './testing/frame-object.ts';
import { run, Workshop } from './testing/programs.ts';
import { readRows } from './testing/unwind-rows.ts';

vi.setConfig({ testTimeout: 60_000 });
const addon = loadAddon();
const workshop = new Workshop();
afterAll(() => workshop[Symbol.dispose]());

const compile = (image: Uint8Array, buildId = '') => addon.compileUnwindRowsOfImage(image, buildId);

/** "0: sp+8 | 16: none", relative to the code. */
async function rowsOf(image: Uint8Array): Promise<string> {
  return readRows((await compile(image)).rows)
    .map(({ at, rule }) => `${at - CODE_OFFSET}: ${rule}`)
    .join(' | ');
}

/** Functions as [start, length, bytes of its frame], in this order in .eh_frame. */
function functions(list: [number, number, number][], options: ObjectOptions = {}): Uint8Array {
  const section = new FrameSection();
  const defaults = section.defaults();
  for (const [start, length, frame] of list) section.function(defaults, start, length, cfi.defCfaOffset(frame));
  section.terminator();
  return objectOf(section.bytes, options);
}

describe('functions side by side', () => {
  it('in any order', async () => {
    expect(await rowsOf(functions([[32, 32, 24], [0, 32, 16]]))).toBe('0: sp+16 | 32: sp+24 | 64: none');
  });

  it('with padding between them, which is never run', async () => {
    expect(await rowsOf(functions([[0, 17, 16], [32, 32, 24]]))).toBe('0: sp+16 | 32: sp+24 | 64: none');
  });

  it('with a gap between them, of which nothing is known', async () => {
    expect(await rowsOf(functions([[0, 16, 16], [32, 32, 24]]))).toBe('0: sp+16 | 16: none | 32: sp+24 | 64: none');
  });

  it('that overlap: the later start has the rest', async () => {
    expect(await rowsOf(functions([[0, 64, 16], [32, 64, 24]]))).toBe('0: sp+16 | 32: sp+24 | 96: none');
    expect(await rowsOf(functions([[16, 16, 24], [0, 128, 16]]))).toBe('0: sp+16 | 16: sp+24 | 32: none');
  });

  it('that begin at one place: the longest, then the first', async () => {
    expect(await rowsOf(functions([[0, 32, 16], [0, 64, 24], [0, 64, 32]]))).toBe('0: sp+24 | 64: none');
    expect(await rowsOf(functions([[0, 64, 32], [0, 64, 24], [0, 32, 16]]))).toBe('0: sp+32 | 64: none');
  });

  it('that are empty, or lie in no code', async () => {
    const image = functions([[0, 0, 16], [-CODE_ADDRESS, 32, 16], [0x400 - 16, 32, 16], [0x3f0, 16, 24]]);
    expect(await rowsOf(image)).toBe('1008: sp+24 | 1024: none');
    expect(await compile(image)).toMatchObject({ functions: 4, refused: 2, unknown: 0 });
  });

  it('one of which is refused', async () => {
    const section = new FrameSection();
    const defaults = section.defaults();
    section.function(defaults, 0, 32, cfi.defCfaOffset(16));
    section.function(defaults, 32, 32, [...cfi.advance(4), ...cfi.defCfaOffset(24), 0x3f]);
    section.function(defaults, 64, 32, cfi.defCfaOffset(32));
    const image = objectOf(section.bytes);
    expect(await rowsOf(image)).toBe('0: sp+16 | 32: none | 64: sp+32 | 96: none');
    expect(await compile(image)).toMatchObject({ functions: 3, refused: 1, unknown: 1 });
  });

  it('of which one names what is no common entry', async () => {
    const section = new FrameSection();
    const defaults = section.defaults();
    const first = section.function(defaults, 0, 32);
    section.function(first, 32, 32);
    section.function(defaults + 4, 64, 32);
    section.function(defaults - 4000, 96, 32);
    expect(await compile(objectOf(section.bytes))).toMatchObject({ functions: 4, refused: 3 });
  });
});

describe('addresses of functions', () => {
  it.each<[string, number, (at: number) => number[]]>([
    ['absptr', 0x00, () => [...u64(CODE_ADDRESS + 16), ...u64(32)]],
    ['udata4', 0x03, () => [...u32(CODE_ADDRESS + 16), ...u32(32)]],
    ['udata8', 0x04, () => [...u64(CODE_ADDRESS + 16), ...u64(32)]],
    ['uleb128', 0x01, () => [...uleb(CODE_ADDRESS + 16), ...uleb(32)]],
    ['sleb128', 0x09, () => [...sleb(CODE_ADDRESS + 16), ...sleb(32)]],
    ['sdata4', 0x0b, () => [...u32(CODE_ADDRESS + 16), ...u32(32)]],
    ['pcrel sdata4', 0x1b, (at) => [...u32(CODE_ADDRESS + 16 - at), ...u32(32)]],
    ['pcrel sdata8', 0x1c, (at) => [...u64(CODE_ADDRESS + 16 - at), ...u64(32)]],
    ['pcrel sleb128', 0x19, (at) => [...sleb(CODE_ADDRESS + 16 - at), ...sleb(32)]],
  ])('%s', async (_, encoding, range) => {
    const section = new FrameSection();
    section.function(section.defaults({ data: [encoding] }), 0, 0, cfi.defCfaOffset(16), { range });
    expect(await rowsOf(objectOf(section.bytes))).toBe('16: sp+16 | 48: none');
  });

  it.each<[string, number, (at: number) => number[]]>([
    ['lie behind those of the object', 0x04, () => [...u64((1n << 63n) + 16n), ...u64(32)]],
    ['reach around the world', 0x04, () => [...u64(CODE_ADDRESS + 16), ...u64((1n << 64n) - 8n)]],
    ['have a negative length', 0x0b, () => [...u32(CODE_ADDRESS + 16), ...u32(-32)]],
    ['are short', 0x02, () => [...u16(0x1000), ...u16(32)]],
    ['are cut', 0x01, () => new Array<number>(20).fill(0x80)],
  ])('%s: refused', async (_, encoding, range) => {
    const section = new FrameSection();
    section.function(section.defaults({ data: [encoding] }), 0, 0, [], { range });
    expect(await compile(objectOf(section.bytes))).toMatchObject({ functions: 1, refused: 1, rows: new Uint8Array(0) });
  });

  it('entries with a length of 64 bits', async () => {
    const section = new FrameSection();
    section.function(section.defaults({ long: true }), 0, 32, cfi.defCfaOffset(16), { long: true });
    expect(await rowsOf(objectOf(section.bytes))).toBe('0: sp+16 | 32: none');
  });
});

describe('where a program starts', () => {
  it('has no caller, though nothing describes it', async () => {
    expect(await rowsOf(functions([[0, 32, 16], [128, 32, 24]], { entry: 64 }))).toBe('0: sp+16 | 32: none | 64: outermost | 128: sp+24 | 160: none');
    expect(await rowsOf(functions([[0, 32, 16]], { entry: 64 }))).toBe('0: sp+16 | 32: none | 64: outermost | 320: none');
  });

  it('ends with its symbol', async () => {
    const symbols = [{ start: 0, size: 8 }, { start: 64, size: 0 }, { start: 64, size: 22 }];
    expect(await rowsOf(functions([[0, 32, 16], [128, 32, 24]], { entry: 64, symbols }))).toBe('0: sp+16 | 32: none | 64: outermost | 86: none | 128: sp+24 | 160: none');
  });

  it('ends with the code', async () => {
    expect(await rowsOf(functions([[0, 32, 16]], { entry: 0x3f0 }))).toBe('0: sp+16 | 32: none | 1008: outermost | 1024: none');
    expect(await rowsOf(functions([[0, 32, 16]], { entry: 0x3f0, symbols: [{ start: 0x3f0, size: 2 ** 40 }] }))).toBe('0: sp+16 | 32: none | 1008: outermost | 1024: none');
  });

  it('lies before all functions, or close to one', async () => {
    expect(await rowsOf(functions([[32, 32, 16]], { entry: 0 }))).toBe('0: outermost | 32: sp+16 | 64: none');
    expect(await rowsOf(functions([[0, 28, 16], [64, 32, 24]], { entry: 32 }))).toBe('0: sp+16 | 32: outermost | 64: sp+24 | 96: none');
  });

  it('is believed where a function describes it', async () => {
    expect(await rowsOf(functions([[0, 64, 16]], { entry: 32 }))).toBe('0: sp+16 | 64: none');
  });

  it('lies in no code', async () => {
    expect(await rowsOf(functions([[0, 64, 16]], { entry: 0x100000 }))).toBe('0: sp+16 | 64: none');
  });
});

describe('.eh_frame', () => {
  const list: [number, number, number][] = [[0, 32, 16], [32, 32, 24]];

  it('is found without section headers', async () => {
    expect(await rowsOf(functions(list, { sections: false }))).toBe('0: sp+16 | 32: sp+24 | 64: none');
  });

  it.each<[string, number[]]>([
    ['of another version', [2, 0x1b, 0xff, 0xff, ...u32(0)]],
    ['with an address in memory', [1, 0x9b, 0xff, 0xff, ...u32(0)]],
    ['that leads nowhere', [1, 0x03, 0xff, 0xff, ...u32(0x100)]],
    ['that is cut', [1, 0x03, 0xff, 0xff, 0]],
    ['that is empty', []],
  ])('has a header %s', async (_, index) => {
    expect((await compile(functions(list, { sections: false, index }))).rows).toHaveLength(0);
  });

  it('has a header with an address in another form', async () => {
    expect(await rowsOf(functions(list, { sections: false, index: [1, 0x04, 0xff, 0xff, ...u64(FRAMES_ADDRESS)] }))).toBe('0: sp+16 | 32: sp+24 | 64: none');
  });

  it('goes on behind a terminator, as where objects were joined', async () => {
    const section = new FrameSection();
    const defaults = section.defaults();
    section.function(defaults, 0, 32);
    section.terminator();
    section.function(defaults, 64, 32);
    section.terminator();
    section.terminator();
    section.bytes.push(0, 0);
    expect(await rowsOf(objectOf(section.bytes))).toBe('0: sp+8 | 32: none | 64: sp+8 | 96: none');
    // Without its section nobody says that it goes on.
    expect(await rowsOf(objectOf(section.bytes, { sections: false }))).toBe('0: sp+8 | 32: none');
  });

  it('is missing, or empty', async () => {
    const none = { rows: new Uint8Array(0), functions: 0, refused: 0, unknown: 0 };
    expect(await compile(objectOf([], { entry: 0 }))).toMatchObject(none);
    expect(await compile(objectOf([0, 0, 0, 0], { entry: 0 }))).toMatchObject(none);
    expect(await compile(objectOf([0, 0], { entry: 0 }))).toMatchObject(none);
  });

  it('has an entry that lies outside of it', async () => {
    const section = new FrameSection();
    section.function(section.defaults(), 0, 32);
    for (const bytes of [[...section.bytes, ...u32(4096)], [...section.bytes, ...u32(0xffffffff), ...u64(-1)], [...section.bytes, ...u32(2), 0, 0]]) {
      await expect(compile(objectOf(bytes))).rejects.toMatchObject({ code: 'EMALFORMED' });
      expect(await rowsOf(objectOf(bytes, { sections: false }))).toBe('0: sp+8 | 32: none');
    }
  });

  it('is of another machine', async () => {
    expect(await compile(functions(list, { machine: 183 }))).toMatchObject({ functions: 0, rows: new Uint8Array(0) });
  });
});

/** For more than the 8 KiB of `objectOf`: the frames are at the end of the file, and the code is as large as is said. */
function largeObject(frames: Uint8Array, codeSize = 0x400): Uint8Array {
  const small = Buffer.from(objectOf([0, 0, 0, 0], { codeSize }));
  const header = Number(small.readBigUInt64LE(0x28)) + 64;
  small.writeBigUInt64LE(BigInt(small.length), header + 24);
  small.writeBigUInt64LE(BigInt(frames.length), header + 32);
  return Buffer.concat([small, frames]);
}

/** `tail` is added to the instructions of the last entry. */
function lengthened(section: FrameSection, last: number, tail: Uint8Array): Buffer {
  const frames = Buffer.concat([Uint8Array.from(section.bytes), tail]);
  frames.writeUInt32LE(frames.length - last - 4, last);
  return frames;
}

describe('a hostile object', () => {
  it('with common entries in common entries, each of them named', async () => {
    // To read each up to its end would take hours.
    const section = new FrameSection();
    const inner = [...u32(1 << 20), ...u32(0), 3, 0, 1, 0x78, 16, 0, 0, 0];
    const frames = lengthened(section, section.defaults(), Buffer.alloc(1 << 20, Uint8Array.from(inner)));
    const one = (i: number) => [...u32(20), ...u32(frames.length + 24 * i + 4 - (32 + 16 * i)), ...u64(CODE_ADDRESS), ...u64(32)];
    const named = Buffer.from(Array.from({ length: 20_000 }, (_, i) => one(i)).flat());
    const began = performance.now();
    expect(await compile(largeObject(Buffer.concat([frames, named])))).toMatchObject({ functions: 20_000, refused: 20_000 });
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it('with more rows than anybody needs', async () => {
    const section = new FrameSection();
    const last = section.function(section.defaults(), 0, 16 << 20);
    const steps = (count: number) => Buffer.alloc(count * 6, Uint8Array.from([...cfi.advance(1), ...cfi.defCfaOffset(16), ...cfi.advance(1), ...cfi.defCfaOffset(24)]));
    const most = await compile(largeObject(lengthened(section, last, steps((4 << 20) - 1)), 16 << 20));
    expect(most.rows).toHaveLength(64 << 20);
    await expect(compile(largeObject(lengthened(section, last, steps(4 << 20)), 16 << 20))).rejects.toMatchObject({ code: 'EMALFORMED' });
  });
});

describe('odd objects', () => {
  it.each([...corpus])('$name', async ({ image, outcome }) => {
    expect(image.length).toBeLessThan(8192);
    const compiled = await compile(image).catch((error: Error & { code?: string }) => error.code);
    if (typeof compiled !== 'object') expect(compiled).toBe(outcome);
    else expect([compiled.functions, compiled.refused, compiled.unknown, compiled.rows.length / 8]).toEqual(outcome);
  });
});

describe('whatever .eh_frame says', () => {
  const START = fc.integer({ min: -64, max: 0x440 });
  const LENGTH = fc.oneof(fc.integer({ min: 0, max: 64 }), fc.constant(0x7fffffff));
  const INSTRUCTION = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 40 }).map(cfi.advance) },
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 300 }).map((words) => cfi.defCfaOffset(8 * words)) },
    fc.integer({ min: 0, max: 17 }).map(cfi.defCfaRegister),
    fc.tuple(fc.constantFrom(3, RBP, RSP, 16), fc.integer({ min: 0, max: 200 })).map(([register, words]) => cfi.offset(register, words)),
    fc.constantFrom(cfi.remember, cfi.restoreState, cfi.nop, cfi.undefined(16), cfi.restore(RBP)),
    fc.uint8Array({ minLength: 1, maxLength: 6 }).map((bytes) => [...bytes]),
  );
  const FUNCTION = fc.tuple(START, LENGTH, fc.array(INSTRUCTION, { maxLength: 12 }));

  it('rows ascend strictly, differ from their neighbours, and lie in the code', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(FUNCTION, { maxLength: 12 }), fc.option(fc.integer({ min: 0, max: 0x400 })), fc.boolean(), async (list, entry, sections) => {
        const section = new FrameSection();
        const defaults = section.defaults();
        for (const [start, length, instructions] of list) section.function(defaults, start, length, instructions.flat());
        section.terminator();
        const compiled = await compile(objectOf(section.bytes, { sections, ...(entry === null ? {} : { entry }) }));
        const rows = readRows(compiled.rows);
        rows.forEach(({ at, rule }, i) => {
          expect(at).toBeGreaterThan(rows[i - 1]?.at ?? CODE_OFFSET - 1);
          expect(at).toBeLessThanOrEqual(CODE_OFFSET + 0x400);
          expect(rule).not.toBe(rows[i - 1]?.rule);
        });
        if (rows.length > 0) expect(rows.at(-1)!.rule).toBe('none');
        expect(compiled.functions).toBe(list.length);
        expect(compiled.refused).toBeLessThanOrEqual(list.length);
        expect(compiled.unknown).toBeLessThanOrEqual(rows.filter(({ rule }) => rule === 'none').length);
      }),
      { numRuns: 1500 },
    );
  });
});

describe('files', () => {
  const libc = realpathSync('/lib/x86_64-linux-gnu/libc.so.6');

  it('and images are the same', async () => {
    expect(await compile(readFileSync(libc))).toEqual(await addon.compileUnwindRows(libc, ''));
  });

  it('are known by their build id', async () => {
    const { buildId } = await addon.compileUnwindRows(libc, '');
    expect(run('readelf', ['-n', libc])).toContain(buildId);
    expect((await addon.compileUnwindRows(libc, buildId)).buildId).toBe(buildId);
    await expect(addon.compileUnwindRows(libc, 'abcdef')).rejects.toMatchObject({ code: 'EBUILDID' });
    await expect(compile(objectWith([]), 'abcdef')).rejects.toMatchObject({ code: 'EBUILDID' });
  });

  it('may be anything', async () => {
    writeFileSync(workshop.path('text'), 'text');
    await expect(addon.compileUnwindRows(workshop.path('text'), '')).rejects.toMatchObject({ code: 'ENOTELF' });
    await expect(addon.compileUnwindRows(workshop.path('none'), '')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(addon.compileUnwindRows(workshop.folder, '')).rejects.toMatchObject({ code: 'ENOTELF' });
  });

  it('arguments are checked', () => {
    const loose = addon as unknown as Record<string, (...args: unknown[]) => unknown>;
    expect(() => loose['compileUnwindRows']!('/a\0b', '')).toThrow('zero byte');
    expect(() => loose['compileUnwindRows']!('/a')).toThrow(TypeError);
    expect(() => loose['compileUnwindRowsOfImage']!([1, 2], '')).toThrow(TypeError);
    expect(() => loose['compileUnwindRowsOfImage']!(new Float64Array(1), '')).toThrow(TypeError);
  });
});
