// SPDX-License-Identifier: Apache-2.0
/** Is Electron's binary there? Looked up without importing the package, which would start a download. */
import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface ElectronPackage {
  /** node_modules/electron */
  folder: string;
  version: string;
}

/** @returns null where the package is not installed */
export function electronPackage(root: string): ElectronPackage | null {
  const folder = join(root, 'node_modules', 'electron');
  try {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { folder, version };
  } catch {
    return null;
  }
}

/** @returns the path of the executable; null when it is missing, incomplete, or of another version */
export function electronBinary({ folder, version }: ElectronPackage): string | null {
  try {
    if (readFileSync(join(folder, 'path.txt'), 'utf8').trim() !== 'electron') return null;
    if (
      readFileSync(join(folder, 'dist', 'version'), 'utf8')
        .trim()
        .replace(/^v/, '') !== version
    )
      return null;
    const path = join(folder, 'dist', 'electron');
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return null;
  }
}

/** Its archive may have been downloaded for another project: then no network is needed. */
export function isArchiveCached({ version }: ElectronPackage, cache = userCacheFolder()): boolean {
  const name = `electron-v${version}-linux-${process.arch}.zip`;
  try {
    return readdirSync(join(cache, 'electron')).some((folder) => {
      try {
        return statSync(join(cache, 'electron', folder, name)).isFile();
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}

export function userCacheFolder(): string {
  const { XDG_CACHE_HOME } = process.env;
  // A relative path is to be ignored: XDG Base Directory Specification.
  return XDG_CACHE_HOME?.startsWith('/') ? XDG_CACHE_HOME : join(homedir(), '.cache');
}

/**
 * Why Chromium's sandbox would not start in this Electron; null: it would. Ubuntu since 23.10 restricts
 * unprivileged user namespaces to programs with an AppArmor profile, and the setuid helper of a binary
 * that npm unpacked belongs to the user.
 */
export function sandboxObstacle(binary: string, kernelSettings = '/proc/sys/kernel'): string | null {
  const read = (name: string): string | null => {
    try {
      return readFileSync(join(kernelSettings, name), 'utf8').trim();
    } catch {
      return null;
    }
  };
  const restricted =
    read('apparmor_restrict_unprivileged_userns') === '1'
      ? 'AppArmor restricts unprivileged user namespaces here (kernel.apparmor_restrict_unprivileged_userns = 1)'
      : read('unprivileged_userns_clone') === '0'
        ? 'unprivileged user namespaces are switched off here (kernel.unprivileged_userns_clone = 0)'
        : null;
  if (!restricted) return null;
  const helper = join(binary, '..', 'chrome-sandbox');
  try {
    const { uid, mode } = statSync(helper);
    if (uid === 0 && (mode & 0o4111) === 0o4111) return null;
  } catch {
    // not there: the same as not set up
  }
  const remedy = `sudo chown root:root ${helper} && sudo chmod 4755 ${helper}`;
  return `${restricted}, so Electron's sandbox does not start. To use Electron: ${remedy}`;
}
