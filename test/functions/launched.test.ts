// SPDX-License-Identifier: Apache-2.0
/**
 * A launched command is seen from its first instruction by probes, too: what a program that is over at once calls is counted
 * to the last call, whether its functions lie in itself, in what it is linked with, or in what it opens later.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProbeInfo, ProbeRequest } from '../../ipc/contract.ts';
import { SampleKind } from '../../profile/schema.ts';
import { runCli, samplingObstacle } from '../../main/cli/testing.ts';
import { createEngine, type Engine } from '../../main/engine/engine.ts';
import { programPath } from '../helper/helper-client.ts';

const obstacle = samplingObstacle();
if (obstacle) console.warn(`Launched commands are not probed: ${obstacle}`);
const BPFTRACE = '/usr/bin/bpftrace';
const PYTHON = '/usr/bin/python3';
const SQLITE = '/usr/bin/sqlite3';
for (const program of [BPFTRACE, PYTHON, SQLITE]) if (!existsSync(program)) console.warn(`Launched commands are probed without ${program}: it is not installed`);

const folder = mkdtempSync(join(tmpdir(), 'emberscope-launched-'));
const environment = { XDG_STATE_HOME: join(folder, 'state'), XDG_DATA_HOME: join(folder, 'data'), XDG_CACHE_HOME: join(folder, 'cache') };
afterAll(() => rmSync(folder, { recursive: true }));

const BRIEF = programPath('brief');
const CALLS = 5_000;
const asked = (name: string, change: Partial<ProbeRequest> = {}): ProbeRequest => ({
  ...{ kind: 'user', name, module: BRIEF, measure: { kind: 'count' } },
  ...{ byThread: false, byStack: false, events: false, leastNs: 0, filter: null, budget: 0 },
  ...change,
});

describe.skipIf(obstacle !== null)('a launched command', { timeout: 60_000 }, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine({ shell: 'chromium', shellReason: '', stateFolder: join(folder, 'engine'), cacheFolder: null });
  });
  afterAll(() => engine.close());

  /** Attached before it runs; ends when the command has. */
  async function probesOf(command: string[], requests: readonly ProbeRequest[]): Promise<ProbeInfo[]> {
    const recording = await engine.startProbes({ kind: 'command', command });
    expect(recording.info).toMatchObject({ isLaunched: true, isHeld: true });
    for (const request of requests) await recording.probes!.attach(request);
    await recording.letRun();
    expect(recording.info.isHeld).toBe(false);
    expect((await recording.finished).reason).toBe('targetExited');
    expect(await recording.command).toEqual({ code: 0, signal: null });
    return recording.probes!.infos;
  }

  test('has every call counted, every return measured, and every marker seen', async () => {
    const infos = await probesOf([BRIEF, String(CALLS)], [
      asked('brief_work'),
      asked('brief_work', { measure: { kind: 'latency' } }),
      asked('emberscope:hit', { kind: 'usdt' }),
      asked('main', { measure: { kind: 'latency' } }),
    ]);
    expect(infos.map(({ state, why }) => [state, why])).toEqual(Array(4).fill(['detached', '']));
    expect(infos.map(({ figures: { calls, measured, missed, lost } }) => ({ calls, measured, missed, lost }))).toEqual(
      [CALLS, CALLS, CALLS, 1].map((calls) => ({ calls, measured: calls, missed: 0, lost: 0 })),
    );
  });

  test('is found in libraries that it is linked with, and in one that it opens, by name and by path', async () => {
    const library = join(folder, 'opened-later.so');
    copyFileSync(programPath('stock-library-gcc.so'), library);
    const infos = await probesOf([BRIEF, '100', library, 'nothing'], [asked('nothing', { module: library }), asked('dlopen', { module: 'libc' }), asked('exit', { module: 'libc' })]);
    expect(infos.map(({ title, state, figures }) => [title, state, figures.calls])).toEqual([
      ['nothing', 'detached', 100],
      ['dlopen', 'detached', 1],
      ['exit', 'detached', 1],
    ]);
  });

  test('has what nobody can know before attached when it is mapped, which is said', async () => {
    const library = join(folder, 'libsurprise.so');
    copyFileSync(programPath('stock-library-clang.so'), library);
    const [early, late] = await probesOf([BRIEF, '100', library, 'nothing'], [asked('brief_work'), asked('nothing', { module: 'libsurprise' })]);
    expect([early!.figures.calls, late!.title, late!.figures.calls, late!.why]).toEqual([100, 'nothing', 100, expect.stringMatching(/^It was attached when .*libsurprise.so was mapped/)]);
  });

  test('is refused what it never maps', async () => {
    const infos = await probesOf([BRIEF, '1'], [asked('f', { module: 'libnever' })]);
    expect(infos).toMatchObject([{ state: 'refused', why: expect.stringContaining('has mapped libnever') }]);
  });

  test('never runs when its recording ends while it is held', async () => {
    const recording = await engine.startProbes({ kind: 'command', command: ['touch', join(folder, 'ran')] });
    await recording.stop();
    expect((await recording.command)!.code).not.toBe(0);
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });

  test.skipIf(!existsSync(PYTHON))('has its memory counted from the first allocation', async () => {
    const settings = { question: 'memory', frequency: 99, children: true, kernelStacks: true } as const;
    const recording = await engine.startRecording({ kind: 'command', command: [PYTHON, '-S', '-c', 'kept = [bytearray(100_000) for _ in range(100)]'] }, settings);
    expect((await recording.finished).reason).toBe('targetExited');
    const { weight, kind } = recording.tables.samples.columns;
    let allocated = 0;
    for (let row = 0; row < recording.tables.samples.length; row++) if (kind[row] === SampleKind.memory) allocated += Math.max(0, weight[row]!);
    console.log(`python3 keeps 10,000,000 bytes: ${allocated} were allocated`);
    expect(allocated).toBeGreaterThan(10_000_000);
    expect(allocated).toBeLessThan(20_000_000);
  });

  test.skipIf(!existsSync(BPFTRACE) || !existsSync(PYTHON))('calls as often as bpftrace counts', async () => {
    const script = join(folder, 'calls.py');
    writeFileSync(script, 'import json\nfor i in range(300): open("/dev/null").close()\n');
    const command = [PYTHON, '-S', '-B', script];
    const infos = await probesOf(command, ['open64', 'read'].map((name) => asked(name, { module: 'libc' })));
    const libc = (await engine.functions({ pattern: 'open64', tgids: [process.pid], most: 5 })).functions.find(({ name }) => name === 'open64')!.module;
    const program = `uprobe:${libc}:open64 /pid == cpid/ { @open64 = count(); } uprobe:${libc}:read /pid == cpid/ { @read = count(); }`;
    const { stdout } = spawnSync(BPFTRACE, ['-c', command.join(' '), '-e', program], { encoding: 'utf8' });
    const theirs = infos.map(({ title }) => Number(new RegExp(`@${title}: (\\d+)`).exec(stdout)?.[1]));
    console.log(`python3 calls open64 and read ${infos.map(({ figures }) => figures.calls).join(' and ')} times; by bpftrace ${theirs.join(' and ')}`);
    expect(infos[0]!.figures.calls).toBeGreaterThan(300);
    expect(infos.map(({ figures }) => figures.calls)).toEqual(theirs);
  });

  test.skipIf(!existsSync(SQLITE))('is traced by the command line, whose output stays its own', async () => {
    const { code, output, errors } = await runCli(['latency', '--json', '--count', 'libsqlite3:sqlite3_prepare_v2', '--', SQLITE, ':memory:', 'select 1; select 2;'], environment);
    expect([code, errors]).toEqual([0, '1\n2\n']);
    expect((JSON.parse(output) as { probes: object[] }).probes).toMatchObject([{ name: 'sqlite3_prepare_v2', calls: expect.any(Number) }]);
    expect((JSON.parse(output) as { probes: { calls: number }[] }).probes[0]!.calls).toBeGreaterThanOrEqual(2);
    const traced = await runCli(['trace', `${BRIEF}:brief_work`, 'usdt:emberscope:hit', '--', BRIEF, '3'], environment);
    expect([traced.code, traced.errors]).toEqual([0, '']);
    expect(traced.output.split('\n').slice(1, -1).map((line) => /\.\d{6} {2}(\S+?)\(/.exec(line)?.[1])).toEqual(['brief_work', 'emberscope:hit', 'brief_work', 'emberscope:hit', 'brief_work', 'emberscope:hit']);
  });

  test('is asked of something, and beside no process', async () => {
    expect(await runCli(['latency', '--', 'true'], environment)).toMatchObject({ code: 2, errors: expect.stringContaining('Nothing was named to probe') });
    expect(await runCli(['trace', 'sys_clone', '--pid', String(process.pid), '--', 'true'], environment)).toMatchObject({ code: 2, errors: expect.stringContaining('More than one kind of target') });
    expect(await runCli(['trace', 'sys_clone', '--', 'no-such-command'], environment)).toMatchObject({ code: 4, errors: expect.stringContaining('no-such-command') });
  });
});
