// SPDX-License-Identifier: Apache-2.0
/**
 * What sampling costs: the slowdown of a busy program, the profiler's own CPU, and its bytes, against an
 * empty BPF program and `perf record -g` in the same run. Rounds are interleaved and medians taken, since
 * the machine is noisy.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EMBERSCOPE, EMPTY, PERF, compileBenchPrograms, cpuSeconds, fileBytes, start, type Profiler } from './profilers.ts';
import { againstGoal, median, printTable } from './table.ts';

const FREQUENCIES = [99, 999, 4999];
const ROUNDS = Number(process.argv[2] ?? 5);
const WORK_UNITS = 60_000; // about 1.3 s

/** CPU seconds of the fixed work while `profiler` watches it (null: nobody). */
async function workUnder(profiler: Profiler | null, frequency: number, folder: string): Promise<number> {
  const work = spawn('build/bench/work', [`${WORK_UNITS}`], { stdio: ['pipe', 'pipe', 'inherit'] });
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

async function slowdowns(folder: string): Promise<void> {
  const rows: string[][] = [];
  for (const frequency of FREQUENCIES) {
    const times = new Map<Profiler | null, number[]>([[null, []], [EMPTY, []], [PERF, []], [EMBERSCOPE, []]]);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [profiler, values] of times) values.push(await workUnder(profiler, frequency, folder));
    }
    const time = (profiler: Profiler | null): number => median(times.get(profiler)!);
    const percent = (profiler: Profiler): string => `${((time(profiler) / time(null) - 1) * 100).toFixed(1)} %`;
    rows.push([
      `${frequency} Hz`, percent(EMPTY), percent(PERF), percent(EMBERSCOPE),
      againstGoal(time(EMBERSCOPE) / time(EMPTY), 1.05, 3), (time(EMBERSCOPE) / time(PERF)).toFixed(3),
    ]);
  }
  printTable(
    `Slowdown of a busy program (CPU time of fixed work, median of ${ROUNDS} interleaved rounds)`,
    ['', 'empty program', 'perf -g', 'emberscope', 'emberscope / empty program', 'emberscope / perf'],
    rows,
  );
}

/** CPU of the profiler in a steady second: the difference of a long and a short run takes its start-up away. */
async function ownCost(folder: string): Promise<void> {
  const target = spawn('build/bench/work', ['1000000000'], { stdio: ['pipe', 'ignore', 'ignore'] });
  target.stdin.end('\n');
  const rows: string[][] = [];
  try {
    for (const frequency of FREQUENCIES) {
      const cost = (profiler: Profiler): { cpu: number; bytes: number } => {
        const [short, long] = [2, 8].map((seconds) => {
          const file = join(folder, `cost-${seconds}`);
          rmSync(file, { force: true });
          return { cpu: cpuSeconds(profiler.command(target.pid!, frequency, seconds, file)), bytes: fileBytes(file), file };
        }) as [{ cpu: number; bytes: number }, { cpu: number; bytes: number; file: string }];
        return { cpu: (long.cpu - short.cpu) / 6, bytes: Math.max(0, long.bytes - short.bytes) / 6 };
      };
      const perf = cost(PERF);
      const emberscope = cost(EMBERSCOPE);
      const info = spawnSync(process.execPath, ['main/cli/bin.mjs', 'info', join(folder, 'cost-8'), '--json'], { encoding: 'utf8' });
      const overhead = (JSON.parse(info.stdout) as { overhead: { helperCpuNs: number } }).overhead.helperCpuNs / 8e9;
      rows.push([
        `${frequency} Hz`, `${(perf.cpu * 1000).toFixed(1)} ms`, `${(overhead * 1000).toFixed(1)} ms`, `${(emberscope.cpu * 1000).toFixed(1)} ms`,
        againstGoal(overhead / perf.cpu, 0.15), (emberscope.cpu / perf.cpu).toFixed(2), (emberscope.bytes / perf.bytes).toFixed(3),
      ]);
    }
  } finally {
    target.kill('SIGKILL');
  }
  printTable(
    'The profiler’s own cost in a steady second',
    ['', 'perf CPU', 'helper CPU', 'helper + engine CPU', 'helper / perf', 'helper + engine / perf', 'bytes / perf'],
    rows,
  );
}

mkdirSync('build/bench', { recursive: true });
compileBenchPrograms();
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
try {
  await slowdowns(folder);
  await ownCost(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
