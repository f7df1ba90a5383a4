// SPDX-License-Identifier: Apache-2.0
/**
 * Deleting that can be undone: files go to the desktop's trash, where a person finds them later, too.
 * freedesktop.org, Trash specification 1.0: the home trash, $XDG_DATA_HOME/Trash with files/ and info/.
 */
import { existsSync, lstatSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { FailureError, libraryFailures } from '../failures.ts';
import { trashFolder } from '../folders.ts';
import { ensureFolder, movePath } from '../recordings/keeping.ts';
import { placeFailure, rethrowAs } from '../recordings/storage-error.ts';

export interface TrashedFile {
  from: string;
  /** In the trash. */
  path: string;
  info: string;
}

function infoText(path: string, now: Date): string {
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  return `[Trash Info]\nPath=${path.split('/').map(encodeURIComponent).join('/')}\nDeletionDate=${local}\n`;
}

export interface TrashOptions {
  folder?: string;
  now?: Date;
  /** Moves a file, which somebody may have open. @throws FailureError */
  move?: (from: string, to: string) => void;
}

/** @throws FailureError: then the file is where it was. */
export function trash(path: string, { folder: trashed = trashFolder(), now = new Date(), move = movePath }: TrashOptions = {}): TrashedFile {
  ensureFolder(join(trashed, 'files'));
  ensureFolder(join(trashed, 'info'));
  for (let number = 1; ; number++) {
    const name = number === 1 ? basename(path) : `${basename(path)}.${number}`;
    const info = join(trashed, 'info', `${name}.trashinfo`);
    const to = join(trashed, 'files', name);
    if (existsSync(to)) continue;
    try {
      // The specification: whoever creates the info file has the name.
      writeFileSync(info, infoText(path, now), { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      rethrowAs(placeFailure, info, error);
    }
    try {
      move(path, to);
    } catch (error) {
      rmSync(info, { force: true });
      throw error;
    }
    moveBeside(path, to);
    return { from: path, path: to, info };
  }
}

/** Never over a file that is there: `to` says where it goes. @throws FailureError: then it stays in the trash. */
export function restore({ path, info }: TrashedFile, to: string, move = movePath): void {
  if (!lstatSync(path, { throwIfNoEntry: false })) throw new FailureError(libraryFailures.notInTrash(basename(to)));
  move(path, to);
  moveBeside(path, to);
  rmSync(info, { force: true });
}

/** The log of a recorder that was killed belongs to its file. */
function moveBeside(from: string, to: string): void {
  for (const suffix of ['-wal', '-journal']) {
    try {
      if (existsSync(from + suffix)) renameSync(from + suffix, to + suffix);
    } catch {
      // On another file system: the file itself is whole without what its recorder did last.
    }
  }
}
