// SPDX-License-Identifier: Apache-2.0
/**
 * Bytes to and from a helper, wherever it runs: a process of this machine, later one behind ssh, or a file
 * that holds what a helper once sent.
 */
import { createReadStream } from 'node:fs';

export interface StreamExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last lines of standard error; at most 4 KiB. */
  stderr: string;
  /** Why it could not be started at all ("ENOENT"); empty when it was. */
  startError: string;
}

export interface HelperStream {
  /** Ends when the other side closes it; never throws. Read once. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Never throws; dropped when the other side is gone. */
  send(bytes: Uint8Array): void;
  closeInput(): void;
  /** The last resort. A helper that runs as another user cannot be killed: then nothing happens. */
  kill(): void;
  readonly exited: Promise<StreamExit>;
}

const ignored = (): undefined => undefined;

/** Bytes already there, in any pieces; what is sent to it is dropped. */
export function replayStream(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): HelperStream {
  const exited = Promise.withResolvers<StreamExit>();
  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    let startError = '';
    try {
      yield* chunks;
    } catch (error) {
      startError = (error as Error).message;
    } finally {
      exited.resolve({ code: 0, signal: null, stderr: '', startError });
    }
  }
  return { output: read(), send: ignored, closeInput: ignored, kill: ignored, exited: exited.promise };
}

/** @param path of a recorded stream (test/recordings/*.stream) */
export function fileStream(path: string): HelperStream {
  return replayStream(createReadStream(path));
}
