// SPDX-License-Identifier: Apache-2.0
/** Where a module's object can be read. */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { debuginfodCache } from './debuginfod/places.ts';

/** Of a mapping, what its file is looked for by. */
export interface MappedFile {
  tgid: number;
  /** Addresses; the end is exclusive. */
  start: bigint;
  end: bigint;
  /** As the process sees it. */
  path: string;
  /** The path no longer leads to the file that is mapped. */
  deleted: boolean;
  /** Hexadecimal; empty: not known. */
  buildId: string;
  /** Of the mapped file. */
  inode: bigint;
}

/**
 * The files in which this mapping's symbols may be found, best first: the path as the process sees it (it may
 * live in another mount namespace), the mapped file itself (right even where the path was replaced since, but
 * only root may open it), and the path as we see it, for when the process has ended.
 *
 * Where a build id is known the reader refuses a file with another one. Where none is, a file must have the
 * inode that is mapped (not the device as well: on btrfs the two ways to ask for it differ).
 */
export function objectCandidates({ tgid, start, end, path, deleted, buildId, inode }: MappedFile): string[] {
  const plain = path.replace(/ \(deleted\)$/, '');
  const mapped = `/proc/${tgid}/map_files/${start.toString(16)}-${end.toString(16)}`;
  if (!plain.startsWith('/')) return [];
  const places = deleted ? [mapped] : [`/proc/${tgid}/root${plain}`, mapped, plain];
  return buildId === '' ? places.filter((place) => inodeOf(place) === inode) : places;
}

function inodeOf(path: string): bigint | null {
  try {
    return statSync(path, { bigint: true }).ino;
  } catch {
    return null;
  }
}

/** Where distributions put debug files, and where clients of debuginfod keep what they have fetched. */
export const defaultDebugFolders = (): string[] => ['/usr/lib/debug', debuginfodCache()];

/** Debug files of a process in another mount namespace lie there first. */
export function debugFoldersOf(candidate: string, folders: readonly string[] = defaultDebugFolders()): string[] {
  const process = /^\/proc\/\d+(?=\/(root|map_files)\/)/.exec(candidate)?.[0];
  return process === undefined ? [...folders] : [...folders, ...folders.map((folder) => `${process}/root${folder}`)];
}

/** The largest vdso that is believed; real ones have two to four pages. */
const MAX_VDSO = 1 << 20;

/**
 * The vdso, which lies in no file, from the memory of this process: the kernel maps the same one into all.
 * @throws Error with a sentence where there is none or it cannot be read.
 */
export function readVdso(): Uint8Array {
  const match = /^([0-9a-f]+)-([0-9a-f]+) r-xp .*\[vdso\]$/m.exec(readFileSync('/proc/self/maps', 'latin1'));
  if (!match) throw new Error('This process has no vdso, so its functions cannot be named.');
  const start = BigInt(`0x${match[1]!}`);
  const length = Number(BigInt(`0x${match[2]!}`) - start);
  if (length > MAX_VDSO) throw new Error(`The vdso claims to be ${length} bytes long, so it is not read.`);
  const image = new Uint8Array(length);
  const memory = openSync('/proc/self/mem', 'r');
  try {
    const got = readSync(memory, image, 0, length, start);
    return image.subarray(0, got);
  } finally {
    closeSync(memory);
  }
}
