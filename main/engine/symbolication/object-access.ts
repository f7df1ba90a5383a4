// SPDX-License-Identifier: Apache-2.0
/** Opens a module's object in the addon: from the first of the files that can be read, once for all who ask. */
import { stat } from 'node:fs/promises';
import type { Addon, OpenedObject } from '../../../native/addon/addon.d.ts';
import { ObjectCache } from './object-cache.ts';
import { debugFoldersOf } from './object-source.ts';

export interface ModuleFiles {
  /** By which people know it. */
  path: string;
  /** Best first. */
  candidates: readonly string[];
  /** Hexadecimal; empty: not known. */
  buildId: string;
  debugFolders: readonly string[] | undefined;
}

/** A file on a dead network mount, or on a hostile FUSE one, never answers. */
const OPEN_TIMEOUT_MS = 20_000;
/** The failure that says most, first. */
const TELLING = ['EBUILDID', 'EMALFORMED', 'EACCES', 'EIO', 'ENOTELF', 'ENOENT'];

/**
 * Keeps the object open while `use` runs; if that fails, the next file is tried.
 * @param use is told from which of the candidates it is
 * @throws the most telling of the failures
 */
export async function useObject<T>(
  addon: Addon,
  { path, candidates, buildId, debugFolders }: ModuleFiles,
  use: (opened: OpenedObject, candidate: string) => Promise<T>,
): Promise<T> {
  const cache = ObjectCache.of(addon);
  const failures: { code: string; error: Error }[] = [];
  // The same bytes whatever the path: any candidate will do for an object that is open already.
  const known = buildId === '' ? undefined : keyOf(buildId, debugFolders);
  for (const candidate of candidates) {
    try {
      const key = known ?? (await fileKey(candidate));
      const open = () => openInTime(addon, candidate, buildId, debugFoldersOf(candidate, debugFolders));
      return await cache.use(key, open, (opened) => use(opened, candidate));
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

/** A debug file of this build has come: what is open knows nothing of it. */
export function forgetObject(addon: Addon, buildId: string, debugFolders: readonly string[] | undefined): void {
  ObjectCache.of(addon).forget(keyOf(buildId, debugFolders));
}

function keyOf(buildId: string, debugFolders: readonly string[] | undefined): string {
  return `id ${buildId} ${(debugFolders ?? []).join(':')}`;
}

/** A sentence without the ways on which we came to the file. */
export function knownAs(path: string, sentence: string): string {
  return sentence.replace(/\/proc\/\d+\/map_files\/[0-9a-f]+-[0-9a-f]+/g, path).replace(/\/proc\/\d+\/root(?=\/)/g, '');
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
