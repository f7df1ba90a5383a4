// SPDX-License-Identifier: Apache-2.0
/** Runs the real command line as a child process, for tests. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { places } from '../engine/places.ts';

export const program = fileURLToPath(new URL('main.ts', import.meta.url));

export interface Result {
  code: number | null;
  output: string;
  errors: string;
}

export function startCli(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  identity: { uid?: number; gid?: number } = {},
): { child: ChildProcess; result: Promise<Result> } {
  const child = spawn(process.execPath, [program, ...args], {
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

export function runCli(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Result> {
  return startCli(args, env).result;
}

/** Why nothing can be sampled here; null: it can. */
export function samplingObstacle(): string | null {
  if (process.getuid!() !== 0) return 'sampling needs root here';
  if (places().helper === null) return 'the helper has not been built (npm run setup)';
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'this kernel has no BTF';
  return null;
}
