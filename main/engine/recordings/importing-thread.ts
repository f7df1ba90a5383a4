// SPDX-License-Identifier: Apache-2.0
/** The other end of importing.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { failureOf } from '../failures.ts';
import { importFile, type ImportTask } from './import-file.ts';
import type { ImportMessage } from './importing.ts';
import type { FailedMessage } from './watched-thread.ts';

/** Milliseconds between two words on the progress. */
const PROGRESS_EVERY = 100;

function send(message: ImportMessage | FailedMessage): void {
  parentPort!.postMessage(message);
}

let last = 0;
importFile(workerData as ImportTask, (doneBytes) => {
  if (performance.now() - last < PROGRESS_EVERY) return;
  last = performance.now();
  send({ kind: 'progress', doneBytes });
}).then(
  (summary) => send({ kind: 'done', summary }),
  (error: unknown) => send({ kind: 'failed', failure: failureOf(error) }),
);
