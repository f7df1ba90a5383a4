// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { loadAddon } from './testing/addon.ts';
import { breg, cfi, CODE_ADDRESS, CODE_OFFSET, type Defaults, DEREF, FRAMES_ADDRESS, FrameSection, linkageStub, objectOf, objectWith, ON_ENTRY, plusUconst, R10, RBP, RBX, RIP, RSP, u32 } from './testing/frame-object.ts';
import { readRows } from './testing/unwind-rows.ts';

const addon = loadAddon();

/** "0: sp+8 | 4: none": the rows of one function of 256 bytes, relative to its start. */
async function rowsOf(instructions: number[][], defaults: Defaults = {}): Promise<string> {
  const { rows, functions } = await addon.compileUnwindRowsOfImage(objectWith(instructions.flat(), 0x100, defaults), '');
  expect(functions).toBe(1);
  return readRows(rows)
    .map(({ at, rule }) => `${at - CODE_OFFSET}: ${rule}`)
    .join(' | ');
}

async function counts(instructions: number[][], defaults: Defaults = {}) {
  const { refused, unknown } = await addon.compileUnwindRowsOfImage(objectWith(instructions.flat(), 0x100, defaults), '');
  return { refused, unknown };
}

const END = '256: none';
const REFUSED = '0: none';
const FAR = 1n << 62n;

describe('the canonical function', () => {
  it('pushes the frame pointer and pops it', async () => {
    const rows = await rowsOf([
      cfi.advance(1), cfi.defCfaOffset(16), cfi.offset(RBP, 2),
      cfi.advance(3), cfi.defCfaRegister(RBP),
      cfi.advance(80), cfi.defCfa(RSP, 8), cfi.restore(RBP),
    ]);
    expect(rows).toBe(`0: sp+8 | 1: sp+16, fp at cfa-16 | 4: fp+16, fp at cfa-16 | 84: sp+8 | ${END}`);
  });

  it('has no instructions', async () => {
    expect(await rowsOf([])).toBe(`0: sp+8 | ${END}`);
  });

  it('has rows that say the same', async () => {
    expect(await rowsOf([cfi.advance(4), cfi.offset(RBX, 3), cfi.advance(4), cfi.defCfaOffset(8)])).toBe(`0: sp+8 | ${END}`);
  });
});

describe('each instruction', () => {
  const cases: [string, number[][], string][] = [
    ['advance_loc1', [cfi.advance1(200), cfi.defCfaOffset(16)], `0: sp+8 | 200: sp+16 | ${END}`],
    ['advance_loc2', [cfi.advance2(0x80), cfi.defCfaOffset(16)], `0: sp+8 | 128: sp+16 | ${END}`],
    ['advance_loc4', [cfi.advance4(0x81), cfi.defCfaOffset(16)], `0: sp+8 | 129: sp+16 | ${END}`],
    ['advance_loc8', [cfi.advance8(0x82), cfi.defCfaOffset(16)], `0: sp+8 | 130: sp+16 | ${END}`],
    ['advance by nothing', [cfi.advance(0), cfi.defCfaOffset(16)], `0: sp+16 | ${END}`],
    ['advance to the end', [cfi.advance(256), cfi.defCfaOffset(16)], `0: sp+8 | ${END}`],
    ['advance behind the end', [cfi.advance(8), cfi.defCfaOffset(16), cfi.advance4(0xffffffff), cfi.defCfaOffset(24)], `0: sp+8 | 8: sp+16 | ${END}`],
    ['advance out of the world', [cfi.advance(8), cfi.defCfaOffset(16), cfi.advance8((1n << 64n) - 8n), cfi.defCfaOffset(24)], `0: sp+8 | 8: sp+16 | ${END}`],
    ['offset_extended', [cfi.offsetExtended(RBP, 4)], `0: sp+8, fp at cfa-32 | ${END}`],
    ['offset_extended_sf', [cfi.offsetExtendedSf(RBP, -4)], `0: sp+8, fp at cfa+32 | ${END}`],
    ['GNU_negative_offset_extended', [cfi.negativeOffsetExtended(RBP, 4)], `0: sp+8, fp at cfa+32 | ${END}`],
    ['restore_extended', [cfi.offset(RBP, 2), cfi.advance(4), cfi.restoreExtended(RBP)], `0: sp+8, fp at cfa-16 | 4: sp+8 | ${END}`],
    ['same_value', [cfi.offset(RBP, 2), cfi.advance(4), cfi.sameValue(RBP)], `0: sp+8, fp at cfa-16 | 4: sp+8 | ${END}`],
    ['undefined: a value that is lost', [cfi.offset(RBP, 2), cfi.advance(4), cfi.undefined(RBP)], `0: sp+8, fp at cfa-16 | 4: sp+8 | ${END}`],
    ['undefined: no caller', [cfi.advance(4), cfi.undefined(RIP)], `0: sp+8 | 4: outermost | ${END}`],
    ['register', [cfi.register(RBP, R10)], '0: none'],
    ['register: the same', [cfi.register(RBP, RBP)], `0: sp+8 | ${END}`],
    ['remember_state and restore_state', [cfi.remember, cfi.advance(4), cfi.defCfaOffset(16), cfi.offset(RBP, 2), cfi.remember, cfi.advance(4), cfi.defCfaOffset(32), cfi.advance(4), cfi.restoreState, cfi.advance(4), cfi.restoreState],
      `0: sp+8 | 4: sp+16, fp at cfa-16 | 8: sp+32, fp at cfa-16 | 12: sp+16, fp at cfa-16 | 16: sp+8 | ${END}`],
    ['restore_state without', [cfi.advance(4), cfi.restoreState], REFUSED],
    ['remember_state 64 times', [...new Array<number[]>(64).fill(cfi.remember), cfi.restoreState], `0: sp+8 | ${END}`],
    ['remember_state too often', new Array<number[]>(65).fill(cfi.remember), REFUSED],
    ['def_cfa_sf', [cfi.defCfaSf(RBP, -2)], `0: fp+16 | ${END}`],
    ['def_cfa_offset_sf', [cfi.defCfaOffsetSf(2)], `0: sp-16 | ${END}`],
    ['val_offset', [cfi.valOffset(RBP, 2)], REFUSED],
    ['val_offset_sf', [cfi.valOffsetSf(RBP, -2)], REFUSED],
    ['val_offset: the stack pointer is the CFA', [cfi.valOffset(RSP, 0)], `0: sp+8 | ${END}`],
    ['val_offset: the stack pointer is not', [cfi.valOffset(RSP, 1)], REFUSED],
    ['val_expression', [cfi.valExpression(RBP, breg(RSP, 8))], REFUSED],
    ['GNU_args_size', [cfi.argsSize(300), cfi.defCfaOffset(16)], `0: sp+16 | ${END}`],
    ['window_save of other machines', [cfi.windowSave, cfi.defCfaOffset(16)], `0: sp+16 | ${END}`],
    ['one that is unknown', [cfi.advance(4), [0x3f]], REFUSED],
    ['one that is cut', [cfi.advance(4), [0x0f, 100, 0x77]], REFUSED],
    ['of registers that no row holds', [cfi.offset(RBX, 5), cfi.undefined(RBX), cfi.register(RBX, R10), cfi.valExpression(RBX, breg(RSP, 8)), cfi.restore(RBX), cfi.offsetExtended(4000, 5)], `0: sp+8 | ${END}`],
  ];
  it.each(cases)('%s', async (_, instructions, rows) => {
    expect(await rowsOf(instructions)).toBe(rows);
  });

  it('set_loc', async () => {
    // An absolute address, and one relative to the place where it is written.
    const absolute = { data: [0x03] };
    const to = (at: number) => cfi.setLoc(u32(CODE_ADDRESS + at));
    expect(await rowsOfAbsolute([to(0), to(32), cfi.defCfaOffset(16), to(256)], absolute)).toBe(`0: sp+8 | 32: sp+16 | ${END}`);
    expect(await rowsOfAbsolute([to(32), cfi.defCfaOffset(16), to(31)], absolute)).toBe(REFUSED);
    // The CIE is 24 bytes long, the FDE's instructions begin 17 further on, and the address one behind.
    const relative = cfi.setLoc(u32(CODE_ADDRESS + 48 - (FRAMES_ADDRESS + 24 + 17 + 1)));
    expect(await rowsOf([relative, cfi.defCfaOffset(16)])).toBe(`0: sp+8 | 48: sp+16 | ${END}`);
  });

  async function rowsOfAbsolute(instructions: number[][], defaults: Defaults): Promise<string> {
    const section = new FrameSection();
    section.function(section.defaults(defaults), 0, 0x100, instructions.flat(), { range: () => [...u32(CODE_ADDRESS), ...u32(0x100)] });
    const { rows } = await addon.compileUnwindRowsOfImage(objectOf(section.bytes), '');
    return readRows(rows).map(({ at, rule }) => `${at - CODE_OFFSET}: ${rule}`).join(' | ');
  }

  it('by factors', async () => {
    const rows = await rowsOf([cfi.advance(2), cfi.defCfaSf(RSP, -2), cfi.offset(RBP, 2)], { codeAlignment: 4, dataAlignment: -16, instructions: [...cfi.defCfa(RSP, 8), ...cfi.offsetExtendedSf(RIP, 0)] });
    // -8 is no multiple of -16: the return address is nowhere that a row can say.
    expect(rows).toBe(REFUSED);
    expect(await rowsOf([cfi.advance(2), cfi.defCfaSf(RSP, -2), cfi.offset(RBP, 4)], { codeAlignment: 4, dataAlignment: -4, instructions: [...cfi.defCfa(RSP, 8), ...cfi.offset(RIP, 2)] })).toBe(
      `0: sp+8 | 8: sp+8, fp at cfa-16 | ${END}`,
    );
  });
});

describe('what a row holds', () => {
  const cases: [string, number[][], string][] = [
    ['the largest frame', [cfi.defCfaOffset(32767 * 8)], `0: sp+262136 | ${END}`],
    ['a larger one', [cfi.defCfaOffset(32768 * 8)], REFUSED],
    ['no frame at all', [cfi.defCfaOffset(FAR)], REFUSED],
    ['a CFA between words', [cfi.defCfaOffset(12)], REFUSED],
    ['a CFA in another register', [cfi.defCfaRegister(R10)], REFUSED],
    ['a frame pointer as far away as can be', [cfi.offset(RBP, 127)], `0: sp+8, fp at cfa-1016 | ${END}`],
    ['one further away, whose value would have another meaning', [cfi.offset(RBP, 128)], REFUSED],
    ['one at the CFA, whose value would have another meaning', [cfi.offset(RBP, 0)], REFUSED],
    ['one out of the world', [cfi.offsetExtended(RBP, FAR)], REFUSED],
    ['a return address elsewhere', [cfi.offset(RIP, 2)], REFUSED],
    ['a return address in a register', [cfi.register(RIP, RBX)], REFUSED],
    ['stubs', [cfi.defCfaExpression(linkageStub(8, 11))], `0: stub sp+8 from 11 | ${END}`],
    ['stubs with other thresholds', [cfi.defCfaExpression(linkageStub(16, 0)), cfi.advance(16), cfi.defCfaExpression(linkageStub(8, 15))], `0: stub sp+16 from 0 | 16: stub sp+8 from 15 | ${END}`],
    ['stubs that save the frame pointer', [cfi.defCfaExpression(linkageStub(8, 11)), cfi.offset(RBP, 2)], REFUSED],
    ['nearly stubs', [cfi.defCfaExpression([...linkageStub(8, 11), 0x22])], REFUSED],
    ['a CFA by an expression that is a sum', [cfi.defCfaExpression(breg(RBP, 16))], `0: fp+16 | ${END}`],
    ['a CFA in memory', [cfi.defCfaExpression([...breg(RSP, 24), DEREF])], `0: *(sp+24) | ${END}`],
    ['a CFA eight above what lies in memory', [cfi.defCfaExpression([...breg(RSP, -8), DEREF, ...plusUconst(8)]), cfi.advance(4), cfi.defCfaExpression([...breg(RBP, 88), DEREF, ...plusUconst(8)])], `0: *(sp-8)+8 | 4: *(fp+88)+8 | ${END}`],
    ['a CFA further above', [cfi.defCfaExpression([...breg(RSP, 16), DEREF, ...plusUconst(64)])], REFUSED],
    ['a CFA above by more than is said', [cfi.defCfaExpression([...breg(RSP, 16), DEREF, 0x23])], REFUSED],
    ['a realigned stack, as GCC has it', [cfi.defCfaExpression([...breg(RBP, -8), DEREF]), cfi.expression(RBP, breg(RBP, 0))], `0: *(fp-8), fp at fp | ${END}`],
    ['a realigned stack before the return, where GCC has popped the frame pointer', [cfi.expression(RBP, breg(RBP, 0))], `0: sp+8 | ${END}`],
    ['a CFA in memory that another register leads to', [cfi.defCfaExpression([...breg(R10, -8), DEREF])], REFUSED],
    ['an expression that is cut', [cfi.defCfaExpression([0x77])], REFUSED],
    ['an expression that is empty', [cfi.defCfaExpression([])], REFUSED],
    ['an expression that says more', [cfi.defCfaExpression([...breg(RSP, 24), DEREF, DEREF])], REFUSED],
    ['a plain CFA after an expression', [cfi.defCfaExpression([...breg(RSP, 24), DEREF]), cfi.advance(4), cfi.defCfa(RSP, 8)], `0: *(sp+24) | 4: sp+8 | ${END}`],
    ['an offset after an expression, which stays', [cfi.defCfaExpression([...breg(RSP, 24), DEREF]), cfi.advance(4), cfi.defCfaOffset(8)], `0: *(sp+24) | ${END}`],
    ['a frame pointer at the stack pointer', [cfi.defCfaOffset(48), cfi.expression(RBP, breg(RSP, 16))], `0: sp+48, fp at cfa-32 | ${END}`],
    ['a frame pointer that another register leads to', [cfi.expression(RBP, breg(R10, 16))], REFUSED],
    ['a frame pointer that the frame pointer leads to', [cfi.expression(RBP, breg(RBP, 8))], REFUSED],
    ['a frame pointer in memory that memory leads to', [cfi.expression(RBP, [...breg(RBP, 0), DEREF])], REFUSED],
  ];
  it.each(cases)('%s', async (_, instructions, rows) => {
    expect(await rowsOf(instructions)).toBe(rows);
  });

  it('nothing is known of the caller unless something is said', async () => {
    expect(await rowsOf([], { instructions: [] })).toBe(REFUSED);
    expect(await rowsOf([], { instructions: cfi.defCfa(RSP, 8) })).toBe(REFUSED);
  });

  it('rows that say nothing are counted, and functions that are refused', async () => {
    expect(await counts([cfi.advance(4), cfi.defCfaRegister(R10), cfi.advance(4), cfi.defCfaRegister(RBX), cfi.advance(4), cfi.defCfaRegister(RSP)])).toEqual({ refused: 0, unknown: 1 });
    expect(await counts([cfi.advance(4), [0x3f]])).toEqual({ refused: 1, unknown: 1 });
    expect(await counts([])).toEqual({ refused: 0, unknown: 0 });
  });
});

describe('signal frames', () => {
  const SIGNAL = { augmentation: 'zRS' };
  const restorer = (cfa: number, rip: number, rsp: number, rbp: number) => [
    cfi.defCfaExpression([...breg(RSP, cfa), DEREF]),
    cfi.expression(RIP, breg(RSP, rip)),
    cfi.expression(RSP, breg(RSP, rsp)),
    cfi.expression(RBP, breg(RSP, rbp)),
  ];
  it('as libc describes them', async () => {
    expect(await rowsOf(restorer(160, 168, 160, 120), SIGNAL)).toBe(`0: signal at sp+160 | ${END}`);
  });
  it.each([
    ['unmarked', restorer(160, 168, 160, 120), {}],
    ['with another ip', restorer(160, 176, 160, 120), SIGNAL],
    ['with another sp', restorer(160, 168, 152, 120), SIGNAL],
    ['with another fp', restorer(160, 168, 160, 128), SIGNAL],
    ['without fp', restorer(160, 168, 160, 120).slice(0, 3), SIGNAL],
  ])('%s', async (_, instructions, defaults) => {
    expect(await rowsOf(instructions, defaults)).toBe(REFUSED);
  });
  it('marked, and like any other', async () => {
    expect(await rowsOf([cfi.defCfaOffset(24)], SIGNAL)).toBe(`0: sp+24 | ${END}`);
  });
});

describe('what functions have in common', () => {
  it.each<[string, Defaults, string]>([
    ['version 3', { version: 3 }, `0: sp+8 | ${END}`],
    ['a length of 64 bits', { long: true }, `0: sp+8 | ${END}`],
    ['a personality and a table for exceptions', { augmentation: 'zPLR', data: [0x9b, ...u32(4), 0x1b, 0x1b] }, `0: sp+8 | ${END}`],
    ['a personality that is left out', { augmentation: 'zPR', data: [0xff, 0x1b] }, `0: sp+8 | ${END}`],
    ['an unknown letter, after what is needed', { augmentation: 'zRX' }, `0: sp+8 | ${END}`],
    ['instructions that are unknown', { instructions: [...ON_ENTRY, 0x3f] }, '0: none'],
    ['a place in the code', { instructions: [...ON_ENTRY, ...cfi.advance(4)] }, '0: none'],
    ['another column for the return address', { returnRegister: 30 }, '0: none'],
  ])('%s', async (_, defaults, rows) => {
    expect(await rowsOf([], defaults)).toBe(rows);
  });

  it.each<[string, Defaults]>([
    ['version 2', { version: 2 }],
    ['version 4, which is of .debug_frame', { version: 4 }],
    ['eh, of GCC 2', { augmentation: 'eh', extra: [0, 0, 0, 0, 0, 0, 0, 0] }],
    ['no z', { augmentation: 'R' }],
    ['data that is too short', { augmentation: 'zPLR', data: [0x1b] }],
    ['an address in memory', { data: [0x9b] }],
    ['an address relative to data', { data: [0x3b] }],
    ['an address relative to the function', { data: [0x4b] }],
    ['an aligned address', { data: [0x50] }],
    ['no address', { data: [0xff] }],
    ['an unknown encoding', { data: [0x1e] }],
  ])('refused: %s', async (_, defaults) => {
    const compiled = await addon.compileUnwindRowsOfImage(objectWith([], 0x100, defaults), '');
    expect(compiled).toMatchObject({ functions: 1, refused: 1, unknown: 0 });
    expect(compiled.rows).toHaveLength(0);
  });
});
