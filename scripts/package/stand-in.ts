// SPDX-License-Identifier: Apache-2.0
/** A folder shaped like Electron's dist, as far as electron-builder looks at it. */
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Writes it anew at `folder`. @throws when there is no C compiler */
export async function makeStandIn(folder: string, version: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'locales'), { recursive: true });
  await mkdir(join(folder, 'resources'));
  await promisify(execFile)('gcc', ['-O1', '-o', join(folder, 'electron'), join(import.meta.dirname, 'stand-in.c')]);
  await writeFile(join(folder, 'version'), version);
  await writeFile(join(folder, 'LICENSE'), 'A stand-in for Electron: see scripts/package/stand-in.c of Emberscope.\n');
  await writeFile(join(folder, 'LICENSES.chromium.html'), '');
  await writeFile(join(folder, 'locales/en-US.pak'), '');
}
