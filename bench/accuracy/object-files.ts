// SPDX-License-Identifier: Apache-2.0
/** Object files by path: from perf's addresses to the engine's file offsets, names by the addon, and the entry. */
import { closeSync, openSync, readSync, realpathSync } from 'node:fs';
import { loadAddon } from '../../main/engine/symbolication/addon.ts';

export const DEBUG_FOLDERS = ['/usr/lib/debug'];

const PT_LOAD = 1;
const PF_X = 1;
/** Bytes behind the entry that are surely of `_start`. */
const ENTRY_LENGTH = 48;

interface Segment {
  offset: number;
  address: number;
  size: number;
}

/** What the headers of an ELF file say. */
export interface Layout {
  entry: number;
  code: Segment[];
}

/** @throws Error where it cannot be read or is no ELF file of 64 bits */
export function readLayout(path: string): Layout {
  const file = openSync(path, 'r');
  try {
    const header = Buffer.alloc(64);
    readSync(file, header, 0, 64, 0);
    if (header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2) throw new Error(`${path} is no ELF file of 64 bits`);
    const programHeaders = Buffer.alloc(header.readUInt16LE(54) * header.readUInt16LE(56));
    readSync(file, programHeaders, 0, programHeaders.length, Number(header.readBigUInt64LE(32)));
    const code: Segment[] = [];
    for (let at = 0; at + 56 <= programHeaders.length; at += header.readUInt16LE(54)) {
      if (programHeaders.readUInt32LE(at) !== PT_LOAD || (programHeaders.readUInt32LE(at + 4) & PF_X) === 0) continue;
      const [offset, address] = [Number(programHeaders.readBigUInt64LE(at + 8)), Number(programHeaders.readBigUInt64LE(at + 16))];
      code.push({ offset, address, size: Number(programHeaders.readBigUInt64LE(at + 32)) });
    }
    return { entry: Number(header.readBigUInt64LE(24)), code };
  } finally {
    closeSync(file);
  }
}

/** Of the file, from an address of its symbols; -1: no code of the file. */
export function fileOffset({ code }: Layout, address: number): number {
  const segment = code.find((each) => address >= each.address && address < each.address + each.size);
  return segment ? address - segment.address + segment.offset : -1;
}

export function symbolAddress({ code }: Layout, offset: number): number {
  const segment = code.find((each) => offset >= each.offset && offset < each.offset + each.size);
  return segment ? offset - segment.offset + segment.address : -1;
}

/** Function names by the addon alone. */
export class ObjectFiles {
  readonly #addon = loadAddon();
  readonly #layouts = new Map<string, Layout | null>();
  readonly #handles = new Map<string, number | null>();

  layout(path: string): Layout | null {
    let layout = this.#layouts.get(path);
    if (layout === undefined) {
      try {
        layout = readLayout(realpathSync(path));
      } catch {
        layout = null; // no file: [vdso], memory, deleted
      }
      this.#layouts.set(path, layout);
    }
    return layout;
  }

  /** Empty strings where there is no name. */
  async names(path: string, offsets: readonly number[]): Promise<string[]> {
    let handle = this.#handles.get(path);
    if (handle === undefined) {
      handle = this.layout(path) ? (await this.#addon.openObject(realpathSync(path), '', DEBUG_FOLDERS)).handle : null;
      this.#handles.set(path, handle);
    }
    if (handle === null) return offsets.map(() => '');
    const { name, names } = await this.#addon.symbolize(handle, Float64Array.from(offsets));
    return [...name].map((index) => names[index] ?? '');
  }

  /** The place lies in the code at which the program, or the dynamic linker, is entered. */
  isEntry(path: string, offset: number): boolean {
    const layout = this.layout(path);
    if (!layout) return false;
    const entry = fileOffset(layout, layout.entry);
    return layout.entry !== 0 && offset >= entry && offset < entry + ENTRY_LENGTH;
  }

  demangle(name: string): string {
    return this.#addon.demangle(name);
  }

  close(): void {
    for (const handle of this.#handles.values()) if (handle !== null) this.#addon.closeObject(handle);
    this.#handles.clear();
  }
}
