// SPDX-License-Identifier: Apache-2.0
/**
 * Writes one recording while it is made. Every append is one transaction in WAL mode, so a killed recorder
 * loses at most what was not appended yet; finishing leaves one file without anything beside it.
 */
import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { rowBatches } from '../../../ipc/row-batches.ts';
import { encodeSegment, segmentBytes } from '../../../ipc/segment-codec.ts';
import { SCHEMA_VERSION, tableNames, type TableName } from '../../../profile/schema.ts';
import type { Segment, Table, Tables } from '../../../profile/tables.ts';
import { APPLICATION_ID, FORMAT_VERSION, metadataRows, SCHEMA_SQL, SEGMENT_BYTES, SEGMENT_ROWS, type Metadata } from './format.ts';
import { Checkpointer } from './checkpointer.ts';
import { movePath } from './keeping.ts';
import { isBusy, rethrowAs, writeFailure } from './storage-error.ts';

/** What a recording knows of itself from the start. */
export type FirstMetadata = Omit<Metadata, 'formatVersion' | 'schemaVersion' | 'state' | 'endReason' | 'endMessage'>;

/** A reader or a checkpoint may hold a lock for a moment: waited for that long. */
const CONNECTION = { allowExtension: false, enableDoubleQuotedStringLiterals: false, timeout: 1000 } as const;
/** Log after which it is copied back, on another thread. */
const CHECKPOINT_BYTES = 4 * 1024 * 1024;
/** Pages of 4 KiB after which the writer does it itself, should that thread not keep up. */
const CHECKPOINT_PAGES = 32_768;

export class RecordingStore {
  #path: string;
  #database: DatabaseSync;
  #insert: StatementSync;
  #setMetadata: StatementSync;
  #closed = false;
  readonly #checkpointer = new Checkpointer();
  /** Bytes appended since the last checkpoint. */
  #appended = 0;

  private constructor(path: string, database: DatabaseSync) {
    this.#path = path;
    this.#database = database;
    [this.#insert, this.#setMetadata] = this.#prepare();
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
    database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
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
   * @param tables what was appended. @throws FailureError: the rows are kept nevertheless.
   */
  async finish(tables: Tables, metadata: Partial<Metadata>): Promise<void> {
    this.#write(() => this.#set({ ...metadata, state: 'finished' }));
    try {
      for (const name of tableNames) {
        const table = tables[name] as Table<TableName>;
        for (let start = 0; start < table.length; start += SEGMENT_ROWS) {
          if (this.#merge(table, start, Math.min(start + SEGMENT_ROWS, table.length))) await nextTurn();
        }
      }
      await this.#leaveOneFile();
    } catch (error) {
      rethrowAs(writeFailure, this.#path, error);
    } finally {
      this.close();
    }
  }

  /**
   * Keeps the file under another name from now on, without ever replacing one that is there.
   * @throws FailureError: it stays where it was and goes on.
   */
  moveTo(path: string): void {
    // A database that is renamed while open would put its log beside the old name.
    this.#checkpointer.settle();
    this.#database.close();
    try {
      movePath(this.#path, path);
      this.#path = path;
    } finally {
      this.#database = new DatabaseSync(this.#path, CONNECTION);
      RecordingStore.#beginWriting(this.#database);
      [this.#insert, this.#setMetadata] = this.#prepare();
    }
  }

  /** A copy of what was appended so far, as one file. @throws FailureError */
  snapshot(path: string): void {
    try {
      this.#database.prepare('VACUUM INTO ?').run(path);
    } catch (error) {
      rethrowAs(writeFailure, path, error);
    }
  }

  /** Without finishing: what was appended stays, in the file or the log beside it. Never throws. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#checkpointer.close();
    try {
      this.#database.close();
    } catch {
      // What is on the disk is all that can be kept.
    }
  }

  /** Somebody who reads the file just now holds it up; when they read on for long, the log stays, empty. */
  async #leaveOneFile(): Promise<void> {
    this.#checkpointer.settle();
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
    const bytes = encodeSegment(segment);
    this.#insert.run(segment.table, segment.start, segment.length, bytes);
    this.#appended += bytes.length;
  }

  /** Puts rows [start, end), which lie within one bound, into one segment; false when they are already. */
  #merge(table: Table<TableName>, start: number, end: number): boolean {
    const where = 'FROM segments WHERE name = ? AND start >= ? AND start < ?';
    const { pieces } = this.#database.prepare(`SELECT count(*) AS pieces ${where}`).get(table.name, start, end) as { pieces: number };
    if (pieces < 2) return false;
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
      if (this.#appended > CHECKPOINT_BYTES) {
        this.#appended = 0;
        this.#checkpointer.request(this.#path);
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
