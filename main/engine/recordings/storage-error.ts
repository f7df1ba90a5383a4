// SPDX-License-Identifier: Apache-2.0
/** What SQLite and the file system throw, as failures. */
import type { Failure } from '../../../ipc/contract.ts';
import { isFailure } from '../../../ipc/failure.ts';
import { FailureError, fileFailures } from '../failures.ts';

/** Primary result codes of SQLite (sqlite.org/rescode.html): the lowest byte. */
const Sqlite = { busy: 5, locked: 6, readonly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 } as const;

function sqliteCode(error: unknown): number | null {
  const { errcode } = (error ?? {}) as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : null;
}

function detail(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const words: Record<string, string> = {
    EACCES: 'permission denied',
    EPERM: 'not permitted',
    EROFS: 'the file system is read-only',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of its path is not a folder',
    ENAMETOOLONG: 'its name is too long',
    ELOOP: 'too many symbolic links',
  };
  return words[code ?? ''] ?? message;
}

/** @param path of the recording being written */
export function writeFailure(error: unknown, path: string): Failure {
  if (isFailure(error)) return { code: error.code, message: error.message, remedy: error.remedy };
  if (isFull(error)) return fileFailures.diskFull(path);
  if (sqliteCode(error) !== null) return fileFailures.writeFailed(path, (error as Error).message);
  return fileFailures.notWritable(path, detail(error));
}

/** @param path of what was to be put there */
export function placeFailure(error: unknown, path: string): Failure {
  return isFull(error) ? fileFailures.noRoom(path) : writeFailure(error, path);
}

/** @param path of the file being opened */
export function readFailure(error: unknown, path: string): Failure {
  if (isFailure(error)) return { code: error.code, message: error.message, remedy: error.remedy };
  const { code } = error as NodeJS.ErrnoException;
  switch (sqliteCode(error)) {
    case Sqlite.notADatabase:
      return fileFailures.notEmber(path);
    case Sqlite.busy:
    case Sqlite.locked:
      return fileFailures.inUse(path);
    case null:
      if (code === 'ENOENT') return fileFailures.notThere(path);
      return fileFailures.notReadable(path, detail(error));
    default:
      return fileFailures.damaged(path, (error as Error).message);
  }
}

export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === Sqlite.busy || code === Sqlite.locked;
}

/** Of SQLite, the file system, or a failure made of theirs. */
export function isFull(error: unknown): boolean {
  if (isFailure(error)) return error.code === 'diskFull';
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' || sqliteCode(error) === Sqlite.full;
}

export function rethrowAs(failure: (error: unknown, path: string) => Failure, path: string, error: unknown): never {
  throw new FailureError(failure(error, path));
}
