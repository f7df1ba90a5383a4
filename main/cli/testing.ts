// SPDX-License-Identifier: Apache-2.0
/** Runs the real command line as a child process, for tests. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { places } from '../engine/places.ts';

const source = fileURLToPath(new URL('main.ts', import.meta.url));

/** As the set-up built it, which takes a quarter of the CPU time to start; from its sources where one of them is newer. */
export const program = isBuilt() ? join(places().root, 'build', 'app', 'cli.js') : source;

function isBuilt(): boolean {
  const { root } = places();
  const bundle = join(root, 'build', 'app', 'cli.js');
  if (!existsSync(bundle)) return false;
  const built = statSync(bundle).mtimeMs;
  const sources = globSync('{main,formats,profile,ipc}/**/*.{ts,mjs,json}', { cwd: root, exclude: (name) => name.endsWith('.test.ts') });
  return sources.every((each) => statSync(join(root, each)).mtimeMs <= built);
}

/** As installed, and five times quicker to start: for tests that start it often. @param folder becomes the package's */
export function bundleCli(folder: string): string {
  const root = places().root;
  const app = join(folder, 'build', 'app');
  mkdirSync(app, { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'build', 'native'), join(folder, 'build', 'native'));
  const args = [join(root, 'scripts', 'build-app.ts'), '--quiet', '--only', 'cli', '--into', app];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The command line could not be bundled: ${stderr}`);
  return join(app, 'cli.js');
}

export interface Result {
  code: number | null;
  output: string;
  errors: string;
}

export function startCli(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  { file = program, ...identity }: { uid?: number; gid?: number; file?: string } = {},
): { child: ChildProcess; result: Promise<Result> } {
  const child = spawn(process.execPath, [file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...identity,
  });
  let output = '';
  let errors = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const result = new Promise<Result>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output, errors }));
  });
  return { child, result };
}

export function runCli(args: readonly string[], env: NodeJS.ProcessEnv = {}, file = program): Promise<Result> {
  return startCli(args, env, { file }).result;
}

/** Why the command line cannot be run as another user; null: it can. A checkout in somebody's home is often closed to others. */
export function otherUserObstacle(uid: number): string | null {
  if (process.getuid!() !== 0) return 'running as another user takes root';
  const reads = [process.execPath, program, places().addon].every((path) => spawnSync('test', ['-r', path], { uid, gid: uid }).status === 0);
  return reads ? null : 'other users may not read this checkout';
}

/** Why nothing can be sampled here; null: it can. */
export function samplingObstacle(): string | null {
  if (process.getuid!() !== 0) return 'sampling needs root here';
  if (places().helper === null) return 'the helper has not been built (npm run setup)';
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'this kernel has no BTF';
  return null;
}
