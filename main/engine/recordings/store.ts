// SPDX-License-Identifier: Apache-2.0
/**
 * Writes one recording while it is made. Every append is one transaction in WAL mode, so a killed recorder
 * loses at most what was not appended yet; finishing leaves one file without anything beside it.
 */
import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { rowBatches } from '../../../ipc/row-batches.ts';
import { segmentBytes } from '../../../ipc/segment-codec.ts';
import { SCHEMA_VERSION, tableNames, type TableName } from '../../../profile/schema.ts';
import type { Segment, Table, Tables } from '../../../profile/tables.ts';
import { APPLICATION_ID, FORMAT_VERSION, metadataRows, SCHEMA_SQL, SEGMENT_BYTES, SEGMENT_ROWS, type Metadata } from './format.ts';
import { FileThread } from './file-thread.ts';
import { movePath } from './keeping.ts';
import { packSegment } from './packed-segment.ts';
import { SpaceReserve } from './space-reserve.ts';
import { isBusy, isFull, rethrowAs, writeFailure } from './storage-error.ts';

/** What a recording knows of itself from the start. */
export type FirstMetadata = Omit<Metadata, 'formatVersion' | 'schemaVersion' | 'state' | 'unnamed' | 'nameSources' | 'endReason' | 'endMessage'>;

/** A reader or a checkpoint may hold a lock for a moment: waited for that long. */
const CONNECTION = { allowExtension: false, enableDoubleQuotedStringLiterals: false, timeout: 1000 } as const;
/** Log after which it is copied back, on another thread. */
const CHECKPOINT_BYTES = 4 * 1024 * 1024;
/** On a small disk, which has no room for a longer log. */
const LEAST_CHECKPOINT_BYTES = 64 * 1024;
/** SQLite's own choice. */
const PAGE_BYTES = 4096;
/** Pages of the log that a transaction takes beside the bytes of its rows: trees are written anew up to their roots. */
const TRANSACTION_BYTES = 6 * PAGE_BYTES;
/** So few cost nobody anything, and merging them would write everything twice. */
const MANY_PIECES = 8;
/** Pages after which the writer does it itself, should that thread not keep up. */
const CHECKPOINT_PAGES = 32_768;

export class RecordingStore {
  #path: string;
  #database: DatabaseSync;
  #insert: StatementSync;
  #setMetadata: StatementSync;
  #closed = false;
  readonly #thread = new FileThread();
  #reserve: SpaceReserve;
  /** There was no room any more: only what must be is written. */
  #full = false;
  /** Bytes of the log since the last checkpoint, about. */
  #logged = 0;

  private constructor(path: string, database: DatabaseSync) {
    this.#path = path;
    this.#database = database;
    [this.#insert, this.#setMetadata] = this.#prepare();
    this.#reserve = this.#keepReserve();
  }

  /** @throws FailureError when `path` is there already or cannot be written. */
  static create(path: string, metadata: FirstMetadata): RecordingStore {
    let created = false;
    try {
      // Readable by its owner alone: command lines and paths of other users may stand in it.
      closeSync(openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600));
      created = true;
      const database = new DatabaseSync(path, CONNECTION);
      // Before WAL, so that the file says what it is even when nothing was ever copied back from the log.
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}; BEGIN`);
      for (const { sql } of SCHEMA_SQL) database.exec(sql);
      database.exec('COMMIT');
      RecordingStore.#beginWriting(database);
      const store = new RecordingStore(path, database);
      store.#write(() => store.#set({ ...metadata, formatVersion: FORMAT_VERSION, schemaVersion: SCHEMA_VERSION, state: 'recording' }));
      return store;
    } catch (error) {
      if (created) for (const suffix of ['', '-wal', '-shm', '-journal']) removeQuietly(path + suffix);
      return rethrowAs(writeFailure, path, error);
    }
  }

  static #beginWriting(database: DatabaseSync): void {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA mmap_size = 0; PRAGMA cache_size = -4096');
  }

  #keepReserve(): SpaceReserve {
    const reserve = SpaceReserve.in(dirname(this.#path));
    // On a small disk the log may not grow past what is kept back, whatever that thread does.
    const pages = reserve.isWhole ? CHECKPOINT_PAGES : Math.max(LEAST_CHECKPOINT_BYTES, reserve.bytes) / PAGE_BYTES;
    this.#database.exec(`PRAGMA wal_autocheckpoint = ${Math.ceil(pages)}`);
    return reserve;
  }

  get path(): string {
    return this.#path;
  }

  /** Rows (as `segmentsSince` gives them) and changed metadata, all or nothing. @throws FailureError */
  append(segments: readonly Segment[], metadata: Partial<Metadata>): void {
    this.#write(() => {
      for (const batch of rowBatches(segments.flatMap((segment) => [...splitAtBounds(segment)]), SEGMENT_BYTES)) {
        for (const segment of batch) this.#insertSegment(segment);
      }
      this.#set(metadata);
    });
  }

  /**
   * Merges what was appended piece by piece, in small steps between which others run; then only the file is left.
   * @param tables exactly what was appended; null: it stays in its pieces.
   * @throws FailureError: the rows are kept nevertheless, and it can be tried again.
   */
  async finish(tables: Tables | null, metadata: Partial<Metadata>): Promise<void> {
    this.#write(() => this.#set({ ...metadata, state: 'finished' }));
    try {
      if (tables && !this.#full) await this.#mergeAll(tables);
      await this.#leaveOneFile();
    } catch (error) {
      rethrowAs(writeFailure, this.#path, error);
    }
    this.close();
  }

  /** The disk is full: gives free what was kept back for the end, and what the log takes. */
  makeRoom(): void {
    this.#full = true;
    this.#reserve.release();
    this.#thread.settle();
    try {
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // Others took the room: what follows is tried all the same.
    }
  }

  /**
   * Keeps the file under another name from now on, without ever replacing one that is there.
   * @throws FailureError: it stays where it was and goes on.
   */
  moveTo(path: string): void {
    // A database that is renamed while open would put its log beside the old name.
    this.#thread.settle();
    this.#database.close();
    this.#reserve.release();
    try {
      movePath(this.#path, path);
      this.#path = path;
    } finally {
      this.#database = new DatabaseSync(this.#path, CONNECTION);
      RecordingStore.#beginWriting(this.#database);
      [this.#insert, this.#setMetadata] = this.#prepare();
      this.#reserve = this.#keepReserve();
    }
  }

  /** A copy of what was appended so far, as one file that says so; made on another thread. @throws FailureError */
  async snapshot(path: string): Promise<void> {
    const end = { state: 'finished', endReason: 'snapshot', endMessage: 'This copy was made while the recording went on; it is complete up to then.' } as const;
    try {
      await this.#thread.copy(this.#path, path, end);
    } catch (error) {
      removeQuietly(path);
      rethrowAs(writeFailure, path, error);
    }
  }

  /** Without finishing: what was appended stays, in the file or the log beside it. Never throws. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#thread.close();
    this.#reserve.release();
    try {
      this.#database.close();
    } catch {
      // What is on the disk is all that can be kept.
    }
  }

  /** Somebody who reads the file just now holds it up; when they read on for long, the log stays, empty. */
  async #leaveOneFile(): Promise<void> {
    this.#thread.settle();
    for (let attempt = 0; ; attempt++) {
      try {
        this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE');
        return;
      } catch (error) {
        if (!isBusy(error)) throw error;
        if (attempt === 20) return;
        await wait(50);
      }
    }
  }

  #prepare(): [StatementSync, StatementSync] {
    return [
      this.#database.prepare('INSERT INTO segments (name, start, length, data) VALUES (?, ?, ?, ?)'),
      this.#database.prepare('INSERT INTO metadata (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value'),
    ];
  }

  #set(metadata: Partial<Metadata>): void {
    for (const [key, value] of metadataRows(metadata)) this.#setMetadata.run(key, value);
  }

  #insertSegment(segment: Segment): void {
    const bytes = packSegment(segment);
    this.#insert.run(segment.table, segment.start, segment.length, bytes);
    this.#logged += bytes.length;
  }

  async #mergeAll(tables: Tables): Promise<void> {
    try {
      for (const name of tableNames) {
        const table = tables[name] as Table<TableName>;
        // What is in memory no more was merged before it went.
        for (let start = Math.ceil(table.first / SEGMENT_ROWS) * SEGMENT_ROWS; start < table.length; start += SEGMENT_ROWS) {
          if (this.#merge(table, start, Math.min(start + SEGMENT_ROWS, table.length))) await nextTurn();
        }
      }
    } catch (error) {
      if (!isFull(error)) throw error;
      // Each merge is whole or not done; pieces take some more room and are read as well.
      this.makeRoom();
    }
  }

  /**
   * Lets a table go of rows that are in the file, and leaves `kept`; what lies there in many pieces is merged before.
   * @throws FailureError
   */
  forget(table: Table<TableName>, stored: number, kept: number): void {
    // Moving what stays costs something, too.
    if (table.length - table.first < 2 * kept) return;
    const end = Math.floor(Math.min(stored, table.length - kept) / SEGMENT_ROWS) * SEGMENT_ROWS;
    for (let start = table.first; start < end && !this.#full; start += SEGMENT_ROWS) this.#merge(table, start, start + SEGMENT_ROWS, MANY_PIECES);
    table.forget(end);
  }

  /** Puts rows [start, end), which lie within one bound, into one segment; false when they are already, or nearly. */
  #merge(table: Table<TableName>, start: number, end: number, least = 2): boolean {
    const where = 'FROM segments WHERE name = ? AND start >= ? AND start < ?';
    const { pieces } = this.#database.prepare(`SELECT count(*) AS pieces ${where}`).get(table.name, start, end) as { pieces: number };
    if (pieces < least) return false;
    const { first } = this.#database.prepare(`SELECT min(start) AS first ${where}`).get(table.name, start, end) as { first: number };
    const merged = table.segment(first, end);
    if (segmentBytes(merged) > SEGMENT_BYTES) return false;
    this.#write(() => {
      this.#database.prepare(`DELETE ${where}`).run(table.name, start, end);
      this.#insertSegment(merged);
    });
    return true;
  }

  #write(change: () => void): void {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      change();
      this.#database.exec('COMMIT');
      this.#logged += TRANSACTION_BYTES;
      // What is copied back makes the file longer before it makes the log shorter: there must be room for it.
      if (this.#logged > Math.min(CHECKPOINT_BYTES, Math.max(LEAST_CHECKPOINT_BYTES, this.#reserve.bytes / 2))) {
        this.#logged = 0;
        this.#thread.checkpoint(this.#path);
      }
    } catch (error) {
      try {
        // A full disk has rolled back already.
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      } catch {
        // The first error says what happened.
      }
      rethrowAs(writeFailure, this.#path, error);
    }
  }
}

/** Parts that do not cross a multiple of SEGMENT_ROWS, so that each can be merged by itself. */
function* splitAtBounds(segment: Segment): Generator<Segment> {
  const end = segment.start + segment.length;
  for (let start = segment.start; start < end; ) {
    const next = Math.min(end, (Math.floor(start / SEGMENT_ROWS) + 1) * SEGMENT_ROWS);
    if (start === segment.start && next === end) yield segment;
    else yield part(segment, start - segment.start, next - segment.start);
    start = next;
  }
}

function part(segment: Segment, from: number, to: number): Segment {
  const columns = Object.fromEntries(
    Object.entries(segment.columns as object).map(([name, column]: [string, Uint8Array | string[]]) => [name, column.slice(from, to)]),
  );
  return { table: segment.table, start: segment.start + from, length: to - from, columns } as unknown as Segment;
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was not there.
  }
}
