// SPDX-License-Identifier: Apache-2.0
/** Tags and notes, put into a recording's own file so that they go where it goes. */
import { utimesSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Failure } from '../../../ipc/contract.ts';
import type { Annotations } from '../../../ipc/library-contract.ts';
import { FailureError, fileFailures, libraryFailures } from '../failures.ts';
import { metadataRows } from '../recordings/format.ts';
import { readAbout } from '../recordings/reader.ts';
import { isBusy, isFull, rethrowAs } from '../recordings/storage-error.ts';

const TAGS = 40;
const TAG_LENGTH = 60;
const NOTES_LENGTH = 20_000;

/** Tags without "#" and spaces around them, each once. @throws FailureError where they are too many or too long */
export function checkedAnnotations({ tags, notes }: Annotations): Annotations {
  const words = [...new Set(tags.map((tag) => tag.trim().replace(/^#+/, '').replace(/\s+/g, '-')).filter(Boolean))];
  if (words.length > TAGS || words.some((tag) => tag.length > TAG_LENGTH)) throw new FailureError(libraryFailures.tooManyTags(TAGS, TAG_LENGTH));
  if (notes.length > NOTES_LENGTH) throw new FailureError(libraryFailures.longNotes(NOTES_LENGTH));
  return { tags: words, notes };
}

/**
 * The file's time stays, since what was recorded is the same.
 * @throws FailureError for a file that is no sound recording, is being written, or cannot be written.
 */
export function annotate(path: string, annotations: Annotations): void {
  const { inUse } = readAbout(path);
  if (inUse) throw new FailureError(fileFailures.inUse(path));
  try {
    const { atime, mtime } = statSync(path);
    const database = new DatabaseSync(path, { allowExtension: false, enableDoubleQuotedStringLiterals: false, defensive: true, timeout: 1000 });
    try {
      database.exec('PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0; BEGIN IMMEDIATE');
      const put = database.prepare('INSERT INTO metadata (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value');
      for (const [key, value] of metadataRows(annotations)) put.run(key, value);
      database.exec('COMMIT');
    } finally {
      database.close();
    }
    utimesSync(path, atime, mtime);
  } catch (error) {
    rethrowAs(annotateFailure, path, error);
  }
}

function annotateFailure(error: unknown, path: string): Failure {
  const { code, message, errcode } = error as NodeJS.ErrnoException & { errcode?: number };
  if (isFull(error)) return libraryFailures.notAnnotated(path, 'the disk is full');
  if (isBusy(error)) return fileFailures.inUse(path);
  // SQLITE_READONLY and SQLITE_CANTOPEN: the file, or the folder that takes its journal.
  const isClosed = [8, 14].includes((errcode ?? 0) & 0xff) || code === 'EROFS' || code === 'EACCES' || code === 'EPERM';
  return libraryFailures.notAnnotated(path, isClosed ? 'the file or its folder is read-only' : message);
}
