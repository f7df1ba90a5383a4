// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { DoctorCheck, DoctorReport } from '../../ipc/contract.ts';
import { canSample, describeReport } from './doctor.ts';
import { otherUserObstacle, runCli, samplingObstacle, startCli } from './testing.ts';

vi.setConfig({ testTimeout: 60_000 });

const check = (name: string, state: DoctorCheck['state'], remedy = ''): DoctorCheck => ({ name, group: 'sampling', title: `The ${name}`, state, detail: 'Found\x1b[2J.', remedy, use: 'Much.' });
const report = (...checks: DoctorCheck[]): DoctorReport => ({ kernel: '6.1', checks });

test('a report for people: aligned, harmless, coloured only on a terminal', () => {
  const about = report(check('sampling', 'available'), check('kprobes', 'unavailable', 'Do this.'));
  const plain = describeReport(about, false);
  expect(plain).not.toContain('\x1b');
  expect(plain.split('\n').slice(0, 8)).toEqual([
    'Linux 6.1',
    '',
    'Sampling',
    '  available    The sampling',
    '               Found\ufffd[2J.',
    '  unavailable  The kprobes',
    '               Found\ufffd[2J.',
    '               -> Do this.',
  ]);
  const colourful = describeReport(about, true);
  expect(colourful.match(/\x1b\[3[12]m/g)).toEqual(['\x1b[32m', '\x1b[31m']);
  expect(colourful.replace(/\x1b\[\d+m/g, '')).toBe(plain);
});

test('sampling works or does not', () => {
  for (const state of ['available', 'limited'] as const) expect(canSample(report(check('sampling', state)))).toBe(true);
  for (const state of ['unavailable', 'unknown'] as const) expect(canSample(report(check('sampling', state)))).toBe(false);
  expect(canSample(report())).toBe(false);
});

const obstacle = samplingObstacle();
if (obstacle) console.log(`skipped: doctor where sampling works: ${obstacle}`);

test.skipIf(obstacle !== null)('on this computer it says 0, as JSON with the kernel, and about a process', async () => {
  const { code, output, errors } = await runCli(['doctor', '--json', '--pid', String(process.pid)]);
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  const found = JSON.parse(output) as DoctorReport;
  expect(found.kernel).toBe(release());
  expect(found.checks.map(({ name }) => name)).toEqual(expect.arrayContaining(['sampling', 'kprobes', 'debugFiles']));
  const text = await runCli(['doctor']);
  expect(text.code).toBe(0);
  expect(text.output).toMatch(/^Linux \S+\n\nSampling\n {2}available {4}Sampling\n/);
});

const closed = otherUserObstacle(54_321);
if (closed) console.log(`skipped: doctor for a user without a helper: ${closed}`);

test.skipIf(closed !== null)('a user without a helper is told so, with 6', async () => {
  const home = mkdtempSync(join(tmpdir(), 'emberscope-doctor-'));
  chmodSync(home, 0o777);
  const { code, output } = await startCli(['doctor', '--json'], { HOME: home, XDG_STATE_HOME: home, XDG_CACHE_HOME: home }, { uid: 54_321, gid: 54_321 }).result;
  rmSync(home, { recursive: true });
  const installed = spawnSync('test', ['-x', '/usr/libexec/emberscope/emberscope-helper']).status === 0;
  if (installed) return;
  const found = JSON.parse(output) as DoctorReport;
  expect(found.checks.find(({ name }) => name === 'sampling')).toMatchObject({ state: 'unavailable', remedy: expect.stringContaining('install-helper') as string });
  expect(code).toBe(6);
});

test('what is wrong on the command line is told', async () => {
  const wrong = await runCli(['doctor', '--pid', 'x']);
  expect(wrong.code).toBe(2);
  const absent = await runCli(['doctor', '--pid', String(2 ** 22 + 1)]);
  expect(absent).toMatchObject({ code: 4, output: '' });
});
