// SPDX-License-Identifier: Apache-2.0
/**
 * Latencies and counts of functions against two other truths in the same run: what the program itself measured, and
 * bpftrace on the same function.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProbeRequest } from '../../ipc/contract.ts';
import { ProbeTotals, quantilesOf } from '../../main/cli/probe-figures.ts';
import { startCli, samplingObstacle } from '../../main/cli/testing.ts';
import { createEngine, type Engine } from '../../main/engine/engine.ts';
import { EventWords } from '../../profile/event-words.ts';
import { bucketOf, bucketRange } from '../../profile/histogram.ts';
import { SampleKind } from '../../profile/schema.ts';
import { programPath } from '../helper/helper-client.ts';
import { Driven } from '../helper/probe-session.ts';

const obstacle = samplingObstacle();
if (obstacle) console.warn(`Functions are not probed: ${obstacle}`);
const BPFTRACE = '/usr/bin/bpftrace';
const withBpftrace = existsSync(BPFTRACE) && obstacle === null;
if (!withBpftrace) console.warn(`Latencies are not compared with bpftrace's: ${obstacle ?? 'it is not installed'}`);

/** Where cgroups of version 2 can be made. */
const GROUPS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((each) => existsSync(join(each, 'cgroup.controllers')) && obstacle === null);
if (!GROUPS) console.warn(`Cgroups are not told apart: ${obstacle ?? 'there is no hierarchy of version 2'}`);

const folder = mkdtempSync(join(tmpdir(), 'emberscope-latency-'));
const environment = { XDG_STATE_HOME: join(folder, 'state'), XDG_DATA_HOME: join(folder, 'data'), XDG_CACHE_HOME: join(folder, 'cache') };
afterAll(() => rmSync(folder, { recursive: true }));

const request = (name: string, change: Partial<ProbeRequest> = {}): ProbeRequest => ({
  ...{ kind: 'user', name, module: programPath('probed'), measure: { kind: 'latency' } },
  ...{ byThread: false, byStack: false, events: false, leastNs: 0, filter: null },
  ...change,
});

/** Counts calls of a function, and how long they took by powers of two, from before `ready` until `end`. */
class Bpftrace {
  readonly #process: ChildProcess;
  readonly ready: Promise<unknown>;
  #said = '';

  constructor(program: string, symbol: string) {
    const at = `${program}:${symbol}`;
    const script = `uprobe:${at} { @calls = count(); @start[tid] = nsecs; } uretprobe:${at} /@start[tid]/ { @took = lhist((nsecs - @start[tid]) / 1000, 0, 100000, 100); delete(@start[tid]); } interval:ms:50 { printf("ready\\n"); } END { clear(@start); }`;
    this.#process = spawn(BPFTRACE, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface(this.#process.stdout!);
    const ready = Promise.withResolvers<undefined>();
    this.ready = ready.promise;
    lines.on('line', (line) => {
      if (line === 'ready') ready.resolve(undefined);
      else this.#said += `${line}\n`;
    });
    this.#process.on('exit', () => ready.resolve(undefined));
  }

  async end(): Promise<{ calls: number; rows: { low: number; high: number; count: number }[] }> {
    const closed = once(this.#process, 'close');
    this.#process.kill('SIGINT');
    await closed;
    // "[1000, 1100)           12 |@@@@    |", microseconds; K is 1024
    const rows = [...this.#said.matchAll(/^\[(\d+)(K?), (\d+)(K?)\)\s+(\d+) \|/gm)].map(([, low, lowK, high, highK, count]) => ({
      low: Number(low) * (lowK ? 1024 : 1) * 1000,
      high: Number(high) * (highK ? 1024 : 1) * 1000,
      count: Number(count),
    }));
    return { calls: Number(/@calls: (\d+)/.exec(this.#said)?.[1]), rows };
  }
}

describe.skipIf(obstacle !== null)('probes of a program', () => {
  let engine: Engine;
  let program: Driven;
  beforeAll(async () => {
    engine = await createEngine({ shell: 'chromium', shellReason: '', stateFolder: join(folder, 'engine'), cacheFolder: null });
    program = new Driven();
    await program.line();
  });
  afterAll(async () => {
    await program.end();
    await engine.close();
  });
  const probing = () => engine.startProbes({ kind: 'processes', processes: [{ tgid: program.tgid, startTicks: 0 }] });

  test('count every call, and measure within a bucket of what the program measured itself', async () => {
    const recording = await probing();
    const sleep = (await recording.probes!.attach(request('probed_sleep', { byStack: true })))!;
    const counted = (await recording.probes!.attach(request('probed_sleep', { measure: { kind: 'count' } })))!;
    const returned = (await recording.probes!.attach(request('probed_spin', { measure: { kind: 'returned' } })))!;
    expect([sleep, counted, returned].map(({ state, why }) => [state, why])).toEqual([['attached', ''], ['attached', ''], ['attached', '']]);
    const bpftrace = withBpftrace ? new Bpftrace(programPath('probed'), 'probed_sleep') : null;
    await bpftrace?.ready;
    const own = await program.run('sleep', 300, 2000);
    await program.run('spin', 50, 100);
    const theirs = await bpftrace?.end();
    await recording.stop();
    const totals = new ProbeTotals(recording.tables);
    const { all } = totals.of(sleep.probe);
    expect([...all.values()].reduce((sum, each) => sum + each, 0)).toBe(300);
    expect(recording.probes!.infos.find(({ probe }) => probe === counted.probe)!.figures).toMatchObject({ calls: 300, measured: 300, missed: 0, lost: 0 });
    // The program's clock stands around the call, so that its least is above ours by what two probes cost.
    const used = [...all.keys()].sort((a, b) => a - b);
    expect(bucketRange(used[0]!).low).toBeGreaterThanOrEqual(2_000_000 * 0.93);
    expect(bucketRange(used[0]!).low).toBeLessThanOrEqual(own.shortest);
    expect(bucketRange(used.at(-1)!).low).toBeLessThanOrEqual(own.longest);
    expect([...totals.of(returned.probe).all]).toEqual([[bucketOf(-100), 50]]);
    const latency = recording.tables.samples;
    const sum = latency.columns.weight.slice(0, latency.length).reduce((a, b) => a + b, 0);
    expect(new Set(latency.columns.kind.slice(0, latency.length))).toEqual(new Set([SampleKind.latency]));
    expect(sum).toBeGreaterThan(300 * 2_000_000);
    if (theirs) {
      expect(theirs.calls).toBe(300);
      const middle = (rows: { low: number; high: number; count: number }[]): { low: number; high: number } => {
        let seen = 0;
        return rows.find(({ count }) => (seen += count) >= 150)!;
      };
      const { low, high } = middle(theirs.rows);
      const { p50 } = quantilesOf(all);
      console.log(`probed_sleep: p50 ${Math.round(p50)} ns; bpftrace [${low}, ${high}) ns; the program itself ${own.shortest} to ${own.longest} ns`);
      // Each measures the cost of the other: a bucket either way.
      expect(p50).toBeGreaterThan(low * 0.9);
      expect(p50).toBeLessThan(high * 1.1);
    }
  });

  test.skipIf(!GROUPS)('count within a cgroup only, however deep below it', async () => {
    const group = join(GROUPS!, `emberscope-${process.pid}`);
    const inside = new Driven();
    try {
      await inside.line();
      mkdirSync(join(group, 'below'), { recursive: true });
      writeFileSync(join(group, 'below/cgroup.procs'), `${inside.tgid}`);
      const recording = await engine.startProbes({ kind: 'system' });
      const measure = { kind: 'count' } as const;
      const syscalls = { kind: 'ready', name: 'syscalls', module: '', byThread: true } as const;
      const within = (await recording.probes!.attach(request('', { ...syscalls, measure, cgroup: group })))!;
      const everywhere = (await recording.probes!.attach(request('', { ...syscalls, measure })))!;
      expect([within, everywhere].map(({ state, why }) => [state, why])).toEqual([['attached', ''], ['attached', '']]);
      await Promise.all([inside.run('sleep', 20, 1000), program.run('sleep', 20, 1000)]);
      await recording.stop();
      const { buckets, threads, processes } = recording.tables;
      const seenBy = (probe: number) => {
        const rows = [...buckets.columns.thread.slice(0, buckets.length)].filter((_, row) => buckets.columns.probe[row] === probe);
        return new Set(rows.map((thread) => processes.columns.tgid[threads.columns.process[thread]!]!));
      };
      expect([...seenBy(within.probe)]).toEqual([inside.tgid]);
      expect(seenBy(everywhere.probe)).toContain(program.tgid);
      await expect(engine.startProbes({ kind: 'system' }).then(async (other) => {
        await other.probes!.attach(request('', { ...syscalls, measure, cgroup: '/no/such' })).finally(() => other.stop());
      })).rejects.toMatchObject({ code: 'noSuchCgroup' });
    } finally {
      await inside.end();
      for (const folder of [join(group, 'below'), group]) if (existsSync(folder)) rmdirSync(folder);
    }
  });

  test('have arguments and values in words, each hit in its order', async () => {
    const recording = await probing();
    const info = (await recording.probes!.attach(request('open64', { module: 'libc', events: true, measure: { kind: 'latency' } })))!;
    expect(info).toMatchObject({ state: 'attached', why: '' });
    await program.run('open', 100, 0);
    await recording.stop();
    const { events } = recording.tables;
    const { time } = events.columns;
    expect(recording.tables.events.length).toBe(100);
    expect(new EventWords(recording.tables).message(events.columns, 0)).toMatch(/^open64\(pathname="\/[^"]+", flags=0x[0-9a-f]+\) = -?\d+/);
    expect([...time.slice(0, 100)]).toEqual([...time.slice(0, 100)].sort((a, b) => a - b));
  });

  test('markers are counted, with their arguments', async () => {
    const recording = await probing();
    const found = await engine.functions({ pattern: 'emberscope:hit', tgids: [program.tgid], most: 1 });
    expect(found.functions).toMatchObject([{ kind: 'usdt', module: programPath('probed'), available: true, arguments: [{ name: 'arg1' }, { name: 'arg2' }] }]);
    const info = (await recording.probes!.attach(request('emberscope:hit', { kind: 'usdt', measure: { kind: 'argument', argument: 2 }, events: true })))!;
    expect(info).toMatchObject({ state: 'attached', why: '' });
    await program.run('static', 40, 7);
    await recording.stop();
    expect(recording.probes!.infos[0]!.figures.calls).toBe(40);
    const { events } = recording.tables;
    expect([events.length, new EventWords(recording.tables).message(events.columns, 0)]).toEqual([40, 'emberscope:hit(arg1=0, arg2=7)']);
    expect([...new ProbeTotals(recording.tables).of(info.probe).all]).toEqual([[bucketOf(7), 40]]);
  });

  test('leave the target alive when they cost too much, or it ends', async () => {
    const short = new Driven();
    await short.line();
    const recording = await engine.startProbes({ kind: 'processes', processes: [{ tgid: short.tgid, startTicks: 0 }] });
    await recording.probes!.attach(request('probed_sleep'));
    await short.run('sleep', 1, 10);
    await short.end();
    const { reason } = await recording.finished;
    expect(['targetExited', 'targetGone']).toContain(reason);
    expect(recording.probes!.infos[0]!.state).toBe('detached');
  });
});

describe.skipIf(obstacle !== null)('the command line', () => {
  let python: ChildProcess;
  beforeAll(() => {
    python = spawn('python3', ['-c', 'import time\nwhile True:\n  open("/dev/null").read(1)\n  time.sleep(0.002)']);
  });
  afterAll(() => python.kill());
  const pid = (): string => String(python.pid);

  test('latency tells what it found, as JSON with stable keys, and keeps a recording', async () => {
    const output = join(folder, 'latency.ember');
    const { code, output: said, errors } = await startCli(['latency', 'libc:open64', '--pid', pid(), '--seconds', '2', '--json', '--by-stack', '--force', '--output', output], environment).result;
    expect([code, errors]).toEqual([0, expect.stringContaining('latency.ember')]);
    const [probe] = (JSON.parse(said) as { probes: Record<string, unknown>[] }).probes;
    expect(probe).toMatchObject({ name: 'open64', mechanism: expect.stringMatching(/uprobe/), unit: 'nanoseconds' });
    const counted = (probe!.buckets as [number, number, number][]).reduce((sum, [, , count]) => sum + count, 0);
    expect(counted).toBeGreaterThan(100);
    expect(Math.abs(counted - (probe!.calls as number))).toBeLessThanOrEqual(5);
    expect(probe!.p50Ns).toBeLessThanOrEqual(probe!.p99Ns as number);
    const { output: folded } = await startCli(['export', output, '--format', 'folded'], environment).result;
    expect(folded).toMatch(/^python3;.*;(__libc_)?open(64)? \d+/);
  });

  test('stacks begin where the program was, not in what traces it', async () => {
    const { code, output } = await startCli(['latency', 'question:switches', '--count', '--pid', pid(), '--seconds', '2', '--json', '--by-stack'], environment).result;
    expect(code).toBe(0);
    const [probe] = (JSON.parse(output) as { probes: { calls: number; p50Ns: null; groups: { name: string }[]; stacks: { calls: number; frames: string[] }[] }[] }).probes;
    expect(probe!.calls).toBeGreaterThan(100);
    expect([probe!.p50Ns, new Set(probe!.stacks.map(({ frames: [leaf] }) => leaf))]).toEqual([null, new Set(['__schedule'])]);
    expect(probe!.stacks[0]!.frames.some((name) => /nanosleep/.test(name))).toBe(true);
  });

  test('latency ends properly by Ctrl-C', async () => {
    const output = join(folder, 'interrupted.ember');
    const { child, result } = startCli(['latency', 'libc:open64', '--pid', pid(), '--force', '--output', output], environment);
    await expect.poll(() => existsSync(output), { timeout: 60_000 }).toBe(true);
    await wait(3000);
    child.kill('SIGINT');
    const { code, output: said } = await result;
    expect([code, said]).toEqual([0, expect.stringMatching(/open64 {2}\(uprobe.*\n {2}p50 .* max .*\n[^]*█/)]);
  });

  test('trace prints a line a hit', async () => {
    const { code, output } = await startCli(['trace', 'libc:open64', '--pid', pid(), '--seconds', '2', '--return'], environment).result;
    expect(code).toBe(0);
    const lines = output.trimEnd().split('\n');
    expect(lines[0]).toMatch(/TASK +PID +CPU +FLAGS +TIME\(s\) +MESSAGE/);
    expect(lines.length).toBeGreaterThan(50);
    for (const line of lines.slice(1)) expect(line).toMatch(/^ +python3 +\d+ \[\d{3}\] \S{4} +\d+\.\d{6} {2}open64\(pathname="\/dev\/null", flags=0x80000\) = \d+ {2}<.*>$/);
  });

  test('a tracepoint has its fields by name', async () => {
    const { code, output } = await startCli(['trace', 'sched:sched_switch', '--pid', pid(), '--seconds', '2'], environment).result;
    expect(code).toBe(0);
    expect(output).toMatch(/sched:sched_switch\(prev_comm="python3", prev_pid=\d+, prev_prio=\d+, prev_state=\d+/);
  });
});

describe.skipIf(obstacle !== null)('the question of memory', () => {
  test('holds what was allocated and not freed, by who allocated it', async () => {
    const kept = 'import time\nkeep = []\nwhile True:\n  keep.append(bytearray(50000))\n  x = [bytearray(9000) for j in range(3)]\n  time.sleep(0.01)';
    const python = spawn('python3', ['-c', kept]);
    const output = join(folder, 'memory.ember');
    const { code, errors } = await startCli(['record', '--question', 'memory', '--pid', String(python.pid), '--seconds', '6', '--force', '--output', output], environment).result;
    python.kill();
    expect([code, errors]).toEqual([0, expect.stringMatching(/memory +[\d.]+ MiB allocated, [\d.]+ MiB freed again/)]);
    const { output: said } = await startCli(['info', output, '--json'], environment).result;
    const { memory, question } = JSON.parse(said) as { question: string; memory: { allocatedBytes: number; freedBytes: number } };
    expect(question).toBe('memory');
    // 50,000 of each 77,000 bytes are kept; what was allocated before, and the list itself, are some more.
    const share = (memory.allocatedBytes - memory.freedBytes) / memory.allocatedBytes;
    console.log(`memory: ${memory.allocatedBytes} bytes allocated, ${memory.freedBytes} freed again`);
    expect(memory.allocatedBytes).toBeGreaterThan(1_000_000);
    expect(share).toBeGreaterThan(0.5);
    expect(share).toBeLessThan(0.8);
  });
});
