// SPDX-License-Identifier: Apache-2.0
/** Reads a recording on a thread of its own: a large file takes seconds, and a hostile one may take for ever or all memory. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TableName } from '../../../profile/schema.ts';
import { createTables, type Columns, type Table } from '../../../profile/tables.ts';
import { places } from '../places.ts';
import { checkHeader, type ReadRecording } from './reader.ts';
import { WatchedThread } from './watched-thread.ts';

/** Between two signs of life lie one segment, or one column to be checked, or the log of a dead recorder. */
const PATIENCE_MS = 60_000;
/** For texts; columns lie outside and are bounded by the reader. */
const HEAP_MEGABYTES = 4096;

export interface ThreadTask {
  path: string;
  /** Made there if needed, and removed by us. */
  copyFolder: string;
}

/** What the thread sends, unless it failed: `going on` at least now and then, the tables, then `done`. */
export type ThreadMessage =
  | { kind: 'going on' }
  /** Columns longer than the rows from `first` to `length` are the table's room to grow. */
  | { kind: 'columns'; table: TableName; columns: Columns<TableName>; length: number; first: number }
  | { kind: 'texts'; texts: string[] }
  | { kind: 'done'; about: Omit<ReadRecording, 'tables'> };

export interface ReadingOptions {
  /** Ends it: then it is refused as "cancelled". */
  signal?: AbortSignal;
  /** Milliseconds without a sign of life; for tests. */
  patience?: number;
  /** Megabytes of heap; for tests. */
  heap?: number;
}

/** @throws FailureError for anything but a sound recording of this or an earlier version. */
export async function readInThread(path: string, { signal, patience = PATIENCE_MS, heap = HEAP_MEGABYTES }: ReadingOptions = {}): Promise<ReadRecording> {
  // What is no recording at all needs no thread.
  checkHeader(path);
  const copyFolder = join(tmpdir(), `emberscope-reading-${randomUUID()}`);
  const task: ThreadTask = { path, copyFolder };
  const thread = new WatchedThread<ThreadMessage>(places().readingThread, task, { name: 'reading', path, patience, heap, signal });
  const tables = createTables();
  try {
    return await thread.result((message) => {
      switch (message.kind) {
        case 'going on':
          return;
        case 'columns':
          (tables[message.table] as Table<TableName>).adopt(message.columns, message.length, message.first);
          return;
        case 'texts': {
          const { texts } = message;
          tables.strings.appendSegment({ table: 'strings', start: tables.strings.length, length: texts.length, columns: { text: texts } });
          return;
        }
        case 'done':
          return { ...message.about, tables };
        default:
          return message satisfies never;
      }
    });
  } finally {
    // Nobody need wait for it.
    void thread.end().then(() => rmSync(copyFolder, { recursive: true, force: true }));
  }
}
