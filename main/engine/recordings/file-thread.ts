// SPDX-License-Identifier: Apache-2.0
/**
 * What takes long with the file of a live recording, on a thread of its own, one after the other: copying SQLite's
 * log back into the file, which waits for the disk (100 ms and more where it is busy), and copies of the whole.
 * Meanwhile the writer goes on appending to the log.
 */
import { Worker } from 'node:worker_threads';
import type { Metadata } from './format.ts';
import { metadataRows } from './format.ts';

/** Nothing waits longer: what follows fails in SQLite's own words, and nothing is lost. */
const PATIENCE_MS = 10_000;

// Plain JavaScript in a text: it needs no file of its own beside a bundle. A connection for each task, so that none
// stands in the way when the file is moved or finished.
const SCRIPT = `
const { parentPort, workerData } = require('node:worker_threads');
const { DatabaseSync } = require('node:sqlite');
const tasks = new Int32Array(workerData);
function use(path, action) {
  const database = new DatabaseSync(path, { allowExtension: false, timeout: 1000 });
  try {
    action(database);
  } finally {
    database.close();
  }
}
parentPort.on('message', ({ path, copy, metadata, number }) => {
  let answer = { number, error: null };
  try {
    if (copy === undefined) {
      use(path, (database) => database.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_checkpoint(PASSIVE)'));
    } else {
      use(path, (database) => database.prepare('VACUUM INTO ?').run(copy));
      use(copy, (database) => {
        database.exec('PRAGMA journal_mode = DELETE; BEGIN');
        const set = database.prepare('INSERT INTO metadata (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value');
        for (const [key, value] of metadata) set.run(key, value);
        database.exec('COMMIT');
      });
    }
  } catch (error) {
    // A log that was not copied back stays as it is, and the writer's own limit decides.
    answer = { number, error: { message: error.message, code: error.code, errcode: error.errcode } };
  }
  Atomics.sub(tasks, 0, 1);
  Atomics.notify(tasks, 0);
  if (copy !== undefined) parentPort.postMessage(answer);
});`;

interface Answer {
  number: number;
  error: { message: string; code?: string; errcode?: number } | null;
}

export class FileThread {
  /** Tasks not done yet. */
  readonly #tasks = new Int32Array(new SharedArrayBuffer(4));
  readonly #copies = new Map<number, PromiseWithResolvers<undefined>>();
  #worker: Worker | null = null;
  #number = 0;

  /** Begins to copy the log back, unless something is under way. */
  checkpoint(path: string): void {
    if (Atomics.load(this.#tasks, 0) > 0) return;
    this.#post({ path });
  }

  /** A copy at `copy`, where nothing may be, with this metadata. @throws Error of SQLite */
  copy(path: string, copy: string, metadata: Partial<Metadata>): Promise<void> {
    const done = Promise.withResolvers<undefined>();
    const number = ++this.#number;
    this.#copies.set(number, done);
    this.#post({ path, copy, metadata: metadataRows(metadata), number });
    return done.promise;
  }

  /** Blocks until nothing is under way: before the file is moved or closed. */
  settle(): void {
    const until = Date.now() + PATIENCE_MS;
    for (let left = Atomics.load(this.#tasks, 0); left > 0; left = Atomics.load(this.#tasks, 0)) {
      if (Atomics.wait(this.#tasks, 0, left, Math.max(0, until - Date.now())) === 'timed-out') return;
    }
  }

  close(): void {
    this.settle();
    const worker = this.#worker;
    this.#worker = null;
    // Its last answers are still on their way.
    if (this.#copies.size === 0) void worker?.terminate();
    else void Promise.allSettled([...this.#copies.values()].map(({ promise }) => promise)).then(() => worker?.terminate());
  }

  #post(task: { path: string; copy?: string; metadata?: [string, string][]; number?: number }): void {
    Atomics.add(this.#tasks, 0, 1);
    this.#worker ??= this.#start();
    this.#worker.postMessage(task);
  }

  #start(): Worker {
    const worker = new Worker(SCRIPT, { eval: true, workerData: this.#tasks.buffer, name: 'recording file' });
    worker.unref();
    worker.on('message', ({ number, error }: Answer) => {
      const copy = this.#copies.get(number);
      this.#copies.delete(number);
      if (error) copy?.reject(Object.assign(new Error(error.message), error));
      else copy?.resolve(undefined);
    });
    // A thread that cannot be had leaves checkpoints to the writer.
    worker.on('error', (error) => {
      Atomics.store(this.#tasks, 0, 0);
      for (const copy of this.#copies.values()) copy.reject(error);
      this.#copies.clear();
    });
    return worker;
  }
}
