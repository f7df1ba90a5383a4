// SPDX-License-Identifier: Apache-2.0
/** Objects whose symbols are open in the addon, shared by all recordings of this process, bounded by bytes. */
import type { Addon, OpenedObject } from '../../../native/addon/addon.d.ts';

interface Entry {
  readonly opened: Promise<OpenedObject>;
  users: number;
  /** 0 while it is being opened. */
  bytes: number;
}

/** Chromium's symbols take 330 MB, node's 18, a C library's 0.3. */
const MAX_BYTES = 512 * 2 ** 20;

export class ObjectCache {
  static readonly #instances = new WeakMap<Addon, ObjectCache>();
  readonly #addon: Addon;
  readonly #maxBytes: number;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  /** Still in use. */
  readonly #forgotten = new Set<Entry>();
  #bytes = 0;

  constructor(addon: Addon, maxBytes = MAX_BYTES) {
    this.#addon = addon;
    this.#maxBytes = maxBytes;
  }

  static of(addon: Addon): ObjectCache {
    let cache = this.#instances.get(addon);
    if (!cache) this.#instances.set(addon, (cache = new ObjectCache(addon)));
    return cache;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Opens an object, or takes the one opened under this key before, and keeps it open while `use` runs.
   * What fails to open is not remembered.
   */
  async use<T>(key: string, open: () => Promise<OpenedObject>, use: (object: OpenedObject) => Promise<T>): Promise<T> {
    const entry = this.#entries.get(key) ?? this.#add(key, open);
    // The end of the map is what was used last.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.users++;
    try {
      return await use(await entry.opened);
    } finally {
      entry.users--;
      this.#closeForgotten();
      this.#evict();
    }
  }

  /** The object is opened anew next time, since there is more to find with it now. */
  forget(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#forgotten.add(entry);
    this.#closeForgotten();
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  #add(key: string, open: () => Promise<OpenedObject>): Entry {
    const entry: Entry = { users: 0, bytes: 0, opened: open() };
    entry.opened.then(
      (object) => {
        entry.bytes = object.bytes;
        this.#bytes += object.bytes;
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
        this.#forgotten.delete(entry);
      },
    );
    return entry;
  }

  #closeForgotten(): void {
    for (const entry of this.#forgotten) {
      if (entry.users > 0 || entry.bytes === 0) continue;
      this.#forgotten.delete(entry);
      this.#close(entry);
    }
  }

  #close(entry: Entry): void {
    this.#bytes -= entry.bytes;
    void entry.opened.then(({ handle }) => this.#addon.closeObject(handle));
  }

  #evict(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) return;
      if (entry.users > 0 || entry.bytes === 0) continue;
      this.#entries.delete(key);
      this.#close(entry);
    }
  }
}
