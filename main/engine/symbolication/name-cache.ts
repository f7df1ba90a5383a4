// SPDX-License-Identifier: Apache-2.0
/**
 * Names and places that were found before, in this process or another, kept on disk: a second session on the same
 * objects opens none of them. Never an error to anybody: what cannot be had is as if it were not there.
 */
import { stat } from 'node:fs/promises';
import type { Worker } from 'node:worker_threads';
import type { Places } from '../../../native/addon/addon.d.ts';
import { startBeside } from '../beside.ts';
import { places as parts } from '../places.ts';
import type { NameSource } from './module-symbols.ts';
import type { StoredNames } from './name-store.ts';
import type { ModuleFiles } from './object-access.ts';
import { debugFoldersOf } from './object-source.ts';

/** What is kept of an object beside its places. */
export interface AboutObject {
  source: NameSource;
  reason: string;
  stripped: boolean | string;
  /** The debug file's identity, where its build id did not lead to it. Empty: there is none such. */
  linked: string;
}

export interface CachedNames {
  about: AboutObject;
  /** Per offset: 1 where it is known. */
  known: Uint8Array;
  places: Places;
}

/** `places`: to be stored; else what is asked for. */
export interface CacheTask {
  number: number;
  key: string;
  about: string;
  offsets: Float64Array;
  places?: Places;
}

export interface CacheAnswer {
  number: number;
  found: StoredNames | null;
}

/** Names are not waited for longer: the object itself is then quicker. */
const PATIENCE_MS = 2000;
/** Before the process ends. */
const LAST_PATIENCE_MS = 2000;

export class NameCache {
  readonly #path: string;
  readonly #maxBytes: number | undefined;
  readonly #asked = new Map<number, (found: StoredNames | null) => void>();
  #worker: Worker | null = null;
  #number = 0;
  #broken = false;

  /** @param path of the SQLite file; its folder is made when needed */
  constructor(path: string, maxBytes?: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  /** null: it knows nothing of this object. */
  async find(key: string, offsets: Float64Array): Promise<CachedNames | null> {
    const found = await this.#ask({ number: 0, key, about: '', offsets }, PATIENCE_MS);
    const about = found && aboutFrom(found.about);
    if (!found || !about) return null;
    if (about.linked !== '' && (await identityOf(about.source.debugFile)) !== about.linked) return null;
    return { about, known: found.known, places: found.places };
  }

  /** Written later, by another thread. */
  store(key: string, about: AboutObject, offsets: Float64Array, places: Places): void {
    void this.#ask({ number: 0, key, about: JSON.stringify(about), offsets, places }, Infinity);
  }

  /** Writes what was stored, unless that takes long. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#broken = true;
    this.#worker = null;
    if (!worker) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    const timer = setTimeout(() => void worker.terminate(), LAST_PATIENCE_MS);
    worker.postMessage(null);
    await ended;
    clearTimeout(timer);
  }

  #ask(task: CacheTask, patience: number): Promise<StoredNames | null> {
    if (this.#broken) return Promise.resolve(null);
    const number = ++this.#number;
    const { promise, resolve } = Promise.withResolvers<StoredNames | null>();
    const timer = patience === Infinity ? undefined : setTimeout(() => this.#answer({ number, found: null }), patience);
    this.#asked.set(number, (found) => {
      clearTimeout(timer);
      resolve(found);
    });
    try {
      this.#worker ??= this.#start();
      this.#worker.postMessage({ ...task, number });
    } catch {
      this.#fail();
    }
    return promise;
  }

  #answer({ number, found }: CacheAnswer): void {
    this.#asked.get(number)?.(found);
    this.#asked.delete(number);
  }

  #fail(): void {
    this.#broken = true;
    for (const number of [...this.#asked.keys()]) this.#answer({ number, found: null });
  }

  #start(): Worker {
    const { nameCacheThread } = parts();
    const options = { workerData: { path: this.#path, maxBytes: this.#maxBytes }, name: 'names' };
    const worker = startBeside(nameCacheThread, options);
    worker.unref();
    worker.on('message', (answer: CacheAnswer) => this.#answer(answer));
    worker.on('error', () => this.#fail());
    worker.on('exit', () => this.#fail());
    return worker;
  }
}

export interface ObjectKey {
  key: string;
  /** The debug file to which its build id leads; empty: none. */
  debugFile: string;
}

/**
 * What an object is known by: its build id, the file (others may have the same id and fewer names, or be made to
 * mislead), and the debug file that its build id leads to, which may be installed or removed. null: not to be cached.
 */
export async function objectKey({ candidates, buildId, debugFolders }: ModuleFiles): Promise<ObjectKey | null> {
  if (buildId.length <= 2) return null;
  for (const candidate of candidates) {
    const object = await identityOf(candidate);
    if (object === '') continue;
    for (const debugFile of debugFoldersOf(candidate, debugFolders).flatMap((folder) => debugFilesById(folder, buildId))) {
      const debug = await identityOf(debugFile);
      if (debug !== '') return { key: `${buildId} ${object} ${debug}`, debugFile };
    }
    return { key: `${buildId} ${object}`, debugFile: '' };
  }
  return null;
}

/** @param source whose debug file was found otherwise than by its build id, if at all */
export async function linkedIdentity(source: NameSource, buildId: string): Promise<string> {
  const byId = debugFilesById('', buildId).some((end) => source.debugFile.endsWith(end));
  return source.debugFile === '' || byId ? '' : identityOf(source.debugFile);
}

/** As distributions keep it, and as clients of debuginfod do. */
function debugFilesById(folder: string, buildId: string): string[] {
  return [`${folder}/.build-id/${buildId.slice(0, 2)}/${buildId.slice(2)}.debug`, `${folder}/${buildId}/debuginfo`];
}

/** Empty: it is not there. */
async function identityOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs].join(':');
  } catch {
    return '';
  }
}

/** null: it is not what was stored. */
function aboutFrom(text: string): AboutObject | null {
  try {
    const about = JSON.parse(text) as Partial<AboutObject> | null;
    const { source, reason, stripped, linked } = about ?? {};
    const isSource = typeof source?.source === 'string' && typeof source.debugFile === 'string' && typeof source.symbols === 'number';
    const isStripped = typeof stripped === 'string' || typeof stripped === 'boolean';
    return isSource && typeof reason === 'string' && isStripped && typeof linked === 'string' ? { source, reason, stripped, linked } : null;
  } catch {
    return null;
  }
}
