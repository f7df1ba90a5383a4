// SPDX-License-Identifier: Apache-2.0
/**
 * Functions and markers (USDT) of an ELF file, by its own tables. Of the whole file only the headers, the tables and their
 * strings are read. The addon answers for addresses; here somebody asks for names, and needs all of them.
 * Files are hostile: every offset is checked, and each part is bounded.
 */
import { open, type FileHandle } from 'node:fs/promises';

const MAX_SECTIONS = 4096;
/** Chromium's symbols have 330 MB. */
const MAX_TABLE_BYTES = 512 * 2 ** 20;
const MAX_NOTE_BYTES = 4 * 2 ** 20;
const MAX_NAME_BYTES = 4096;
const SYMBOL_BYTES = 24;
/** Rarely used halves of functions, which are jumped to. */
const COLD = /\.cold(\.\d+)?$/;

const SectionType = { symtab: 2, note: 7, dynsym: 11 } as const;
const SymbolType = { function: 2, indirect: 10 } as const;
const SEGMENT_LOAD = 1;

export interface ElfFunction {
  /** As it stands in the table: mangled. */
  symbol: string;
  /** Bytes from the beginning of the file. */
  offset: number;
}

export interface ElfMarker {
  provider: string;
  name: string;
  /** Where its arguments lie: "-4@%edi 8@%rax". */
  locations: string;
}

export interface ElfNames {
  functions: ElfFunction[];
  markers: ElfMarker[];
  /** Hexadecimal; empty: none. */
  buildId: string;
  /** It has a table of all symbols, not only of those that others may use. */
  complete: boolean;
}

interface Section {
  name: number;
  type: number;
  offset: number;
  size: number;
  link: number;
}

/** @throws Error with a sentence's end ("is no ELF file of 64 bits") or of the file system */
export async function readElfNames(path: string): Promise<ElfNames> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return await readNames(new BoundedFile(file, size));
  } finally {
    await file.close();
  }
}

class BoundedFile {
  readonly #file: FileHandle;
  readonly #size: number;

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  async read(offset: number, length: number, most: number): Promise<Buffer> {
    if (length > most || offset + length > this.#size) throw new Error('is damaged: its tables lie outside of it');
    const bytes = Buffer.allocUnsafe(length);
    let at = 0;
    while (at < length) {
      const { bytesRead } = await this.#file.read(bytes, at, length - at, offset + at);
      if (bytesRead === 0) throw new Error('was cut while it was read');
      at += bytesRead;
    }
    return bytes;
  }
}

async function readNames(file: BoundedFile): Promise<ElfNames> {
  const header = await file.read(0, 64, 64).catch(() => Buffer.alloc(64));
  // Class 64, little endian: x86_64 and arm64.
  if (header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1) throw new Error('is no ELF file of 64 bits');
  const sections = await readSections(file, header);
  const segments = await readSegments(file, header);
  const functions = new Map<string, number>();
  let complete = false;
  for (const section of sections) {
    if (section.type !== SectionType.symtab && section.type !== SectionType.dynsym) continue;
    if (section.type === SectionType.symtab) complete = true;
    const strings = sections[section.link];
    if (!strings) continue;
    const table = await file.read(section.offset, section.size, MAX_TABLE_BYTES);
    const names = await file.read(strings.offset, strings.size, MAX_TABLE_BYTES);
    takeFunctions(table, names, segments, functions);
  }
  const notes = await readNotes(file, sections);
  return { functions: Array.from(functions, ([symbol, offset]) => ({ symbol, offset })), ...notes, complete };
}

async function readSections(file: BoundedFile, header: Buffer): Promise<Section[]> {
  const at = Number(header.readBigUInt64LE(0x28));
  const count = header.readUInt16LE(0x3c);
  if (at === 0 || count === 0 || header.readUInt16LE(0x3a) !== 64) return [];
  const bytes = await file.read(at, count * 64, MAX_SECTIONS * 64);
  return Array.from({ length: count }, (_, i) => ({
    name: bytes.readUInt32LE(i * 64),
    type: bytes.readUInt32LE(i * 64 + 4),
    offset: Number(bytes.readBigUInt64LE(i * 64 + 24)),
    size: Number(bytes.readBigUInt64LE(i * 64 + 32)),
    link: bytes.readUInt32LE(i * 64 + 40),
  }));
}

interface Segment {
  address: number;
  end: number;
  /** To be added to an address for its place in the file. */
  shift: number;
}

async function readSegments(file: BoundedFile, header: Buffer): Promise<Segment[]> {
  const at = Number(header.readBigUInt64LE(0x20));
  const count = header.readUInt16LE(0x38);
  if (at === 0 || count === 0 || header.readUInt16LE(0x36) !== 56) return [];
  const bytes = await file.read(at, count * 56, MAX_SECTIONS * 56);
  const found: Segment[] = [];
  for (let i = 0; i < count; i++) {
    const segment = bytes.subarray(i * 56, (i + 1) * 56);
    if (segment.readUInt32LE(0) !== SEGMENT_LOAD) continue;
    const address = Number(segment.readBigUInt64LE(16));
    found.push({ address, end: address + Number(segment.readBigUInt64LE(32)), shift: Number(segment.readBigUInt64LE(8)) - address });
  }
  return found;
}

function takeFunctions(table: Buffer, names: Buffer, segments: readonly Segment[], into: Map<string, number>): void {
  for (let at = 0; at + SYMBOL_BYTES <= table.length; at += SYMBOL_BYTES) {
    const type = table[at + 4]! & 15;
    if (type !== SymbolType.function && type !== SymbolType.indirect) continue;
    // Of another file.
    if (table.readUInt16LE(at + 6) === 0) continue;
    const name = text(names, table.readUInt32LE(at));
    if (name === '' || into.has(name) || COLD.test(name)) continue;
    const address = Number(table.readBigUInt64LE(at + 8));
    const segment = segments.find(({ address: start, end }) => address >= start && address < end);
    if (segment) into.set(name, address + segment.shift);
  }
}

function text(bytes: Buffer, from: number): string {
  if (from >= bytes.length) return '';
  const end = bytes.indexOf(0, from);
  return end < 0 || end - from > MAX_NAME_BYTES ? '' : bytes.toString('latin1', from, end);
}

/** Notes of the owners "stapsdt" (markers) and "GNU" (the build id). */
async function readNotes(file: BoundedFile, sections: readonly Section[]): Promise<{ markers: ElfMarker[]; buildId: string }> {
  const markers = new Map<string, ElfMarker>();
  let buildId = '';
  for (const section of sections) {
    if (section.type !== SectionType.note || section.size > MAX_NOTE_BYTES) continue;
    const bytes = await file.read(section.offset, section.size, MAX_NOTE_BYTES);
    for (let at = 0; at + 12 <= bytes.length; ) {
      const [ownerLength, length, type] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at + 8)];
      const content = at + 12 + ((ownerLength + 3) & ~3);
      if (content < at || content + length > bytes.length) break;
      const owner = text(bytes.subarray(0, content), at + 12);
      if (owner === 'GNU' && type === 3) buildId = bytes.toString('hex', content, content + length);
      if (owner === 'stapsdt' && type === 3) {
        const marker = markerOf(bytes.subarray(content, content + length));
        if (marker) markers.set(`${marker.provider}:${marker.name}`, marker);
      }
      at = content + ((length + 3) & ~3);
    }
  }
  return { markers: [...markers.values()], buildId };
}

/** Three addresses, then provider, name and arguments, each ended by a zero byte. */
function markerOf(note: Buffer): ElfMarker | null {
  const [provider, name, locations] = note.subarray(24).toString('latin1').split('\0');
  return provider && name ? { provider, name, locations: locations ?? '' } : null;
}
