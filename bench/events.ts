// SPDX-License-Identifier: Apache-2.0
/**
 * How many events a second come through without loss, from the kernel to a line of text and to the file, against
 * bpftrace's printf with its own buffers and with larger ones. A program makes system calls at a steady rate.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { printTable } from './table.ts';

/** Calls a second that are asked for; how many were made is measured: a tracer may slow them. */
const RATES = (process.argv[2] ?? '50000,100000,150000,200000,250000,300000,400000,500000').split(',').map(Number);
/** Beginning of the tracers' names; empty: all. */
const ONLY = process.argv[3] ?? '';
mkdirSync('build/bench', { recursive: true });
const CALLS = join(realpathSync('build/bench'), 'calls');
/** Until a tracer has surely attached; neither says so at once. */
const SETTLE_MS = 4000;
/** What does not end by itself then is ended. */
const PATIENCE_MS = 60_000;
const SECONDS = 3;
/** Of getppid(2) on x86-64, as either prints it: the program's other system calls are not counted. */
const GETPPID = [Buffer.from('id=110'), Buffer.from(' 110\n')];
const BPFTRACE = (tgid: number): string =>
  `tracepoint:raw_syscalls:sys_enter /pid == ${tgid}/ { printf("%s %d %d %lld %d\\n", comm, pid, cpu, nsecs, args->id); }`;

interface Tracer {
  name: string;
  command: (tgid: number, recording: string) => string[];
  environment?: Record<string, string>;
}

const tracers: readonly Tracer[] = [
  { name: 'bpftrace', command: (tgid) => ['bpftrace', '-q', '-e', BPFTRACE(tgid)] },
  { name: 'bpftrace, 16 MiB a CPU', command: (tgid) => ['bpftrace', '-q', '-e', BPFTRACE(tgid)], environment: { BPFTRACE_PERF_RB_PAGES: '4096' } },
  {
    name: 'emberscope',
    command: (tgid, recording) => [
      process.execPath, 'main/cli/bin.mjs', 'trace', 'raw_syscalls:sys_enter', '--pid', `${tgid}`, '--seconds', '60', '--budget', '0', '--output', recording,
    ],
  },
];

interface Outcome {
  /** Lines that came, of the calls that were made. */
  lines: number;
  /** Rows in the recording; null: it makes none. */
  rows: number | null;
  calls: number;
  /** Calls a second, as they were made. */
  rate: number;
}

function countIn(file: string): number {
  const descriptor = openSync(file, 'r');
  const part = Buffer.alloc(1 << 22);
  let [count, kept] = [0, 0];
  for (;;) {
    const read = readSync(descriptor, part, kept, part.length - kept, null);
    const filled = kept + read;
    const end = read === 0 ? filled : part.lastIndexOf(10, filled - 1) + 1;
    for (let at = 0; at < end; ) {
      const next = part.indexOf(10, at);
      const line = part.subarray(at, next < 0 ? end : next + 1);
      if (GETPPID.some((word) => line.includes(word))) count++;
      at = next < 0 ? end : next + 1;
    }
    if (read === 0) break;
    part.copyWithin(0, end, filled);
    kept = filled - end;
  }
  closeSync(descriptor);
  return count;
}

function rowsIn(recording: string): number {
  const database = new DatabaseSync(recording, { readOnly: true });
  const { rows } = database.prepare("SELECT total(length) AS rows FROM segments WHERE name = 'events'").get() as { rows: number };
  database.close();
  return rows;
}

async function trace(tracer: Tracer, rate: number, folder: string): Promise<Outcome> {
  const file = join(folder, 'lines');
  const recording = join(folder, `${rate}.ember`);
  const output = openSync(file, 'w');
  const count = rate * SECONDS;
  const calls = spawn(CALLS, ['syscall', `${count}`, `${rate}`], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [program = '', ...args] = tracer.command(calls.pid!, recording);
  const watcher = spawn(program, args, { stdio: ['ignore', output, 'ignore'], env: { ...process.env, ...tracer.environment } });
  closeSync(output);
  const gone = once(watcher, 'exit');
  await delay(SETTLE_MS);
  const begun = performance.now();
  calls.stdin.end('\n');
  await once(calls, 'exit');
  const seconds = (performance.now() - begun) / 1000;
  await delay(1000);
  if (watcher.exitCode === null) watcher.kill('SIGINT');
  const killing = setTimeout(() => watcher.kill('SIGKILL'), PATIENCE_MS);
  await gone;
  clearTimeout(killing);
  const rows = program === process.execPath ? rowsIn(recording) : null;
  return { lines: countIn(file), rows, calls: count, rate: count / seconds };
}

function percent(part: number, whole: number): string {
  return `${Math.min(100, Math.floor((1000 * part) / whole) / 10).toFixed(1)} %`;
}

const compiled = spawnSync('gcc', ['-O2', '-pthread', '-o', CALLS, 'bench/programs/calls.c'], { encoding: 'utf8' });
if (compiled.status !== 0) throw new Error(`gcc bench/programs/calls.c: ${compiled.stderr}`);
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
try {
  const highest = new Map<string, number>();
  for (const tracer of tracers.filter(({ name }) => name.startsWith(ONLY))) {
    if (spawnSync(tracer.command(1, '')[0]!, ['--version']).status !== 0) continue;
    const table: string[][] = [];
    for (const rate of RATES) {
      const { lines, rows, calls, rate: made } = await trace(tracer, rate, folder);
      table.push([`${rate} /s`, `${Math.round(made)} /s`, percent(lines, calls), rows === null ? '' : percent(rows, calls)]);
      if (Math.min(lines, rows ?? calls) >= calls) highest.set(tracer.name, Math.max(highest.get(tracer.name) ?? 0, Math.round(made)));
    }
    printTable(`${tracer.name}: events of ${SECONDS} s that came through`, ['asked for', 'made', 'as lines', 'in the file'], table);
  }
  const theirs = Math.max(...[...highest].filter(([name]) => name.startsWith('bpftrace')).map(([, rate]) => rate), 1);
  const ours = highest.get('emberscope') ?? 0;
  for (const [name, rate] of highest) console.log(`${name}: ${rate} /s without loss`);
  console.log(`Against bpftrace at its best: ${(ours / theirs).toFixed(1)} times (goal >= 3)`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
