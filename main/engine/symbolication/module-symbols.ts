// SPDX-License-Identifier: Apache-2.0
/** The names of one module, wherever they come from: an object file, an image, or the kernel's table. */
import { stat } from 'node:fs/promises';
import type { Addon, OpenedObject } from '../../../native/addon/addon.d.ts';
import type { ModuleIndex } from '../../../profile/units.ts';
import type { FramePlace } from './function-rows.ts';
import type { KernelSymbols } from './kernel-symbols.ts';
import { ObjectCache } from './object-cache.ts';
import { debugFoldersOf } from './object-source.ts';

/** Where names came from. `symbols`: functions of the object or table. */
export interface NameSource {
  source: string;
  /** Empty: none. */
  debugFile: string;
  symbols: number;
}

/** Names of offsets: '' where there is none. */
export interface Named {
  names: string[];
  /** Where they are in the source, as far as it is known; absent: nowhere. */
  places?: readonly (FramePlace | null)[];
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
/** A file on a dead network mount, or on a hostile FUSE one, never answers. */
const OPEN_TIMEOUT_MS = 20_000;
/** The failure that says most, first. */
const TELLING = ['EBUILDID', 'EMALFORMED', 'EACCES', 'EIO', 'ENOTELF', 'ENOENT'];

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
 * @param path of the module, by which people know it
 * @throws the most telling of the failures
 */
export async function nameFromFiles(
  addon: Addon,
  path: string,
  candidates: readonly string[],
  buildId: string,
  debugFolders: readonly string[] | undefined,
  offsets: readonly number[],
): Promise<Named> {
  const cache = ObjectCache.of(addon);
  const failures: { code: string; error: Error }[] = [];
  // The same bytes whatever the path: any candidate will do for an object that is open already.
  const known = buildId === '' ? undefined : `id ${buildId} ${(debugFolders ?? []).join(':')}`;
  for (const candidate of candidates) {
    try {
      const key = known ?? (await fileKey(candidate));
      const open = () => openInTime(addon, candidate, buildId, debugFoldersOf(candidate, debugFolders));
      const named = await cache.use(key, open, (opened) => nameFromObject(addon, opened, offsets, path));
      if (named.stripped && (await isSameFile(candidate, path))) named.stripped = path;
      return named;
    } catch (error) {
      // Of a process that has ended its way to the file says nothing about the file.
      const gone = /No such process/.test((error as Error).message);
      failures.push({ code: gone ? 'gone' : String((error as { code?: unknown }).code), error: error as Error });
    }
  }
  failures.sort((a, b) => rank(a.code) - rank(b.code));
  const [first] = failures;
  if (!first) throw new Error(`No file is known for ${path}.`);
  throw new Error(knownAs(path, first.error.message));
}

/** A sentence without the ways on which we came to the file. */
function knownAs(path: string, sentence: string): string {
  return sentence.replace(/\/proc\/\d+\/map_files\/[0-9a-f]+-[0-9a-f]+/g, path).replace(/\/proc\/\d+\/root(?=\/)/g, '');
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  try {
    const [one, other] = await Promise.all([stat(a), stat(b)]);
    return one.ino === other.ino && one.dev === other.dev;
  } catch {
    return false;
  }
}

function rank(code: string): number {
  const place = TELLING.indexOf(code);
  return place < 0 ? TELLING.length : place;
}

/** Without a build id only this says that a file is still the one that was opened. @throws Error ENOENT, EACCES */
async function fileKey(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs } = await stat(path);
    return `file ${dev} ${ino} ${size} ${mtimeMs} ${path}`;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'EIO';
    const sentence = code === 'ENOENT' ? `${path} does not exist.` : `${path} cannot be read (${code}).`;
    throw Object.assign(new Error(sentence), { code });
  }
}

async function openInTime(addon: Addon, path: string, buildId: string, debugFolders: string[]): Promise<OpenedObject> {
  const opened = addon.openObject(path, buildId, debugFolders);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      opened.then(({ handle }) => addon.closeObject(handle), () => undefined);
      reject(Object.assign(new Error(`${path} could not be read within ${OPEN_TIMEOUT_MS / 1000} seconds.`), { code: 'EIO' }));
    }, OPEN_TIMEOUT_MS);
  });
  try {
    return await Promise.race([opened, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function nameFromObject(addon: Addon, opened: OpenedObject, offsets: readonly number[], what: string): Promise<Named> {
  const names: string[] = [];
  for (let start = 0; start < offsets.length; start += BATCH) {
    const batch = await addon.symbolize(opened.handle, Float64Array.from(offsets.slice(start, start + BATCH)));
    for (const index of batch.name) names.push(index < 0 ? '' : batch.names[index]!);
  }
  const { source, debugFile, symbols } = opened;
  return { names, source: { source, debugFile, symbols }, reason: reasonFor(source, what), stripped: source === 'none' || source === 'dynsym' };
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
