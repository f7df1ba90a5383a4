// SPDX-License-Identifier: Apache-2.0
/** The window's files, by the path of the address. */
import { open, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { PAGE_CONTENT_TYPES } from '../../ipc/page-policy.ts';

export interface PageFile {
  contentType: string;
  content: Buffer;
}

/**
 * @param folder of index.html
 * @param path of the address, still percent-encoded, with its leading slash
 * @returns null where there is no such file, or it lies outside the folder
 */
export async function readPageFile(folder: string, path: string): Promise<PageFile | null> {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return null;
  }
  if (decoded.includes('\0') || decoded.includes('\\')) return null;
  const relative = decoded === '/' ? 'index.html' : decoded.slice(1);
  const contentType = PAGE_CONTENT_TYPES[extname(relative)];
  if (contentType === undefined) return null;
  try {
    const root = await realpath(folder);
    // After links and ".." are resolved, so that neither leads out.
    const file = await realpath(join(root, relative));
    if (!file.startsWith(root + sep)) return null;
    await using handle = await open(file);
    if (!(await handle.stat()).isFile()) return null;
    return { contentType, content: await handle.readFile() };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'EACCES' || code === 'ELOOP')
      return null;
    throw error;
  }
}
