// SPDX-License-Identifier: Apache-2.0
/** The file that somebody named for a new recording. */
import { closeSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { FailureError, fileFailures } from '../failures.ts';
import { APPLICATION_ID } from './format.ts';
import { requireFolderOf } from './keeping.ts';
import { rethrowAs, writeFailure } from './storage-error.ts';

/** @throws FailureError when a recording cannot be written there, as far as can be known before */
export function checkOutput(path: string): void {
  requireFolderOf(path);
  if (!statSync(path, { throwIfNoEntry: false })) return;
  if (!isReplaceable(path)) throw new FailureError(fileFailures.occupied(path));
}

function isReplaceable(path: string): boolean {
  const head = headOf(path);
  return head !== null && (head.length === 0 || isHeadOfRecording(head));
}

/** By how it begins, whole or not. */
export function isRecording(path: string): boolean {
  const head = headOf(path);
  return head !== null && isHeadOfRecording(head);
}

const isHeadOfRecording = (head: Buffer): boolean => head.length === 100 && head.readUInt32BE(68) === APPLICATION_ID;

/** The first 100 bytes; null: it is no file, or cannot be read. */
function headOf(path: string): Buffer | null {
  try {
    if (!statSync(path).isFile()) return null;
    const bytes = Buffer.alloc(100);
    const descriptor = openSync(path, 'r');
    const length = readSync(descriptor, bytes, 0, 100, 0);
    closeSync(descriptor);
    return bytes.subarray(0, length);
  } catch {
    return null;
  }
}

/** Makes room for the new recording, and only now that there is one. @throws FailureError */
export function freeOutput(path: string): string {
  checkOutput(path);
  try {
    // In one step, and with its log: half of an old recording must not stand beside the new one.
    if (statSync(path, { throwIfNoEntry: false })) {
      const aside = `${path}.replaced-${process.pid}`;
      renameSync(path, aside);
      rmSync(aside, { force: true });
    }
    for (const suffix of ['-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
    return path;
  } catch (error) {
    return rethrowAs(writeFailure, path, error);
  }
}
