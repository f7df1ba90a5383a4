// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isFailure } from '../../../ipc/failure.ts';
import { places } from '../places.ts';
import { findCommand } from './find-command.ts';
import { launchCommand } from './launched-command.ts';
import { containerOf, parseCommandLine, parseStat, readStat, tgidOf } from './proc-files.ts';
import { ProcessList } from './process-list.ts';
import { checkSettings, checkTarget, prepareTarget } from './target.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberscope-processes-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (isFailure(error)) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}

describe('files of /proc', () => {
  it('are parsed whatever a process calls itself', () => {
    const tail = 'R 1 2 3 0 -1 4194304 1 2 3 4 150 50 0 0 20 0 7 0 98765 1 1';
    expect(parseStat(`12 (a) R (b ) c) ${tail}`)).toEqual({
      tgid: 12, name: 'a) R (b ) c', state: 'R', parentTgid: 1, cpuTicks: 200, threads: 7, startTicks: 98765, kernelThread: false,
    });
    for (const text of ['', '12', '12 (x', '12 (x) R 1']) expect(parseStat(text)).toBeNull();
    expect(parseCommandLine('/bin/a\0-b\0c d\0')).toBe('/bin/a -b c d');
  });

  it('name the container', () => {
    const cgroups: [string, string | null][] = [
      ['0::/user.slice/user-1000.slice/session-2.scope', null],
      ['0::/system.slice/docker.service', null],
      ['0::/system.slice/docker-0123456789abcdef.scope', 'docker'],
      ['11:cpu:/docker/0123456789abcdef', 'docker'],
      ['0::/machine.slice/libpod-0123.scope/container', 'podman'],
      ['0::/lxc.payload.web/system.slice', 'lxc'],
      ['0::/kubepods.slice/kubepods-burstable.slice/cri-containerd-01.scope', 'kubernetes'],
      ['0::/machine.slice/systemd-nspawn@debian.service/payload', 'systemd-nspawn'],
    ];
    for (const [cgroup, container] of cgroups) expect([cgroup, containerOf(`${cgroup}\n`)]).toEqual([cgroup, container]);
  });
});

describe('ProcessList', () => {
  it('shows this process as it is, its CPU use, and forgets what ended', async () => {
    const list = new ProcessList();
    const sleeper = spawn('/bin/sleep', ['100']);
    await list.scan({ kind: 'direct' });
    const until = performance.now() + 300;
    while (performance.now() < until);
    const processes = await list.scan({ kind: 'direct' });
    const own = processes.find(({ tgid }) => tgid === process.pid)!;
    expect(own).toMatchObject({ uid: process.getuid!(), parentTgid: process.ppid, refusal: null, startTicks: readStat(process.pid)!.startTicks });
    expect(own.threads).toBeGreaterThan(1);
    expect(own.cpu).toBeGreaterThan(0.2);
    expect(processes.find(({ tgid }) => tgid === sleeper.pid)).toMatchObject({ name: 'sleep', commandLine: '/bin/sleep 100' });
    expect(new Set(processes.map(({ tgid }) => tgid)).size).toBe(processes.length);
    sleeper.kill();
    await once(sleeper, 'exit');
    expect((await list.scan({ kind: 'direct' })).some(({ tgid }) => tgid === sleeper.pid)).toBe(false);
  });

  it('says why others may not be profiled without the helper', async () => {
    const processes = await new ProcessList().scan({ kind: 'missing', command: '' });
    let looked = 0;
    for (const { refusal, uid, tgid } of processes) {
      // It may end between the list and this look.
      if (refusal?.startsWith('It has ended') || readStat(tgid)?.state === 'Z') continue;
      expect(refusal === null).toBe(uid === process.getuid!());
      looked++;
    }
    expect(looked).toBeGreaterThan(0);
  });
});

describe('launchCommand', () => {
  it('holds the command before its exec, and keeps the process', async () => {
    const output = join(folder, 'ran');
    const command = await launchCommand(['/bin/sh', '-c', 'echo "$$ $1 $2" > "$0"', output, 'two words', "quote'\"$x"]);
    await wait(100);
    expect(() => readFileSync(output)).toThrow();
    expect(readlinkSync(`/proc/${command.tgid}/exe`)).toBe(places().hold);
    expect(command.startTicks).toBe(readStat(command.tgid)!.startTicks);
    command.release();
    expect(await command.exited).toEqual({ code: 0, signal: null });
    expect(readFileSync(output, 'utf8')).toBe(`${command.tgid} two words quote'"$x\n`);
  });

  it('has its files mapped while it is held, and others that are named', async () => {
    const command = await launchCommand(['sleep', '60']);
    const mapped = (): string[] => [...readFileSync(`/proc/${command.tgid}/maps`, 'utf8').matchAll(/ r-xp .* (\/.*)$/gm)].map((found) => found[1]!);
    expect(mapped().map((path) => basename(path)).sort()).toEqual(['emberscope-hold', expect.stringMatching(/^ld-/), 'libc.so.6', 'sleep']);
    await command.map(['/no/such/file', folder, '/bin/sh', `/${'x'.repeat(10_000)}`, 'a\0b']);
    expect(mapped()).toContain(realpathSync('/bin/sh'));
    expect(mapped()).toHaveLength(5);
    command.release();
    await vi.waitFor(() => expect(readlinkSync(`/proc/${command.tgid}/exe`)).toMatch(/sleep$/));
    expect(readdirSync(`/proc/${command.tgid}/fd`)).not.toContain('3');
    command.terminate();
    expect(await command.exited).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('runs a text without an interpreter by the shell, as execvp does', async () => {
    const script = join(folder, 'plain');
    writeFileSync(script, `echo "$0 $1" > ${join(folder, 'plain-ran')}\n`);
    chmodSync(script, 0o755);
    const command = await launchCommand([script, 'one']);
    command.release();
    expect((await command.exited).code).toBe(0);
    expect(readFileSync(join(folder, 'plain-ran'), 'utf8')).toBe(`${script} one\n`);
  });

  it('says with its exit that it could not be run', async () => {
    const [gone, bad] = [join(folder, 'gone'), join(folder, 'bad')];
    for (const path of [gone, bad]) writeFileSync(path, '#!/no/interpreter\n', { mode: 0o755 });
    const first = await launchCommand([gone]);
    rmSync(gone);
    first.release();
    expect((await first.exited).code).toBe(127);
    const second = await launchCommand([bad]);
    chmodSync(bad, 0o644);
    second.release();
    expect((await second.exited).code).toBe(126);
  });

  it('never runs one that is not let go', async () => {
    const output = join(folder, 'never');
    const command = await launchCommand(['touch', output]);
    command.terminate();
    expect((await command.exited).code).not.toBe(0);
    expect(() => readFileSync(output)).toThrow();
  });

  it('runs nothing when its launcher is killed', async () => {
    const output = join(folder, 'orphan');
    const script = `const { launchCommand } = await import(${JSON.stringify(join(import.meta.dirname, 'launched-command.ts'))});
      const command = await launchCommand(['touch', ${JSON.stringify(output)}]); console.log(command.tgid); setInterval(() => {}, 1000);`;
    const launcher = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const tgid = Number(String((await once(launcher.stdout, 'data'))[0]));
    launcher.kill('SIGKILL');
    await once(launcher, 'exit');
    for (let i = 0; i < 100 && readStat(tgid); i++) await wait(20);
    expect(readStat(tgid)).toBeNull();
    expect(() => readFileSync(output)).toThrow();
  });

  it('says clearly why it cannot start', async () => {
    const script = join(folder, 'script');
    writeFileSync(script, '#!/bin/sh\n');
    chmodSync(script, 0o644);
    expect(await codeOf(() => launchCommand(['no-such-command-here']))).toBe('commandNotFound');
    expect(await codeOf(() => launchCommand(['./script'], { folder }))).toBe('commandNotExecutable');
    expect(await codeOf(() => launchCommand([''], {}))).toBe('commandNotFound');
    expect(await codeOf(() => launchCommand([folder]))).toBe('commandNotFound');
    expect(await codeOf(() => launchCommand(['true'], { folder: join(folder, 'no') }))).toBe('folderMissing');
    chmodSync(script, 0o755);
    expect(findCommand('./script', folder)).toBe(script);
    expect(findCommand('script', '/', `/nowhere:${folder}`)).toBe(script);
  });
});

describe('a target', () => {
  it('is checked before anything is started', async () => {
    const ended = spawnSync('/bin/true').pid;
    const own = { tgid: process.pid, startTicks: 0 };
    const processes = (...list: { tgid: number; startTicks: number }[]) => ({ kind: 'processes' as const, processes: list });
    expect(await codeOf(() => checkTarget(processes({ tgid: ended, startTicks: 0 })))).toBe('noSuchProcess');
    expect(await codeOf(() => checkTarget(processes({ tgid: process.pid, startTicks: 1 })))).toBe('targetGone');
    expect(await codeOf(() => checkTarget(processes(own, own)))).toBe('targets');
    expect(await codeOf(() => checkTarget(processes()))).toBe('targets');
    expect(await codeOf(() => checkTarget({ kind: 'command', command: [] }))).toBe('commandNotFound');
    for (const frequency of [0, 10_000, 99.5, NaN]) {
      expect(await codeOf(() => checkSettings({ frequency, children: true, kernelStacks: true }))).toBe('frequency');
    }
    expect(await codeOf(() => checkTarget(processes(own)))).toBe('nothing was thrown');
  });

  it('tells a thread from a process', async () => {
    const tids = spawnSync('ls', [`/proc/${process.pid}/task`], { encoding: 'utf8' }).stdout.trim().split('\n').map(Number);
    const tid = tids.find((number) => number !== process.pid)!;
    expect(tgidOf(tid)).toBe(process.pid);
    const refused = await codeOf(() => checkTarget({ kind: 'processes', processes: [{ tgid: tid, startTicks: 0 }] }));
    expect(refused).toBe('noSuchProcess');
  });

  it('has a title and the identity of its processes', async () => {
    const { startTicks } = readStat(process.pid)!;
    const prepared = await prepareTarget({ kind: 'processes', processes: [{ tgid: process.pid, startTicks: 0 }] });
    expect(prepared).toMatchObject({ title: `node ${process.pid}`, system: false, processes: [{ tgid: process.pid, startTicks }] });
    const long = await prepareTarget({ kind: 'command', command: ['true', 'x'.repeat(300), '\u001b[31m'] });
    expect(long.title).toHaveLength(80);
    long.command!.terminate();
    await long.command!.exited;
  });
});
