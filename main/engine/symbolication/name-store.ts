// SPDX-License-Identifier: Apache-2.0
/**
 * Names and places of objects on disk: one SQLite file in the user's cache folder, which several processes may use. It
 * may be deleted at any time. What is damaged or of another version is begun anew; what is locked or cannot be written
 * is as if it were empty.
 */
import { chmodSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Places } from '../../../native/addon/addon.d.ts';
import { PlaceListBuilder, placesAt, type Place } from './place-list.ts';

/** Raised when what is stored, or how it is found in objects, becomes another. */
const VERSION = 1;
/** "EMNC", so that no other program's file is taken for ours. */
const APPLICATION_ID = 0x454d4e43;
const MAX_BYTES = 256 * 2 ** 20;
/** Others write for a moment; the names are not worth more. */
const PATIENCE_MS = 500;
/** When an object was last used is known that well. */
const USE_STEP_MS = 3_600_000;
/** Numbers in a place: name, file, line, file and line of the declaration. */
const NUMBERS = 5;
/** Objects whose texts are remembered for writing. */
const MAX_REMEMBERED = 64;

/** What is asked for; `Places` has no rows for an offset that was looked up in vain. */
export interface StoredNames {
  /** JSON, as it was stored. */
  about: string;
  /** Per offset: 1 where it is known. */
  known: Uint8Array;
  places: Places;
}

/** Two processes may do so at the same time. */
const SCHEMA = `
  PRAGMA auto_vacuum = INCREMENTAL;
  PRAGMA journal_mode = WAL;
  BEGIN IMMEDIATE;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};
  CREATE TABLE IF NOT EXISTS objects (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, about TEXT NOT NULL, used INTEGER NOT NULL, bytes INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS texts (object INTEGER NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (object, number)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS places (object INTEGER NOT NULL, offset INTEGER NOT NULL, places BLOB NOT NULL, PRIMARY KEY (object, offset)) WITHOUT ROWID;
  COMMIT;
`;

interface Statements {
  object: StatementSync;
  use: StatementSync;
  place: StatementSync;
  text: StatementSync;
  texts: StatementSync;
  lastText: StatementSync;
  addObject: StatementSync;
  addText: StatementSync;
  addPlace: StatementSync;
  grow: StatementSync;
}

export class NameStore {
  readonly #path: string;
  readonly #maxBytes: number;
  #database: DatabaseSync | null = null;
  #statements: Statements | null = null;
  /** Not tried again: the folder is not ours, or nothing can be written there. */
  #useless = false;
  /** Object -> its texts -> their numbers. */
  readonly #texts = new Map<number, Map<string, number>>();

  constructor(path: string, maxBytes = MAX_BYTES) {
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  /** null: nothing is known of this object. */
  find(key: string, offsets: Float64Array): StoredNames | null {
    return this.#try((_, statements) => {
      const object = statements.object.get(key) as { id: number; about: string; used: number } | undefined;
      if (!object) return null;
      if (Date.now() - object.used > USE_STEP_MS) statements.use.run(Date.now(), object.id);
      const known = new Uint8Array(offsets.length);
      const builder = new PlaceListBuilder();
      const texts = new Map<number, string | undefined>([[0, '']]);
      offsets.forEach((offset, i) => {
        const found = this.#placesOf(statements, object.id, offset, texts);
        if (found) known[i] = 1;
        builder.add(found ?? []);
      });
      return { about: object.about, known, places: builder.take() };
    });
  }

  /** Adds what is known of offsets, or replaces it. */
  store(key: string, about: string, offsets: Float64Array, places: Places): void {
    this.#try((database, statements) => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const { id } = statements.addObject.get(key, about, Date.now()) as { id: number };
        const texts = this.#textsOf(statements, id);
        let bytes = 0;
        const numberOf = (text: string): number => {
          if (text === '') return 0;
          let number = texts.get(text);
          if (number === undefined) {
            texts.set(text, (number = texts.size + 1));
            statements.addText.run(id, number, text);
            bytes += text.length + 16;
          }
          return number;
        };
        offsets.forEach((offset, i) => {
          const numbers = placesAt(places, i).flatMap((each) => [numberOf(each.name), numberOf(each.file), each.line, numberOf(each.declaredFile), each.declaredLine]);
          statements.addPlace.run(id, offset, new Uint8Array(Uint32Array.from(numbers).buffer));
          bytes += numbers.length * 4 + 16;
        });
        statements.grow.run(bytes, id);
        this.#evict(database);
        database.exec('COMMIT');
      } catch (error) {
        this.#texts.clear();
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
      database.exec('PRAGMA incremental_vacuum');
      return null;
    });
  }

  close(): void {
    this.#statements = null;
    this.#texts.clear();
    try {
      this.#database?.close();
    } catch {
      // It is only a cache.
    }
    this.#database = null;
  }

  /** undefined: not there, or not to be believed. */
  #placesOf(statements: Statements, object: number, offset: number, texts: Map<number, string | undefined>): Place[] | undefined {
    const row = statements.place.get(object, offset) as { places: Uint8Array } | undefined;
    if (!row || row.places.length % (NUMBERS * 4) !== 0) return undefined;
    const numbers = new Uint32Array(row.places.slice().buffer);
    const text = (number: number): string => {
      if (!texts.has(number)) texts.set(number, (statements.text.get(object, number) as { text: string } | undefined)?.text);
      return texts.get(number) ?? '';
    };
    const found: Place[] = [];
    for (let at = 0; at < numbers.length; at += NUMBERS) {
      const [name, file, line, declaredFile, declaredLine] = numbers.subarray(at, at + NUMBERS) as unknown as [number, number, number, number, number];
      found.push({ name: text(name), file: text(file), line, declaredFile: text(declaredFile), declaredLine });
      if ([name, file, declaredFile].some((number) => texts.get(number) === undefined)) return undefined;
    }
    return found;
  }

  /** Another process may have added some since. */
  #textsOf(statements: Statements, object: number): Map<string, number> {
    const { last } = statements.lastText.get(object) as { last: number | null };
    let texts = this.#texts.get(object);
    if (texts?.size !== (last ?? 0)) {
      texts = new Map((statements.texts.all(object) as { text: string; number: number }[]).map(({ text, number }) => [text, number]));
      if (this.#texts.size >= MAX_REMEMBERED) this.#texts.clear();
      this.#texts.set(object, texts);
    }
    return texts;
  }

  /** Deletes the objects that were not used for longest, down to three quarters. */
  #evict(database: DatabaseSync): void {
    const { bytes } = database.prepare('SELECT total(bytes) AS bytes FROM objects').get() as { bytes: number };
    if (bytes <= this.#maxBytes) return;
    let left = bytes;
    for (const object of database.prepare('SELECT id, bytes FROM objects ORDER BY used, id').all() as { id: number; bytes: number }[]) {
      if (left <= (this.#maxBytes * 3) / 4) return;
      for (const table of ['places', 'texts']) database.prepare(`DELETE FROM ${table} WHERE object = ?`).run(object.id);
      database.prepare('DELETE FROM objects WHERE id = ?').run(object.id);
      this.#texts.delete(object.id);
      left -= object.bytes;
    }
  }

  /** Runs with the open database; null where that is not possible. */
  #try<T>(action: (database: DatabaseSync, statements: Statements) => T | null): T | null {
    for (let attempt = 0; attempt < 2 && !this.#useless; attempt++) {
      try {
        this.#open();
        return action(this.#database!, this.#statements!);
      } catch (error) {
        this.close();
        if (!isDamage(error)) {
          this.#useless = !isBusy(error);
          return null;
        }
        this.#remove();
      }
    }
    return null;
  }

  /** @throws Error of SQLite or of the file system */
  #open(): void {
    if (this.#database) return;
    const folder = dirname(this.#path);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // As root in the home of somebody else, who could put there what he likes.
    if (statSync(folder).uid !== process.geteuid?.()) throw new Error(`${folder} belongs to somebody else.`);
    chmodSync(folder, 0o700);
    const database = new DatabaseSync(this.#path, { allowExtension: false, enableDoubleQuotedStringLiterals: false, timeout: PATIENCE_MS });
    this.#database = database;
    database.exec('PRAGMA synchronous = OFF');
    const value = (name: string): number => Object.values(database.prepare(`PRAGMA ${name}`).get()!)[0] as number;
    if (value('schema_version') === 0) this.#create(database);
    else if (value('application_id') !== APPLICATION_ID || value('user_version') !== VERSION) throw Object.assign(new Error('of another version'), { errcode: Sqlite.notADatabase });
    this.#statements = {
      object: database.prepare('SELECT id, about, used FROM objects WHERE key = ?'),
      use: database.prepare('UPDATE objects SET used = ? WHERE id = ?'),
      place: database.prepare('SELECT places FROM places WHERE object = ? AND offset = ?'),
      text: database.prepare('SELECT text FROM texts WHERE object = ? AND number = ?'),
      texts: database.prepare('SELECT text, number FROM texts WHERE object = ?'),
      lastText: database.prepare('SELECT max(number) AS last FROM texts WHERE object = ?'),
      addObject: database.prepare(
        'INSERT INTO objects (key, about, used, bytes) VALUES (?, ?, ?, 0) ON CONFLICT (key) DO UPDATE SET about = excluded.about, used = excluded.used RETURNING id',
      ),
      addText: database.prepare('INSERT INTO texts (object, number, text) VALUES (?, ?, ?)'),
      addPlace: database.prepare('INSERT INTO places (object, offset, places) VALUES (?, ?, ?) ON CONFLICT (object, offset) DO UPDATE SET places = excluded.places'),
      grow: database.prepare('UPDATE objects SET bytes = bytes + ? WHERE id = ?'),
    };
  }

  #create(database: DatabaseSync): void {
    chmodSync(this.#path, 0o600);
    database.exec(SCHEMA);
  }

  #remove(): void {
    for (const end of ['', '-wal', '-shm']) rmSync(`${this.#path}${end}`, { force: true });
  }
}

/** Primary result codes of SQLite (sqlite.org/rescode.html): the lowest byte. */
const Sqlite = { error: 1, busy: 5, locked: 6, corrupt: 11, notADatabase: 26 } as const;

function codeOf(error: unknown): number | null {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : null;
}

function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === Sqlite.busy || code === Sqlite.locked;
}

/** A table that is missing is an error of the first kind. */
function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return code === Sqlite.corrupt || code === Sqlite.notADatabase || code === Sqlite.error;
}
