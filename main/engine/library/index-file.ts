// SPDX-License-Identifier: Apache-2.0
/**
 * What was found out about the library's files, kept so that thousands of them list without being read again. Nothing
 * but a cache: one that is gone, damaged or of another version is made anew.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { libraryEntry } from '../../../ipc/library-shapes.ts';
import type { LibraryEntry } from '../../../ipc/library-contract.ts';

/** Raised when what is kept of a file changes. */
const VERSION = 3;
/** Another engine puts one file at a time: it takes milliseconds. */
const BUSY_MS = 500;

/** Decides whether a file is the one that was looked into. */
export interface FileStamp {
  bytes: number;
  /** Epoch milliseconds. */
  modifiedAt: number;
  /** Of tags, too, which leave the time of what was recorded as it is: those that another computer put there. */
  changedAt: number;
  inode: number;
}

export function isSameFile(one: FileStamp, other: FileStamp): boolean {
  return one.bytes === other.bytes && one.modifiedAt === other.modifiedAt && one.changedAt === other.changedAt && one.inode === other.inode;
}

export interface IndexedFile {
  entry: LibraryEntry;
  stamp: FileStamp;
}

export class IndexFile {
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #drop: StatementSync;
  readonly #thumbnail: StatementSync;
  /** Of files that could not be put: the disk is full, or another engine writes. They are looked into again next time. */
  readonly #unkept = new Map<string, string>();

  private constructor(database: DatabaseSync) {
    this.#database = database;
    this.#put = database.prepare(
      'INSERT INTO files (folder, file, bytes, modified, changed, inode, entry, thumbnail) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET bytes = excluded.bytes, modified = excluded.modified, changed = excluded.changed, inode = excluded.inode, entry = excluded.entry, thumbnail = excluded.thumbnail',
    );
    this.#drop = database.prepare('DELETE FROM files WHERE folder = ? AND file = ?');
    this.#thumbnail = database.prepare('SELECT thumbnail FROM files WHERE folder = ? AND file = ?');
  }

  /** @param path null: in memory only. Where the file cannot be had it is in memory, too. */
  static open(path: string | null): IndexFile {
    if (path !== null) {
      for (const isFirst of [true, false]) {
        try {
          mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
          return IndexFile.#at(path);
        } catch {
          // What is damaged is of no use to anybody.
          if (isFirst) for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
        }
      }
    }
    return IndexFile.#at(':memory:');
  }

  static #at(path: string): IndexFile {
    const database = new DatabaseSync(path, { timeout: BUSY_MS });
    try {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
      const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
      if (version !== VERSION) database.exec('DROP TABLE IF EXISTS files');
      database.exec(
        `CREATE TABLE IF NOT EXISTS files (folder TEXT NOT NULL, file TEXT NOT NULL, bytes INTEGER NOT NULL, modified REAL NOT NULL, changed REAL NOT NULL, inode INTEGER NOT NULL, entry TEXT NOT NULL, thumbnail TEXT NOT NULL, PRIMARY KEY (folder, file)) WITHOUT ROWID; PRAGMA user_version = ${VERSION}`,
      );
      return new IndexFile(database);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** By file name; what is not as it should be is left out. */
  filesOf(folder: string): Map<string, IndexedFile> {
    const found = new Map<string, IndexedFile>();
    const rows = this.#database.prepare('SELECT file, bytes, modified, changed, inode, entry FROM files WHERE folder = ?').iterate(folder);
    for (const { file, bytes, modified, changed, inode, entry } of rows as Iterable<{ file: string; bytes: number; modified: number; changed: number; inode: number; entry: string }>) {
      const parsed = parsedEntry(entry);
      if (parsed) found.set(file, { entry: parsed, stamp: { bytes, modifiedAt: modified, changedAt: changed, inode } });
    }
    return found;
  }

  thumbnail(folder: string, file: string): string {
    const unkept = this.#unkept.get(join(folder, file));
    if (unkept !== undefined) return unkept;
    const row = this.#thumbnail.get(folder, file) as { thumbnail: string } | undefined;
    return row?.thumbnail ?? '';
  }

  put(folder: string, { entry, stamp }: IndexedFile, thumbnail: string): void {
    const path = join(folder, entry.file);
    try {
      this.#put.run(folder, entry.file, stamp.bytes, stamp.modifiedAt, stamp.changedAt, stamp.inode, JSON.stringify(entry), thumbnail);
      this.#unkept.delete(path);
    } catch {
      this.#unkept.set(path, thumbnail);
    }
  }

  drop(folder: string, file: string): void {
    this.#unkept.delete(join(folder, file));
    try {
      this.#drop.run(folder, file);
    } catch {
      // A row of a file that is gone does no harm.
    }
  }

  close(): void {
    this.#database.close();
  }
}

function parsedEntry(text: string): LibraryEntry | null {
  try {
    const entry: unknown = JSON.parse(text);
    return libraryEntry.mismatch(entry) === null ? (entry as LibraryEntry) : null;
  } catch {
    return null;
  }
}
