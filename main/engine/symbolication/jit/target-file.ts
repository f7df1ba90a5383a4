// SPDX-License-Identifier: Apache-2.0
/**
 * A file that a profiled program writes while it runs, read as it grows. Anybody may have put something else in its
 * place, so it must be a regular file of the program's own user, and not too large; links are not followed.
 */
import { constants } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
/** Bytes read before others get their turn. */
const PORTION = 256 << 10;
/** Bytes before the end of what was read, by which one sees that a file was written anew. */
const TAIL = 64;

/** A sentence that says why a file is not used. */
export class FileRefused extends Error {}

export interface FilePlace {
  /** As we come to it, like /proc/42/root/tmp. */
  folder: string;
  name: string;
  /** As the program and its user know it. */
  shownAs: string;
  /** Of the program. */
  uid: number;
  maxBytes: number;
  /** It must be this one. */
  inode?: bigint;
  /** Milliseconds of the epoch: what was not written since is left from an earlier program, and not there. */
  since?: number;
}

export interface FileReader {
  /** The file begins anew: what was said before is void. */
  begin(): void;
  push(bytes: Uint8Array): void;
  /** What comes further is of no use. */
  readonly isFull: boolean;
}

/** "unchanged", "read": there was more, "absent": no such file, and none was there before. */
export type Reading = 'unchanged' | 'read' | 'absent';

export class TargetFile {
  readonly #reader: FileReader;
  #handle: FileHandle | null = null;
  #identity = '';
  #offset = 0;
  #changedNs = 0n;
  #tail = Buffer.alloc(0);

  constructor(reader: FileReader) {
    this.#reader = reader;
  }

  /**
   * Reads what is new. @param place null: where it lay is not there any more, so only what is open is read.
   * @throws FileRefused; Error of the reader
   */
  async read(place: FilePlace | null): Promise<Reading> {
    if (place) await this.#follow(place);
    if (!this.#handle) return 'absent';
    const { size, mtimeNs } = await this.#handle.stat({ bigint: true });
    const length = Number(size);
    if (length === this.#offset && mtimeNs === this.#changedNs) return 'unchanged';
    if (place && length > place.maxBytes) throw tooLarge(place, length);
    this.#changedNs = mtimeNs;
    if (length < this.#offset || !(await this.#isContinued(this.#handle))) this.#begin();
    return (await this.#readOn(this.#handle, place?.maxBytes ?? length)) ? 'read' : 'unchanged';
  }

  get isOpen(): boolean {
    return this.#handle !== null;
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }

  /** Opens what lies at the place, unless it is open already. */
  async #follow(place: FilePlace): Promise<void> {
    const handle = await openChecked(place, this.#handle ? this.#identity : null);
    if (handle === null || handle === 'same') return;
    await this.close();
    this.#handle = handle;
    this.#identity = identityOf(await handle.stat({ bigint: true }));
    this.#begin();
  }

  #begin(): void {
    this.#offset = 0;
    this.#tail = Buffer.alloc(0);
    this.#reader.begin();
  }

  async #isContinued(handle: FileHandle): Promise<boolean> {
    if (this.#tail.length === 0) return true;
    const now = Buffer.alloc(this.#tail.length);
    const { bytesRead } = await handle.read(now, 0, now.length, this.#offset - now.length);
    return bytesRead === now.length && now.equals(this.#tail);
  }

  async #readOn(handle: FileHandle, maxBytes: number): Promise<boolean> {
    const buffer = Buffer.allocUnsafe(PORTION);
    let any = false;
    while (!this.#reader.isFull && this.#offset < maxBytes) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(PORTION, maxBytes - this.#offset), this.#offset);
      if (bytesRead === 0) break;
      const bytes = buffer.subarray(0, bytesRead);
      this.#reader.push(bytes);
      this.#offset += bytesRead;
      this.#tail = Buffer.concat([this.#tail, bytes.subarray(-TAIL)]).subarray(-TAIL);
      any = true;
    }
    return any;
  }
}

interface Identified {
  dev: bigint;
  ino: bigint;
}

const identityOf = ({ dev, ino }: Identified): string => `${dev} ${ino}`;

/** null: nothing is there. 'same': what is open already. @throws FileRefused */
async function openChecked(place: FilePlace, known: string | null): Promise<FileHandle | null | 'same'> {
  let folder: FileHandle;
  try {
    folder = await open(place.folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    return refuse(place, error);
  }
  const path = `/proc/self/fd/${folder.fd}/${place.name}`;
  try {
    if (known !== null && identityOf(await lstat(path, { bigint: true })) === known) return 'same';
    const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const isOurs = await check(handle, place);
      if (!isOurs) await handle.close();
      return isOurs ? handle : null;
    } catch (error) {
      await handle.close();
      throw error;
    }
  } catch (error) {
    return refuse(place, error);
  } finally {
    await folder.close();
  }
}

function refuse({ shownAs }: FilePlace, error: unknown): null {
  if (error instanceof FileRefused) throw error;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ESRCH':
    case 'ENOTDIR':
      return null;
    case 'ELOOP':
      throw new FileRefused(`${shownAs} is not read, since it is a link.`);
    case 'EACCES':
    case 'EPERM':
      throw new FileRefused(`${shownAs} cannot be read without the permissions of its user.`);
    default:
      throw new FileRefused(`${shownAs} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  }
}

/** Whether it is of the program that runs. @throws FileRefused */
async function check(handle: FileHandle, place: FilePlace): Promise<boolean> {
  const { shownAs, uid, inode } = place;
  const found = await handle.stat({ bigint: true });
  if (!found.isFile()) throw new FileRefused(`${shownAs} is not read, since it is no regular file.`);
  if (found.uid !== BigInt(uid)) throw new FileRefused(`${shownAs} is not read, since it belongs to another user (uid ${found.uid}) than its program.`);
  if (found.size > BigInt(place.maxBytes)) throw tooLarge(place, Number(found.size));
  if (inode !== undefined && found.ino !== inode) throw new FileRefused(`${shownAs} is no longer the file that its program has open.`);
  return place.since === undefined || Number(found.mtimeNs) / 1e6 >= place.since;
}

function tooLarge({ shownAs, maxBytes }: FilePlace, length: number): FileRefused {
  return new FileRefused(`${shownAs} is not read, since its ${Math.ceil(length / 2 ** 20)} MiB are more than the ${maxBytes / 2 ** 20} that are taken.`);
}
