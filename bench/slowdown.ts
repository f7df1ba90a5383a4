// SPDX-License-Identifier: Apache-2.0
/** The CPU time of a fixed amount of work, while a profiler watches it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EMPTY, start, type Profiler } from './profilers.ts';

const WORK_UNITS = 60_000; // about 1.3 s

/** CPU seconds of the work of `program` (bench/programs/work.c) under `profiler` (null: nobody). */
export async function workUnder(profiler: Profiler | null, frequency: number, folder: string, program = 'build/bench/work'): Promise<number> {
  const work = spawn(program, [`${WORK_UNITS}`], { stdio: ['pipe', 'pipe', 'inherit'] });
  const watcher = profiler && start(profiler.command(work.pid!, frequency, 60, join(folder, 'slowdown')));
  if (profiler) await delay(profiler.settle);
  if (watcher && watcher.exitCode !== null) throw new Error(`${profiler!.name} ended early: ${String(watcher.stderr?.read() ?? '')}`);
  work.stdin.end('\n');
  let output = '';
  for await (const chunk of work.stdout) output += String(chunk);
  if (watcher) {
    // perf and Emberscope end with their target; the empty program sleeps on.
    if (profiler === EMPTY) watcher.kill('SIGTERM');
    if (watcher.exitCode === null && watcher.signalCode === null) await once(watcher, 'exit');
    rmSync(join(folder, 'slowdown'), { force: true });
  }
  return Number(output) / 1e9;
}
