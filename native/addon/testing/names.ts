// SPDX-License-Identifier: Apache-2.0
/** What the addon calls places in a file. */
import { loadAddon } from './addon.ts';

/** @param offsets in the file @returns undefined where there is no name */
export async function namesAt(path: string, offsets: number[], debugFolders: string[] = []): Promise<(string | undefined)[]> {
  const addon = loadAddon();
  const opened = await addon.openObject(path, '', debugFolders);
  const batch = await addon.symbolize(opened.handle, Float64Array.from(offsets));
  addon.closeObject(opened.handle);
  return [...batch.name].map((index) => batch.names[index]);
}
