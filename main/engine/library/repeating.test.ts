// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { ProcessSummary, RecordedRequest, SamplingSettings } from '../../../ipc/contract.ts';
import { repetitionOf } from './repeating.ts';

const folder = mkdtempSync(join(tmpdir(), 'emberscope-repeating-'));
afterAll(() => rmSync(folder, { recursive: true }));

const settings: SamplingSettings = { frequency: 99, children: true, kernelStacks: true };
const running = (tgid: number, name: string, commandLine: string): ProcessSummary => ({
  tgid, parentTgid: 1, startTicks: tgid * 10, name, commandLine, user: 'ada', uid: 1000, threads: 1, cpu: 0, container: null, cgroup: '', refusal: null,
});
const again = (request: RecordedRequest | null, processes: ProcessSummary[] = [], more: Partial<{ settings: SamplingSettings; question: 'on-cpu' | 'probes' }> = {}) =>
  repetitionOf('run', { request, settings, question: 'on-cpu', ...more }, () => Promise.resolve(processes));
const process = (name: string, commandLine: string) => ({ name, commandLine });

test('the whole system and the demo as they were', async () => {
  expect(await again({ kind: 'system' })).toEqual({ kind: 'ready', target: { kind: 'system' } });
});

describe('processes are those of the same name and command line', () => {
  const request: RecordedRequest = { kind: 'processes', processes: [process('node', 'node server.js'), process('node', 'node worker.js')] };
  const list = [running(5, 'node (MainThread)', 'node server.js'), running(6, 'node', 'node worker.js'), running(7, 'nodejs', 'node server.js'), running(8, 'node', 'node other.js')];

  test('when all run, they are taken', async () => {
    expect(await again(request, list)).toEqual({ kind: 'ready', target: { kind: 'processes', processes: [{ tgid: 5, startTicks: 50 }, { tgid: 6, startTicks: 60 }] } });
  });

  test('when one is gone, somebody chooses by its name', async () => {
    expect(await again(request, list.slice(0, 1))).toMatchObject({ kind: 'choose', name: 'node', failure: { code: 'processesGone', message: '1 of the 2 processes that were recorded no longer run: node.' } });
    expect(await again(request, [])).toMatchObject({ failure: { message: 'None of the 2 processes that were recorded runs any more: node.' } });
    expect(await again({ kind: 'processes', processes: [process('postgres', 'postgres: checkpointer')] })).toMatchObject({ name: 'postgres', failure: { message: 'The process that was recorded does not run any more: postgres.' } });
  });

  test('when there are more of them than were recorded, nobody guesses which', async () => {
    const one: RecordedRequest = { kind: 'processes', processes: [process('node', 'node server.js')] };
    expect(await again(one, [list[0]!, running(9, 'node', 'node server.js')])).toMatchObject({ kind: 'choose', name: 'node', failure: { code: 'severalProcesses', message: expect.stringMatching(/^2 processes have the name and the command line of the one/) } });
    // Two that are alike were recorded, and two run.
    expect(await again({ kind: 'processes', processes: [one.processes[0]!, one.processes[0]!] }, [list[0]!, running(9, 'node', 'node server.js')])).toMatchObject({ kind: 'ready' });
  });
});

test('a command is always shown; why it would not run is said beforehand', async () => {
  const program = join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\n');
  chmodSync(program, 0o755);
  const request: RecordedRequest = { kind: 'command', command: ['./program', '--fast'], folder };
  expect(await again(request)).toEqual({ ...request, failure: null });
  chmodSync(program, 0o644);
  expect(await again(request)).toMatchObject({ kind: 'command', failure: { code: 'commandNotExecutable' } });
  rmSync(program);
  expect(await again(request)).toMatchObject({ kind: 'command', failure: { code: 'commandNotFound', remedy: expect.stringMatching(/path/) } });
  expect(await again({ ...request, folder: join(folder, 'gone') })).toMatchObject({ kind: 'command', failure: { code: 'folderMissing' } });
});

test('a container that is gone is said to be, and another one is chosen', async () => {
  expect(await again({ kind: 'cgroup', folder: '/emberscope/docker-7fe1.scope' })).toMatchObject({ kind: 'choose', name: '', failure: { code: 'containerGone', message: expect.stringContaining('docker-7fe1.scope') } });
  // A file may say anything: the root is another target.
  expect(await again({ kind: 'cgroup', folder: '/' })).toMatchObject({ kind: 'choose', failure: { code: 'cgroupWhole' } });
});

test('what cannot be recorded again says why', async () => {
  expect(await again(null)).toMatchObject({ kind: 'impossible', failure: { code: 'notSaid' } });
  expect(await again({ kind: 'imported', format: 'folded stacks', file: 'x.folded' })).toMatchObject({ kind: 'impossible', failure: { code: 'notRecordedHere', message: expect.stringContaining('folded stacks') } });
  expect(await again({ kind: 'system' }, [], { settings: { ...settings, frequency: 1e9 } })).toMatchObject({ kind: 'impossible', failure: { code: 'frequency' } });
  expect(await again({ kind: 'system' }, [], { settings: { ...settings, frequency: 0 }, question: 'probes' })).toMatchObject({ kind: 'ready' });
});
