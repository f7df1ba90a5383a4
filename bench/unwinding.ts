// SPDX-License-Identifier: Apache-2.0
/**
 * What it costs to walk stacks without frame pointers: nanoseconds in the kernel, the slowdown of the target, bytes, and
 * the memory of the tables; against frame pointers and perf in the same run.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { nativeFrames, readRecording, record, weightOf, type Recorded } from '../test/unwinding/recorded-stacks.ts';
import { startStock, stockPrograms } from '../test/unwinding/stock-programs.ts';
import { EMBERSCOPE, PERF, PERF_DWARF, compileBenchPrograms, fileBytes, type Profiler } from './profilers.ts';
import { workUnder } from './slowdown.ts';
import { againstGoal, median, printTable } from './table.ts';

const FREQUENCY = 4999;
const SECONDS = 4;
const ROUNDS = Number(process.argv[2] ?? 5);
const NANOSECONDS_A_FRAME = 100;
const BYTES_OF_PERF = 1 / 200;

async function recordProcess(child: ChildProcess, seconds: number, folder: string, more: readonly string[] = []): Promise<Recorded> {
  const file = join(folder, 'unwinding.ember');
  await record(file, ['--pid', `${child.pid}`, '--frequency', `${FREQUENCY}`, '--seconds', `${seconds}`, ...more], folder);
  return readRecording(file, folder);
}

/** Of the BPF program, all that it does for a sample included. */
const nanosecondsASample = ({ summary }: Recorded): number => summary.overhead.bpfNs / summary.ledger.fired;

function framesASample({ stacks }: Recorded): number {
  return stacks.reduce((sum, { frames, weight }) => sum + nativeFrames(frames).length * weight, 0) / weightOf(stacks);
}

const DEPTHS = [10, 110] as const;

/** The same recursion with unwind tables and along frame pointers: what a hundred frames more cost. */
async function framesOfAWalk(folder: string): Promise<void> {
  const kinds = ['build/bench/recursion-stock', 'build/bench/recursion'] as const;
  const costs = new Map(kinds.map((program) => [program, DEPTHS.map(() => [] as number[])]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [program, byDepth] of costs) {
      for (const [i, depth] of DEPTHS.entries()) {
        const child = spawn(program, [`${depth}`], { stdio: 'ignore' });
        try {
          byDepth[i]!.push(nanosecondsASample(await recordProcess(child, 2, folder)));
        } finally {
          child.kill('SIGKILL');
        }
      }
    }
  }
  const figures = kinds.map((program) => costs.get(program)!.map(median) as [number, number]);
  const aFrame = figures.map(([few, many]) => (many - few) / (DEPTHS[1] - DEPTHS[0]));
  printTable(
    `A walk in the kernel, nanoseconds (${FREQUENCY} Hz, median of ${ROUNDS} interleaved rounds)`,
    ['', 'unwind tables', 'frame pointers', 'tables / frame pointers'],
    [
      ...DEPTHS.map((depth, i) => [`a sample of ${depth} calls`, figures[0]![i]!.toFixed(0), figures[1]![i]!.toFixed(0), (figures[0]![i]! / figures[1]![i]!).toFixed(2)]),
      ['a frame more', againstGoal(aFrame[0]!, NANOSECONDS_A_FRAME, 0), aFrame[1]!.toFixed(0), (aFrame[0]! / aFrame[1]!).toFixed(2)],
    ],
  );
}

async function slowdowns(folder: string): Promise<void> {
  const rows: string[][] = [];
  for (const frequency of [999, FREQUENCY]) {
    const times = new Map<Profiler | null, number[]>([[null, []], [PERF, []], [PERF_DWARF, []], [EMBERSCOPE, []]]);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [profiler, values] of times) values.push(await workUnder(profiler, frequency, folder, 'build/bench/work-stock'));
    }
    const time = (profiler: Profiler | null): number => median(times.get(profiler)!);
    const percent = (profiler: Profiler): string => `${((time(profiler) / time(null) - 1) * 100).toFixed(1)} %`;
    rows.push([
      `${frequency} Hz`, percent(PERF), percent(PERF_DWARF), percent(EMBERSCOPE),
      againstGoal(time(EMBERSCOPE) / time(PERF), 1, 3), (time(EMBERSCOPE) / time(PERF_DWARF)).toFixed(3),
    ]);
  }
  printTable(
    `Slowdown of a busy program without frame pointers (perf -g finds no callers in it; median of ${ROUNDS} interleaved rounds)`,
    ['', 'perf -g', 'perf dwarf', 'emberscope', 'emberscope / perf -g', 'emberscope / perf dwarf'],
    rows,
  );
}

/** Programs of the distribution: a walk, the tables, and what reaches the disk. */
async function stockWalks(folder: string): Promise<void> {
  const rows: string[][] = [];
  const { programs, absent } = stockPrograms();
  for (const program of programs.filter(({ name }) => !name.startsWith('java,'))) {
    const child = startStock(program);
    try {
      await delay(program.settle * 1000);
      const recorded = await recordProcess(child, SECONDS, folder);
      const ours = fileBytes(join(folder, 'unwinding.ember')) / recorded.summary.samples;
      const perfData = join(folder, 'perf.data');
      const [command = '', ...args] = PERF_DWARF.command(child.pid!, FREQUENCY, SECONDS, perfData);
      spawnSync(command, args, { stdio: 'ignore' });
      const lines = spawnSync('perf', ['script', '-i', perfData, '-F', 'tid', '-G'], { encoding: 'utf8', maxBuffer: 1 << 28 }).stdout.split('\n').filter(Boolean).length;
      const theirs = fileBytes(perfData) / lines;
      rmSync(perfData, { force: true });
      const { unwindTables: tables } = recorded.summary;
      rows.push([
        program.name, framesASample(recorded).toFixed(1), nanosecondsASample(recorded).toFixed(0), (nanosecondsASample(recorded) / framesASample(recorded)).toFixed(0),
        tables ? `${tables.tables}` : '-', tables ? `${(tables.bytes / 1024).toFixed(0)} KiB` : '-',
        ours.toFixed(0), theirs.toFixed(0), program.name === 'python3' ? againstGoal(ours / theirs, BYTES_OF_PERF, 4) : (ours / theirs).toFixed(4),
      ]);
    } finally {
      child.kill('SIGKILL');
    }
  }
  printTable(
    `Programs of the distribution, ${SECONDS} s at ${FREQUENCY} Hz (nanoseconds of the whole BPF program)`,
    ['', 'frames a stack', 'ns a sample', 'ns a frame', 'tables', 'in the kernel', 'bytes a sample', "perf dwarf's", 'bytes / perf'],
    rows,
  );
  for (const name of absent) console.log(`left out: ${name} is not installed`);
}

mkdirSync('build/bench', { recursive: true });
compileBenchPrograms();
const folder = mkdtempSync(join(tmpdir(), 'bench-unwinding-'));
try {
  await framesOfAWalk(folder);
  await stockWalks(folder);
  await slowdowns(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
