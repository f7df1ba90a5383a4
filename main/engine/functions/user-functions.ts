// SPDX-License-Identifier: Apache-2.0
/** Functions and markers of the files that processes have mapped, by the names that people write. */
import { stat } from 'node:fs/promises';
import type { Prototype } from '../../../profile/prototype.ts';
import { libraryPrototypes } from './c-prototype.ts';
import { readElfNames, type ElfMarker } from './elf-functions.ts';
import { codeFiles, type CodeFile } from './mapped-files.ts';
import { demangle } from '../symbolication/demangle.ts';
import { defaultDebugFolders } from '../symbolication/object-source.ts';

export interface UserFunction {
  /** Demangled. */
  name: string;
  /** As it stands in the file's table. */
  symbol: string;
  /** Bytes from the beginning of the file; -1: only a separate debug file knows it. */
  offset: number;
}

export interface FileNames {
  /** As the process sees it. */
  path: string;
  functions: readonly UserFunction[];
  markers: readonly ElfMarker[];
}

/** Of files whose names are kept: node has 110,000, a C library 2,600. */
const MAX_FILES = 64;
/** Names demangled before others are let do something. */
const AT_ONCE = 4096;

export class UserFunctions {
  /** By identity of the file; least recently used first. */
  readonly #files = new Map<string, Promise<Omit<FileNames, 'path'>>>();

  /** The files of a process; null: it is gone, or not this user's to look into. `unread`: their names could not be read. */
  async of(tgid: number): Promise<{ files: FileNames[]; unread: string[] } | null> {
    const found = await codeFiles(tgid);
    if (!found) return null;
    const files: FileNames[] = [];
    const unread: string[] = [];
    for (const file of found) {
      const names = await this.names(file);
      if (names) files.push(names);
      else unread.push(file.path);
    }
    return { files, unread };
  }

  /** null: none of the ways to it can be read. */
  async names({ path, candidates }: CodeFile): Promise<FileNames | null> {
    for (const candidate of candidates) {
      try {
        const { dev, ino, size, mtimeMs } = await stat(candidate);
        const key = `${dev} ${ino} ${size} ${mtimeMs}`;
        const known = this.#files.get(key) ?? readFileNames(candidate);
        this.#files.delete(key);
        this.#files.set(key, known);
        if (this.#files.size > MAX_FILES) this.#files.delete(this.#files.keys().next().value!);
        try {
          return { path, ...(await known) };
        } catch {
          this.#files.delete(key);
        }
      } catch {
        // The next way to it may do.
      }
    }
    return null;
  }

  prototype(path: string, symbol: string): Prototype | null {
    return /\/((libc|libpthread|libdl)[.-][^/]*|bash)$/.test(path) ? (libraryPrototypes.get(symbol) ?? null) : null;
  }
}

async function readFileNames(path: string): Promise<Omit<FileNames, 'path'>> {
  const { functions, markers, buildId, complete } = await readElfNames(path);
  const found: UserFunction[] = [];
  for (const [i, { symbol, offset }] of functions.entries()) {
    if (i % AT_ONCE === AT_ONCE - 1) await new Promise(setImmediate);
    found.push({ name: demangle(symbol), symbol, offset });
  }
  if (!complete && buildId.length > 4) {
    const known = new Set(functions.map(({ symbol }) => symbol));
    for (const symbol of await debugFileSymbols(buildId)) if (!known.has(symbol)) found.push({ name: demangle(symbol), symbol, offset: -1 });
  }
  return { functions: found, markers };
}

/** What a separate debug file names, so that one can say why it cannot be probed. */
async function debugFileSymbols(buildId: string): Promise<string[]> {
  for (const folder of defaultDebugFolders()) {
    try {
      const { functions } = await readElfNames(`${folder}/.build-id/${buildId.slice(0, 2)}/${buildId.slice(2)}.debug`);
      return functions.map(({ symbol }) => symbol);
    } catch {
      // Not there; most have none.
    }
  }
  return [];
}
