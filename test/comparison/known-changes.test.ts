// SPDX-License-Identifier: Apache-2.0
/** A program recorded before and after a known change, compared by the command line (changed.c). */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, samplingObstacle, type Result } from '../../main/cli/testing.ts';

const run = promisify(execFile);
/** A 20 % change of a half is to be sure, of as little CPU as a shared machine gives. */
const FREQUENCY = 4_999;
const SECONDS = 6;
const ENOUGH = 8_000;

const VARIANTS = ['before', 'same', 'SLOWER', 'INLINED', 'FRESH'] as const;
type Variant = (typeof VARIANTS)[number];

interface Row {
  name: string;
  module: string;
  a: number;
  b: number;
  delta: number;
  low: number;
  high: number;
  verdict: string;
}

function suite(): void {
  let folder: string;
  const cli = (...args: string[]): Promise<Result> => runCli(args);
  const recording = (variant: Variant): string => join(folder, `${variant}.ember`);
  const compared = async (variant: Variant, ...more: string[]) => {
    const result = await cli('compare', recording('before'), recording(variant), '--format', 'json', ...more);
    const { functions, ...found } = JSON.parse(result.output) as { functions: Row[]; same: boolean; notes: string[]; weights: { a: number; b: number } };
    const named = new Map(functions.map((row) => [row.name, row]));
    return { ...result, ...found, functions, verdict: (name: string) => named.get(name)?.verdict, row: (name: string) => named.get(name)! };
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'known-changes-'));
    for (const variant of VARIANTS) {
      // Without debug information, which would tell of what was inlined.
      const args = ['-O2', `-D${variant}`, '-o', join(folder, variant), 'test/comparison/changed.c'];
      const { status, stderr } = spawnSync('cc', args, { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
    }
    const record = (variant: Variant): Promise<unknown> =>
      run(process.execPath, ['main/cli/bin.mjs', 'record', '--frequency', `${FREQUENCY}`, '--seconds', `${SECONDS}`, '--output', recording(variant), '--', join(folder, variant)]);
    // Two at a time, so that each has a CPU.
    await Promise.all(['before' as const, 'SLOWER' as const].map(record));
    await Promise.all(VARIANTS.filter((variant) => variant !== 'before' && variant !== 'SLOWER').map(record));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('nothing changed: no function of the program is accused', async () => {
    const { code, functions } = await compared('same', '--fail-if', 'render grows by 0%');
    expect(functions.filter(({ module, verdict }) => module === 'same' && !['unchanged', 'unclear'].includes(verdict))).toEqual([]);
    expect(code).toBe(0);
  });

  test('one function is 20 % slower', async () => {
    const { verdict, row, code, notes, weights } = await compared('SLOWER', '--fail-if', 'render grows by 1%', '--fail-if', 'render grows by 60%');
    // 4.5 points are five standard deviations of so many samples; of fewer, which a busy machine gives, it may not be sure.
    const isEnough = Math.min(weights.a, weights.b) >= ENOUGH;
    expect(isEnough ? ['grew'] : ['grew', 'unclear']).toContain(verdict('render'));
    // 50 of 100 became 60 of 110.
    expect(row('render').low).toBeLessThan(100 * (60 / 110 - 0.5));
    expect(row('render').high).toBeGreaterThan(100 * (60 / 110 - 0.5));
    expect(['unchanged', 'unclear']).toContain(verdict('main'));
    expect(notes.join(' ')).toContain('The program is called before in A and SLOWER in B');
    expect(code).toBe(verdict('render') === 'grew' ? 7 : 0);
  });

  test('one is inlined away, one is new', async () => {
    const inlined = await compared('INLINED');
    expect(inlined.verdict('compress')).toBe('vanished');
    expect(inlined.verdict('parse')).not.toBe('vanished');
    const fresh = await compared('FRESH');
    expect(fresh.verdict('fresh')).toBe('new');
    expect(fresh.row('fresh')).toMatchObject({ a: 0, module: 'FRESH' });
  });

  test('of itself: everything unchanged', async () => {
    const { same, functions, code } = await compared('before');
    expect(same).toBe(true);
    expect(new Set(functions.map(({ verdict }) => verdict))).toEqual(new Set(['unchanged']));
    expect(code).toBe(0);
  });

  test('as a table, of ranges and of threads', async () => {
    const ranges = await cli('compare', recording('before'), '--a-range', '0s-4s', '--b-range', '2s-');
    expect(ranges.output).toContain('before.ember 0 s to 4 s: 4.0 s');
    expect(ranges.output).toMatch(/FUNCTION +MODULE +A +B +CHANGE/);
    expect(ranges.code).toBe(0);
    const threads = await cli('compare', recording('before'), '--a-thread', 'before', '--b-thread', 'nobody');
    expect(threads.code).toBe(2);
    expect(threads.errors).toContain('has no thread nobody');
  });

  test('as pictures', async () => {
    for (const format of ['svg', 'html']) {
      const { output, code } = await cli('compare', recording('before'), recording('FRESH'), '--format', format, '--inverted');
      expect(code).toBe(0);
      expect(output).toContain('fresh');
      expect(output).toContain('FRESH.ember');
    }
  });

  test('several runs a side, and whole files', async () => {
    const output = join(folder, 'difference.json');
    const both = [recording('before'), recording('same')].join(',');
    const { code } = await cli('compare', '--a', both, '--b', recording('SLOWER'), '--format', 'json', '--output', output);
    expect(code).toBe(0);
    expect(statSync(output).size).toBeGreaterThan(100);
    expect((await cli('compare', '--a', both, '--b', recording('SLOWER'), '--output', output)).code).toBe(2);
  });

  test('what cannot be compared is refused with the reason', async () => {
    const foreign = join(folder, 'foreign.ember');
    writeFileSync(foreign, 'no recording');
    expect((await cli('compare', recording('before'), foreign)).code).toBe(5);
    expect((await cli('compare', recording('before'))).errors).toContain('There is one recording only.');
    expect((await cli('compare', recording('before'), recording('same'), '--fail-if', 'nonsense')).code).toBe(2);
    const total = await cli('compare', recording('before'), recording('same'), '--fail-if', 'total grows by 5%');
    expect(total.errors).toContain('By total, the total is 100 % on both sides');
  });
}

const obstacle = samplingObstacle();
if (obstacle === null) describe('known changes', suite);
else test('known changes', ({ skip }) => skip(obstacle));
