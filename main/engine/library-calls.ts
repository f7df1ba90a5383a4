// SPDX-License-Identifier: Apache-2.0
/** What one window may ask of the library, and what it is told. */
import type { WindowPeer } from '../../ipc/connection.ts';
import type { Annotations, Deletion, LibraryEntry, LibraryList, Repetition } from '../../ipc/contract.ts';
import type { Engine } from './engine.ts';
import { reveal } from './library/reveal.ts';

/** Entries in one message. */
const AT_ONCE = 1000;

export class LibraryCalls {
  readonly #engine: Engine;
  #peer: WindowPeer | null = null;
  #end: (() => void) | null = null;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  attachWindow(peer: WindowPeer): void {
    this.#peer = peer;
  }

  detach(): void {
    this.#peer = null;
    this.watchLibrary(false);
  }

  async library(): Promise<LibraryList> {
    const { library } = this.#engine;
    // What was known a moment ago is shown at once; what changed meanwhile comes as changes.
    const scan = library.scan();
    return this.#inPieces(library.isKnown ? library.list : await scan);
  }

  watchLibrary(on: boolean): void {
    this.#end?.();
    this.#end = on
      ? this.#engine.library.subscribe((change) => {
          for (let at = 0; at === 0 || at < change.entries.length; at += AT_ONCE) {
            this.#peer?.emit('library', { ...change, entries: change.entries.slice(at, at + AT_ONCE), removed: at === 0 ? change.removed : [] });
          }
        })
      : null;
  }

  repetition(file: string): Promise<Repetition> {
    return this.#engine.repetition(file);
  }

  thumbnail(file: string): Promise<string> {
    return this.#engine.library.thumbnail(file);
  }

  renameInLibrary(file: string, name: string): string {
    return this.#engine.library.rename(file, name);
  }

  annotate(file: string, annotations: Annotations): Promise<LibraryEntry> {
    return this.#engine.library.annotate(file, annotations);
  }

  deleteFromLibrary(files: string[]): Deletion {
    return this.#engine.library.remove(files);
  }

  undoDeletion(id: number): string[] {
    return this.#engine.library.undo(id);
  }

  reveal(file: string): Promise<void> {
    return reveal(this.#engine.library.pathOf(file));
  }

  moveLibrary(folder: string): LibraryList {
    this.#engine.moveLibrary(folder);
    return this.#engine.library.list;
  }

  /** What does not go into one message follows as changes. */
  #inPieces(list: LibraryList): LibraryList {
    const { folder, failure, entries, waiting } = list;
    setImmediate(() => {
      for (let at = AT_ONCE; at < entries.length; at += AT_ONCE) this.#peer?.emit('library', { folder, entries: entries.slice(at, at + AT_ONCE), removed: [], renamed: null, failure, waiting });
    });
    return { ...list, entries: entries.slice(0, AT_ONCE) };
  }
}
