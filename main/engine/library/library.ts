// SPDX-License-Identifier: Apache-2.0
/** The library: the folder of recordings, what is known of each file in it, and what can be done with them. */
import { existsSync, mkdirSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Failure } from '../../../ipc/contract.ts';
import type { Annotations, Deletion, LibraryChange, LibraryEntry, LibraryList } from '../../../ipc/library-contract.ts';
import { FailureError, failureOf, libraryFailures } from '../failures.ts';
import { trashFolder } from '../folders.ts';
import { checkedName, EXTENSION, freePath, movePath } from '../recordings/keeping.ts';
import { rethrowAs, writeFailure } from '../recordings/storage-error.ts';
import { checkedAnnotations } from './annotating.ts';
import { Looking, type LookingListener, type LookingOptions } from './looking.ts';
import { restore, trash, type TrashedFile } from './trash.ts';

/** Files that change together are looked at together. */
const CHANGE_PATIENCE_MS = 250;
/** A folder that cannot be read is tried again while somebody looks: its disk may be mounted. */
const RETURN_PATIENCE_MS = 2000;
/** Deletions that can be undone. */
const DELETIONS = 50;

export interface LibraryOptions extends LookingOptions {
  folder: string;
  /** Path of the index; null: in memory. */
  index: string | null;
  trashFolder?: string;
  /** Files that this engine has open and is writing. */
  isRecorded?: (path: string) => boolean;
  /** Moves a file, which the engine may have open. @throws FailureError */
  move?: (from: string, to: string) => void;
}

export class Library {
  #folder: string;
  readonly #looking: Looking;
  readonly #trash: string;
  readonly #isRecorded: (path: string) => boolean;
  readonly #move: (from: string, to: string) => void;
  readonly #entries = new Map<string, LibraryEntry>();
  readonly #listeners = new Set<(change: LibraryChange) => void>();
  readonly #deletions = new Map<number, TrashedFile[]>();
  #deletionCount = 0;
  #failure: Failure | null = null;
  #waiting = 0;
  #isKnown = false;
  /** The last one that was asked for. */
  #scan = 0;
  #watcher: FSWatcher | null = null;
  #timer: NodeJS.Timeout | null = null;
  #scanned: PromiseWithResolvers<undefined> = Promise.withResolvers();
  #settled: PromiseWithResolvers<undefined> = Promise.withResolvers();

  constructor({ folder, index, trashFolder: trashed = trashFolder(), isRecorded = () => false, move = movePath, ...looking }: LibraryOptions) {
    this.#folder = folder;
    this.#trash = trashed;
    this.#isRecorded = isRecorded;
    this.#move = move;
    this.#looking = new Looking(
      index,
      {
        scanned: (scan, failure, files) => this.#takeScan(scan, failure, files),
        entries: (told) => this.#takeEntries(told),
      },
      looking,
    );
  }

  get folder(): string {
    return this.#folder;
  }

  /** The folder was read before: `list` is as it was then, and changes are told. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  get list(): LibraryList {
    return { folder: this.#folder, failure: this.#failure, entries: [...this.#entries.values()], waiting: this.#waiting };
  }

  /** Reads the folder again; resolves when all files are known by name. */
  async scan(): Promise<LibraryList> {
    this.#beginScan();
    await this.#scanned.promise;
    return this.list;
  }

  /** Resolves when nothing is waiting any more. */
  async settle(): Promise<LibraryList> {
    await this.#settled.promise;
    return this.list;
  }

  /** The folder is watched while somebody listens. Returns what ends it. */
  subscribe(listener: (change: LibraryChange) => void): () => void {
    this.#listeners.add(listener);
    this.#watch();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#unwatch();
    };
  }

  /** @throws FailureError for a name that the library does not know */
  pathOf(file: string): string {
    // Known names come from reading the folder: none leads out of it.
    if (!this.#entries.has(file)) {
      this.#beginScan();
      throw new FailureError(libraryFailures.notThere(file));
    }
    return join(this.#folder, file);
  }

  /** @throws FailureError as `pathOf` */
  entry(file: string): LibraryEntry {
    this.pathOf(file);
    return this.#entries.get(file)!;
  }

  thumbnail(file: string): Promise<string> {
    return this.#entries.has(file) ? this.#looking.thumbnail(this.#folder, file) : Promise.resolve('');
  }

  /** @returns the new file name @throws FailureError */
  rename(file: string, name: string): string {
    const path = this.pathOf(file);
    if (this.#isRecorded(path) || existsSync(`${path}-wal`)) throw new FailureError(libraryFailures.stillRecorded(file));
    const wanted = checkedName(name);
    if (wanted + EXTENSION === file) return file;
    const to = freePath(this.#folder, wanted);
    this.#move(path, to);
    const renamed = to.slice(this.#folder.length + 1);
    const entry = this.#entries.get(file)!;
    const next: LibraryEntry = { ...entry, file: renamed, name: renamed.slice(0, -EXTENSION.length) };
    this.#entries.delete(file);
    this.#entries.set(renamed, next);
    this.#tell([next], [file], { from: file, to: renamed });
    this.#beginScan();
    return renamed;
  }

  /** @throws FailureError */
  async annotate(file: string, annotations: Annotations): Promise<LibraryEntry> {
    const checked = checkedAnnotations(annotations);
    const path = this.pathOf(file);
    if (this.#isRecorded(path)) throw new FailureError(libraryFailures.stillRecorded(file));
    await this.#looking.annotate(this.#folder, file, checked);
    const entry = this.#entries.get(file);
    if (!entry) throw new FailureError(libraryFailures.notThere(file));
    return entry;
  }

  /** All of them or none. @throws FailureError */
  remove(files: readonly string[]): Deletion {
    const paths = files.map((file) => this.pathOf(file));
    // By this engine, or by another one.
    const recorded = files.find((file, i) => this.#isRecorded(paths[i]!) || this.#entries.get(file)?.state.kind === 'recording');
    if (recorded !== undefined) throw new FailureError(libraryFailures.stillRecorded(recorded));
    const gone: TrashedFile[] = [];
    try {
      for (const path of paths) gone.push(trash(path, { folder: this.#trash, move: this.#move }));
    } catch (error) {
      for (const one of gone) restore(one, one.from, this.#move);
      throw error;
    }
    const id = ++this.#deletionCount;
    this.#deletions.set(id, gone);
    for (const old of this.#deletions.keys()) if (old <= id - DELETIONS) this.#deletions.delete(old);
    for (const file of files) this.#entries.delete(file);
    this.#tell([], [...files]);
    this.#beginScan();
    return { id, files: [...files] };
  }

  /** @returns the names under which they are back: others where theirs were taken meanwhile @throws FailureError */
  undo(id: number): string[] {
    const gone = this.#deletions.get(id);
    if (!gone) throw new FailureError(libraryFailures.nothingToUndo());
    const back: string[] = [];
    const refused: { one: TrashedFile; error: unknown }[] = [];
    for (const one of gone) {
      // Where it was, also when the library is another folder by now.
      const to = existsSync(one.from) ? freePath(dirname(one.from), basename(one.from, EXTENSION)) : one.from;
      try {
        restore(one, to, this.#move);
        back.push(basename(to));
      } catch (error) {
        refused.push({ one, error });
      }
    }
    // What did not come back can be tried again.
    if (refused.length > 0) this.#deletions.set(id, refused.map(({ one }) => one));
    else this.#deletions.delete(id);
    this.#beginScan(true);
    if (refused.length > 0) throw refused[0]!.error;
    return back;
  }

  /** @throws FailureError: then it stays where it is */
  moveTo(folder: string): void {
    if (!isAbsolute(folder)) throw new FailureError(libraryFailures.badFolder(folder));
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      rethrowAs(writeFailure, folder, error);
    }
    this.#folder = folder;
    this.#isKnown = false;
    this.#failure = null;
    this.#entries.clear();
    this.#unwatch();
    if (this.#listeners.size > 0) this.#watch();
    // The other windows learn that what they show is another folder's.
    this.#tell([], []);
    this.#beginScan();
  }

  /** Something was put there by this engine: it is looked into while nobody waits for it. */
  changed(): void {
    this.#soon();
  }

  async close(): Promise<void> {
    this.#unwatch();
    this.#listeners.clear();
    if (this.#timer) clearTimeout(this.#timer);
    await this.#looking.close();
  }

  /** @param anew what this side holds may be less than was told */
  #beginScan(anew = false): void {
    this.#scanned.resolve(undefined);
    this.#settled.resolve(undefined);
    this.#scanned = Promise.withResolvers();
    this.#settled = Promise.withResolvers();
    this.#scan = this.#looking.scan(this.#folder, anew);
  }

  #takeScan(scan: number, failure: Failure | null, files: string[]): void {
    if (scan !== this.#scan) return;
    const isOther = failure?.code !== this.#failure?.code;
    this.#failure = failure;
    const there = new Set(files);
    const removed = [...this.#entries.keys()].filter((file) => !there.has(file));
    for (const file of removed) this.#entries.delete(file);
    if (removed.length > 0 || isOther) this.#tell([], removed);
    // What is watched is a folder, not its name: another one may be there when it is back.
    if (failure) {
      this.#unwatch();
      if (this.#listeners.size > 0) this.#soon(RETURN_PATIENCE_MS);
    } else if (this.#listeners.size > 0) this.#watch();
    if (files.length > 0) return;
    this.#waiting = 0;
    this.#scanned.resolve(undefined);
    this.#settled.resolve(undefined);
  }

  #takeEntries({ scan, folder, entries, waiting, isLast }: Parameters<LookingListener['entries']>[0]): void {
    if (folder !== this.#folder) return;
    if (scan === this.#scan) this.#waiting = waiting;
    // What waits is shown as it was before.
    const shown = entries.map((entry) => (entry.state.kind === 'waiting' ? { ...entry, facts: this.#entries.get(entry.file)?.facts ?? null } : entry));
    for (const entry of shown) this.#entries.set(entry.file, entry);
    if (shown.length > 0) this.#tell(shown, []);
    if (!isLast || scan !== this.#scan) return;
    this.#isKnown = true;
    this.#scanned.resolve(undefined);
    if (waiting === 0) this.#settled.resolve(undefined);
  }

  #tell(entries: LibraryEntry[], removed: string[], renamed: LibraryChange['renamed'] = null): void {
    const change: LibraryChange = { folder: this.#folder, entries, removed, renamed, failure: this.#failure, waiting: this.#waiting };
    for (const listener of this.#listeners) listener(change);
  }

  #watch(): void {
    if (this.#watcher || !existsSync(this.#folder)) return;
    try {
      this.#watcher = watch(this.#folder, { persistent: false }, (_, file) => {
        // Its own name: it was renamed or removed. The log of a recording that is being made changes all the time.
        if (file === null || file === basename(this.#folder) || file.toLowerCase().endsWith(EXTENSION)) this.#soon();
      });
      this.#watcher.on('error', () => this.#unwatch());
    } catch (error) {
      console.error(`The library's folder cannot be watched: ${failureOf(error).message}`);
    }
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }

  #soon(patience = CHANGE_PATIENCE_MS): void {
    if (this.#listeners.size > 0) this.#watch();
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#beginScan();
    }, patience).unref();
  }
}
