// SPDX-License-Identifier: Apache-2.0
/** Unwind rows of files, compiled by the addon off the main thread and kept for the next session, to a bound of bytes. */
import type { UnwindRows } from '../../../native/addon/addon.d.ts';
import { loadAddon } from './addon.ts';

/** node's rows are 3 MB, libLLVM's 8, a C library's 0.2. */
const MAX_BYTES = 64 * 2 ** 20;
/** A file on a dead network mount never answers. */
const TIMEOUT_MS = 20_000;

/** By build id; least recently used first. */
const known = new Map<string, UnwindRows>();
let bytes = 0;

/**
 * The rows of the first of the files that can be read.
 * @param buildId hexadecimal; empty: not known
 * @returns null when none can; rows of length 0 when the file says nothing of its frames
 */
export async function unwindRowsOfFile(candidates: readonly string[], buildId: string): Promise<UnwindRows | null> {
  const kept = recall(buildId);
  if (kept) return kept;
  for (const candidate of candidates) {
    const rows = await inTime(loadAddon().compileUnwindRows(candidate, buildId)).catch(() => null);
    if (rows) return keep(rows);
  }
  return null;
}

/** Has the rows of a program ready before it runs, so that not even its first stacks are short. */
export function warmUnwindRows(path: string): void {
  // Where that fails, it will be told when the program runs.
  void unwindRowsOfFile([path], '').catch(() => undefined);
}

/** The rows of an object that lies in memory: the vdso. Null when it is none. */
export async function unwindRowsOfImage(image: Uint8Array, buildId: string): Promise<UnwindRows | null> {
  return inTime(loadAddon().compileUnwindRowsOfImage(image, buildId)).catch(() => null);
}

function recall(buildId: string): UnwindRows | null {
  const rows = buildId === '' ? undefined : known.get(buildId);
  if (!rows) return null;
  known.delete(buildId);
  known.set(buildId, rows);
  return rows;
}

function keep(rows: UnwindRows): UnwindRows {
  if (rows.buildId === '' || known.has(rows.buildId) || rows.rows.length > MAX_BYTES / 2) return rows;
  known.set(rows.buildId, rows);
  bytes += rows.rows.length;
  for (const [buildId, oldest] of known) {
    if (bytes <= MAX_BYTES) break;
    known.delete(buildId);
    bytes -= oldest.rows.length;
  }
  return rows;
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('The file could not be read in time.')), TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
