// SPDX-License-Identifier: Apache-2.0
/**
 * Looks into the library's files on a thread of its own, which is ended, and begun anew without the file that it was at,
 * when it gives no sign of life or runs out of memory.
 */
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { Failure } from '../../../ipc/contract.ts';
import type { Annotations, LibraryEntry } from '../../../ipc/library-contract.ts';
import { startBeside } from '../beside.ts';
import { FailureError, fileFailures, libraryFailures } from '../failures.ts';
import { places } from '../places.ts';

/** Between two signs of life, as when a recording is opened. */
const PATIENCE_MS = 60_000;
const HEAP_MEGABYTES = 4096;

export interface LibraryThreadData {
  /** Path of the index; null: in memory. */
  index: string | null;
  /** Copies are made at it with a number behind. */
  copyFolder: string;
  /** What ended threads before this one. */
  hostile: { path: string; failure: Failure }[];
}

export type LibraryTask =
  /** `anew`: all entries are told, not only what is new since the last scan. */
  | { kind: 'scan'; scan: number; folder: string; anew: boolean }
  | { kind: 'thumbnail'; number: number; folder: string; file: string }
  | { kind: 'annotate'; number: number; folder: string; file: string; annotations: Annotations }
  | { kind: 'end' };

export type LibraryAnswer =
  /** All files of the folder; their entries follow. */
  | { kind: 'scanned'; scan: number; failure: Failure | null; files: string[] }
  /** `isLast`: with it all files of the scan were told of. */
  | { kind: 'entries'; scan: number; folder: string; entries: LibraryEntry[]; waiting: number; isLast: boolean }
  /** A sign of life. */
  | { kind: 'looking'; path: string }
  | { kind: 'answer'; number: number; result: string }
  | { kind: 'refused'; number: number; failure: Failure };

export interface LookingListener {
  /** `scan`: which one; a later one tells all files again. */
  scanned(scan: number, failure: Failure | null, files: string[]): void;
  /** Entries are told once: those of an earlier scan count, too. */
  entries(told: Extract<LibraryAnswer, { kind: 'entries' }>): void;
}

export interface LookingOptions {
  /** Milliseconds without a sign of life; for tests. */
  patience?: number;
  /** Megabytes of heap; for tests. */
  heap?: number;
}

export class Looking {
  readonly #index: string | null;
  readonly #listener: LookingListener;
  readonly #patience: number;
  readonly #heap: number;
  readonly #hostile: LibraryThreadData['hostile'] = [];
  readonly #asked = new Map<number, PromiseWithResolvers<string>>();
  #worker: Worker | null = null;
  #watchdog: NodeJS.Timeout | null = null;
  /** The file that is looked into; empty: none. */
  #path = '';
  #folder = '';
  #scan = 0;
  #number = 0;
  #closed = false;

  constructor(index: string | null, listener: LookingListener, { patience = PATIENCE_MS, heap = HEAP_MEGABYTES }: LookingOptions = {}) {
    this.#index = index;
    this.#listener = listener;
    this.#patience = patience;
    this.#heap = heap;
  }

  /** What is found comes to the listener. @returns which scan it is */
  scan(folder: string, anew: boolean): number {
    this.#folder = folder;
    this.#send({ kind: 'scan', scan: ++this.#scan, folder, anew });
    return this.#scan;
  }

  thumbnail(folder: string, file: string): Promise<string> {
    return this.#ask((number) => ({ kind: 'thumbnail', number, folder, file }));
  }

  /** @throws FailureError */
  async annotate(folder: string, file: string, annotations: Annotations): Promise<void> {
    await this.#ask((number) => ({ kind: 'annotate', number, folder, file, annotations }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    this.#forget(libraryFailures.closed());
    if (!worker) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage({ kind: 'end' } satisfies LibraryTask);
    const timer = setTimeout(() => void worker.terminate(), 1000);
    await ended;
    clearTimeout(timer);
  }

  #ask(task: (number: number) => LibraryTask): Promise<string> {
    if (this.#closed) return Promise.reject(new FailureError(libraryFailures.closed()));
    const number = ++this.#number;
    const asked = Promise.withResolvers<string>();
    this.#asked.set(number, asked);
    this.#send(task(number));
    return asked.promise;
  }

  #send(task: LibraryTask): void {
    if (this.#closed) return;
    this.#worker ??= this.#start();
    this.#worker.postMessage(task);
  }

  #take(answer: LibraryAnswer): void {
    this.#watchdog?.refresh();
    switch (answer.kind) {
      case 'scanned':
        return this.#listener.scanned(answer.scan, answer.failure, answer.files);
      case 'entries':
        this.#rest();
        return this.#listener.entries(answer);
      case 'looking':
        this.#path = answer.path;
        this.#watchdog ??= setTimeout(() => this.#givenUp(fileFailures.endless(this.#path, this.#patience / 1000)), this.#patience).unref();
        return;
      case 'answer':
        this.#asked.get(answer.number)?.resolve(answer.result);
        this.#asked.delete(answer.number);
        return;
      case 'refused':
        this.#asked.get(answer.number)?.reject(new FailureError(answer.failure));
        this.#asked.delete(answer.number);
        return;
      default:
        answer satisfies never;
    }
  }

  #rest(): void {
    if (this.#watchdog) clearTimeout(this.#watchdog);
    this.#watchdog = null;
    this.#path = '';
  }

  /** The thread is lost to the file that it was at: another one goes on with the others. */
  #givenUp(failure: Failure): void {
    const path = this.#path;
    this.#forget(failure);
    if (this.#closed || path === '') return;
    this.#hostile.push({ path, failure });
    this.#send({ kind: 'scan', scan: this.#scan, folder: this.#folder, anew: true });
  }

  #forget(failure: Failure): void {
    const worker = this.#worker;
    this.#worker = null;
    this.#rest();
    for (const { reject } of this.#asked.values()) reject(new FailureError(failure));
    this.#asked.clear();
    if (worker && !this.#closed) void worker.terminate();
  }

  #start(): Worker {
    const { libraryThread } = places();
    const workerData: LibraryThreadData = { index: this.#index, copyFolder: join(tmpdir(), `emberscope-library-${randomUUID()}`), hostile: this.#hostile };
    const options = { workerData, name: 'library', resourceLimits: { maxOldGenerationSizeMb: this.#heap } };
    const worker = startBeside(libraryThread, options);
    worker.unref();
    worker.on('message', (answer: LibraryAnswer) => {
      if (this.#worker === worker) this.#take(answer);
    });
    worker.on('error', (error: Error & { code?: unknown }) => {
      if (this.#worker !== worker) return;
      const tooLarge = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      this.#givenUp(tooLarge ? fileFailures.tooLarge(this.#path, `its names need more than ${this.#heap} MiB of memory`) : fileFailures.notReadable(this.#path, error.message));
    });
    return worker;
  }
}
