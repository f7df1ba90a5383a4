// SPDX-License-Identifier: Apache-2.0
/** Commands recorded from their first instruction to their end, before and after a known change, compared by the command line. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, samplingObstacle } from '../../main/cli/testing.ts';

const run = promisify(execFile);
const FREQUENCY = 999;

/** Three long phases; AFTER: render does four times as much, and report is another function. */
const script = (isAfter: boolean): string => `
def parse(n):
    total = 0
    for i in range(n):
        total += i * i % 7
    return total

def render(n):
    text = 0
    for i in range(n):
        text = (text * 31 + i) % 1000003
    return text

def ${isAfter ? 'summary' : 'report'}(n):
    found = 0
    for i in range(n):
        found ^= i * 7919
    return found

parse(4000000)
render(${isAfter ? 12000000 : 3000000})
${isAfter ? 'summary' : 'report'}(4000000)
`;

interface Row {
  name: string;
  module: string;
  verdict: string;
  low: number;
  high: number;
}

function suite(): void {
  let folder: string;
  const recording = (name: string): string => join(folder, `${name}.ember`);
  const record = (name: string, source: string): Promise<unknown> =>
    run(process.execPath, ['main/cli/bin.mjs', 'record', '--frequency', `${FREQUENCY}`, '--output', recording(name), '--', 'python3', join(folder, `${source}.py`)]);
  const compared = async (a: string, b: string, ...more: string[]) => {
    const { output, code } = await runCli(['compare', recording(a), recording(b), '--format', 'json', ...more]);
    const { functions, notes } = JSON.parse(output) as { functions: Row[]; notes: string[] };
    const named = new Map(functions.map((row) => [row.name, row]));
    return { code, notes: notes.join(' '), functions, verdict: (name: string) => named.get(name)?.verdict };
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'whole-commands-'));
    writeFileSync(join(folder, 'before.py'), script(false));
    writeFileSync(join(folder, 'after.py'), script(true));
    for (const [name, source] of [['before', 'before'], ['again', 'before'], ['after', 'after']] as const) await record(name, source);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('long phases are no noise: what grew, what is new and what vanished is known of one run a side', async () => {
    const { verdict, notes, code, functions } = await compared('before', 'after', '--fail-if', 'render grows by 20%');
    expect(verdict('render')).toBe('grew');
    expect(verdict('report')).toBe('vanished');
    expect(verdict('summary')).toBe('new');
    expect(code).toBe(7);
    expect(notes).toContain('Whole runs of a command');
    // Two scripts that were run are one program.
    expect(notes).toMatch(/The program is called \S+before\.py in A and \S+after\.py in B/);
    for (const { low, high } of functions) expect(Math.max(Math.abs(low), Math.abs(high))).toBeLessThanOrEqual(100);
  });

  test('the same again: no function of the script is accused', async () => {
    const { functions } = await compared('before', 'again');
    expect(functions.filter(({ name, verdict }) => ['parse', 'render', 'report'].includes(name) && !['unchanged', 'unclear'].includes(verdict))).toEqual([]);
  });
}

const obstacle = samplingObstacle();
if (obstacle === null) describe('whole commands', suite);
else test('whole commands', ({ skip }) => skip(obstacle));
