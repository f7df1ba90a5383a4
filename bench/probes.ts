// SPDX-License-Identifier: Apache-2.0
/**
 * What a probe costs the program that is probed, against bpftrace with the same probe in the same run. Rounds are
 * interleaved and medians taken.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { againstGoal, median, printTable } from './table.ts';

const ROUNDS = Number(process.argv[2] ?? 5);
mkdirSync('build/bench', { recursive: true });
/** As the kernel knows it: what it maps has no symbolic links in its path. */
const CALLS = join(realpathSync('build/bench'), 'calls');
/** Until a tracer has surely attached; both print nothing that says so at once. */
const SETTLE_MS = 7000;
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

function startCalls(how: string, count: number): ChildProcess {
  return spawn(CALLS, [how, `${count}`], { stdio: ['pipe', 'pipe', 'inherit'] });
}

function startTracer([program = '', ...args]: readonly string[]): ChildProcess {
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
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

const compiled = spawnSync('gcc', ['-O2', '-pthread', '-o', CALLS, 'bench/programs/calls.c'], { encoding: 'utf8' });
if (compiled.status !== 0) throw new Error(`gcc bench/programs/calls.c: ${compiled.stderr}`);
if (spawnSync('bpftrace', ['--version']).status !== 0) console.log('skipped: bpftrace is not installed');
else await costs();
