// SPDX-License-Identifier: Apache-2.0
/** A function of which only the slowest calls changed, probed before and after, and compared by the command line (requests.c). */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, samplingObstacle, type Result } from '../../main/cli/testing.ts';

const SECONDS = 8;
const MILLISECOND = 1e6;

interface Share {
  share: number;
  a: number;
  b: number;
  low: number;
  high: number;
  verdict: string;
}

interface Found {
  functions: unknown[];
  latencies: { name: string; module: string; unit: string; a: { count: number; p50: number; p99: number }; rate: { a: number; b: number; verdict: string }; deciles: Share[]; p99: Share; notes: string[] }[];
  latenciesOnly: { a: { name: string }[]; b: { name: string }[] };
  conditions: { condition: string; met: boolean; unknown: boolean }[];
}

function suite(): void {
  let folder: string;
  const cli = (...args: string[]): Promise<Result> => runCli(args);
  const recording = (name: string): string => join(folder, `${name}.ember`);

  /** Probes the program while it runs. */
  async function record(program: string, ...targets: string[]): Promise<void> {
    const child: ChildProcess = spawn(join(folder, program), { stdio: 'ignore' });
    try {
      const { code, errors } = await cli('latency', ...targets, '--pid', `${child.pid}`, '--seconds', `${SECONDS}`, '--output', recording(program));
      expect([code, errors]).toEqual([0, expect.stringContaining('recording')]);
    } finally {
      child.kill('SIGKILL');
    }
  }

  async function compared(a: string, b: string, ...more: string[]): Promise<Found & Result> {
    const result = await cli('compare', recording(a), recording(b), '--format', 'json', ...more);
    return { ...result, ...(JSON.parse(result.output) as Found) };
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'latencies-'));
    for (const [name, variant] of [['before', 'SAME'], ['after', 'SLOWER']] as const) {
      const { status, stderr } = spawnSync('cc', ['-O2', `-D${variant}`, '-o', join(folder, name), 'test/comparison/requests.c'], { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
    }
    // At once, so that whatever else the computer does is the same for both.
    await Promise.all([record('before', 'answer_request'), record('after', 'answer_request', 'question:run-queue')]);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('the slowest decile took 40 ms more, the others stayed', async () => {
    const { latencies, latenciesOnly, functions } = await compared('before', 'after');
    expect(functions).toEqual([]);
    const [found] = latencies;
    expect(found).toMatchObject({ name: 'answer_request', unit: 'nanoseconds', notes: ['Its file is called before in A and after in B; it is taken for the same.'] });
    expect(found!.a.count).toBeGreaterThan(500);
    expect(found!.deciles.map(({ share }) => share)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
    // Others may hold the CPU for a while: then nobody can tell, but nobody is accused.
    for (const { verdict } of found!.deciles.slice(0, 7)) expect(['unchanged', 'unclear']).toContain(verdict);
    const slowest = found!.deciles.at(-1)!;
    expect(slowest.verdict).toBe('grew');
    // A bucket is up to an eighth wide.
    for (const side of ['a', 'b'] as const) expect(Math.abs(Math.log(slowest[side] / MILLISECOND / (side === 'a' ? 20 : 60)))).toBeLessThan(0.15);
    expect(slowest.low).toBeGreaterThan(25 * MILLISECOND);
    expect(slowest.high).toBeLessThan(55 * MILLISECOND);
    // Seven requests take 26 ms and 66 ms.
    expect(found!.rate.verdict).toBe('shrank');
    expect(found!.rate.a / found!.rate.b).toBeGreaterThan(1.8);
    expect(latenciesOnly).toMatchObject({ a: [], b: [{ name: 'run-queue' }] });
  });

  test('what a script asks is met where that is sure', async () => {
    const { code, conditions } = await compared('before', 'after', '--fail-if', 'answer_request p90 grows by 100%', '--fail-if', 'answer_request p50 grows by 50%', '--fail-if', 'nobody p50 grows by 1%');
    expect(conditions.map(({ met, unknown }) => [met, unknown])).toEqual([[true, false], [false, false], [false, true]]);
    expect(code).toBe(7);
    expect((await compared('after', 'before', '--fail-if', 'answer_request p90 grows by 100%')).code).toBe(0);
  });

  test('of itself: everything unchanged, and said so', async () => {
    const { latencies, output } = await compared('before', 'before');
    expect(new Set(latencies.flatMap(({ deciles, p99 }) => [...deciles, p99]).map(({ verdict }) => verdict))).toEqual(new Set(['unchanged']));
    expect(output).toContain('Both sides measured the same values');
  });

  test('as a table, of halves of one recording, and not as a picture', async () => {
    const { output, code } = await cli('compare', recording('before'), recording('after'));
    expect(code).toBe(0);
    expect(output).toMatch(/answer_request {2}\(before, latency\): .*slower at 90 %.*; less often/);
    expect(output).toMatch(/BELOW +A +B +CHANGE +95 % INTERVAL +VERDICT/);
    expect(output).toMatch(/90 % +[\d.]+ ms +[\d.]+ ms +\+[\d.]+ ms .* slower/);
    expect(output).toContain('Only in B: run-queue (ready question, latency)');
    const halves = await cli('compare', recording('before'), '--a-range', '0s-2s', '--b-range', '2s-');
    expect(halves.output).toContain('before.ember 0 s to 2 s');
    expect(halves.output).toContain('answer_request');
    const picture = await cli('compare', recording('before'), recording('after'), '--format', 'svg');
    expect(picture.code).toBe(2);
    expect(picture.errors).toContain('there is no flame graph');
  });
}

const obstacle = samplingObstacle();
if (obstacle === null) describe('latencies of a known change', suite);
else test('latencies of a known change', ({ skip }) => skip(obstacle));
