// SPDX-License-Identifier: Apache-2.0
/** What one process says about the code it makes: its perf map and its jitdumps, told while it runs. */
import { readlinkSync } from 'node:fs';
import { uptime } from 'node:os';
import { geteuid } from 'node:process';
import { readBounded, readStat } from '../../processes/proc-files.ts';
import { codeName, type CodeName } from './code-name.ts';
import { JitDump } from './jitdump.ts';
import { PerfMap } from './perf-map.ts';
import { FileRefused, TargetFile, type FilePlace, type FileReader } from './target-file.ts';

const MAX_MAP_BYTES = 64 << 20;
/** It holds the code as well. */
const MAX_DUMP_BYTES = 1 << 30;
/** One that makes dumps without end is not followed into all of them. */
const MAX_DUMPS = 16;

/** Of the kernel's times in /proc (USER_HZ), on every machine. */
const TICKS_PER_SECOND = 100;
const CLOCK_DIFFERENCE_MS = 2000;

/** A code's function, where that is defined, and the place of the very address. */
export interface NamedCode extends CodeName {
  /** Empty and 0: not known. */
  at: { file: string; line: number };
}

/** How /proc/TGID sees the process. */
interface Owner {
  /** In its own pid namespace. */
  ownTgid: number;
  uid: number;
  /** It has the same files as we. */
  sameMounts: boolean;
}

/** Bytes that all processes of a recording may have told together, since hostile ones could tell without end. */
export class Budget {
  left: number;

  constructor(bytes = 512 << 20) {
    this.left = bytes;
  }
}

/** What one file says: a perf map or a jitdump. */
class Told implements FileReader {
  refused = '';
  readonly #make: () => PerfMap | JitDump;
  readonly #budget: Budget;
  #content: PerfMap | JitDump;
  #bytes = 0;

  constructor(make: () => PerfMap | JitDump, budget: Budget) {
    this.#make = make;
    this.#budget = budget;
    this.#content = make();
  }

  get isFull(): boolean {
    return this.#content.isFull || this.#budget.left <= 0;
  }

  get entries(): number {
    return this.#content.entries;
  }

  begin(): void {
    this.#content = this.#make();
    this.#budget.left += this.#bytes;
    this.#bytes = 0;
  }

  push(bytes: Uint8Array): void {
    this.#budget.left -= bytes.length;
    this.#bytes += bytes.length;
    this.#content.push(bytes);
  }

  find(address: number): NamedCode | null {
    const code = this.#content.find(address);
    if (!code) return null;
    const defined = codeName(code.name);
    const at = code.file === '' ? { file: defined.file, line: defined.line } : { file: code.file, line: code.line };
    return { ...defined, at };
  }
}

interface Source {
  readonly told: Told;
  readonly file: TargetFile;
  /** @param owner null: the process has ended. */
  readonly place: (owner: Owner | null) => FilePlace | null;
}

export class JitProcess {
  readonly tgid: number;
  /** Grows with what there is to find. */
  version = 0;
  /** It has ended, and what it left was read. */
  gone = false;
  readonly #budget: Budget;
  readonly #since: number;
  readonly #startTicks: number | null;
  /** As it was when it was first seen. */
  readonly #first: Owner | null;
  readonly #sources: Source[] = [];

  /** @param since milliseconds of the epoch: what was written before is another program's. Where the process still
   * is, that it began earlier counts as well. */
  constructor(tgid: number, since: number | null, budget = new Budget()) {
    this.tgid = tgid;
    this.#budget = budget;
    this.#startTicks = readStat(tgid)?.startTicks ?? null;
    this.#since = since ?? startOf(this.#startTicks);
    this.#first = this.#owner();
    this.#add(() => new PerfMap(), (owner) => this.#mapPlace(owner));
  }

  /** It has a jitdump mapped. @param path as it sees it */
  addDump(path: string, inode: bigint): void {
    if (this.#sources.length > MAX_DUMPS) return;
    const slash = path.lastIndexOf('/');
    const place = { name: path.slice(slash + 1), shownAs: path, maxBytes: MAX_DUMP_BYTES, inode };
    const folder = `/proc/${this.tgid}/root${path.slice(0, slash)}`;
    this.#add(() => new JitDump(), (owner) => (owner ? { ...place, folder, uid: owner.uid } : null));
  }

  /** Reads what is new. Never rejects. @returns whether there is anything at all */
  async refresh(): Promise<boolean> {
    const owner = this.#owner();
    let any = false;
    for (const { told, file, place } of this.#sources) {
      const where = owner || !file.isOpen ? place(owner) : null;
      try {
        const reading = await file.read(where);
        if (reading === 'read') this.version++;
        any ||= reading !== 'absent';
        this.#refuse(told, '');
      } catch (error) {
        this.#refuse(told, sentence(error, where));
        any = true;
      }
    }
    if (!owner) await this.close();
    return any;
  }

  /** Of an address of the process; null: nothing says anything about it. Jitdumps know lines, so they come first. */
  find(address: number): NamedCode | null {
    for (let i = this.#sources.length - 1; i >= 0; i--) {
      const found = this.#sources[i]!.told.find(address);
      if (found) return found;
    }
    return null;
  }

  /** Why nothing is known of an address, as far as the files say; empty: there are none. */
  get reason(): string {
    const refused = this.#sources.map(({ told }) => told.refused).filter((each) => each !== '');
    if (refused.length > 0) return refused.join(' ');
    const { entries } = this.told;
    if (entries === 0) return '';
    const full = this.#sources.some(({ told }) => told.isFull) ? ' It told more than is kept.' : '';
    return `Its process named ${entries.toLocaleString('en')} pieces of code that it made at run time, but none at this place.${full}`;
  }

  /** The files that say anything, and how much. */
  get told(): { files: string; entries: number } {
    const telling = this.#sources.filter(({ told }) => told.entries > 0);
    const files = telling.map(({ place }) => place(this.#first)?.shownAs ?? '').join(' and ');
    return { files, entries: telling.reduce((sum, { told }) => sum + told.entries, 0) };
  }

  /** Reads no more; what is known stays. */
  async close(): Promise<void> {
    this.gone = true;
    await Promise.all(this.#sources.map(({ file }) => file.close().catch(() => undefined)));
  }

  #add(make: () => PerfMap | JitDump, place: Source['place']): void {
    const told = new Told(make, this.#budget);
    this.#sources.push({ told, file: new TargetFile(told), place });
  }

  #refuse(told: Told, refused: string): void {
    if (told.refused !== refused) this.version++;
    told.refused = refused;
  }

  /** null: it has ended (its number may be another's by now). */
  #owner(): Owner | null {
    if (this.#startTicks === null || readStat(this.tgid)?.startTicks !== this.#startTicks) return null;
    const status = readBounded(`/proc/${this.tgid}/status`) ?? '';
    const uid = /^Uid:\s*\d+\s+(\d+)/m.exec(status)?.[1];
    const ownTgid = /^NSpid:.*?(\d+)$/m.exec(status)?.[1] ?? String(this.tgid);
    return uid === undefined ? null : { uid: Number(uid), ownTgid: Number(ownTgid), sameMounts: hasOurMounts(this.tgid) };
  }

  #mapPlace(owner: Owner | null): FilePlace | null {
    const { ownTgid, uid } = owner ?? this.#first ?? { ownTgid: this.tgid, uid: geteuid!() };
    const name = `perf-${ownTgid}.map`;
    const place = { name, shownAs: `/tmp/${name}`, uid, since: this.#since, maxBytes: MAX_MAP_BYTES };
    if (owner) return { ...place, folder: `/proc/${this.tgid}/root/tmp` };
    // It ended before its map was opened: where it had our files, the map still lies there.
    return (this.#first?.sameMounts ?? true) ? { ...place, folder: '/tmp' } : null;
  }
}

/** Milliseconds of the epoch at which a process began, by its ticks since boot, less what clocks may differ by. */
function startOf(startTicks: number | null): number {
  if (startTicks === null) return 0;
  return Date.now() - (uptime() * 1000 - startTicks * (1000 / TICKS_PER_SECOND)) - CLOCK_DIFFERENCE_MS;
}

function hasOurMounts(tgid: number): boolean {
  try {
    return readlinkSync(`/proc/${tgid}/ns/mnt`) === readlinkSync('/proc/self/ns/mnt');
  } catch {
    return false;
  }
}

function sentence(error: unknown, place: FilePlace | null): string {
  if (error instanceof FileRefused) return error.message;
  if (error instanceof RangeError) return `${place?.shownAs ?? 'Its jitdump'} is damaged: it has ${error.message}.`;
  return `${place?.shownAs ?? 'What it says of its code'} cannot be read (${(error as NodeJS.ErrnoException).code ?? (error as Error).message}).`;
}
