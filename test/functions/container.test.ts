// SPDX-License-Identifier: Apache-2.0
/** A cgroup as the target: what is in it and below it, what these begin, and nothing else. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toFolded } from '../../formats/folded.ts';
import { writtenWeights } from '../../profile/questions.ts';
import { StackEnd } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { samplingObstacle } from '../../main/cli/testing.ts';
import { createEngine, type Engine } from '../../main/engine/engine.ts';
import { programPath } from '../helper/helper-client.ts';
import { Driven } from '../helper/probe-session.ts';

const ROOT = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((each) => existsSync(join(each, 'cgroup.controllers')));
const obstacle = samplingObstacle() ?? (ROOT ? null : 'there is no hierarchy of version 2');
if (obstacle) console.warn(`No cgroup is recorded: ${obstacle}`);

const folder = mkdtempSync(join(tmpdir(), 'emberscope-container-'));
const group = `emberscope-whole-${process.pid}`;
const place = join(ROOT ?? folder, group);

function processesOf({ processes }: Tables): Set<number> {
  return new Set(processes.columns.tgid.slice(0, processes.length));
}

describe.skipIf(obstacle)('a cgroup', () => {
  let engine: Engine;
  let programs: ChildProcess[];
  beforeAll(async () => {
    mkdirSync(join(place, 'below'), { recursive: true });
    programs = [0, 1, 2].map(() => spawn(programPath('busy'), ['1', '60'], { stdio: 'ignore' }));
    writeFileSync(join(place, 'cgroup.procs'), `${programs[0]!.pid}`);
    writeFileSync(join(place, 'below/cgroup.procs'), `${programs[1]!.pid}`);
    engine = await createEngine({ shell: 'chromium', shellReason: '', stateFolder: join(folder, 'engine'), cacheFolder: null });
  });
  afterAll(async () => {
    const ended = Promise.all(programs.map((each) => once(each, 'exit')));
    for (const each of programs) each.kill('SIGKILL');
    await ended;
    await engine.close();
    for (const each of [join(place, 'below'), place]) rmdirSync(each);
    rmSync(folder, { recursive: true });
  });

  test('is shown with its processes, and recorded with those below it', { timeout: 60_000 }, async () => {
    const shown = new Map((await engine.processes()).map(({ tgid, cgroup }) => [tgid, cgroup]));
    expect(programs.map(({ pid }) => shown.get(pid!))).toEqual([`/${group}`, `/${group}/below`, expect.not.stringContaining(group)]);
    const recording = await engine.startRecording({ kind: 'cgroup', folder: `/${group}` }, { frequency: 99, children: true, kernelStacks: true });
    await wait(1500);
    await recording.stop();
    expect(recording.info.target).toBe(`container ${group}`);
    expect(processesOf(recording.tables)).toEqual(new Set([programs[0]!.pid, programs[1]!.pid]));
    expect(recording.figures.ledger.stored).toBeGreaterThan(20);
    await engine.closeRecording(recording.info.id);
  });

  test.each([99, 999])('grows: who is moved into it, and who is born in it, is recorded from then on, at %d Hz', { timeout: 60_000 }, async (frequency) => {
    const recording = await engine.startRecording({ kind: 'cgroup', folder: `/${group}` }, { frequency, children: true, kernelStacks: true });
    // Of another parent, as a service manager begins what it puts there.
    const born = spawn(programPath('into-cgroup'), [join(place, 'below'), programPath('busy'), '1', '1'], { stdio: 'ignore' });
    const moved = spawn(programPath('busy'), ['1', '60'], { stdio: 'ignore' });
    writeFileSync(join(place, 'cgroup.procs'), `${moved.pid}`);
    await wait(1500);
    await recording.stop();
    moved.kill('SIGKILL');
    const { tables } = recording;
    const found = processesOf(tables);
    expect(found).toContain(moved.pid);
    expect(found.size).toBe(4);
    expect(found).not.toContain(programs[2]!.pid);
    expect(found).not.toContain(born.pid);
    const samples = new Map<number, number>();
    const complete = new Map<number, number>();
    for (let row = 0; row < tables.samples.length; row++) {
      const { thread, stack, weight } = tables.samples.columns;
      const tgid = tables.processes.columns.tgid[tables.threads.columns.process[thread[row]!]!]!;
      samples.set(tgid, (samples.get(tgid) ?? 0) + weight[row]!);
      if (stack[row]! >= 0 && tables.stacks.columns.end[stack[row]!] === StackEnd.outermost) complete.set(tgid, (complete.get(tgid) ?? 0) + weight[row]!);
    }
    console.log(`${frequency} Hz: of ${[...samples.values()].join(', ')} samples of each process ${[...complete.values()].join(', ')} have whole stacks`);
    // Its maps were read: a walk goes on to the end, as soon as the tables are there, and every frame has its name.
    for (const tgid of found) expect(complete.get(tgid), String(tgid)).toBeGreaterThan(0);
    expect(toFolded(tables)).toMatch(/busy;.*main;.*spin/);
    const { fired, notOurs, stored, lost } = recording.figures.ledger;
    expect(fired).toBe(notOurs + stored + lost);
    await engine.closeRecording(recording.info.id);
  });

  test('has the waits of who joins it, and his calls', { timeout: 60_000 }, async () => {
    const waits = await engine.startRecording({ kind: 'cgroup', folder: `/${group}` }, { question: 'off-cpu', frequency: 99, children: true, kernelStacks: true });
    const calls = await engine.startProbes({ kind: 'cgroup', folder: `/${group}` });
    const sleeper = new Driven();
    await sleeper.line();
    const asked = { kind: 'user', name: 'probed_sleep', module: programPath('probed'), measure: { kind: 'count' }, byThread: false, byStack: false, events: false, leastNs: 0, filter: null } as const;
    // Nobody in it has mapped the file.
    expect(await calls.probes!.attach(asked)).toMatchObject({ state: 'refused' });
    writeFileSync(join(place, 'cgroup.procs'), `${sleeper.tgid}`);
    await expect.poll(() => processesOf(calls.tables)).toContain(sleeper.tgid);
    const probe = (await calls.probes!.attach(asked))!;
    await sleeper.run('sleep', 20, 20_000);
    await Promise.all([waits.stop(), calls.stop()]);
    expect(probe.why).toBe('');
    expect(calls.probes!.infos.at(-1)!.figures.calls).toBe(20);
    expect(toFolded(waits.tables, { weights: writtenWeights('off-cpu', 99) })).toMatch(/probed;.*probed_sleep/);
    for (const { info } of [waits, calls]) await engine.closeRecording(info.id);
    await sleeper.end();
  });

  test('is asked ready questions about', { timeout: 60_000 }, async () => {
    const recording = await engine.startProbes({ kind: 'cgroup', folder: `/${group}/below` });
    const asked = { kind: 'ready', name: 'cpu-time', module: '', measure: { kind: 'latency' }, byThread: true, byStack: false, events: false, leastNs: 0, filter: null } as const;
    expect(await recording.probes!.attach(asked)).toMatchObject({ state: 'attached' });
    await wait(1000);
    await recording.stop();
    const { buckets, threads, processes } = recording.tables;
    const seen = new Set([...buckets.columns.thread.slice(0, buckets.length)].map((thread) => processes.columns.tgid[threads.columns.process[thread]!]));
    expect(seen).toEqual(new Set([programs[1]!.pid]));
    await engine.closeRecording(recording.info.id);
  });

  test('that is empty, the root, or none is refused in words', async () => {
    const refused = (name: string) => engine.startRecording({ kind: 'cgroup', folder: name }, { frequency: 99, children: true, kernelStacks: true });
    mkdirSync(join(place, 'empty'));
    try {
      await expect(refused(`/${group}/empty`)).rejects.toThrow('No process that could be recorded');
    } finally {
      rmdirSync(join(place, 'empty'));
    }
    await expect(refused('/')).rejects.toThrow('it is no container');
    await expect(refused('/no/such/group')).rejects.toThrow('no cgroup');
  });
});
