// SPDX-License-Identifier: Apache-2.0
/** What the buttons of the library do. */
import type { Annotations, LibraryChange, LibraryEntry } from '../../ipc/contract.ts';
import { formatCount } from '../app/format.ts';
import type { Session } from '../app/session.ts';
import { addToast, closeToast } from '../app/store.ts';
import { joinCommand } from '../picker/command-line.ts';
import { changed, listed, type Listing } from './listing.ts';

export class LibrarySession {
  readonly #session: Session;
  /** Deletion -> the message that offers to undo it. */
  readonly #offers = new Map<number, number>();

  constructor(session: Session) {
    this.#session = session;
  }

  change(step: (listing: Listing) => Listing): void {
    this.#session.store.setState(({ library }) => ({ library: step(library) }));
  }

  told(change: LibraryChange): void {
    const { folder } = this.#session.store.getState().library;
    // Another window chose another folder: what was marked here is not in it.
    if (folder !== null && change.folder !== folder) {
      this.#moved(change.folder);
      return void this.enter();
    }
    this.change((listing) => changed(listing, change));
  }

  /** Reads the folder, and is told of changes until `leave`. */
  async enter(): Promise<void> {
    const { engine } = this.#session;
    await this.#session.attempt(async () => {
      await engine.call('watchLibrary', true);
      const list = await engine.call('library');
      this.change((listing) => listed(listing, list));
    });
  }

  leave(): void {
    void this.#session.engine.call('watchLibrary', false).catch(() => undefined);
  }

  async open(file: string): Promise<void> {
    await this.#session.open(() => this.#session.engine.call('openFromLibrary', file));
  }

  /** @returns whether it is called so now */
  async rename(file: string, name: string): Promise<boolean> {
    let done = false;
    await this.#session.attempt(async () => {
      const renamed = await this.#session.engine.call('renameInLibrary', file, name);
      this.change((listing) => ({ ...listing, active: renamed }));
      done = true;
    });
    return done;
  }

  /** @returns whether it is kept */
  async annotate(file: string, annotations: Annotations): Promise<boolean> {
    let done = false;
    await this.#session.attempt(async () => {
      const entry = await this.#session.engine.call('annotate', file, annotations);
      this.change((listing) => ({ ...listing, entries: new Map(listing.entries).set(file, entry) }));
      done = true;
    });
    return done;
  }

  async remove(files: readonly string[]): Promise<void> {
    if (files.length === 0) return;
    await this.#session.attempt(async () => {
      const { id } = await this.#session.engine.call('deleteFromLibrary', [...files]);
      this.change((listing) => ({ ...listing, marked: [], deletions: [...listing.deletions, id] }));
      const what = files.length === 1 ? `“${files[0]!.replace(/\.ember$/i, '')}”` : `${formatCount(files.length)} recordings`;
      addToast(this.#session.store, {
        kind: 'done',
        message: `Deleted ${what}.`,
        detail: 'It lies in the trash.',
        action: { title: 'Undo', run: () => void this.undo(id) },
      });
      this.#offers.set(id, this.#session.store.getState().toasts.at(-1)!.id);
    });
  }

  /** @param id of the deletion; by default the last */
  async undo(id = this.#session.store.getState().library.deletions.at(-1)): Promise<void> {
    if (id === undefined) return;
    this.change((listing) => ({ ...listing, deletions: listing.deletions.filter((one) => one !== id) }));
    const offer = this.#offers.get(id);
    if (offer !== undefined) closeToast(this.#session.store, offer);
    await this.#session.attempt(async () => {
      const files = await this.#session.engine.call('undoDeletion', id);
      this.change((listing) => ({ ...listing, active: files[0] ?? listing.active }));
      addToast(this.#session.store, { kind: 'done', message: `Brought back ${files.length === 1 ? `“${files[0]!.replace(/\.ember$/i, '')}”` : `${formatCount(files.length)} recordings`}.`, detail: '' });
    });
  }

  async reveal(file: string): Promise<void> {
    await this.#session.attempt(async () => void (await this.#session.engine.call('reveal', file)));
  }

  /** @returns whether it is the folder now */
  async moveTo(folder: string): Promise<boolean> {
    let done = false;
    await this.#session.attempt(async () => {
      const list = await this.#session.engine.call('moveLibrary', folder);
      this.#moved(list.folder);
      this.change((listing) => listed(listing, list));
      await this.enter();
      done = true;
    });
    return done;
  }

  #moved(folder: string): void {
    this.change((listing) => ({ ...listing, folder, failure: null, entries: new Map(), active: null, marked: [] }));
    this.#session.store.setState(({ engine }) => ({ engine: engine && { ...engine, recordingsFolder: folder } }));
  }

  /**
   * The same target with the same settings, and what was asked of functions. What a file says is not started unseen: a
   * command is shown before; processes are those of the same name and command line, or are chosen.
   */
  async runAgain({ facts, file }: LibraryEntry): Promise<void> {
    const { store, engine } = this.#session;
    await this.#session.attempt(async () => {
      const repetition = await engine.call('repetition', file);
      if (facts === null || repetition.kind === 'impossible') {
        if (repetition.kind === 'impossible') addToast(store, { kind: 'failure', message: repetition.failure.message, detail: repetition.failure.remedy });
        return;
      }
      const isOfProbes = facts.question === 'probes';
      if (!isOfProbes) this.#session.setSettings({ ...facts.settings, question: facts.question });
      store.setState({ screen: isOfProbes ? 'functions' : 'live', repeated: isOfProbes ? facts.probes : [], failure: repetition.kind === 'ready' ? null : repetition.failure });
      switch (repetition.kind) {
        case 'ready':
          return this.#session.begin(repetition.target, facts.target);
        case 'command':
          return store.setState({ dialog: 'launch', suggestion: { command: joinCommand(repetition.command), folder: repetition.folder } });
        case 'choose':
          // Where nothing is recorded the live screen is the picker.
          return store.setState({ dialog: isOfProbes || store.getState().recording !== null ? 'picker' : null, suggestion: { filter: repetition.name } });
        default:
          repetition satisfies never;
      }
    });
  }
}
