// SPDX-License-Identifier: Apache-2.0
/**
 * The test oracle: the symbol tables of an ELF file read once more, in TypeScript, and looked up by going
 * through all symbols for every address. Slow and plain on purpose; shares nothing with the addon.
 */
import { readFileSync } from 'node:fs';

export interface FunctionSymbol {
  name: string;
  address: number;
  size: number;
  /** STT_FUNC or STT_GNU_IFUNC; otherwise STT_NOTYPE in executable code. */
  typed: boolean;
  sectionStart: number;
  sectionEnd: number;
}

export interface ElfSymbols {
  symbols: FunctionSymbol[];
  /** Executable ranges. */
  code: { fileOffset: number; address: number; size: number }[];
}

const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const SHF_EXECINSTR = 4;
const PT_LOAD = 1;
const PF_X = 1;

export function readElfSymbols(path: string, tables: ('symtab' | 'dynsym')[] = ['symtab', 'dynsym']): ElfSymbols {
  const file = readFileSync(path);
  const u64 = (at: number) => Number(file.readBigUInt64LE(at));
  const sectionsAt = u64(0x28);
  const sections = Array.from({ length: file.readUInt16LE(0x3c) }, (_, i) => {
    const at = sectionsAt + i * 64;
    return {
      type: file.readUInt32LE(at + 4),
      flags: u64(at + 8),
      address: u64(at + 16),
      offset: u64(at + 24),
      size: u64(at + 32),
      link: file.readUInt32LE(at + 40),
    };
  });
  const wanted: number[] = tables.map((table) => (table === 'symtab' ? SHT_SYMTAB : SHT_DYNSYM));
  const symbols: FunctionSymbol[] = [];
  for (const table of sections) {
    if (!wanted.includes(table.type)) continue;
    const strings = sections[table.link]!;
    for (let at = table.offset; at < table.offset + table.size; at += 24) {
      const type = file[at + 4]! & 15;
      const section = sections[file.readUInt16LE(at + 6)];
      const nameAt = strings.offset + file.readUInt32LE(at);
      const name = file.toString('utf8', nameAt, file.indexOf(0, nameAt));
      if (![0, 2, 10].includes(type) || !section || !(section.flags & SHF_EXECINSTR) || name === '') continue;
      if (type === 0 && /^[.$]/.test(name)) continue;
      const address = u64(at + 8);
      const sectionEnd = section.address + section.size;
      if (address < section.address || address >= sectionEnd) continue;
      const size = Math.min(u64(at + 16), sectionEnd - address);
      symbols.push({ name, address, size, typed: type !== 0, sectionStart: section.address, sectionEnd });
    }
  }
  const code = [];
  for (let i = 0; i < file.readUInt16LE(0x38); i++) {
    const at = u64(0x20) + i * 56;
    if (file.readUInt32LE(at) !== PT_LOAD || !(file.readUInt32LE(at + 4) & PF_X)) continue;
    code.push({ fileOffset: u64(at + 8), address: u64(at + 16), size: u64(at + 32) });
  }
  return { symbols, code };
}

/** The symbols (aliases of one another) that may name this address; none: it has no name. */
export function symbolsAt(symbols: readonly FunctionSymbol[], address: number): FunctionSymbol[] {
  const innermost = (found: FunctionSymbol[]) => {
    let start = -1;
    let end = Infinity;
    for (const { address: at, size } of found) {
      if (at > start) [start, end] = [at, at + size];
      else if (at === start && at + size < end) end = at + size;
    }
    return found.filter((symbol) => symbol.address === start && symbol.address + symbol.size === end);
  };
  const typed = symbols.filter(({ typed: yes }) => yes);
  const covers = (symbol: FunctionSymbol) => symbol.address <= address && address < symbol.address + symbol.size;
  const sized = innermost(typed.filter(covers));
  if (sized.length > 0) return sized;
  // Nothing with a size: the last start before the address, if nothing at all lies between them.
  const fallBack = (candidates: FunctionSymbol[], obstacles: readonly FunctionSymbol[]) => {
    const before = candidates.filter((s) => s.address <= address && address < s.sectionEnd);
    const start = Math.max(-1, ...before.map((s) => s.address));
    const found = before.filter((s) => s.address === start && (s.size === 0 || covers(s)));
    const cut = obstacles.some((s) => s.address + s.size > start && s.address <= address && s.size > 0);
    return cut ? [] : found;
  };
  const sizedOnes = typed.filter(({ size }) => size > 0);
  const unsized = fallBack(typed.filter(({ size }) => size === 0), sizedOnes);
  if (unsized.length > 0) return unsized;
  const untyped = fallBack(symbols.filter(({ typed: yes }) => !yes), sizedOnes);
  // A function without a size that starts between reaches to here, or would have been found above.
  const start = untyped[0]?.address ?? 0;
  return typed.some((s) => s.size === 0 && s.address <= address && s.address >= start) ? [] : untyped;
}

/** @param offset in the file, within its code */
export function addressOf({ code }: ElfSymbols, offset: number): number {
  const part = code.find(({ fileOffset, size }) => offset >= fileOffset && offset < fileOffset + size)!;
  return offset - part.fileOffset + part.address;
}
