// SPDX-License-Identifier: Apache-2.0
/** Small objects, each odd in its own way, and what becomes of them. Seeds for damage; what it finds becomes one more. */
import { breg, cfi, CODE_ADDRESS, DEREF, FRAMES_ADDRESS, FrameSection, linkageStub, objectOf, objectWith, ON_ENTRY, plusUconst, R10, RBP, RBX, RIP, RSP, u32, u64 } from './frame-object.ts';

export interface Sample {
  name: string;
  image: Uint8Array;
  /** functions, refused, unknown, number of rows; or the code of the refusal. */
  outcome: [number, number, number, number] | string;
}

function framed(build: (section: FrameSection) => void, options?: Parameters<typeof objectOf>[1]): Uint8Array {
  const section = new FrameSection();
  build(section);
  return objectOf(section.bytes, options);
}

const EVERY_INSTRUCTION = [
  cfi.advance1(1), cfi.defCfaOffset(16), cfi.offset(RBP, 2), cfi.remember, cfi.advance2(3), cfi.defCfaRegister(RBP), cfi.argsSize(24),
  cfi.advance4(5), cfi.offsetExtended(RBX, 3), cfi.offsetExtendedSf(RBP, -3), cfi.negativeOffsetExtended(RBP, 3), cfi.advance8(7),
  cfi.restoreState, cfi.restoreExtended(RBP), cfi.windowSave, cfi.advance(1), cfi.valOffset(RBX, 1), cfi.valOffsetSf(RBX, -1),
  cfi.valExpression(RBX, breg(RSP, 8)), cfi.sameValue(RBP), cfi.register(RBX, R10), cfi.advance(9), cfi.defCfaSf(RSP, -3),
  cfi.defCfaOffsetSf(-4), cfi.advance(2), cfi.defCfaExpression([...breg(RSP, 24), DEREF, ...plusUconst(8)]), cfi.advance(2),
  cfi.defCfaExpression(linkageStub(8, 11)), cfi.restore(RBP), cfi.advance(2), cfi.undefined(RIP), cfi.nop,
].flat();

export const corpus: readonly Sample[] = [
  { name: 'every-instruction', image: objectWith(EVERY_INSTRUCTION), outcome: [1, 0, 0, 10] },
  {
    name: 'signal',
    image: objectWith(
      [cfi.defCfaExpression([...breg(RSP, 160), DEREF]), cfi.expression(RIP, breg(RSP, 168)), cfi.expression(RSP, breg(RSP, 160)), cfi.expression(RBP, breg(RSP, 120))].flat(),
      9,
      { augmentation: 'zRS' },
    ),
    outcome: [1, 0, 0, 2],
  },
  {
    name: 'realigned',
    image: objectWith([cfi.advance(8), cfi.defCfa(R10, 0), cfi.advance(9), cfi.expression(RBP, breg(RBP, 0)), cfi.advance(4), cfi.defCfaExpression([...breg(RBP, -8), DEREF])].flat()),
    outcome: [1, 0, 1, 4],
  },
  { name: 'personality', image: objectWith(cfi.defCfaOffset(64), 64, { augmentation: 'zPLR', data: [0x9b, ...u32(64), 0x1b, 0x1b] }), outcome: [1, 0, 0, 2] },
  { name: 'old-augmentation', image: objectWith([], 64, { augmentation: 'eh', extra: [...u64(7)] }), outcome: [1, 1, 0, 0] },
  { name: 'remember-only', image: objectWith(new Array<number[]>(2000).fill(cfi.remember).flat()), outcome: [1, 1, 1, 1] },
  { name: 'expression-longer-than-the-section', image: objectWith([0x0f, 0xff, 0xff, 0xff, 0xff, 0x0f]), outcome: [1, 1, 1, 1] },
  { name: 'number-without-end', image: objectWith([0x0e, ...new Array<number>(3000).fill(0x80)]), outcome: [1, 1, 1, 1] },
  {
    name: 'overlapping',
    image: framed((section) => {
      const defaults = section.defaults();
      for (let i = 0; i < 60; i++) section.function(defaults, i, 128 - i, [...cfi.advance(1), ...cfi.defCfaOffset(16)]);
    }),
    outcome: [60, 0, 0, 3],
  },
  {
    name: 'many-defaults',
    image: framed((section) => {
      for (let i = 0; i < 40; i++) section.function(section.defaults({ instructions: [...ON_ENTRY, ...cfi.defCfaOffset(8 * i)] }), 8 * i, 8);
    }),
    outcome: [40, 0, 0, 41],
  },
  {
    name: 'long-entries',
    image: framed((section) => void section.function(section.defaults({ long: true }), 0, 32, [], { long: true })),
    outcome: [1, 0, 0, 2],
  },
  {
    name: 'address-out-of-the-world',
    image: framed((section) => void section.function(section.defaults({ data: [0x04] }), 0, 0, [], { range: () => [...u64(-1), ...u64(-1)] })),
    outcome: [1, 1, 0, 0],
  },
  {
    name: 'set-loc-backwards',
    image: framed((section) => void section.function(section.defaults({ data: [0x03] }), 0, 0, [...cfi.setLoc(u32(CODE_ADDRESS + 9)), ...cfi.setLoc(u32(CODE_ADDRESS + 8))], { range: () => [...u32(CODE_ADDRESS), ...u32(64)] })),
    outcome: [1, 1, 1, 1],
  },
  { name: 'without-sections', image: framed((section) => void section.function(section.defaults(), 0, 32), { sections: false, entry: 64 }), outcome: [1, 0, 0, 4] },
  {
    name: 'frames-in-themselves',
    image: framed((section) => void section.function(section.defaults(), 0, 32), { sections: false, index: [1, 0x04, 0xff, 0xff, ...u64(FRAMES_ADDRESS + 4)] }),
    outcome: [0, 0, 0, 0],
  },
  { name: 'entry-behind-all', image: framed((section) => void section.function(section.defaults(), 0, 32), { entry: 0x3ff, symbols: [{ start: 0x3ff, size: Number.MAX_SAFE_INTEGER }] }), outcome: [1, 0, 0, 4] },
  { name: 'section-too-short', image: objectOf([0x10, 0, 0, 0, 0, 0]), outcome: 'EMALFORMED' },
];
