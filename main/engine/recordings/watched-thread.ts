// SPDX-License-Identifier: Apache-2.0
/**
 * Work with a file that nobody vouches for, on a thread of its own: live sessions and windows go on meanwhile, and it can be ended
 * when it says nothing for long, takes too much memory, or is given up. (A separate process would be a harder wall; under
 * Electron there is none to be had without its runAsNode fuse, which stays off.)
 */
import type { Worker } from 'node:worker_threads';
import type { Failure } from '../../../ipc/contract.ts';
import { startBeside } from '../beside.ts';
import { FailureError, failureOf, fileFailures } from '../failures.ts';

export interface Watch {
  /** Of the thread: "reading". */
  name: string;
  /** Of the file, for what is told of it. */
  path: string;
  /** Milliseconds without a message. */
  patience: number;
  /** Megabytes of its heap; columns lie outside. */
  heap: number;
  /** Ends it: then it is refused as "cancelled". */
  signal: AbortSignal | undefined;
}

/** The last message of one that could not. */
export interface FailedMessage {
  kind: 'failed';
  failure: Failure;
}

export class WatchedThread<Message extends { kind: string }> {
  readonly #worker: Worker;
  readonly #watch: Watch;

  /** @param program of places.ts @throws FailureError when it is given up already */
  constructor(program: string, task: object, watch: Watch) {
    if (watch.signal?.aborted) throw new FailureError(fileFailures.cancelled(watch.path));
    this.#watch = watch;
    this.#worker = startBeside(program, { workerData: task, name: watch.name, resourceLimits: { maxOldGenerationSizeMb: watch.heap } });
  }

  /**
   * @param take gets every message, and returns the result with the last one
   * @throws FailureError
   */
  async result<Result>(take: (message: Message) => Result | undefined): Promise<Result> {
    const { name, path, patience, heap, signal } = this.#watch;
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const refuse = (failure: Failure): void => reject(new FailureError(failure));
    const watchdog = setTimeout(() => refuse(fileFailures.endless(path, patience / 1000)), patience);
    const cancel = (): void => refuse(fileFailures.cancelled(path));
    signal?.addEventListener('abort', cancel);
    this.#worker.on('message', (message: Message | FailedMessage) => {
      watchdog.refresh();
      if (isFailed(message)) return refuse(message.failure);
      try {
        const result = take(message);
        if (result !== undefined) resolve(result);
      } catch (error) {
        reject(error);
      }
    });
    this.#worker.on('error', (error: Error & { code?: unknown }) => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') refuse(fileFailures.tooLarge(path, `its names need more than ${heap} MiB of memory`));
      else refuse(failureOf(error));
    });
    this.#worker.on('exit', () => refuse(fileFailures.notReadable(path, `the ${name} thread ended`)));
    try {
      return await promise;
    } finally {
      clearTimeout(watchdog);
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** Within SQLite it ends when that returns. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

function isFailed(message: { kind: string }): message is FailedMessage {
  return message.kind === 'failed';
}
