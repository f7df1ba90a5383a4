// SPDX-License-Identifier: Apache-2.0
/** The names of one module, wherever they come from: an object file, an image, or the kernel's table. */
import { stat } from 'node:fs/promises';
import type { Addon, OpenedObject, Places } from '../../../native/addon/addon.d.ts';
import type { ModuleIndex } from '../../../profile/units.ts';
import type { FramePlace } from './function-rows.ts';
import type { KernelSymbols } from './kernel-symbols.ts';
import { knownAs, useObject, type ModuleFiles } from './object-access.ts';

/** Where names came from. `symbols`: functions of the object or table. */
export interface NameSource {
  source: string;
  /** Empty: none. */
  debugFile: string;
  symbols: number;
  /** Where source lines and inlined functions are; absent: nowhere. */
  lines?: 'own' | 'debug-file';
}

/** Names of offsets: '' where there is none. */
export interface Named {
  names: string[];
  /** Where they are in the source, as far as it is known; absent: nowhere. */
  places?: readonly (FramePlace | null)[];
  /** Those that are known to their last place: nothing more is to be asked of these. */
  whole?: { known: Uint8Array; places: Places };
  /** The module whose functions they are, where it is another one. */
  home?: ModuleIndex;
  source: NameSource | null;
  /** Why those without a name have none: a sentence that names the file by its path. */
  reason: string;
  /** Debug symbols would help. A path: they may be in a package, since this file of our own system is the one. */
  stripped: boolean | string;
}

/** Offsets asked at a time, so that the main thread never appends for long. */
const BATCH = 4096;

export function nameFromKernel(symbols: KernelSymbols, offsets: readonly number[]): Named {
  return {
    names: offsets.map((offset) => symbols.find(offset)),
    source: { source: 'kallsyms', debugFile: '', symbols: symbols.size },
    reason: 'The symbols of the kernel name no function at this place.',
    stripped: false,
  };
}

/** Names from an image in memory. */
export async function nameFromImage(addon: Addon, image: Uint8Array, buildId: string, offsets: readonly number[]): Promise<Named> {
  const opened = await addon.openImage(image, buildId);
  try {
    return await nameFromObject(addon, opened, offsets, 'The vdso');
  } finally {
    addon.closeObject(opened.handle);
  }
}

/**
 * Names from the first of the files that can be read.
 * @throws the most telling of the failures
 */
export async function nameFromFiles(addon: Addon, files: ModuleFiles, offsets: readonly number[]): Promise<Named> {
  return useObject(addon, files, async (opened, candidate) => {
    const named = await nameFromObject(addon, opened, offsets, files.path);
    if (named.stripped && (await isSameFile(candidate, files.path))) named.stripped = files.path;
    return named;
  });
}

/**
 * Source lines and inlined functions from the same file; a sentence where its debug information cannot be read.
 * @throws as `nameFromFiles`
 */
export async function placesFromFiles(addon: Addon, files: ModuleFiles, offsets: Float64Array): Promise<Places | string> {
  return useObject(addon, files, ({ handle }) => addon.locate(handle, offsets).catch((error: Error) => knownAs(files.path, error.message)));
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  try {
    const [one, other] = await Promise.all([stat(a), stat(b)]);
    return one.ino === other.ino && one.dev === other.dev;
  } catch {
    return false;
  }
}

async function nameFromObject(addon: Addon, opened: OpenedObject, offsets: readonly number[], what: string): Promise<Named> {
  const names: string[] = [];
  for (let start = 0; start < offsets.length; start += BATCH) {
    const batch = await addon.symbolize(opened.handle, Float64Array.from(offsets.slice(start, start + BATCH)));
    for (const index of batch.name) names.push(index < 0 ? '' : batch.names[index]!);
  }
  const { source, debugInfo, debugFile, symbols } = opened;
  const lines = debugInfo === 'none' ? {} : { lines: debugInfo };
  return { names, source: { source, debugFile, symbols, ...lines }, reason: reasonFor(source, what), stripped: source === 'none' || source === 'dynsym' };
}

function reasonFor(source: OpenedObject['source'], what: string): string {
  switch (source) {
    case 'none':
      return `${what} has no symbols, and no debug file of its build was found.`;
    case 'dynsym':
      return `${what} names only what it exports, and no debug file of its build was found.`;
    case 'symtab':
    case 'debug-file':
    case 'gnu-debugdata':
      return `The symbols of ${what} name no function at this place.`;
    default:
      return source satisfies never;
  }
}
