// SPDX-License-Identifier: Apache-2.0
/**
 * What sampling costs: the slowdown of a busy program, the profiler's own CPU, and its bytes, against an
 * empty BPF program and `perf record -g` in the same run. Rounds are interleaved and medians taken, since
 * the machine is noisy.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMBERSCOPE, EMPTY, PERF, compileBenchPrograms, cpuSeconds, fileBytes, type Profiler } from './profilers.ts';
import { workUnder } from './slowdown.ts';
import { againstGoal, median, printTable } from './table.ts';

const FREQUENCIES = [99, 999, 4999];
const ROUNDS = Number(process.argv[2] ?? 5);

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

/** Seconds of the two runs whose difference is the steady cost: start-up is in both. */
const SHORT = 2;
const LONG = 22;

interface Cost {
  /** CPU seconds of all its processes. */
  cpu: number;
  bytes: number;
  /** CPU seconds of the helper alone, by its own account; 0 for perf. */
  helper: number;
}

function costOf(profiler: Profiler, tgid: number, frequency: number, seconds: number, file: string): Cost {
  rmSync(file, { force: true });
  const cpu = cpuSeconds(profiler.command(tgid, frequency, seconds, file));
  return { cpu, bytes: fileBytes(file), helper: profiler === EMBERSCOPE ? helperSeconds(file) : 0 };
}

function helperSeconds(file: string): number {
  const { stdout } = spawnSync(process.execPath, ['main/cli/bin.mjs', 'info', file, '--json'], { encoding: 'utf8' });
  return (JSON.parse(stdout) as { overhead: { helperCpuNs: number } }).overhead.helperCpuNs / 1e9;
}

/** Of a steady second. */
function steadyCost(profiler: Profiler, tgid: number, frequency: number, folder: string): Cost {
  const file = join(folder, 'cost.ember');
  const short = costOf(profiler, tgid, frequency, SHORT, file);
  const long = costOf(profiler, tgid, frequency, LONG, file);
  const perSecond = (of: (cost: Cost) => number): number => Math.max(0, of(long) - of(short)) / (LONG - SHORT);
  return { cpu: perSecond(({ cpu }) => cpu), bytes: perSecond(({ bytes }) => bytes), helper: perSecond(({ helper }) => helper) };
}

const ms = (seconds: number): string => `${(seconds * 1000).toFixed(1)} ms`;

/** The target is the demo: deep enough stacks in user space and kernel, and two threads. */
function ownCost(folder: string): void {
  const target = spawn('build/programs/demo', [], { stdio: 'ignore' });
  try {
    steadySeconds(target.pid!, folder);
    wholeJobs(target.pid!, folder);
  } finally {
    target.kill('SIGKILL');
  }
}

function steadySeconds(tgid: number, folder: string): void {
  const rows = FREQUENCIES.map((frequency) => {
    const perf = steadyCost(PERF, tgid, frequency, folder);
    const ours = steadyCost(EMBERSCOPE, tgid, frequency, folder);
    return [
      `${frequency} Hz`, ms(perf.cpu), ms(ours.helper), ms(ours.cpu),
      (ours.helper / perf.cpu).toFixed(2), (ours.cpu / perf.cpu).toFixed(2), (ours.bytes / perf.bytes).toFixed(3),
    ];
  });
  printTable(
    'The profiler’s own cost in a steady second (perf only copies; the engine names and stores stacks as they come)',
    ['', 'perf CPU', 'helper CPU', 'helper + engine CPU', 'helper / perf', 'helper + engine / perf', 'bytes / perf'],
    rows,
  );
}

/** Record for ten seconds and print the named stacks: the same job for both, start-up included. */
function wholeJobs(tgid: number, folder: string): void {
  const job = (profiler: Profiler, frequency: number): Cost => {
    const file = join(folder, 'job.ember');
    const cost = costOf(profiler, tgid, frequency, 10, file);
    return { ...cost, cpu: cost.cpu + cpuSeconds(profiler.stacks(file)!) };
  };
  const rows = FREQUENCIES.map((frequency) => {
    const perf = job(PERF, frequency);
    const ours = job(EMBERSCOPE, frequency);
    return [
      `${frequency} Hz`, ms(perf.cpu), ms(ours.helper), ms(ours.cpu),
      againstGoal(ours.helper / perf.cpu, 0.15), (ours.cpu / perf.cpu).toFixed(2), (ours.bytes / perf.bytes).toFixed(3),
    ];
  });
  printTable(
    'The whole job: record for 10 s, print the named stacks',
    ['', 'perf record + script', 'helper', 'helper + engine + export', 'helper / perf', 'all / perf', 'bytes / perf'],
    rows,
  );
}

mkdirSync('build/bench', { recursive: true });
compileBenchPrograms();
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
try {
  await slowdowns(folder);
  ownCost(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
