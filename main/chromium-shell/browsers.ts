// SPDX-License-Identifier: Apache-2.0
/** The Chromium-like browsers that are installed, the most usual first. */
import { openSync, readSync, closeSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isExecutable } from '../engine/executable.ts';

export interface Browser {
  name: string;
  path: string;
  /** Arguments before ours. */
  arguments: string[];
  /**
   * Where its profile folder must lie: a snap and a flatpak see neither /tmp nor the hidden folders of
   * the user's home. null: anywhere.
   */
  profileParent: string | null;
}

const PROGRAMS: readonly [name: string, file: string][] = [
  ['Chromium', 'chromium'],
  ['Chromium', 'chromium-browser'],
  ['Google Chrome', 'google-chrome-stable'],
  ['Google Chrome', 'google-chrome'],
  ['Brave', 'brave-browser'],
  ['Microsoft Edge', 'microsoft-edge-stable'],
  ['Vivaldi', 'vivaldi-stable'],
];
/** Folders that only root writes; PATH could name others. */
const FOLDERS = ['/usr/bin', '/usr/local/bin'];
const SNAPS: readonly [name: string, snap: string][] = [
  ['Chromium', 'chromium'],
  ['Brave', 'brave'],
];
const FLATPAKS: readonly [name: string, application: string][] = [
  ['Chromium', 'org.chromium.Chromium'],
  ['Google Chrome', 'com.google.Chrome'],
  ['Brave', 'com.brave.Browser'],
];

/** Ubuntu's /usr/bin/chromium-browser is a script that starts the snap, or says how to install it. */
function isSnapStub(path: string): boolean {
  const head = Buffer.alloc(4096);
  const file = openSync(path, 'r');
  try {
    const text = head.toString('latin1', 0, readSync(file, head));
    return text.startsWith('#!') && text.includes('/snap/');
  } catch {
    return false;
  } finally {
    closeSync(file);
  }
}

/** @param root stands for "/", and @param home for the user's home folder, in tests */
export function findBrowsers(root = '/', home = homedir()): Browser[] {
  const found: Browser[] = [];
  for (const [name, file] of PROGRAMS) {
    for (const folder of FOLDERS) {
      const path = join(root, folder, file);
      if (isExecutable(path) && !isSnapStub(path)) found.push({ name, path, arguments: [], profileParent: null });
    }
  }
  for (const [name, snap] of SNAPS) {
    const path = join(root, 'snap/bin', snap);
    if (isExecutable(path))
      found.push({ name: `${name} (snap)`, path, arguments: [], profileParent: join(home, 'snap', snap, 'common') });
  }
  const flatpak = join(root, 'usr/bin/flatpak');
  for (const [name, application] of FLATPAKS) {
    const exports = [
      join(root, 'var/lib/flatpak/exports/bin', application),
      join(home, '.local/share/flatpak/exports/bin', application),
    ];
    if (isExecutable(flatpak) && exports.some(isExecutable)) {
      found.push({
        name: `${name} (flatpak)`,
        path: flatpak,
        arguments: ['run', application],
        profileParent: join(home, '.var/app', application, 'data'),
      });
    }
  }
  return found;
}
