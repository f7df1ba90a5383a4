// SPDX-License-Identifier: Apache-2.0
/** Where results go: a file, whole, or standard output. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { FailureError, fileFailures } from '../engine/failures.ts';

/** Whole or not at all: written beside its place, then renamed. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const partial = `${path}.part-${process.pid}`;
  try {
    writeFileSync(partial, content, { flag: 'wx' });
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC') {
      throw new FailureError({
        code: 'diskFull',
        message: `The disk is full, so ${path} was not written.`,
        remedy: 'Free some space, then do it again; recordings are unharmed.',
      });
    }
    throw new FailureError(fileFailures.notWritable(path, message));
  }
}

/** Resolves once everything was taken; a reader that has enough (`| head`) is no failure. */
export function writeOut(output: NodeJS.WritableStream, content: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EPIPE') return resolve();
      reject(
        new FailureError({
          code: 'notWritable',
          message: `Standard output cannot be written: ${error.message}.`,
          remedy: 'Name a file with --output.',
        }),
      );
    };
    output.once('error', failed);
    output.write(content, (error) => (error ? failed(error) : resolve()));
  });
}
