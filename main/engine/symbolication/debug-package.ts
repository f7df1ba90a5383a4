// SPDX-License-Identifier: Apache-2.0
/** The package of Debian, Ubuntu and their kin that holds the debug symbols of a file of this system. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const QUERY = '/usr/bin/dpkg-query';
/** It reads the lists of all packages, from a cold disk maybe. */
const TIMEOUT_MS = 5000;

const run = promisify(execFile);
const known = new Map<string, Promise<string | null>>();

/** What to do about a stripped file, as a sentence. @param file its path on this system; true: not known */
export async function debugSymbolsAdvice(file: string | true): Promise<string> {
  const found = file === true ? null : await debugPackageOf(file);
  const where = "from the distribution's archive of debug symbols";
  return `Install ${found ? `${found} (${where})` : 'its debug symbols'}, or use a build that is not stripped.`;
}

/** "libssl3-dbgsym"; null where no package owns the file, or there is no dpkg. Asked once for each path. */
export function debugPackageOf(path: string): Promise<string | null> {
  let found = known.get(path);
  if (!found) known.set(path, (found = ask(path)));
  return found;
}

async function ask(path: string): Promise<string | null> {
  // Packages may name their files by the folders that /lib, /bin and /sbin were before they became links.
  for (const each of [path, path.replace(/^\/usr\/(?=lib|bin|sbin)/, '/')]) {
    // It takes patterns.
    if (/[*?[\]\\]/.test(each)) return null;
    try {
      const { stdout } = await run(QUERY, ['--search', '--', each], { timeout: TIMEOUT_MS, env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' } });
      const name = packageIn(stdout, each);
      if (name) return debugPackage(name);
    } catch {
      // Nobody's file, or no dpkg here.
    }
  }
  return null;
}

/** Of lines like "libc6:amd64, libc6:i386: /lib/x". */
function packageIn(answer: string, path: string): string | null {
  for (const line of answer.split('\n')) {
    const match = /^([a-z0-9][a-z0-9+.-]*)(?::\w+)?(?:, [^/]*)?: (.*)$/.exec(line);
    if (match && match[2] === path) return match[1]!;
  }
  return null;
}

/** The C library's have a package of the old kind. */
function debugPackage(name: string): string {
  return name === 'libc6' ? 'libc6-dbg' : `${name}-dbgsym`;
}
