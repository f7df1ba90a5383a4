// SPDX-License-Identifier: Apache-2.0
/** The profilers that are compared, each attached to a running process from outside for a number of seconds. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface Profiler {
  readonly name: string;
  /** Command that profiles `tgid` at `frequency` Hz for `seconds` into `file`. */
  command(tgid: number, frequency: number, seconds: number, file: string): string[];
  /** Command that prints the named stacks of `file`; null: it keeps none. */
  stacks(file: string): string[] | null;
  /** Milliseconds until it surely samples. */
  readonly settle: number;
}

export const EMPTY: Profiler = {
  name: 'empty BPF program',
  command: (tgid, frequency, seconds) => ['build/bench/empty-sampler', `${tgid}`, `${frequency}`, `${seconds}`],
  stacks: () => null,
  settle: 300,
};

export const PERF: Profiler = {
  name: 'perf record -g',
  command: (tgid, frequency, seconds, file) => [
    'perf', 'record', '-q', '-e', 'cpu-clock', '-g', '-F', `${frequency}`, '-p', `${tgid}`, '-o', file, '--', 'sleep', `${seconds}`,
  ],
  stacks: (file) => ['perf', 'script', '-i', file],
  settle: 800,
};

/** Copies 8 KiB of the stack with every sample (perf's default), to unwind it when it is shown. */
export const PERF_DWARF: Profiler = {
  name: 'perf record --call-graph dwarf',
  command: (tgid, frequency, seconds, file) => [
    'perf', 'record', '-q', '-e', 'cpu-clock', '--call-graph', 'dwarf', '-F', `${frequency}`, '-p', `${tgid}`, '-o', file, '--', 'sleep', `${seconds}`,
  ],
  stacks: (file) => ['perf', 'script', '-i', file],
  settle: 800,
};

export const EMBERSCOPE: Profiler = {
  name: 'emberscope record',
  command: (tgid, frequency, seconds, file) => [
    process.execPath, 'main/cli/bin.mjs', 'record', '--pid', `${tgid}`, '--frequency', `${frequency}`, '--seconds', `${seconds}`, '--output', file,
  ],
  stacks: (file) => [process.execPath, 'main/cli/bin.mjs', 'export', file, '--format', 'folded'],
  settle: 2500,
};

export function start(command: readonly string[]): ChildProcess {
  const [program = '', ...args] = command;
  return spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** CPU seconds (user and system, all descendants) that a command takes from start to end. */
export function cpuSeconds(command: readonly string[]): number {
  const answer = spawnSync('bash', ['-c', 'TIMEFORMAT="%3U %3S"; time "$@" >/dev/null 2>&1', 'bash', ...command], { encoding: 'utf8' });
  const [user = 0, system = 0] = answer.stderr.trim().split('\n').at(-1)!.split(' ').map(Number);
  return user + system;
}

export function fileBytes(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

/** Frames that are found by saved frame pointers: of code without unwind information. */
const FRAME_POINTERS = ['-fno-omit-frame-pointer', '-fno-asynchronous-unwind-tables', '-fno-optimize-sibling-calls'];
/** As a distribution builds. */
const STOCK = ['-fomit-frame-pointer', '-fno-optimize-sibling-calls'];

const benchPrograms: readonly (readonly [source: string, output: string, flags: readonly string[]])[] = [
  ['bench/programs/empty_sampler.c', 'empty-sampler', []],
  ['bench/programs/work.c', 'work', FRAME_POINTERS],
  ['bench/programs/work.c', 'work-stock', STOCK],
  ['test/programs/stock/recursion.c', 'recursion', FRAME_POINTERS],
  ['test/programs/stock/recursion.c', 'recursion-stock', STOCK],
];

export function compileBenchPrograms(folder = 'build/bench'): void {
  for (const [source, output, flags] of benchPrograms) {
    const answer = spawnSync('gcc', ['-O2', ...flags, '-o', join(folder, output), source], { encoding: 'utf8' });
    if (answer.status !== 0) throw new Error(`gcc ${source}: ${answer.stderr}`);
  }
}
