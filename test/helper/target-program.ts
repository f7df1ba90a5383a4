// SPDX-License-Identifier: Apache-2.0
/** Starts a program of test/programs, and ends it with everything it began. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { programPath } from './helper-client.ts';

export interface TargetProgram {
  tgid: number;
  process: ChildProcess;
  end(): Promise<void>;
}

export async function startProgram(name: string, args: string[] = [], options: { cwd?: string } = {}): Promise<TargetProgram> {
  const child = spawn(programPath(name), args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true, ...options });
  await once(child, 'spawn');
  const exited = once(child, 'exit');
  return {
    tgid: child.pid!,
    process: child,
    async end() {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // ended by itself
      }
      await exited;
    },
  };
}

/** Runs `use` with the program running. */
export async function withProgram<T>(name: string, args: string[], use: (target: TargetProgram) => Promise<T>): Promise<T> {
  const target = await startProgram(name, args);
  try {
    return await use(target);
  } finally {
    await target.end();
  }
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Resident memory, KiB. */
export function residentKiB(tgid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${tgid}/status`, 'utf8'))?.[1] ?? 0);
}
