// SPDX-License-Identifier: Apache-2.0
/** The `.ember` file: SQLite with metadata in plain rows and tables in segments. docs/FILE-FORMAT.md describes it. */
import type { EndReason, RecordedRequest, RecordingFigures, SamplingSettings } from '../../../ipc/contract.ts';

/** At byte 68 of the file, so that `file` and we can tell it from other SQLite files: "EMBR". */
export const APPLICATION_ID = 0x454d4252;
/** Kept as SQLite's user_version. Raised when an older reader could not make sense of a file. */
export const FORMAT_VERSION = 1;

/** Exactly these statements make the schema; the reader compares their text. */
export const SCHEMA_SQL: readonly { name: string; sql: string }[] = [
  { name: 'metadata', sql: 'CREATE TABLE metadata (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID' },
  {
    name: 'segments',
    sql: 'CREATE TABLE segments (id INTEGER PRIMARY KEY, name TEXT NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL, data BLOB NOT NULL)',
  },
];

/** Rows a finished segment has at most; no segment crosses a multiple of it. */
export const SEGMENT_ROWS = 65_536;
/** Bytes a segment has at most, but for one whose single row is longer. */
export const SEGMENT_BYTES = 16 * 1024 * 1024;

/** The rows of `metadata`: text as it is, everything else as JSON. */
export interface Metadata {
  formatVersion: number;
  schemaVersion: number;
  /** Version of the Emberscope that wrote it. */
  application: string;
  /** "recording" until the end is written: a file found so ended unexpectedly, or is still being written. */
  state: 'recording' | 'finished';
  target: string;
  question: string;
  frequencyHz: number;
  /** Epoch milliseconds. */
  startedAt: number;
  host: string;
  kernel: string;
  cpus: number;
  settings: SamplingSettings;
  durationNs: number;
  /** All slices before it are complete. */
  sliceEnd: number;
  ledger: RecordingFigures['ledger'];
  overhead: RecordingFigures['overhead'];
  /** Missing where stacks were walked by frame pointers alone. */
  unwindTables?: NonNullable<RecordingFigures['unwindTables']>;
  /** Module to why code of it has no name: of modules with such code. Missing in a recording that did not end. */
  unnamed: Record<number, string>;
  /** Module to where its names came from, in words. Missing in a recording that did not end. */
  nameSources: Record<number, string>;
  endReason: EndReason;
  endMessage: string;
  /** What was asked to be recorded. Missing in files of earlier versions. */
  request?: RecordedRequest;
  /** What a person said of it later. */
  tags?: string[];
  notes?: string;
}

export const textKeys = new Set<keyof Metadata>(['application', 'state', 'target', 'question', 'host', 'kernel', 'endReason', 'endMessage', 'notes']);

export function metadataRows(metadata: Partial<Metadata>): [key: string, value: string][] {
  return Object.entries(metadata).map(([key, value]) => [
    key,
    textKeys.has(key as keyof Metadata) ? String(value) : JSON.stringify(value),
  ]);
}
