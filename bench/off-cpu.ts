// SPDX-License-Identifier: Apache-2.0
/**
 * What measuring waits costs at every switch: run time of the programs in the kernel, by the kernel's own figures, against
 * offcputime of bcc's libbpf-tools, which takes user stacks along frame pointers; with wakers against it and wakeuptime of the
 * same together, which takes the waker's kernel stack alone. One program keeps frame pointers, so that both walk equally far;
 * the other does not, as most of a distribution. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { againstGoal, median, printTable } from './table.ts';

const SWITCHES = 100_000;
const ROUNDS = 3;
const GOAL = 1;
const STATS = '/proc/sys/kernel/bpf_stats_enabled';
const HELPER = resolve('build/native/emberscope-helper');
const BUILDS = { 'with frame pointers': '-fno-omit-frame-pointer', 'without frame pointers': '-fomit-frame-pointer' };

/** Files of /proc that a helper reads come and go; its programs stay. */
function describe(fdinfo: string): string {
  try {
    return readFileSync(fdinfo, 'utf8');
  } catch {
    return '';
  }
}

/** Run time of all programs that a process holds, nanoseconds. */
function runTime(tgid: number): number {
  const programs = new Map<string, number>();
  for (const fd of readdirSync(`/proc/${tgid}/fdinfo`)) {
    const description = describe(`/proc/${tgid}/fdinfo/${fd}`);
    const id = /^prog_id:\s+(\d+)/m.exec(description)?.[1];
    const time = /^run_time_ns:\s+(\d+)/m.exec(description)?.[1];
    if (id !== undefined && time !== undefined) programs.set(id, Number(time));
  }
  return [...programs.values()].reduce((sum, time) => sum + time, 0);
}

interface Watcher {
  process: ChildProcess;
  /** Who holds its programs. */
  tgid: number;
  /** Frames of the stack with the most time, kernel and user. */
  frames(): Promise<number>;
}

type Watch = (tgid: number) => Promise<Watcher>;

interface Cost {
  /** Nanoseconds a switch. */
  bpf: number;
  cpu: number;
  frames: number;
}

/** Of lists of frames, one a line, each followed by a line with the thread and one with its time. */
function deepest(output: string): number {
  const blocks = output.split('\n\n').map((block) => block.trim().split('\n'));
  const weights = blocks.map((lines) => Number(lines.at(-1)));
  const heaviest = weights.indexOf(Math.max(...weights.filter((weight) => !Number.isNaN(weight))));
  return (blocks[heaviest]?.length ?? 2) - 2;
}

function tool(name: string): Watch {
  return async (tgid) => {
    const process = spawn(name, ['-p', `${tgid}`, '1000'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const output = text(process.stdout!);
    await delay(3000);
    return { process, tgid: process.pid!, frames: async () => deepest(await output) };
  };
}

function ourHelper(): number {
  const found = readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/exe`) === HELPER;
    } catch {
      return false; // it has ended
    }
  });
  if (found.length !== 1) throw new Error(`${found.length} helpers run: one was expected`);
  return Number(found[0]);
}

function emberscope(question: string, file: string): Watch {
  return async (tgid) => {
    const process = spawn(globalThis.process.execPath, ['main/cli/bin.mjs', 'record', '--pid', `${tgid}`, '--question', question, '--min-wait', '1ns', '--output', file, '--force'], { stdio: 'ignore' });
    await delay(3000);
    const frames = async (): Promise<number> => {
      const { stdout } = spawnSync(globalThis.process.execPath, ['main/cli/bin.mjs', 'export', file, '--format', 'folded'], { encoding: 'utf8' });
      // Of a thread that slept before the recording began nobody has the stack.
      const lines = stdout.trim().split('\n').filter((line) => line.includes('_[k]')).map((line) => line.split(/ (?=\d+$)/));
      const heaviest = lines.reduce((best, line) => (Number(line[1]) > Number(best[1]) ? line : best));
      // The first is the process; an inlined function is none of the walk's.
      return heaviest[0]!.split(';').filter((name) => !name.endsWith('_[i]')).length - 1;
    };
    return { process, tgid: ourHelper(), frames };
  };
}

/** The program's switches while these watch. */
async function switchesUnder(program: string, watches: readonly Watch[]): Promise<Cost> {
  const target = spawn(program, [`${SWITCHES}`], { stdio: ['pipe', 'pipe', 'inherit'] });
  const watchers: Watcher[] = [];
  for (const watch of watches) watchers.push(await watch(target.pid!));
  const total = (): number => watchers.reduce((sum, { tgid }) => sum + runTime(tgid), 0);
  const before = total();
  target.stdin.write('\n');
  const [said] = (await once(target.stdout, 'data')) as [Buffer];
  const after = total();
  for (const { process } of watchers) {
    process.kill('SIGINT');
    if (process.exitCode === null) await once(process, 'exit');
  }
  target.stdin.end();
  await once(target, 'exit');
  const frames = watchers[0] ? await watchers[0].frames() : 0;
  return { bpf: (after - before) / (2 * SWITCHES), cpu: Number(said) / (2 * SWITCHES), frames };
}

async function compare(title: string, program: string, folder: string): Promise<{ offCpu: number; wakeups: number }> {
  const file = join(folder, 'off-cpu.ember');
  const rows: Record<string, readonly Watch[]> = {
    nobody: [],
    offcputime: [tool('offcputime')],
    'off-cpu': [emberscope('off-cpu', file)],
    'offcputime and wakeuptime': [tool('offcputime'), tool('wakeuptime')],
    wakeups: [emberscope('wakeups', file)],
  };
  const results = new Map<string, Cost[]>(Object.keys(rows).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, watches] of Object.entries(rows)) results.get(name)!.push(await switchesUnder(program, watches));
  }
  const of = (name: string, part: keyof Cost): number => median(results.get(name)!.map((cost) => cost[part]));
  printTable(
    `Nanoseconds a switch, ${title} (median of rounds that took turns)`,
    ['', 'in the kernel', 'of offcputime’s', 'CPU time of the target', 'frames of the heaviest stack'],
    Object.keys(rows).map((name) => [name, of(name, 'bpf').toFixed(0), name === 'nobody' ? '' : (of(name, 'bpf') / of('offcputime', 'bpf')).toFixed(2), of(name, 'cpu').toFixed(0), of(name, 'frames').toFixed(0)]),
  );
  return { offCpu: of('off-cpu', 'bpf') / of('offcputime', 'bpf'), wakeups: of('wakeups', 'bpf') / of('offcputime and wakeuptime', 'bpf') };
}

async function main(): Promise<void> {
  if (spawnSync('offcputime', ['--version']).status !== 0) {
    console.log('skipped: offcputime of libbpf-tools is not installed');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'emberscope-bench-'));
  const stats = readFileSync(STATS, 'utf8');
  writeFileSync(STATS, '1');
  try {
    for (const [title, flag] of Object.entries(BUILDS)) {
      const program = join(folder, 'switches');
      if (spawnSync('cc', ['-O2', flag, '-o', program, 'bench/programs/switches.c', '-pthread']).status !== 0) throw new Error('bench/programs/switches.c does not compile');
      const { offCpu, wakeups } = await compare(title, program, folder);
      console.log(`\noff-cpu against offcputime, in the kernel: ${againstGoal(offCpu, GOAL)}`);
      console.log(`wakeups against offcputime and wakeuptime: ${againstGoal(wakeups, GOAL)}`);
    }
  } finally {
    writeFileSync(STATS, stats);
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
