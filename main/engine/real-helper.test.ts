// SPDX-License-Identifier: Apache-2.0
/** The engine with the real helper, on real programs. Needs root and a build; says so where it cannot run. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toFolded } from '../../formats/folded.ts';
import { isFailure } from '../../ipc/failure.ts';
import { NONE } from '../../profile/units.ts';
import { createEngine, type Engine } from './engine.ts';
import { places } from './places.ts';
import type { Recording } from './recording-api.ts';
import { readRecording } from './recordings/reader.ts';

const obstacle =
  process.getuid?.() !== 0
    ? 'sampling needs root'
    : places().helper === null
      ? 'the helper has not been built (make -C native)'
      : !existsSync(places().demo)
        ? 'the demo program has not been built (make -C native programs)'
        : null;
if (obstacle) console.log(`skipped: the engine with the real helper: ${obstacle}`);

let folder = '';
let engine: Engine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'emberscope-real-'));
  engine = await createEngine({ shell: 'chromium', shellReason: '', stateFolder: join(folder, 'state'), recordingsFolder: join(folder, 'recordings'), cacheFolder: join(folder, 'cache') });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const settings = { frequency: 99, children: true, kernelStacks: true };

/** The helper that this process started, by its parent. */
function ownHelper(parent = process.pid): number {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
      const ppid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      if (ppid === parent && stat.includes('(emberscope-help')) return Number(entry);
    } catch {
      // It ended.
    }
  }
  return 0;
}

/** The machine may be busy: so many rows of samples, however long it takes. */
async function samplesOf(recording: Recording, rows: number): Promise<void> {
  for (let i = 0; i < 1500 && recording.tables.samples.length < rows; i++) await wait(20);
  expect(recording.tables.samples.length).toBeGreaterThanOrEqual(rows);
}

/** CPU time that should have been seen, by the kernel's accounting of the target's threads. */
function expectedSeconds({ tables }: Recording): number {
  const { thread, cpuTime } = tables.expected.columns;
  let nanoseconds = 0;
  for (let row = 0; row < tables.expected.length; row++) if (thread[row] !== NONE) nanoseconds += cpuTime[row]!;
  return nanoseconds / 1e9;
}

/** utime and stime of all threads, living and dead, in ticks of 10 ms. */
function cpuSeconds(tgid: number): number {
  const stat = readFileSync(`/proc/${tgid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function checkBooks({ tables, figures }: Pick<Recording, 'tables' | 'figures'>): void {
  const { fired, notOurs, stored, lost } = figures.ledger;
  expect(fired).toBe(notOurs + stored + lost);
  let weights = 0;
  for (let row = 0; row < tables.samples.length; row++) weights += tables.samples.columns.weight[row]!;
  expect(weights).toBe(stored);
}

describe.skipIf(obstacle !== null)('the engine with the real helper', { timeout: 60_000 }, () => {
  it('records the demo program with its functions, the books in order, until it is asked to stop', async () => {
    const recording = await engine.startRecording({ kind: 'demo' }, settings);
    await samplesOf(recording, 60);
    await recording.stop();
    expect((await recording.finished).reason).toBe('asked');
    checkBooks(recording);
    const folded = toFolded(recording.tables);
    console.log(folded.split('\n').sort((a, b) => Number(b.split(' ').at(-1)) - Number(a.split(' ').at(-1))).slice(0, 3).join('\n'));
    expect(folded).toMatch(/serve_requests;handle_request;/);
    expect(toFolded(readRecording(recording.path).tables)).toBe(folded);
    // It was started for the recording alone.
    expect(await recording.command).toMatchObject({ signal: 'SIGTERM' });
  });

  it('attaches to a running process, and ends when it does', async () => {
    const program = spawn('sh', ['-c', 'i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done'], { stdio: 'ignore' });
    const recording = await engine.startRecording({ kind: 'processes', processes: [{ tgid: program.pid!, startTicks: 0 }] }, settings);
    await once(program, 'exit');
    const outcome = await recording.finished;
    expect(outcome.reason).toBe('targetExited');
    checkBooks(recording);
    expect(recording.tables.samples.length).toBeGreaterThan(5);
  });

  it('sees CPU time as the kernel accounts for it', async () => {
    const recording = await engine.startRecording({ kind: 'command', command: ['python3', '-c', 'sum(i * i for i in range(12_000_000))'] }, settings);
    expect((await recording.finished).reason).toBe('targetExited');
    const expected = expectedSeconds(recording) * 99;
    const { stored, lost } = recording.figures.ledger;
    expect(expected).toBeGreaterThan(30);
    expect(Math.abs(stored + lost - expected) / expected).toBeLessThan(0.1);
    expect(toFolded(recording.tables)).toMatch(/PyEval/);
  });

  it('accounts for a launched command as the command itself does', async () => {
    const said = join(folder, 'times');
    const output = openSync(said, 'w');
    // "0m0.520s 0m0.010s": user and system.
    const script = 'for ((i = 0; i < 300000; i++)); do :; done; times';
    const recording = await engine.startRecording({ kind: 'command', command: ['bash', '-c', script] }, settings, { commandStdio: ['ignore', output, 'ignore'] });
    await recording.finished;
    closeSync(output);
    const [user, system] = [...readFileSync(said, 'utf8').matchAll(/0m([\d.]+)s/g)].map(([, seconds]) => Number(seconds));
    const own = user! + system!;
    console.log(`CPU time of a launched command: ${own.toFixed(2)} s by itself, ${expectedSeconds(recording).toFixed(3)} s expected`);
    expect(Math.abs(expectedSeconds(recording) - own)).toBeLessThan(0.02 + own * 0.03);
  });

  it('accounts for the threads of a running program from the start of the recording on', async () => {
    const program = spawn(join(dirname(places().demo), 'busy'), ['3'], { stdio: 'ignore' });
    try {
      // CPU time that is none of the recording's.
      await wait(700);
      const target = { kind: 'processes' as const, processes: [{ tgid: program.pid!, startTicks: 0 }] };
      const before = cpuSeconds(program.pid!);
      const recording = await engine.startRecording(target, settings);
      const begun = cpuSeconds(program.pid!);
      await wait(2500);
      const stopping = cpuSeconds(program.pid!);
      await recording.stop();
      const after = cpuSeconds(program.pid!);
      const expected = expectedSeconds(recording);
      const { stored, lost } = recording.figures.ledger;
      console.log(`CPU time of three threads: ${(stopping - begun).toFixed(2)} to ${(after - before).toFixed(2)} s by /proc, ${expected.toFixed(3)} s expected, ${((stored + lost) / 99).toFixed(3)} s sampled`);
      expect(begun).toBeGreaterThan(0.3);
      expect(expected).toBeGreaterThan((stopping - begun) * 0.97 - 0.03);
      expect(expected).toBeLessThan((after - before) * 1.03 + 0.03);
      const threads = new Set(recording.tables.expected.columns.thread.subarray(0, recording.tables.expected.length));
      threads.delete(NONE);
      expect(threads.size).toBe(3);
      checkBooks(recording);
    } finally {
      program.kill();
    }
  });

  it('refuses a process that is not there, and does not start a helper for it', async () => {
    const { pid } = spawnSync('true');
    const error: unknown = await engine.startRecording({ kind: 'processes', processes: [{ tgid: pid, startTicks: 0 }] }, settings).catch((thrown: unknown) => thrown);
    expect(isFailure(error) && error.code).toBe('noSuchProcess');
    expect(ownHelper()).toBe(0);
  });

  it('keeps the recording when the helper is killed, and can go on', async () => {
    const recording = await engine.startRecording({ kind: 'demo' }, settings);
    await samplesOf(recording, 20);
    process.kill(ownHelper(), 'SIGKILL');
    const outcome = await recording.finished;
    expect(outcome).toMatchObject({ reason: 'helperFailed', failure: { code: 'helperFailed' } });
    const read = readRecording(recording.path);
    expect(read.tables.samples.length).toBeGreaterThanOrEqual(20);
    expect(read.metadata).toMatchObject({ state: 'finished', endReason: 'helperFailed' });
    const next = await engine.startRecording({ kind: 'demo' }, settings);
    await next.stop();
    expect((await next.finished).reason).toBe('asked');
  });

  it('records two sessions on one target', async () => {
    const program = spawn(places().demo, { stdio: 'ignore' });
    try {
      const target = { kind: 'processes' as const, processes: [{ tgid: program.pid!, startTicks: 0 }] };
      const both = await Promise.all([engine.startRecording(target, settings), engine.startRecording(target, settings)]);
      for (const recording of both) await samplesOf(recording, 20);
      await Promise.all(both.map((recording) => recording.stop()));
      for (const recording of both) checkBooks(recording);
    } finally {
      program.kill();
    }
  });

  it('leaves a file that opens, and loses less than a second, when it is killed itself', async () => {
    const output = join(folder, 'killed.ember');
    const script = `const { createEngine } = await import(${JSON.stringify(join(import.meta.dirname, 'engine.ts'))});
      const engine = await createEngine({ shell: 'chromium', shellReason: '', stateFolder: ${JSON.stringify(join(folder, 'other'))}, cacheFolder: null });
      const recording = await engine.startRecording({ kind: 'demo' }, ${JSON.stringify(settings)}, {
        output: ${JSON.stringify(output)},
        onProgress: ({ durationNs, ledger }) => console.log(JSON.stringify({ durationNs, samples: ledger.stored })),
      });`;
    const recorder: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let last = { durationNs: 0, samples: 0 };
    recorder.stdout!.on('data', (text: Buffer) => (last = JSON.parse(text.toString().trim().split('\n').at(-1)!) as typeof last));
    while (last.samples < 40) await wait(20);
    const helper = ownHelper(recorder.pid);
    expect(helper).not.toBe(0);
    recorder.kill('SIGKILL');
    await once(recorder, 'exit');
    expect(existsSync(`${output}-wal`)).toBe(true);
    const read = readRecording(output);
    expect(read.unexpected).toBe(true);
    expect(last.durationNs - read.metadata.durationNs).toBeLessThan(1e9);
    console.log(`lost at the kill: ${((last.durationNs - read.metadata.durationNs) / 1e6).toFixed(0)} ms`);
    // Of the demo's two threads; a second of them at most is missing.
    expect(read.metadata.ledger.stored).toBeGreaterThan(0);
    checkBooks({ tables: read.tables, figures: read.metadata });
    expect(existsSync(`${output}-wal`)).toBe(false);
    // The helper notices that its engine is gone, and the demo goes with it.
    const { tgid } = read.tables.processes.columns;
    for (const process_ of [helper, tgid[0]!]) {
      for (let i = 0; i < 500 && existsSync(`/proc/${process_}`); i++) await wait(20);
      expect(existsSync(`/proc/${process_}`)).toBe(false);
    }
  });
});
