// SPDX-License-Identifier: Apache-2.0
/** Names and places of recording files; nothing here ever replaces a file that is there. */
import { closeSync, constants, copyFileSync, existsSync, linkSync, lstatSync, mkdirSync, openSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FailureError, fileFailures } from '../failures.ts';
import { placeFailure, rethrowAs } from './storage-error.ts';

export const EXTENSION = '.ember';
const NAME_LIMIT = 120;

/** A file name without folder and extension. @throws FailureError */
export function checkedName(name: string): string {
  const bare = name.trim().replace(/\.ember$/i, '').trim();
  if (!bare || bare.length > NAME_LIMIT || bare.startsWith('.') || /[/\u0000-\u001f\u007f]/.test(bare)) {
    throw new FailureError(fileFailures.badName(name));
  }
  return bare;
}

/** "name.ember", or "name (2).ember" and so on: the first that is free in `folder`. */
export function freePath(folder: string, name: string): string {
  for (let number = 1; ; number++) {
    const path = join(folder, number === 1 ? `${name}${EXTENSION}` : `${name} (${number})${EXTENSION}`);
    if (!existsSync(path)) return path;
  }
}

/** Copies a closed file, with what its recorder left beside it. @throws FailureError: then there is no copy. */
export function copyPath(from: string, to: string): void {
  // The log first: a file without it would be one that lacks something and does not say so.
  const suffixes = ['-wal', '-journal', ''].filter((suffix) => suffix === '' || existsSync(from + suffix));
  const ours: string[] = [];
  try {
    for (const suffix of suffixes) {
      // What somebody else has there stays.
      closeSync(openSync(to + suffix, 'wx', 0o600));
      ours.push(to + suffix);
      copyFileSync(from + suffix, to + suffix, constants.COPYFILE_FICLONE);
    }
  } catch (error) {
    for (const path of ours) rmSync(path, { force: true });
    rethrowAs(placeFailure, to, error);
  }
}

/** Moves a closed file, by name or by copy. @throws FailureError: then it is where it was. */
export function movePath(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !lstatSync(from, { throwIfNoEntry: false })) throw new FailureError(fileFailures.notThere(from));
    // Another file system, or one without hard links.
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EMLINK') rethrowAs(placeFailure, to, error);
    try {
      copyFileSync(from, to, constants.COPYFILE_EXCL);
    } catch (copyError) {
      if ((copyError as NodeJS.ErrnoException).code !== 'EEXIST') {
        try {
          unlinkSync(to);
        } catch {
          // The copy had not begun.
        }
      }
      rethrowAs(placeFailure, to, copyError);
    }
  }
  unlinkSync(from);
}

/** Makes sure that a folder is there for its owner. @throws FailureError */
export function ensureFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    rethrowAs(placeFailure, folder, error);
  }
}

/** @throws FailureError when the folder that is to hold `path` is not there. */
export function requireFolderOf(path: string): void {
  const folder = dirname(path);
  try {
    if (statSync(folder).isDirectory()) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') rethrowAs(placeFailure, path, error);
  }
  throw new FailureError(fileFailures.folderMissing(folder));
}

/** A title for a window or a list: the file's name without its extension. */
export function titleOf(path: string): string {
  return basename(path).replace(/\.ember$/i, '');
}
