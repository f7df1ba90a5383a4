// SPDX-License-Identifier: Apache-2.0
/**
 * Reads a recording on a thread of its own: a large file takes seconds, in which live sessions and windows must go
 * on, and a hostile one may take for ever or all memory: the thread can be ended. (A separate process would be a
 * harder wall; under Electron there is none to be had without its runAsNode fuse, which stays off.)
 */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { Failure } from '../../../ipc/contract.ts';
import type { TableName } from '../../../profile/schema.ts';
import { createTables, type Columns, type Table } from '../../../profile/tables.ts';
import { startBeside } from '../beside.ts';
import { FailureError, failureOf, fileFailures } from '../failures.ts';
import { places } from '../places.ts';
import { checkHeader, type ReadRecording } from './reader.ts';

/** Between two signs of life lie one segment, or one column to be checked, or the log of a dead recorder. */
const PATIENCE_MS = 60_000;
/** For texts; columns lie outside and are bounded by the reader. */
const HEAP_MEGABYTES = 4096;

export interface ThreadTask {
  path: string;
  /** Made there if needed, and removed by us. */
  copyFolder: string;
}

/** What the thread sends: `going on` at least now and then, the tables, then `done`; or `failed`. */
export type ThreadMessage =
  | { kind: 'going on' }
  /** Columns longer than the rows from `first` to `length` are the table's room to grow. */
  | { kind: 'columns'; table: TableName; columns: Columns<TableName>; length: number; first: number }
  | { kind: 'texts'; texts: string[] }
  | { kind: 'done'; about: Omit<ReadRecording, 'tables'> }
  | { kind: 'failed'; failure: Failure };

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
  if (signal?.aborted) throw new FailureError(fileFailures.cancelled(path));
  const copyFolder = join(tmpdir(), `emberscope-reading-${randomUUID()}`);
  const worker = start({ path, copyFolder }, heap);
  const tables = createTables();
  const { promise, resolve, reject } = Promise.withResolvers<ReadRecording>();
  const refuse = (failure: Failure): void => reject(new FailureError(failure));
  const watchdog = setTimeout(() => refuse(fileFailures.endless(path, patience / 1000)), patience);
  const cancel = (): void => refuse(fileFailures.cancelled(path));
  signal?.addEventListener('abort', cancel);
  worker.on('message', (message: ThreadMessage) => {
    watchdog.refresh();
    switch (message.kind) {
      case 'going on':
        return;
      case 'columns':
        return (tables[message.table] as Table<TableName>).adopt(message.columns, message.length, message.first);
      case 'texts': {
        const { texts } = message;
        return tables.strings.appendSegment({ table: 'strings', start: tables.strings.length, length: texts.length, columns: { text: texts } });
      }
      case 'done':
        return resolve({ ...message.about, tables });
      case 'failed':
        return refuse(message.failure);
      default:
        message satisfies never;
    }
  });
  worker.on('error', (error: Error & { code?: unknown }) => {
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') refuse(fileFailures.tooLarge(path, `its names need more than ${heap} MiB of memory`));
    else refuse(failureOf(error));
  });
  worker.on('exit', () => refuse(fileFailures.notReadable(path, 'the reading thread ended')));
  try {
    return await promise;
  } finally {
    clearTimeout(watchdog);
    signal?.removeEventListener('abort', cancel);
    // A thread within SQLite ends when that returns, which nobody need wait for.
    void worker.terminate().then(() => rmSync(copyFolder, { recursive: true, force: true }));
  }
}

function start(task: ThreadTask, heap: number): Worker {
  const { readingThread } = places();
  const options = { workerData: task, name: 'reading', resourceLimits: { maxOldGenerationSizeMb: heap } };
  return startBeside(readingThread, options);
}
