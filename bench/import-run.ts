// SPDX-License-Identifier: Apache-2.0
/**
 * Imports a file as `emberscope import FILE --output OUTPUT` does, in this process, and prints what it took as JSON; run by importing.ts.
 *
 *     node bench/import-run.ts FILE OUTPUT [--cancel]
 */
import { importInThread } from '../main/engine/recordings/importing.ts';
import { isFailure } from '../ipc/failure.ts';

/** With --cancel it is given up when so much of the file was read. */
const CANCEL_AT = 0.3;

export interface ImportRun {
  milliseconds: number;
  /** CPU time, of all threads. */
  cpu: number;
  /** MiB, the most that was resident. */
  peak: number;
  samples: number;
  stacks: number;
  /** How often it told how far it was, and the longest time between two. */
  progress: number;
  longestSilence: number;
  /** From the cancel to the end; null: it was not cancelled. */
  cancelled: number | null;
}

const [file = '', output = '', flag] = process.argv.slice(2);
const cancel = new AbortController();
const began = performance.now();
let [progress, longestSilence, last, cancelledAt] = [0, 0, began, 0];
const onProgress = (done: number, total: number): void => {
  progress++;
  longestSilence = Math.max(longestSilence, performance.now() - last);
  last = performance.now();
  if (flag !== '--cancel' || cancelledAt > 0 || done < total * CANCEL_AT) return;
  cancelledAt = last;
  cancel.abort();
};
const { samples = 0, stacks = 0 } = await importInThread(file, output, { onProgress, signal: cancel.signal }).catch((error: unknown) => {
  if (isFailure(error) && error.code === 'cancelled') return { samples: 0, stacks: 0 };
  throw error;
});
const { user, system } = process.cpuUsage();
const run: ImportRun = {
  milliseconds: performance.now() - began,
  cpu: (user + system) / 1000,
  peak: process.resourceUsage().maxRSS / 1024,
  samples,
  stacks,
  progress,
  longestSilence,
  cancelled: cancelledAt > 0 ? performance.now() - cancelledAt : null,
};
console.log(JSON.stringify(run));
