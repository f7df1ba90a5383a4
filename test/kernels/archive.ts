// SPDX-License-Identifier: Apache-2.0
/** Folders as the kernel unpacks them at boot: cpio archives, of which several may follow each other in one file. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** Writes everything below `root` into `archive`; it all belongs to root. @param level of gzip; 0: unpacked fast, and large */
export async function pack(root: string, archive: string, level = 1): Promise<void> {
  const cpio = spawn('cpio', ['--create', '--format=newc', '--quiet', '--owner=0:0'], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve, reject) => {
    cpio.once('error', reject);
    cpio.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`cpio ended with ${code}`))));
  });
  const entries = await readdir(root, { recursive: true });
  cpio.stdin.end(`${entries.sort().join('\n')}\n`);
  await Promise.all([pipeline(cpio.stdout, createGzip({ level }), createWriteStream(archive)), ended]);
}
