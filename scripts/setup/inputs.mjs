// SPDX-License-Identifier: Apache-2.0
// Fingerprints of a step's inputs, so that a step runs only when they changed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Contents, not times: a fresh clone or a switched branch changes times only.
 * @param {string[]} paths files and folders; tests and READMEs in them do not count @param {string} [more] */
export function fingerprint(paths, more = '') {
  const hash = createHash('sha256').update(more);
  for (const path of paths) {
    for (const file of filesBelow(path)) hash.update(`\0${file}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** @param {string} path @returns {string[]} */
function filesBelow(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const child = join(path, entry.name);
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(child);
      return /\.(test\.tsx?|md)$/.test(entry.name) ? [] : [child];
    });
}

/** @param {string} stamp file that holds the last fingerprint @param {string} print @param {string[]} outputs must exist too */
export function isCurrent(stamp, print, outputs) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === print && outputs.every((output) => existsSync(output));
}

/** @param {string} stamp @param {string} print */
export function writeStamp(stamp, print) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, print);
}

/** @param {string} stamp */
export function clearStamp(stamp) {
  rmSync(stamp, { force: true });
}
