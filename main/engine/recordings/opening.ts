// SPDX-License-Identifier: Apache-2.0
/** Opens a recording's database for reading, whatever its recorder left beside it. */
import { accessSync, constants, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isBusy } from './storage-error.ts';

export interface OpenedDatabase {
  database: DatabaseSync;
  /** Another process has it open for writing. */
  inUse: boolean;
  close(): void;
}

// Nothing in the file may run or be believed: sqlite.org/security.html, "untrusted SQLite database files".
const DISTRUST = 'PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA cache_size = -8192';
const closed = { allowExtension: false, enableDoubleQuotedStringLiterals: false, defensive: true } as const;

/**
 * A log (-wal, -journal) beside the file means that its recorder was killed, or still runs. A dead one's log is
 * put into the file, which makes it one file again; where the folder is not ours to write, a copy is read.
 * @param copyFolder of the copy, not there yet; by default a new one for temporary files
 * @throws Error of SQLite or of the file system
 */
export function openDatabase(path: string, copyFolder?: string): OpenedDatabase {
  if (!existsSync(`${path}-wal`) && !existsSync(`${path}-journal`)) {
    const database = new DatabaseSync(path, { ...closed, readOnly: true });
    database.exec(DISTRUST);
    return { database, inUse: false, close: () => database.close() };
  }
  return writable(path) && writable(dirname(path)) ? recovered(path) : copied(path, copyFolder);
}

function recovered(path: string): OpenedDatabase {
  // Exclusive from the first read on: the index of the log is then kept in memory, not in a -shm beside it.
  const alone = new DatabaseSync(path, closed);
  try {
    alone.exec(`${DISTRUST}; PRAGMA locking_mode = EXCLUSIVE`);
    alone.prepare('SELECT count(*) FROM sqlite_schema').get();
    try {
      alone.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE');
    } catch (error) {
      if (isBusy(error)) throw error;
      // A full disk: what the log holds is read from there.
    }
    alone.exec('PRAGMA query_only = ON');
    return { database: alone, inUse: false, close: () => closeQuietly(alone) };
  } catch (error) {
    closeQuietly(alone);
    if (!isBusy(error)) throw error;
  }
  const beside = new DatabaseSync(path, { ...closed, readOnly: true });
  beside.exec(DISTRUST);
  return { database: beside, inUse: true, close: () => beside.close() };
}

function copied(path: string, copyFolder: string | undefined): OpenedDatabase {
  const folder = copyFolder ?? mkdtempSync(join(tmpdir(), 'emberscope-'));
  // Not one that somebody else made there: what is copied is nobody's business.
  if (copyFolder !== undefined) mkdirSync(copyFolder, { mode: 0o700 });
  const copy = join(folder, basename(path));
  try {
    for (const suffix of ['', '-wal', '-journal']) if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
    const opened = recovered(copy);
    return {
      ...opened,
      close() {
        opened.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function closeQuietly(database: DatabaseSync): void {
  try {
    database.close();
  } catch {
    // Closing writes the log back, for which a full disk has no room.
  }
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
