// SPDX-License-Identifier: Apache-2.0
/** ELF objects made byte by byte, with any .eh_frame. Less than 8 KiB each, so that damage hits something that is read. */

export const CODE_ADDRESS = 0x401000;
export const CODE_OFFSET = 0x400;
export const FRAMES_ADDRESS = 0x502000;
const FRAMES_OFFSET = 0x800;

export const u16 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff];
export const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];
export const u64 = (value: number | bigint): number[] => {
  const wide = BigInt.asUintN(64, BigInt(value));
  return [...u32(Number(wide & 0xffffffffn)), ...u32(Number(wide >> 32n))];
};
export function uleb(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return bytes;
}
export function sleb(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    const last = (rest >> 6 === 0 || rest >> 6 === -1);
    bytes.push((rest & 0x7f) | (last ? 0 : 0x80));
    if (last) return bytes;
  }
}
const text = (value: string): number[] => [...Buffer.from(`${value}\0`, 'latin1')];

export const RBX = 3;
export const RBP = 6;
export const RSP = 7;
export const R10 = 10;
export const RIP = 16;

/** Call frame instructions. Factored operands are those of the file: 2 is 16 bytes below the CFA. */
export const cfi = {
  nop: [0],
  setLoc: (bytes: number[]) => [0x01, ...bytes],
  advance: (units: number) => (units < 64 ? [0x40 | units] : units < 256 ? [0x02, units] : units < 65536 ? [0x03, ...u16(units)] : [0x04, ...u32(units)]),
  advance1: (units: number) => [0x02, units],
  advance2: (units: number) => [0x03, ...u16(units)],
  advance4: (units: number) => [0x04, ...u32(units)],
  advance8: (units: number | bigint) => [0x1d, ...u64(units)],
  offset: (register: number, factored: number) => [0x80 | register, ...uleb(factored)],
  offsetExtended: (register: number, factored: number | bigint) => [0x05, ...uleb(register), ...uleb(factored)],
  offsetExtendedSf: (register: number, factored: number) => [0x11, ...uleb(register), ...sleb(factored)],
  negativeOffsetExtended: (register: number, factored: number) => [0x2f, ...uleb(register), ...uleb(factored)],
  restore: (register: number) => [0xc0 | register],
  restoreExtended: (register: number) => [0x06, ...uleb(register)],
  undefined: (register: number) => [0x07, ...uleb(register)],
  sameValue: (register: number) => [0x08, ...uleb(register)],
  register: (register: number, other: number) => [0x09, ...uleb(register), ...uleb(other)],
  remember: [0x0a],
  restoreState: [0x0b],
  defCfa: (register: number, bytes: number | bigint) => [0x0c, ...uleb(register), ...uleb(bytes)],
  defCfaSf: (register: number, factored: number) => [0x12, ...uleb(register), ...sleb(factored)],
  defCfaRegister: (register: number) => [0x0d, ...uleb(register)],
  defCfaOffset: (bytes: number | bigint) => [0x0e, ...uleb(bytes)],
  defCfaOffsetSf: (factored: number) => [0x13, ...sleb(factored)],
  defCfaExpression: (expression: number[]) => [0x0f, ...uleb(expression.length), ...expression],
  expression: (register: number, expression: number[]) => [0x10, ...uleb(register), ...uleb(expression.length), ...expression],
  valOffset: (register: number, factored: number) => [0x14, ...uleb(register), ...uleb(factored)],
  valOffsetSf: (register: number, factored: number) => [0x15, ...uleb(register), ...sleb(factored)],
  valExpression: (register: number, expression: number[]) => [0x16, ...uleb(register), ...uleb(expression.length), ...expression],
  windowSave: [0x2d],
  argsSize: (bytes: number) => [0x2e, ...uleb(bytes)],
};

export const breg = (register: number, offset: number): number[] => [0x70 + register, ...sleb(offset)];
export const DEREF = 0x06;
export const plusUconst = (value: number): number[] => [0x23, ...uleb(value)];
/** `rsp + offset + ((rip & 15) >= threshold) * 8`, as ld writes it. */
export const linkageStub = (offset: number, threshold: number): number[] => [
  ...breg(RSP, offset), ...breg(RIP, 0), 0x3f, 0x1a, 0x30 + threshold, 0x2a, 0x33, 0x24, 0x22,
];

/** What compilers have every function begin with. */
export const ON_ENTRY = [...cfi.defCfa(RSP, 8), ...cfi.offset(RIP, 1)];

export interface Defaults {
  version?: number;
  augmentation?: string;
  /** Without its length. */
  data?: number[];
  /** Between the augmentation and the alignments, as for `eh`. */
  extra?: number[];
  codeAlignment?: number;
  dataAlignment?: number;
  returnRegister?: number;
  instructions?: number[];
  /** With a length of 64 bits. */
  long?: boolean;
}

/** .eh_frame, entry by entry. */
export class FrameSection {
  readonly bytes: number[] = [];

  #entry(content: number[], long = false): number {
    const at = this.bytes.length;
    while (content.length % 4 !== 0) content.push(0);
    this.bytes.push(...(long ? [...u32(0xffffffff), ...u64(content.length)] : u32(content.length)), ...content);
    return at;
  }

  /** Returns its place. */
  defaults(options: Defaults = {}): number {
    const { version = 1, augmentation = 'zR', data = [0x1b], extra = [], codeAlignment = 1, dataAlignment = -8, returnRegister = RIP, instructions = ON_ENTRY, long = false } = options;
    const number = version === 1 ? [returnRegister] : uleb(returnRegister);
    const augmented = augmentation.startsWith('z') ? [...uleb(data.length), ...data] : [];
    return this.#entry(
      [...u32(0), version, ...text(augmentation), ...extra, ...uleb(codeAlignment), ...sleb(dataAlignment), ...number, ...augmented, ...instructions],
      long,
    );
  }

  /** `range`: its address and length in another encoding than pcrel sdata4, given the address at which it will lie. */
  function(defaults: number, start: number, length: number, instructions: number[] = [], options: { range?: (at: number) => number[]; data?: number[] | null; long?: boolean } = {}): number {
    const { range = (at) => [...u32(CODE_ADDRESS + start - at), ...u32(length)], data = [], long = false } = options;
    const id = this.bytes.length + (long ? 12 : 4);
    const augmented = data === null ? [] : [...uleb(data.length), ...data];
    return this.#entry([...u32(id - defaults), ...range(FRAMES_ADDRESS + id + 4), ...augmented, ...instructions], long);
  }

  terminator(): void {
    this.bytes.push(0, 0, 0, 0);
  }
}

export interface ObjectOptions {
  codeSize?: number;
  /** Relative to the code; undefined: none. */
  entry?: number;
  /** Section headers; else .eh_frame_hdr leads to .eh_frame. */
  sections?: boolean;
  machine?: number;
  /** STT_FUNC, relative to the code. */
  symbols?: { start: number; size: number }[];
  /** The first bytes of .eh_frame_hdr, up to its table. */
  index?: number[];
}

export function objectOf(frames: readonly number[], options: ObjectOptions = {}): Uint8Array {
  const { codeSize = 0x400, entry, sections = true, machine = 62, symbols = [] } = options;
  const indexOffset = FRAMES_OFFSET + frames.length + 8;
  const indexAddress = FRAMES_ADDRESS + frames.length + 8;
  const index = options.index ?? [1, 0x1b, 0xff, 0xff, ...u32(FRAMES_ADDRESS - (indexAddress + 4))];
  const symbolsOffset = indexOffset + index.length + 8;
  const table = [...new Array<number>(24).fill(0), ...symbols.flatMap(({ start, size }) => [...u32(0), 0x12, 0, ...u16(1), ...u64(CODE_ADDRESS + start), ...u64(size)])];
  const namesOffset = symbolsOffset + table.length;
  const names = text('\0.eh_frame\0.symtab\0.names');
  const headersOffset = Math.ceil((namesOffset + names.length) / 8) * 8;

  const load = (flags: number, offset: number, address: number, size: number, type = 1) => [...u32(type), ...u32(flags), ...u64(offset), ...u64(address), ...u64(address), ...u64(size), ...u64(size), ...u64(1)];
  const section = (name: number, type: number, flags: number, address: number, offset: number, size: number, link = 0) => [...u32(name), ...u32(type), ...u64(flags), ...u64(address), ...u64(offset), ...u64(size), ...u32(link), ...u32(0), ...u64(1), ...u64(0)];
  const segments = [
    load(5, CODE_OFFSET, CODE_ADDRESS, codeSize),
    load(4, FRAMES_OFFSET, FRAMES_ADDRESS, indexOffset + index.length - FRAMES_OFFSET),
    load(4, indexOffset, indexAddress, index.length, 0x6474e550),
  ];
  const headers = [
    section(0, 0, 0, 0, 0, 0),
    section(1, 1, 2, FRAMES_ADDRESS, FRAMES_OFFSET, frames.length),
    section(11, 2, 0, 0, symbolsOffset, table.length, 3),
    section(19, 3, 0, 0, namesOffset, names.length),
  ];
  const head = [
    0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, ...u64(0), ...u16(3), ...u16(machine), ...u32(1),
    ...u64(entry === undefined ? 0 : CODE_ADDRESS + entry), ...u64(64), ...u64(sections ? headersOffset : 0), ...u32(0),
    ...u16(64), ...u16(56), ...u16(segments.length), ...u16(64), ...u16(sections ? headers.length : 0), ...u16(sections ? 3 : 0),
  ];
  const image = new Uint8Array(headersOffset + (sections ? headers.length * 64 : 0));
  image.set([...head, ...segments.flat()], 0);
  image.set(frames, FRAMES_OFFSET);
  image.set(index, indexOffset);
  image.set(table, symbolsOffset);
  image.set(names, namesOffset);
  if (sections) image.set(headers.flat(), headersOffset);
  return image;
}

/** One function of `length` bytes at the start of the code. */
export function objectWith(instructions: number[], length = 0x100, defaults: Defaults = {}): Uint8Array {
  const section = new FrameSection();
  section.function(section.defaults(defaults), 0, length, instructions, defaults.augmentation === '' ? { data: null } : {});
  section.terminator();
  return objectOf(section.bytes);
}
