// SPDX-License-Identifier: Apache-2.0
/** Names and places of modules that lie in files: those that were found before from the cache, the others from their objects. */
import type { Addon, Places } from '../../../native/addon/addon.d.ts';
import { nameFromFiles, placesFromFiles, type Named, type NameSource } from './module-symbols.ts';
import { linkedIdentity, objectKey, type NameCache } from './name-cache.ts';
import type { ModuleFiles } from './object-access.ts';
import { nameOnly, PlaceListBuilder, placesAt } from './place-list.ts';

/** Offsets put together for the cache before the event loop gets its turn. */
const KEPT_AT_ONCE = 2048;

export class FileNames {
  readonly #addon: () => Addon;
  readonly #cache: NameCache | null;

  constructor(addon: () => Addon, cache: NameCache | null) {
    this.#addon = addon;
    this.#cache = cache;
  }

  /** @throws Error with a sentence, the most telling of the failures */
  async name(files: ModuleFiles, offsets: readonly number[]): Promise<Named> {
    const known = this.#cache && (await objectKey(files));
    const cached = known ? await this.#cache!.find(known.key, Float64Array.from(offsets)) : null;
    if (!cached) return nameFromFiles(this.#addon(), files, offsets);
    const { about, places } = cached;
    const missing = [...offsets.keys()].filter((i) => cached.known[i] === 0);
    const names = offsets.map((_, i) => (cached.known[i] === 0 ? '' : (placesAt(places, i)[0]?.name ?? '')));
    const whole = { known: cached.known, places };
    if (missing.length === 0) return { names, whole, source: about.source, reason: about.reason, stripped: about.stripped };
    try {
      const others = await nameFromFiles(this.#addon(), files, missing.map((i) => offsets[i]!));
      missing.forEach((i, at) => (names[i] = others.names[at]!));
      return { ...others, names, whole };
    } catch (error) {
      return { names, whole, source: about.source, reason: (error as Error).message, stripped: false };
    }
  }

  /** A sentence where debug information cannot be read. @throws as `name` */
  locate(files: ModuleFiles, offsets: Float64Array): Promise<Places | string> {
    return placesFromFiles(this.#addon(), files, offsets);
  }

  /** Keeps what there is no more to be known of. */
  async keep(files: ModuleFiles, about: { source: NameSource; reason: string; stripped: boolean | string }, offsets: Float64Array, places: Places): Promise<void> {
    const known = this.#cache && (await objectKey(files));
    if (!known) return;
    // Installed when the object was open already: it would say more.
    if (known.debugFile !== '' && known.debugFile !== about.source.debugFile && about.source.lines !== 'own') return;
    this.#cache?.store(known.key, { ...about, linked: await linkedIdentity(about.source, files.buildId) }, offsets, places);
  }

  /** The same for names of an object that has no source lines; what is known whole was kept before. */
  async keepNames(files: ModuleFiles, { names, whole, source, reason, stripped }: Named, offsets: readonly number[]): Promise<void> {
    if (!this.#cache || !source || source.lines) return;
    const fresh = [...offsets.keys()].filter((i) => !whole?.known[i]);
    for (let start = 0; start < fresh.length; start += KEPT_AT_ONCE) {
      const part = fresh.slice(start, start + KEPT_AT_ONCE);
      const list = new PlaceListBuilder();
      for (const i of part) list.add(names[i] ? [nameOnly(names[i])] : []);
      await this.keep(files, { source, reason, stripped }, Float64Array.from(part, (i) => offsets[i]!), list.take());
      await new Promise(setImmediate);
    }
  }
}
