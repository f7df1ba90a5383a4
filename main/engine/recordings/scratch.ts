// SPDX-License-Identifier: Apache-2.0
/** The folder in which every live session is a recording from its start, and where a crashed one is found again. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readStat } from '../processes/proc-files.ts';
import { ensureFolder, EXTENSION } from './keeping.ts';

/** Finished recordings that nobody saved go after a week, or when there are more of them. */
const KEPT_DAYS = 7;
const KEPT_FILES = 20;

export class Scratch {
  readonly folder: string;
  #count = 0;

  constructor(stateFolder: string) {
    this.folder = join(stateFolder, 'scratch');
  }

  /**
   * A path for a new file of this process: <time>-<pid>-<start ticks>-<number>.ember, or another extension. The
   * folder is made when it is first needed: who only reads files may have no home.
   * @throws FailureError
   */
  newPath(extension = EXTENSION): string {
    ensureFolder(this.folder);
    const time = new Date().toISOString().replace(/[-:]|\.\d+Z/g, '');
    const ticks = readStat(process.pid)?.startTicks ?? 0;
    return join(this.folder, `${time}-${process.pid}-${ticks}-${++this.#count}${extension}`);
  }

  /** Recordings of processes that are gone, the newest first. */
  left(): string[] {
    return this.#files()
      .filter((name) => name.endsWith(EXTENSION) && !ownerLives(name))
      .sort()
      .reverse()
      .map((name) => join(this.folder, name));
  }

  /** The newest that are left whose recorder did not come to its end: a log lies beside them. */
  crashed(most: number, mostBytes: number): string[] {
    const size = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.size;
    return this.left()
      .filter((path) => size(`${path}-wal`) !== undefined && (size(path) ?? Infinity) <= mostBytes)
      .slice(0, most);
  }

  /** Removes what is old, and what was never a recording (broken uploads, snapshots, halves of imports). Never throws. */
  prune(now = Date.now()): void {
    for (const name of this.#files()) {
      const importer = /\.importing-(\d+)/.exec(name);
      if (importer ? readStat(Number(importer[1])) !== null : !/\.(upload|snapshot)$/.test(name) || ownerLives(name)) continue;
      this.remove(join(this.folder, name));
    }
    for (const [i, path] of this.left().entries()) {
      try {
        if (i >= KEPT_FILES || now - statSync(path).mtimeMs > KEPT_DAYS * 86_400_000) this.remove(path);
      } catch {
        // Somebody else removed it.
      }
    }
  }

  remove(path: string): void {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
  }

  #files(): string[] {
    try {
      return readdirSync(this.folder);
    } catch {
      return [];
    }
  }
}

function ownerLives(name: string): boolean {
  const owner = /-(\d+)-(\d+)-\d+\.\w+$/.exec(name);
  return owner !== null && readStat(Number(owner[1]))?.startTicks === Number(owner[2]);
}
