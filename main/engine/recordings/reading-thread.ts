// SPDX-License-Identifier: Apache-2.0
/** The other end of reading.ts: reads and checks a file, then hands its columns over without copying them. */
import { parentPort, workerData } from 'node:worker_threads';
import { tableNames, type TableName } from '../../../profile/schema.ts';
import type { Columns } from '../../../profile/tables.ts';
import { failureOf } from '../failures.ts';
import type { ThreadMessage, ThreadTask } from './reading.ts';
import { readRecording } from './reader.ts';
import type { FailedMessage } from './watched-thread.ts';

/** Texts are copied: a few at a time, so that nobody waits long for the main thread. */
const TEXTS_AT_ONCE = 16_384;

function send(message: ThreadMessage | FailedMessage, transfer: ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, transfer);
}

/** Of numbers; texts are copied. */
function buffersOf(columns: Columns<TableName>): ArrayBuffer[] {
  return Object.values(columns as unknown as Record<string, { buffer: ArrayBuffer } | string[]>).flatMap((column) => (Array.isArray(column) ? [] : [column.buffer]));
}

function read({ path, copyFolder }: ThreadTask): void {
  try {
    const { tables, ...about } = readRecording(path, { copyFolder, onProgress: () => send({ kind: 'going on' }) });
    const { text } = tables.strings.columns;
    // Row 0 is everybody's.
    for (let at = 1; at < tables.strings.length; at += TEXTS_AT_ONCE) send({ kind: 'texts', texts: text.slice(at, at + TEXTS_AT_ONCE) });
    for (const table of tableNames) {
      if (table === 'strings') continue;
      const { columns, length, first } = tables[table];
      send({ kind: 'columns', table, columns, length, first }, buffersOf(columns));
    }
    send({ kind: 'done', about });
  } catch (error) {
    send({ kind: 'failed', failure: failureOf(error) });
  }
}

read(workerData as ThreadTask);
