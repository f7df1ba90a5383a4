// SPDX-License-Identifier: Apache-2.0
/** Imports another tool's file on a thread of its own. */
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { FormatName, ReadOptions } from '../../../formats/read/format.ts';
import { places } from '../places.ts';
import { USED_SHARE } from './heap-watch.ts';
import { removePartial, type ImportSummary, type ImportTask } from './import-file.ts';
import { checkOutput } from './output.ts';
import { WatchedThread } from './watched-thread.ts';

export type { ImportSummary } from './import-file.ts';

/** Between two signs of life lie one piece of the file, or the check and the writing of all of it. */
const PATIENCE_MS = 300_000;
/** For names and what finds them; columns lie outside and are bounded by their rows. */
const HEAP_MEGABYTES = 1024;

export type ImportMessage =
  | { kind: 'progress'; doneBytes: number }
  | { kind: 'done'; summary: ImportSummary };

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
  const read = { ...(unit ? { unit } : {}), ...(event === undefined ? {} : { event }) };
  const task: ImportTask = { path, output: target, fileName, format, options: read, application: places().version, replace, heap };
  const thread = new WatchedThread<ImportMessage>(places().importingThread, task, { name: 'importing', path, patience: PATIENCE_MS, heap: heap / USED_SHARE, signal });
  const totalBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  try {
    return await thread.result((message) => {
      switch (message.kind) {
        case 'progress':
          onProgress?.(message.doneBytes, totalBytes);
          return;
        case 'done':
          return message.summary;
        default:
          return message satisfies never;
      }
    });
  } finally {
    await thread.end();
    removePartial(target);
  }
}
