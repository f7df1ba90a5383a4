// SPDX-License-Identifier: Apache-2.0
/**
 * What measuring waits costs at every switch: run time of the programs in the kernel, by the kernel's own figures, against
 * bpftrace doing what bcc's offcputime does (user and kernel stack when a thread leaves the CPU, nanoseconds by both when it
 * is back). offcputime itself needs kprobes and the kernel's headers; where it runs, bench it by hand.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { againstGoal, median, printTable } from './table.ts';

const SWITCHES = 100_000;
const ROUNDS = 3;
const GOAL = 1;
const STATS = '/proc/sys/kernel/bpf_stats_enabled';

const SCRIPT = `
tracepoint:sched:sched_switch /pid == $1/ { @left[tid] = nsecs; @user[tid] = ustack(perf, 127); @kernel[tid] = kstack(127); }
tracepoint:sched:sched_switch /@left[args->next_pid]/ {
  $n = args->next_pid;
  @ns[@user[$n], @kernel[$n], $n] = sum(nsecs - @left[$n]);
  delete(@left[$n]); delete(@user[$n]); delete(@kernel[$n]);
}
END { clear(@left); clear(@user); clear(@kernel); clear(@ns); }`;

/** Run time of all programs that a process holds, nanoseconds. */
function runTime(tgid: number): number {
  const programs = new Map<string, number>();
  for (const fd of readdirSync(`/proc/${tgid}/fdinfo`)) {
    const text = readFileSync(`/proc/${tgid}/fdinfo/${fd}`, 'utf8');
    const id = /^prog_id:\s+(\d+)/m.exec(text)?.[1];
    const time = /^run_time_ns:\s+(\d+)/m.exec(text)?.[1];
    if (id !== undefined && time !== undefined) programs.set(id, Number(time));
  }
  return [...programs.values()].reduce((sum, time) => sum + time, 0);
}

/** CPU nanoseconds of the switches while somebody watches; `attach` resolves when it does. */
async function switchesUnder(attach: (tgid: number) => Promise<void>): Promise<number> {
  const program = spawn('build/bench/switches', [`${SWITCHES}`], { stdio: ['pipe', 'pipe', 'inherit'] });
  await attach(program.pid!);
  program.stdin.end('\n');
  let output = '';
  for await (const chunk of program.stdout) output += String(chunk);
  return Number(output);
}

interface Cost {
  /** Nanoseconds a switch. */
  bpf: number;
  cpu: number;
}

async function underBpftrace(folder: string): Promise<Cost> {
  const script = join(folder, 'off-cpu.bt');
  writeFileSync(script, SCRIPT);
  let tracer: ChildProcess | undefined;
  const cpu = await switchesUnder(async (tgid) => {
    tracer = spawn('bpftrace', [script, `${tgid}`], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(tracer.stdout!, 'data');
    await delay(500);
  });
  const bpf = runTime(tracer!.pid!);
  tracer!.kill('SIGINT');
  await once(tracer!, 'exit');
  return { bpf: bpf / (2 * SWITCHES), cpu: cpu / (2 * SWITCHES) };
}

async function underEmberscope(folder: string, question: string): Promise<Cost> {
  const file = join(folder, 'off-cpu.ember');
  let recorder: ChildProcess | undefined;
  const cpu = await switchesUnder(async (tgid) => {
    recorder = spawn(process.execPath, ['main/cli/bin.mjs', 'record', '--pid', `${tgid}`, '--question', question, '--min-wait', '1ns', '--output', file, '--force'], { stdio: 'ignore' });
    await delay(3000);
  });
  if (recorder!.exitCode === null) await once(recorder!, 'exit');
  const { stdout } = spawnSync(process.execPath, ['main/cli/bin.mjs', 'info', file, '--json'], { encoding: 'utf8' });
  const { overhead } = JSON.parse(stdout) as { overhead: { bpfNs: number } };
  return { bpf: overhead.bpfNs / (2 * SWITCHES), cpu: cpu / (2 * SWITCHES) };
}

async function main(): Promise<void> {
  if (spawnSync('bpftrace', ['--version']).status !== 0) {
    console.log('skipped: bpftrace is not installed');
    return;
  }
  if (spawnSync('cc', ['-O2', '-fno-omit-frame-pointer', '-o', 'build/bench/switches', 'bench/programs/switches.c', '-pthread']).status !== 0) throw new Error('bench/programs/switches.c does not compile');
  const folder = mkdtempSync(join(tmpdir(), 'emberscope-bench-'));
  const stats = readFileSync(STATS, 'utf8');
  writeFileSync(STATS, '1');
  const results: Record<string, Cost[]> = { nobody: [], bpftrace: [], 'off-cpu': [], wakeups: [] };
  try {
    for (let round = 0; round < ROUNDS; round++) {
      results['nobody']!.push({ bpf: 0, cpu: (await switchesUnder(async () => undefined)) / (2 * SWITCHES) });
      results['bpftrace']!.push(await underBpftrace(folder));
      for (const question of ['off-cpu', 'wakeups']) results[question]!.push(await underEmberscope(folder, question));
    }
  } finally {
    writeFileSync(STATS, stats);
    rmSync(folder, { recursive: true, force: true });
  }
  const bpf = (name: string): number => median(results[name]!.map((cost) => cost.bpf));
  const cpu = (name: string): number => median(results[name]!.map((cost) => cost.cpu));
  const peer = bpf('bpftrace');
  printTable(
    'Nanoseconds a switch of the target (median of rounds that took turns)',
    ['', 'in the kernel', 'of bpftrace’s', 'CPU time of the target'],
    Object.keys(results).map((name) => [name, bpf(name).toFixed(0), name === 'nobody' ? '' : (bpf(name) / peer).toFixed(2), cpu(name).toFixed(0)]),
  );
  console.log(`\noff-cpu against bpftrace, in the kernel: ${againstGoal(bpf('off-cpu') / peer, GOAL)}`);
}

await main();
