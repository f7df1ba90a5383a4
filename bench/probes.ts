// SPDX-License-Identifier: Apache-2.0
/**
 * What a probe costs the program that is probed, against bpftrace with the same probe in the same run, and how many events
 * a second come through without loss, against bpftrace's printf. Rounds are interleaved and medians taken.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { againstGoal, median, printTable } from './table.ts';

/** 0: only the events. */
const ROUNDS = Number(process.argv[2] ?? 5);
mkdirSync('build/bench', { recursive: true });
/** As the kernel knows it: what it maps has no symbolic links in its path. */
const CALLS = join(realpathSync('build/bench'), 'calls');
/** Until a tracer has surely attached; both print nothing that says so at once. */
const SETTLE_MS = 4000;
const cli = (...args: string[]): string[] => [process.execPath, 'main/cli/bin.mjs', ...args];

interface Question {
  readonly title: string;
  /** The first argument of bench/programs/calls.c. */
  readonly how: string;
  readonly count: number;
  readonly ours: (tgid: number) => string[];
  readonly bpftrace: (tgid: number) => string;
}

const questions: readonly Question[] = [
  {
    title: 'function latency (uprobe pair)',
    how: 'function',
    count: 50_000,
    ours: (tgid) => cli('latency', `${CALLS}:probed`, '--pid', `${tgid}`, '--seconds', '60', '--budget', '0', '--json'),
    bpftrace: () => `uprobe:${CALLS}:probed { @s[tid] = nsecs; } uretprobe:${CALLS}:probed /@s[tid]/ { @ = hist(nsecs - @s[tid]); delete(@s[tid]); }`,
  },
  {
    title: 'system call latency (tracepoint pair)',
    how: 'syscall',
    count: 2_000_000,
    ours: (tgid) => cli('latency', 'question:syscalls', '--pid', `${tgid}`, '--seconds', '60', '--budget', '0', '--json'),
    bpftrace: (tgid) =>
      `tracepoint:raw_syscalls:sys_enter /pid == ${tgid}/ { @s[tid] = nsecs; } tracepoint:raw_syscalls:sys_exit /@s[tid]/ { @[args->id] = hist(nsecs - @s[tid]); delete(@s[tid]); }`,
  },
  {
    title: 'tracepoint counted',
    how: 'syscall',
    count: 2_000_000,
    ours: (tgid) => cli('latency', 'raw_syscalls:sys_enter', '--count', '--pid', `${tgid}`, '--seconds', '60', '--budget', '0', '--json'),
    bpftrace: (tgid) => `tracepoint:raw_syscalls:sys_enter /pid == ${tgid}/ { @ = count(); }`,
  },
];

function startCalls(how: string, count: number, rate = 0): ChildProcess {
  return spawn(CALLS, [how, `${count}`, `${rate}`], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** @param output a descriptor */
function startTracer(command: readonly string[], output: number | 'pipe' = 'pipe'): ChildProcess {
  const [program = '', ...args] = command;
  return spawn(program, args, { stdio: ['ignore', output, 'pipe'] });
}

async function textOf(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout!) text += String(chunk);
  return text;
}

/** CPU nanoseconds a call, under a tracer (null: none), and what that printed. */
async function cost({ how, count }: Question, tracer: ((tgid: number) => string[]) | null): Promise<{ ns: number; printed: string }> {
  const calls = startCalls(how, count);
  const watcher = tracer && startTracer(tracer(calls.pid!));
  let complaints = '';
  watcher?.stderr!.on('data', (text) => (complaints += String(text)));
  const printed = watcher ? textOf(watcher) : Promise.resolve('');
  if (watcher) await delay(SETTLE_MS);
  calls.stdin!.end('\n');
  const used = Number(await textOf(calls));
  // Both end with their target, or when they are asked.
  if (watcher && watcher.exitCode === null) watcher.kill('SIGINT');
  if ((await printed) === '' && watcher) throw new Error(`${watcher.spawnargs.join(' ')} printed nothing: ${complaints}`);
  return { ns: used / count, printed: await printed };
}

/** What a latency --json saw. @throws Error when it saw nearly nothing: then its cost says nothing either. */
function checkCounted(printed: string, question: Question): void {
  const { probes } = JSON.parse(printed) as { probes: { calls: number }[] };
  const calls = probes.reduce((sum, probe) => sum + probe.calls, 0);
  if (calls < 0.99 * question.count) throw new Error(`${question.title}: ${calls} of ${question.count} calls were seen`);
}

async function costs(): Promise<void> {
  const rows: string[][] = [];
  for (const question of questions) {
    const alone: number[] = [];
    const ours: number[] = [];
    const bpftrace: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      alone.push((await cost(question, null)).ns);
      const seen = await cost(question, question.ours);
      checkCounted(seen.printed, question);
      ours.push(seen.ns);
      bpftrace.push((await cost(question, (tgid) => ['bpftrace', '-q', '-p', `${tgid}`, '-e', question.bpftrace(tgid)])).ns);
    }
    const added = (values: number[]): number => median(values) - median(alone);
    rows.push([
      question.title, `${median(alone).toFixed(0)} ns`, `${added(bpftrace).toFixed(0)} ns`, `${added(ours).toFixed(0)} ns`,
      againstGoal(added(ours) / added(bpftrace), 1),
    ]);
  }
  printTable(`What a probed call costs the target more (CPU time, median of ${ROUNDS} interleaved rounds)`, ['', 'a call alone', 'bpftrace', 'emberscope', 'ratio'], rows);
}

/** Up to the bound that Emberscope sets itself (WIRE_MOST_EVENTS). */
const RATES = [10_000, 20_000, 50_000, 80_000, 100_000];
/** What does not end by itself then is ended. */
const PATIENCE_MS = 20_000;
const EVENT_SECONDS = 3;
/** Its number on x86-64, as either prints it; the program's other system calls are not counted. */
const GETPPID = /(id=110\)| 110)$/;

/** Lines that came of the events of `rate` a second. */
async function eventsSeen(tracer: (tgid: number) => string[], rate: number, folder: string): Promise<number> {
  const file = join(folder, 'events');
  const output = openSync(file, 'w');
  const calls = startCalls('syscall', rate * EVENT_SECONDS, rate);
  const watcher = startTracer(tracer(calls.pid!), output);
  closeSync(output);
  const gone = once(watcher, 'exit');
  watcher.stderr!.resume();
  await delay(SETTLE_MS);
  calls.stdin!.end('\n');
  await textOf(calls);
  await delay(1000);
  if (watcher.exitCode === null) watcher.kill('SIGINT');
  const killing = setTimeout(() => watcher.kill('SIGKILL'), PATIENCE_MS);
  await gone;
  clearTimeout(killing);
  return readFileSync(file, 'latin1').split('\n').filter((line) => GETPPID.test(line)).length;
}

function highestWithoutLoss(seen: ReadonlyMap<number, number>): number {
  let highest = 0;
  for (const [rate, count] of seen) if (count >= rate * EVENT_SECONDS) highest = Math.max(highest, rate);
  return highest;
}

async function throughput(folder: string): Promise<void> {
  const tracers = {
    bpftrace: (tgid: number) => [
      'bpftrace', '-q', '-e', `tracepoint:raw_syscalls:sys_enter /pid == ${tgid}/ { printf("%s %d %d %lld %d\\n", comm, pid, cpu, nsecs, args->id); }`,
    ],
    emberscope: (tgid: number) => cli('trace', 'raw_syscalls:sys_enter', '--pid', `${tgid}`, '--seconds', '60', '--budget', '0'),
  };
  const rows: string[][] = [];
  const highest: Record<string, number> = {};
  for (const [name, tracer] of Object.entries(tracers)) {
    const seen = new Map<number, number>();
    for (const rate of RATES) seen.set(rate, await eventsSeen(tracer, rate, folder));
    highest[name] = highestWithoutLoss(seen);
    rows.push([name, ...[...seen].map(([rate, count]) => `${Math.min(100, (100 * count) / (rate * EVENT_SECONDS)).toFixed(1)} %`), `${highest[name]} /s`]);
  }
  printTable(`Events that came through, of ${EVENT_SECONDS} s at each rate`, ['', ...RATES.map((rate) => `${rate} /s`), 'without loss'], rows);
  const ratio = highest['emberscope']! / Math.max(1, highest['bpftrace']!);
  console.log(`\nThe rate without loss is ${ratio.toFixed(1)} times bpftrace's (goal >= 3${ratio >= 3 ? ': met' : ': missed'}; rates tried: ${RATES.join(', ')}).`);
}

const compiled = spawnSync('gcc', ['-O2', '-pthread', '-o', CALLS, 'bench/programs/calls.c'], { encoding: 'utf8' });
if (compiled.status !== 0) throw new Error(`gcc bench/programs/calls.c: ${compiled.stderr}`);
if (spawnSync('bpftrace', ['--version']).status !== 0) {
  console.log('skipped: bpftrace is not installed');
} else {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    if (ROUNDS > 0) await costs();
    await throughput(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
