// SPDX-License-Identifier: Apache-2.0
/**
 * Reads a recording that nobody vouches for. SQLite is told to trust nothing in the file, the schema must be
 * ours to the letter, sizes are bounded before memory is taken, and every row index is checked.
 */
import { closeSync, constants, existsSync, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { EndReason } from '../../../ipc/contract.ts';
import { CodecError } from '../../../ipc/codec-error.ts';
import { annotations, recordedRequest } from '../../../ipc/library-shapes.ts';
import { schema, SCHEMA_VERSION, tableNames, type ColumnType, type TableName } from '../../../profile/schema.ts';
import { safeText } from '../../../profile/safe-text.ts';
import { createTables, type Columns, type Table, type Tables } from '../../../profile/tables.ts';
import type { SliceIndex } from '../../../profile/units.ts';
import { FailureError, fileFailures } from '../failures.ts';
import { KEPT_EVENTS, ROW_LIMITS } from '../row-limits.ts';
import { decodeEarlierEvents, EVENTS_IN_VALUES } from './earlier-events.ts';
import { APPLICATION_ID, FORMAT_VERSION, SCHEMA_SQL, textKeys, type Metadata } from './format.ts';
import { openDatabase } from './opening.ts';
import { unpackSegment } from './packed-segment.ts';
import { firstUnsoundRow } from './row-check.ts';
import { readFailure, rethrowAs } from './storage-error.ts';

const HEADER = 100;
const MAX_FILE_BYTES = 16 * 2 ** 30;
/** Segments together, and unpacked: what the tables take in memory. */
const MAX_SEGMENT_BYTES = 4 * 2 ** 30;
/** UTF-8 of names: in the engine's own heap, beside those of other recordings, they take up to twice that. */
const MAX_TEXT_BYTES = 2 ** 30;
const MAX_BLOB_BYTES = 256 * 2 ** 20;
const MAX_METADATA_BYTES = 1 << 20;
const DEFAULT_ROW_LIMIT = 64_000_000;

export interface ReadRecording {
  metadata: Metadata;
  tables: Tables;
  /** Its recorder did not come to the end: it was killed (false: the file is complete). */
  unexpected: boolean;
  /** Another process is still writing it. */
  inUse: boolean;
  /** The end of its slices: of the complete ones, or behind the last sample. */
  sliceEnd: SliceIndex;
}

export interface ReaderOptions {
  /** Where a copy goes, should one be needed: it must not be there yet. By default a new folder for temporary files. */
  copyFolder?: string;
  /** Called now and then while it goes on. */
  onProgress?: () => void;
  /** false: of one that is still being written only what it says of itself; true by default. */
  rowsInUse?: boolean;
  /** For tests. */
  maxTextBytes?: number;
}

/**
 * Blocks until it is done: engines read in a thread (reading.ts).
 * @throws FailureError for anything but a sound recording of this or an earlier version.
 */
export function readRecording(path: string, { copyFolder, onProgress = () => undefined, rowsInUse = true, maxTextBytes = MAX_TEXT_BYTES }: ReaderOptions = {}): ReadRecording {
  checkHeader(path);
  try {
    const opened = openDatabase(path, copyFolder);
    try {
      checkSchema(opened.database, path);
      const metadata = readMetadata(opened.database, path);
      const tables = opened.inUse && !rowsInUse ? createTables() : readTables(opened.database, path, { schemaVersion: metadata.schemaVersion, maxTextBytes, onProgress });
      const sliceEnd = Math.max(metadata.sliceEnd, lastSlice(tables) + 1);
      return { metadata, tables, unexpected: metadata.state === 'recording' && !opened.inUse, inUse: opened.inUse, sliceEnd };
    } finally {
      opened.close();
    }
  } catch (error) {
    if (error instanceof CodecError || error instanceof RangeError) {
      throw new FailureError(fileFailures.damaged(path, error.message.replace(/\.$/, '')));
    }
    return rethrowAs(readFailure, path, error);
  }
}

/** Does it begin as a recording does, and every other SQLite database? Never throws. */
export function isDatabase(path: string): boolean {
  const magic = Buffer.alloc(16);
  try {
    // Opening a pipe waits for somebody to write into it.
    if (!statSync(path).isFile()) return false;
    const descriptor = openSync(path, 'r');
    try {
      readSync(descriptor, magic, 0, magic.length, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Whoever opens it says why it cannot be.
  }
  return magic.toString('latin1') === 'SQLite format 3\0';
}

/** Tells other files before SQLite sees them. Layout: sqlite.org/fileformat2.html, 1.3. @throws FailureError */
export function checkHeader(path: string): void {
  const header = Buffer.alloc(HEADER);
  let size = 0;
  try {
    // A device may do something when it is opened; a pipe that took the file's place meanwhile would hold us up for ever.
    checkRegular(path, statSync(path));
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(descriptor);
      checkRegular(path, stat);
      size = stat.size;
      readSync(descriptor, header, 0, HEADER, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    rethrowAs(readFailure, path, error);
  }
  if (header.toString('latin1', 0, 16) !== 'SQLite format 3\0' || header.readUInt32BE(68) !== APPLICATION_ID) {
    throw new FailureError(fileFailures.notEmber(path));
  }
  const version = header.readUInt32BE(60);
  if (version > FORMAT_VERSION) throw new FailureError(fileFailures.newer(path, version, FORMAT_VERSION));
  if (size > MAX_FILE_BYTES) throw new FailureError(fileFailures.tooLarge(path, `${size} bytes`));
  const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  const bytes = pageSize * header.readUInt32BE(28);
  // While a log lies beside it, some of its pages may be there only.
  if (size < bytes && !existsSync(`${path}-wal`)) throw new FailureError(fileFailures.damaged(path, `only ${size} of its ${bytes} bytes are there`));
}

function checkRegular(path: string, stat: Stats): void {
  if (!stat.isFile()) throw new FailureError(fileFailures.notReadable(path, stat.isDirectory() ? 'it is a folder' : 'it is not a regular file'));
}

/**
 * What a file says of itself, without its rows. `inUse`: it is being written.
 * @throws FailureError as `readRecording`
 */
export function readAbout(path: string, { copyFolder }: ReaderOptions = {}): Pick<ReadRecording, 'metadata' | 'inUse'> {
  checkHeader(path);
  try {
    const opened = openDatabase(path, copyFolder);
    try {
      checkSchema(opened.database, path);
      return { metadata: readMetadata(opened.database, path), inUse: opened.inUse };
    } finally {
      opened.close();
    }
  } catch (error) {
    return rethrowAs(readFailure, path, error);
  }
}

function checkSchema(database: DatabaseSync, path: string): void {
  const found = database.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all();
  const same =
    found.length === SCHEMA_SQL.length &&
    SCHEMA_SQL.every(({ name, sql }, i) => found[i]!.type === 'table' && found[i]!.name === name && found[i]!.sql === sql);
  if (!same) throw new FailureError(fileFailures.notEmber(path));
}

function readMetadata(database: DatabaseSync, path: string): Metadata {
  const values: Record<string, unknown> = {};
  const { bytes } = database.prepare('SELECT total(length(key) + length(value)) AS bytes FROM metadata').get() as { bytes: number };
  if (bytes > MAX_METADATA_BYTES) throw new FailureError(fileFailures.damaged(path, 'its metadata is too long'));
  for (const { key, value } of database.prepare('SELECT key, value FROM metadata').iterate() as Iterable<{ key: string; value: string }>) {
    if (textKeys.has(key as keyof Metadata)) {
      values[key] = safeValue(key, value);
      continue;
    }
    try {
      values[key] = safeValue(key, JSON.parse(value));
    } catch {
      throw new FailureError(fileFailures.damaged(path, `its metadata ${JSON.stringify(key.slice(0, 40))} is not readable`));
    }
  }
  if (Number(values.schemaVersion) > SCHEMA_VERSION) {
    throw new FailureError(fileFailures.newer(path, Number(values.schemaVersion), SCHEMA_VERSION));
  }
  const metadata = checkedMetadata(values);
  if (typeof metadata === 'string') throw new FailureError(fileFailures.damaged(path, `its metadata lacks a sound "${metadata}"`));
  return metadata;
}

const endReasons: ReadonlySet<string> = new Set<EndReason>(['asked', 'targetExited', 'targetGone', 'helperFailed', 'recordingFailed', 'unexpected', 'snapshot', 'opened']);

/** The metadata, or the name of the first key that is missing or wrong. */
function checkedMetadata(values: Record<string, unknown>): Metadata | string {
  const number = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= 0;
  const text = (value: unknown): boolean => typeof value === 'string' && value.length < 65_536;
  const numbers = (value: unknown, keys: string[]): boolean =>
    typeof value === 'object' && value !== null && keys.every((key) => number((value as Record<string, unknown>)[key]));
  const settings = values.settings as Record<string, unknown> | null;
  const sound: Record<string, boolean> = {
    formatVersion: number(values.formatVersion),
    schemaVersion: number(values.schemaVersion),
    application: text(values.application),
    state: values.state === 'recording' || values.state === 'finished',
    target: text(values.target),
    question: text(values.question),
    frequencyHz: number(values.frequencyHz),
    startedAt: number(values.startedAt),
    host: text(values.host),
    kernel: text(values.kernel),
    cpus: number(values.cpus),
    settings: numbers(settings, ['frequency']) && typeof settings?.children === 'boolean' && typeof settings.kernelStacks === 'boolean' && [undefined, 'cpuClock', 'cycles'].includes(settings.event as string | undefined),
    durationNs: number(values.durationNs),
    sliceEnd: number(values.sliceEnd),
    ledger: numbers(values.ledger, ['fired', 'notOurs', 'stored', 'lost']),
    overhead: numbers(values.overhead, ['bpfNs', 'helperCpuNs']),
    unwindTables: values.unwindTables === undefined || numbers(values.unwindTables, ['tables', 'bytes', 'refused', 'evicted']),
    unnamed: values.unnamed === undefined || (typeof values.unnamed === 'object' && values.unnamed !== null),
    nameSources: values.nameSources === undefined || (typeof values.nameSources === 'object' && values.nameSources !== null),
    endReason: values.state === 'recording' || endReasons.has(String(values.endReason)),
    endMessage: values.state === 'recording' || text(values.endMessage),
    tags: values.tags === undefined || annotations.mismatch({ tags: values.tags, notes: '' }) === null,
    notes: values.notes === undefined || text(values.notes),
  };
  for (const [key, isSound] of Object.entries(sound)) if (!isSound) return key;
  // A later version may ask in other ways: the recording is sound all the same.
  if (recordedRequest.mismatch(values.request) !== null) delete values.request;
  return { unnamed: {}, nameSources: {}, endReason: 'unexpected', endMessage: '', ...values } as unknown as Metadata;
}

/** What the rows of a table take in memory, but for texts. */
function memoryOf(table: TableName, rows: number): number {
  const sizes: Record<ColumnType, number> = { u8: 1, u32: 4, i32: 4, f64: 8, i64: 8, text: 8 };
  return rows * Object.values<ColumnType>(schema[table]).reduce((sum, type) => sum + sizes[type], 0);
}

function readTables(database: DatabaseSync, path: string, { schemaVersion, maxTextBytes, onProgress }: { schemaVersion: number; maxTextBytes: number; onProgress: () => void }): Tables {
  const sizes = database
    .prepare('SELECT name, total(length) AS rows, total(length(data)) AS bytes, max(length(data)) AS longest FROM segments GROUP BY name')
    .all() as { name: string; rows: number; bytes: number; longest: number }[];
  let bytes = 0;
  for (const size of sizes) {
    const limit = ROW_LIMITS[size.name as TableName] ?? DEFAULT_ROW_LIMIT;
    // A live recording may pass its limit by one drain.
    if (size.rows > limit + 1_000_000) throw new FailureError(fileFailures.tooLarge(path, `${size.rows} rows of ${size.name.slice(0, 40)}`));
    if (size.longest > MAX_BLOB_BYTES) throw new FailureError(fileFailures.tooLarge(path, `a segment of ${size.longest} bytes`));
    if (size.name === 'strings' && size.bytes > maxTextBytes) throw new FailureError(fileFailures.tooLarge(path, `its names have ${size.bytes.toLocaleString('en')} bytes`));
    // Of events only the newest are read.
    const inMemory = size.name === 'events' ? Math.min(size.rows, KEPT_EVENTS) : size.rows;
    bytes += Math.max(size.name === 'events' ? 0 : size.bytes, Object.hasOwn(schema, size.name) ? memoryOf(size.name as TableName, inMemory) : 0);
  }
  if (bytes > MAX_SEGMENT_BYTES) throw new FailureError(fileFailures.tooLarge(path, `${bytes} bytes of rows`));
  const tables = createTables();
  const known = new Set<string>(tableNames);
  const events = sizes.find(({ name }) => name === 'events')?.rows ?? 0;
  const wanted = "WHERE name != 'events' OR start + length > ?";
  const rows = database.prepare(`SELECT name, start, length, data FROM segments ${wanted} ORDER BY name, start`).iterate(events - KEPT_EVENTS);
  for (const { name, start, length, data } of rows as Iterable<{ name: string; start: number; length: number; data: Uint8Array }>) {
    if (!known.has(name)) throw new FailureError(fileFailures.damaged(path, `it has a table ${JSON.stringify(name.slice(0, 40))}`));
    const segment = name === 'events' && schemaVersion < EVENTS_IN_VALUES ? decodeEarlierEvents(data) : unpackSegment(data);
    if (segment.table !== name || segment.start !== start || segment.length !== length) {
      throw new FailureError(fileFailures.damaged(path, `a segment of ${name} says that it is another one`));
    }
    if (name === 'events' && tables.events.length === 0 && events > KEPT_EVENTS) tables.events.beginAt(start);
    if (segment.table === 'strings') makeSafe((segment.columns as Columns<'strings'>).text);
    (tables[segment.table] as Table<TableName>).appendSegment(segment);
    onProgress();
  }
  const unsound = firstUnsoundRow(tables, onProgress);
  if (unsound) throw new FailureError(fileFailures.damaged(path, `a value is out of its range (${unsound})`));
  return tables;
}

/** Our own are; what another program put into the file need not be. */
function makeSafe(texts: string[]): void {
  for (let row = 0; row < texts.length; row++) texts[row] = safeText(texts[row]!);
}

/** What is shown of it likewise. */
function safeValue(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => safeValue(key, one));
  if (typeof value !== 'string') return value;
  return key === 'notes' ? value.split('\n').map(safeText).join('\n') : safeText(value);
}

function lastSlice({ samples }: Tables): SliceIndex {
  let last = -1;
  const { slice } = samples.columns;
  for (let row = 0; row < samples.length; row++) if (slice[row]! > last) last = slice[row]!;
  return last;
}
