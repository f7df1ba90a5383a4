// SPDX-License-Identifier: Apache-2.0
/** The CPython interpreters of this machine whose frames can be walked. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Interpreter {
  /** "3.11" */
  version: string;
  /** Of the program itself, not of a script that starts it. */
  path: string;
  /** The folder of its own headers; null: they are not installed. */
  headers: string | null;
}

const MINORS = ['3.11', '3.12', '3.13'];

/** Where pyenv puts what it builds. */
function fromPyenv(version: string): string[] {
  const folder = join(process.env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'), 'versions');
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.startsWith(`${version}.`));
  return names.map((name) => join(folder, name, 'bin', `python${version}`));
}

function onPath(version: string): string[] {
  const found = spawnSync('sh', ['-c', `command -v python${version}`], { encoding: 'utf8' }).stdout.trim();
  return found === '' ? [] : [found];
}

function interpreter(version: string, path: string): Interpreter | null {
  if (!existsSync(path)) return null;
  // Asks the interpreter itself: what is in the path may be a script of pyenv's.
  const script = 'import sys, sysconfig; print(sys.executable, sysconfig.get_path("include"), "%d.%d" % sys.version_info[:2], sysconfig.get_config_var("Py_GIL_DISABLED") or 0)';
  const asked = spawnSync(path, ['-I', '-c', script], { encoding: 'utf8' });
  const [executable, include, is, free] = asked.stdout.trim().split(' ');
  if (asked.status !== 0 || !executable || is !== version || free !== '0') return null;
  return { version, path: realpathSync(executable), headers: include && existsSync(join(include, 'internal/pycore_frame.h')) ? include : null };
}

/** All that are found, at least the distribution's own 3.11 where there is one; what is not found is printed. */
export function interpreters(): Interpreter[] {
  const found = new Map<string, Interpreter>();
  for (const version of MINORS) {
    const before = found.size;
    for (const path of [`/usr/bin/python${version}`, ...onPath(version), ...fromPyenv(version)]) {
      const each = interpreter(version, path);
      if (each) found.set(each.path, each);
    }
    if (found.size === before) console.log(`not covered here: no CPython ${version} was found`);
  }
  return [...found.values()];
}
