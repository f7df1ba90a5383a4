// SPDX-License-Identifier: Apache-2.0
/**
 * Copies SQLite's log back into the file on a thread of its own: that waits for the disk (100 ms and more where
 * it is busy), and rows must not wait with it. While it runs the writer goes on appending to the log.
 */
import { Worker } from 'node:worker_threads';

const IDLE = 0;
const BUSY = 1;
/** Nothing waits longer for a checkpoint: what follows fails in SQLite's own words, and nothing is lost. */
const PATIENCE_MS = 10_000;

// Plain JavaScript in a text: it needs no file of its own beside a bundle. A connection for each checkpoint, so
// that none stands in the way when the file is moved or finished.
const SCRIPT = `
const { parentPort, workerData } = require('node:worker_threads');
const { DatabaseSync } = require('node:sqlite');
const state = new Int32Array(workerData);
parentPort.on('message', (path) => {
  try {
    const database = new DatabaseSync(path, { allowExtension: false });
    try {
      database.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_checkpoint(PASSIVE)');
    } finally {
      database.close();
    }
  } catch {
    // The log stays as it is, and the writer's own limit decides.
  }
  Atomics.store(state, 0, ${IDLE});
  Atomics.notify(state, 0);
});`;

export class Checkpointer {
  readonly #state = new Int32Array(new SharedArrayBuffer(4));
  #worker: Worker | null = null;

  /** Begins one, unless one is under way. */
  request(path: string): void {
    if (Atomics.load(this.#state, 0) === BUSY) return;
    Atomics.store(this.#state, 0, BUSY);
    this.#worker ??= this.#start();
    this.#worker.postMessage(path);
  }

  /** Blocks until none is under way: before the file is moved or closed. */
  settle(): void {
    Atomics.wait(this.#state, 0, BUSY, PATIENCE_MS);
  }

  close(): void {
    this.settle();
    void this.#worker?.terminate();
    this.#worker = null;
  }

  #start(): Worker {
    const worker = new Worker(SCRIPT, { eval: true, workerData: this.#state.buffer, name: 'checkpoint' });
    worker.unref();
    // A thread that cannot be had leaves checkpoints to the writer.
    worker.on('error', () => Atomics.store(this.#state, 0, IDLE));
    return worker;
  }
}
