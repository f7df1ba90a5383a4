// SPDX-License-Identifier: Apache-2.0
/** Small objects compiled for this room's tests, and the tools of binutils as witnesses. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function run(command: string, args: string[], input?: string, cwd?: string): string {
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(input === undefined ? {} : { input }),
  });
}

export function present(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** A folder that is removed at the end. */
export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), 'emberscope-addon-'));

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes `source` and compiles it to an object called `name`; returns its path. */
  compile(compiler: string, name: string, extension: string, source: string, options: string[] = []): string {
    const file = this.path(`${name}.${extension}`);
    writeFileSync(file, source);
    // Some files that a compiler makes go where it runs.
    run(compiler, [...options, '-o', this.path(name), file], undefined, this.folder);
    return this.path(name);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
