// SPDX-License-Identifier: Apache-2.0
/** record, export and info on programs that nobody here wrote, through the real command line and the real kernel. */
import { spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { LossCause } from '../../profile/schema.ts';
import type { Summary } from './info.ts';
import { hasHardwareCycles } from '../engine/hardware-cycles.ts';
import { runCli, samplingObstacle, startCli, type Result } from './testing.ts';

// Each test starts processes, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const obstacle = samplingObstacle();
if (obstacle) console.log(`skipped: record, export and info on real programs: ${obstacle}`);

const NOBODY = 65_534;
const folder = mkdtempSync(join(tmpdir(), 'emberscope-record-'));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));
const run = (...args: string[]): Promise<Result> =>
  runCli(args, { XDG_STATE_HOME: at('state'), XDG_DATA_HOME: at('data'), XDG_CACHE_HOME: at('cache') });

async function summary(file: string): Promise<Summary> {
  const { code, output, errors } = await run('info', '--json', file);
  expect(errors).toBe('');
  expect(code).toBe(0);
  return JSON.parse(output) as Summary;
}

/** The keys that scripts depend on, and what holds for every recording. */
function expectSound(found: Summary): void {
  expect(Object.keys(found).sort()).toEqual(
    [
      'accounting',
      'durationNs',
      'expected',
      'frames',
      'frequencyHz',
      'host',
      'kernel',
      'ledger',
      'lost',
      'memory',
      'overhead',
      'question',
      'samples',
      'stacks',
      'target',
      'unwindTables',
      'waits',
    ].sort(),
  );
  const { ledger, lost, samples, stacks, frames } = found;
  expect(ledger.fired).toBe(ledger.notOurs + ledger.stored + ledger.lost);
  expect(samples).toBe(ledger.stored);
  expect(stacks.complete + stacks.truncated + stacks.broken).toBe(samples);
  const sum = (counts: number[]) => counts.reduce((all, each) => all + each, 0);
  expect(sum(Object.values(stacks.ends))).toBe(stacks.truncated + stacks.broken);
  expect(sum(stacks.brokenIn.map((place) => place.samples))).toBe(stacks.broken - (stacks.ends.noStack ?? 0));
  expect(sum(frames.unnamedIn.map(({ unnamed, waiting }) => unnamed + waiting))).toBe(frames.all - frames.named);
  const { expected, stored, lost: missing, rest } = found.accounting;
  expect(found.accounting).toMatchObject({ expected: found.expected, stored: samples });
  expect(rest).toBeCloseTo(expected - stored - missing, 6);
  expect(frames.named).toBeLessThanOrEqual(frames.all);
  expect(Object.keys(found.overhead).sort()).toEqual(['bpfNs', 'helperCpuNs']);
  for (const [cause, count] of Object.entries(lost)) {
    expect(Object.keys(LossCause)).toContain(cause);
    expect(count).toBeGreaterThan(0);
  }
}

const PYTHON = `
import time
end = time.time() + 1.5
def work(n):
    return sum(i * i for i in range(n))
while time.time() < end: work(2000)
`;
const SQL =
  'with recursive c(x) as (select 1 union all select x + 1 from c where x < 2500000) select count(*) from c where x * x % 7 = 1;';

/** A function that a profile of the program must hold, by the names of the distribution's dynamic symbols. */
const programs: [name: string, command: string[], holds: RegExp][] = [
  ['python3', ['python3', '-c', PYTHON], /_PyEval_EvalFrameDefault|PyLong_|PyNumber_|PyObject_|_PyLong_/],
  ['sqlite3', ['sqlite3', ':memory:', SQL], /sqlite3/],
  ['openssl', ['openssl', 'speed', '-seconds', '1', 'sha256'], /openssl;/],
];

function inPath(name: string): boolean {
  return process.env.PATH!.split(':').some((each) => existsSync(join(each, name)));
}

describe.skipIf(obstacle !== null)('real programs', () => {
  for (const [name, command, holds] of programs) {
    if (!inPath(name)) console.log(`skipped: record ${name}: it is not installed`);
    test.skipIf(!inPath(name))(
      `${name}: recorded, shown and exported`,
      async () => {
        const file = at(`${name}.ember`);
        const recorded = await run('record', '--frequency', '299', '--output', file, '--', ...command);
        expect(recorded.errors).not.toMatch(/^emberscope:/m);
        expect(recorded.code).toBe(0);
        expect(recorded.errors).toContain(`command     ${name} ended with exit code 0`);
        expect(recorded.errors).toContain(`recording   ${file}`);
        expect(recorded.errors).not.toContain('\x1b'); // no progress line where there is no terminal
        // One file: nothing of the log is left beside it, and nobody else reads it.
        expect(readdirSync(folder).filter((each) => each.startsWith(name))).toEqual([`${name}.ember`]);
        expect(statSync(file).mode & 0o077).toBe(0);

        const found = await summary(file);
        expectSound(found);
        expect(found).toMatchObject({
          question: 'on-cpu',
          frequencyHz: 299,
          target: expect.stringMatching(new RegExp(`^${name}`)),
        });
        // Two clocks and some hundred samples, on CPUs that others use, too: close is all they can be.
        expect(found.samples).toBeGreaterThan(50);
        expect(found.samples / found.expected).toBeGreaterThan(0.75);
        expect(found.samples / found.expected).toBeLessThan(1.25);

        const folded = await run('export', file, '--format', 'folded');
        expect(folded.errors).toBe('');
        const lines = folded.output.trimEnd().split('\n');
        for (const line of lines) expect(line).toMatch(/^\S.* \d+$/);
        expect(lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)).toBe(found.samples);
        expect(folded.output).toMatch(holds);

        const text = await run('info', file);
        expect(text.code).toBe(0);
        expect(text.output).toMatch(/^target {6}/);
        expect(text.output).toContain('fired =');

        const picture = at(`${name}.svg`);
        const exported = await run(
          'export',
          file,
          '--format',
          'svg',
          '--title',
          'A <title> & "more"',
          '--output',
          picture,
        );
        expect(exported).toMatchObject({ code: 0, output: '' });
        const svg = readFileSync(picture, 'utf8');
        expect(svg).toMatch(/^<\?xml /);
        expect(svg).toContain('A &lt;title&gt; &amp; ');
        expect(svg.trimEnd()).toMatch(/<\/svg>$/);
        expect((await run('export', file, '--format', 'svg', '--output', picture)).code).toBe(2);
        expect((await run('export', file, '--format', 'svg', '--output', picture, '--force')).code).toBe(0);
        expect((await run('export', file, '--format', 'svg', '--output', '-')).output.slice(0, 5)).toBe('<?xml');
      },
      30_000,
    );
  }

  test('Ctrl-C keeps a whole recording of a process that goes on', async () => {
    const busy = spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' });
    try {
      const file = at('interrupted.ember');
      const { child, result } = startCli(['record', '--pid', String(busy.pid), '--output', file]);
      await vi.waitFor(() => expect(existsSync(file)).toBe(true), 30_000);
      await setTimeout(700);
      child.kill('SIGINT');
      const { code, errors } = await result;
      expect(errors).toContain(`recording   ${file}`);
      expect(code).toBe(0);
      const found = await summary(file);
      expectSound(found);
      expect(found.samples).toBeGreaterThan(5);
      expect(busy.exitCode).toBeNull();
      expect(readdirSync(folder).filter((each) => each.startsWith('interrupted'))).toEqual(['interrupted.ember']);
    } finally {
      busy.kill('SIGKILL');
    }
  });

  test('--seconds ends it, an existing recording is left alone, --force writes over it', async () => {
    const file = at('system.ember');
    const first = await run('record', '--system', '--seconds', '0.5', '--frequency', '49', '--output', file);
    expect(first.code).toBe(0);
    const found = await summary(file);
    expectSound(found);
    expect(found).toMatchObject({ target: 'whole system', frequencyHz: 49 });
    expect(found.durationNs).toBeGreaterThan(0.4e9);
    expect(found.durationNs).toBeLessThan(3e9);
    const before = readFileSync(file);
    expect((await run('record', '--system', '--seconds', '0.3', '--output', file)).code).toBe(2);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect((await run('record', '--system', '--seconds', '0.3', '--force', '--output', file)).code).toBe(0);
    expect((await summary(file)).frequencyHz).toBe(99);
  });

  test.runIf(!hasHardwareCycles())('cycles are refused where no counter is', async () => {
    const result = await run('record', '--event', 'cycles', '--seconds', '1', '--output', at('cycles.ember'), '--', 'sleep', '3');
    expect(result.code).toBe(1);
    expect(result.errors).toMatch(/no hardware counter/);
  });

  test('it ends with its target, and tells how a command ended', async () => {
    const failed = await run('record', '--output', at('three.ember'), '--', 'sh', '-c', 'exit 3');
    expect(failed.code).toBe(0);
    expect(failed.errors).toContain('command     sh ended with exit code 3');
    const killed = await run('record', '--output', at('killed.ember'), '--', 'sh', '-c', 'kill -9 $$');
    expect(killed.code).toBe(0);
    expect(killed.errors).toContain('command     sh was ended by SIGKILL');
  });

  test('a command that outlives its recording is asked to end, and may refuse', async () => {
    const long = await run('record', '--seconds', '0.5', '--output', at('long.ember'), '--', 'sleep', '60');
    expect(long.code).toBe(0);
    expect(long.errors).toContain('command     sleep was ended by SIGTERM');
    const pid = at('pid');
    const script = `trap "" TERM; echo $$ > ${pid}; n=0; while [ $n -lt 300 ]; do sleep 0.1; n=$((n + 1)); done`;
    // Its exit, not the end of its streams: the command still holds those.
    const { child, result } = startCli([
      'record',
      '--seconds',
      '2',
      '--output',
      at('deaf.ember'),
      '--',
      'sh',
      '-c',
      script,
    ]);
    const code = await new Promise((resolve) => child.on('exit', resolve));
    process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL');
    expect(code).toBe(0);
    expect((await result).errors).toContain('command     sh is still running');
  });

  test("a command's output is its own", async () => {
    const { code, output } = await run('record', '--output', at('echo.ember'), '--', 'echo', 'hello');
    expect(code).toBe(0);
    expect(output).toBe('hello\n');
  });

  test('a command does not run when its recording cannot be written', async () => {
    const result = await run('record', '--output', at('no/such/folder.ember'), '--', 'touch', at('ran'));
    expect(result.code).toBe(2);
    expect(existsSync(at('ran'))).toBe(false);
  });

  test('a cut recording, and one from a newer version, are told apart', async () => {
    const whole = readFileSync(at('system.ember'));
    writeFileSync(at('half.ember'), whole.subarray(0, Math.floor(whole.length / 2)));
    const half = await run('info', at('half.ember'));
    expect(half.code).toBe(5);
    expect(half.errors).toMatch(/half\.ember is damaged or was cut/);
    // The format's number is SQLite's user_version, a big-endian integer at offset 60 of the file.
    const newer = Buffer.from(whole);
    newer.writeUInt32BE(9_999, 60);
    writeFileSync(at('newer.ember'), newer);
    const told = await run('info', at('newer.ember'));
    expect(told.code).toBe(5);
    expect(told.errors).toMatch(/newer Emberscope/);
  });

  test('a reader that stops early is no error', async () => {
    const { child, result } = startCli(['export', at('system.ember'), '--format', 'svg']);
    child.stdout!.destroy();
    const { code, errors } = await result;
    expect(errors).toBe('');
    expect(code).toBe(0);
  });
});

test('without permission: 3, what is missing, and nothing is left', async () => {
  const open = mkdtempSync(join(tmpdir(), 'emberscope-nobody-'));
  try {
    const identity = process.getuid!() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    if (identity.uid !== undefined) chownSync(open, NOBODY, NOBODY);
    const output = join(open, 'x.ember');
    const { code, errors } = await startCli(
      ['record', '--pid', String(process.pid), '--seconds', '1', '--output', output],
      { HOME: open, XDG_STATE_HOME: join(open, 'state') },
      identity,
    ).result;
    expect(errors).toMatch(/^emberscope: .+\n.+\n$/);
    expect(code).toBe(3);
    expect(existsSync(output)).toBe(false);
  } finally {
    rmSync(open, { recursive: true });
  }
});
