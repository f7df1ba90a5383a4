// SPDX-License-Identifier: Apache-2.0
/** Where results go: a file, whole, or standard output. */
import { existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { FailureError, fileFailures } from '../engine/failures.ts';
import { isRecording } from '../engine/recordings/output.ts';
import { checkOutput } from './values.ts';

/** A device or a pipe, which is written to and never replaced. */
function isStream(path: string): boolean {
  return existsSync(path) && !statSync(path).isFile() && !statSync(path).isDirectory();
}

/**
 * Checks where a result is to go before any work is done for it.
 * @throws FailureError where something is that must stay: a recording always, which nothing could make again
 */
export function checkResult(output: string, force: boolean): string {
  const path = resolve(output);
  if (isStream(path)) return path;
  checkOutput(path, force);
  if (isRecording(path)) {
    throw new FailureError({ code: 'outputExists', message: `${path} is a recording, and was left alone.`, remedy: 'Choose another name: --force does not write over recordings here.' });
  }
  return path;
}

/** Whole or not at all: written beside its place, then renamed. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const partial = `${path}.part-${process.pid}`;
  try {
    if (isStream(path)) return writeFileSync(path, content);
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
