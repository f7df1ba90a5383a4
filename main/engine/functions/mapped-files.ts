// SPDX-License-Identifier: Apache-2.0
/** Files whose code processes have mapped, and ways to them. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { objectCandidates } from '../symbolication/object-source.ts';

export interface CodeFile {
  /** As the process sees it. */
  path: string;
  /** Best first. */
  candidates: string[];
}

const MAX_MAPS = 16 * 2 ** 20;
const mapping = /^([0-9a-f]+)-([0-9a-f]+) ..x. [0-9a-f]+ \S+ (\d+) +(\/.*)$/;

/** null: the process is gone, or not this user's to look into. */
export async function codeFiles(tgid: number): Promise<CodeFile[] | null> {
  const text = await readFile(`/proc/${tgid}/maps`, 'utf8').catch(() => null);
  if (text === null || text.length > MAX_MAPS) return null;
  const found = new Map<string, CodeFile>();
  for (const line of text.split('\n')) {
    const parts = mapping.exec(line);
    if (!parts) continue;
    const path = parts[4]!.replace(/ \(deleted\)$/, '');
    if (found.has(path)) continue;
    const range = { start: BigInt(`0x${parts[1]}`), end: BigInt(`0x${parts[2]}`) };
    const inode = BigInt(parts[3]!);
    const candidates = objectCandidates({ tgid, ...range, path, deleted: path !== parts[4], buildId: '', inode });
    found.set(path, { path, candidates });
  }
  return [...found.values()];
}

/** Whether a person means this file: by its path, or by its name with or without what follows ("libc", "libc.so.6"). */
export function isCalled(path: string, name: string): boolean {
  if (name.includes('/')) return path === name;
  const file = basename(path);
  return file === name || file.startsWith(`${name}.so`) || new RegExp(`^${name.replace(/[^\w]/g, '\\$&')}-[\\d.]+\\.so`).test(file);
}
