// SPDX-License-Identifier: Apache-2.0
/** Imports another tool's file on a thread of its own, which can be ended, as reading.ts does with recordings. */
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { Failure } from '../../../ipc/contract.ts';
import type { FormatName, ReadOptions } from '../../../formats/read/format.ts';
import { startBeside } from '../beside.ts';
import { FailureError, failureOf, fileFailures } from '../failures.ts';
import { places } from '../places.ts';
import { removePartial, type ImportSummary, type ImportTask } from './import-file.ts';
import { checkOutput } from './output.ts';

export type { ImportSummary } from './import-file.ts';

/** Between two signs of life lie one piece of the file, or the check and the writing of all of it. */
const PATIENCE_MS = 300_000;
/** For names and what finds them; columns lie outside and are bounded by their rows. */
const HEAP_MEGABYTES = 1024;

export type ImportMessage =
  | { kind: 'progress'; doneBytes: number }
  | { kind: 'done'; summary: ImportSummary }
  | { kind: 'failed'; failure: Failure };

export interface ImportOptions extends ReadOptions {
  /** As a person knows the file; by default its name. */
  fileName?: string;
  /** By default the file says it. */
  format?: FormatName;
  /** Replace a recording that is there. */
  replace?: boolean;
  onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** Ends it: then it is refused as "cancelled", and nothing is left. */
  signal?: AbortSignal;
  /** Megabytes of heap; for tests. */
  heap?: number;
}

/**
 * Writes a recording of what the file holds.
 * @param output path of the `.ember`; what is no recording there is never replaced
 * @throws FailureError
 */
export async function importInThread(file: string, output: string, options: ImportOptions = {}): Promise<ImportSummary> {
  const { fileName = basename(file), format = null, replace = false, onProgress, signal, heap = HEAP_MEGABYTES, unit, event } = options;
  const path = resolve(file);
  const target = resolve(output);
  checkOutput(target);
  if (signal?.aborted) throw new FailureError(fileFailures.cancelled(path));
  const read = { ...(unit ? { unit } : {}), ...(event === undefined ? {} : { event }) };
  const worker = start({ path, output: target, fileName, format, options: read, application: places().version, replace }, heap);
  const totalBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const { promise, resolve: done, reject } = Promise.withResolvers<ImportSummary>();
  const refuse = (failure: Failure): void => reject(new FailureError(failure));
  const watchdog = setTimeout(() => refuse(fileFailures.endless(path, PATIENCE_MS / 1000)), PATIENCE_MS);
  const cancel = (): void => refuse(fileFailures.cancelled(path));
  signal?.addEventListener('abort', cancel);
  worker.on('message', (message: ImportMessage) => {
    watchdog.refresh();
    switch (message.kind) {
      case 'progress':
        return onProgress?.(message.doneBytes, totalBytes);
      case 'done':
        return done(message.summary);
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
  worker.on('exit', () => refuse(fileFailures.notReadable(path, 'the importing thread ended')));
  try {
    return await promise;
  } finally {
    clearTimeout(watchdog);
    signal?.removeEventListener('abort', cancel);
    await worker.terminate();
    removePartial(target);
  }
}

function start(task: ImportTask, heap: number): Worker {
  const { importingThread } = places();
  const options = { workerData: task, name: 'importing', resourceLimits: { maxOldGenerationSizeMb: heap } };
  return startBeside(importingThread, options);
}
