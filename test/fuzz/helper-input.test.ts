// SPDX-License-Identifier: Apache-2.0
/** The helper's own reader and state machine under sanitizers: the corpus, and damaged copies of it for some seconds. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const TOP = join(import.meta.dirname, '../..');
const CORPUS = join(import.meta.dirname, 'corpus');
const SECONDS = 5;

function whyNot(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'emberscope-sanitizer-'));
  const program = join(folder, 'program');
  const compiled = spawnSync('cc', ['-fsanitize=address,undefined', '-o', program, '-x', 'c', '-'], {
    input: 'int main(void) { return 0; }',
  });
  const ran = compiled.status === 0 && spawnSync(program).status === 0;
  rmSync(folder, { recursive: true });
  return ran ? null : 'the C compiler’s address sanitizer does not run here';
}

const reason = whyNot();
if (reason) console.log(`test/fuzz/helper-input: skipped, ${reason}`);

describe.skipIf(reason)('hostile input of the helper', () => {
  test(`${SECONDS} s of damaged programs`, { timeout: 120_000 }, () => {
    execFileSync('make', ['-s', '-C', join(TOP, 'native'), 'fuzz', 'programs']);
    const seed = Math.floor(Date.now() / 86_400_000);
    const { status, signal, stdout, stderr } = spawnSync(join(TOP, 'build/native/object-input'), [String(seed), String(SECONDS), join(TOP, 'build/programs/probed')], { encoding: 'utf8' });
    expect({ seed, status, signal, stderr }).toEqual({ seed, status: 0, signal: null, stderr: '' });
    console.log(`seed ${seed}: ${stdout.trim()}`);
    const counted = JSON.parse(stdout) as Record<string, number>;
    expect(counted['files']).toBeGreaterThan(100);
    for (const what of ['found', 'understood']) expect(counted[what], what).toBeGreaterThan(0);
  });

  test(`${SECONDS} s of damaged sessions`, { timeout: 120_000 }, () => {
    execFileSync('make', ['-s', '-C', join(TOP, 'native'), 'fuzz']);
    // Another one each day: a failure names it.
    const seed = Math.floor(Date.now() / 86_400_000);
    const files = readdirSync(CORPUS).map((name) => join(CORPUS, name));
    const { status, signal, stdout, stderr } = spawnSync(
      join(TOP, 'build/native/helper-input'),
      ['--mutate', String(seed), String(SECONDS), ...files],
      { encoding: 'utf8' },
    );
    expect({ seed, status, signal, stderr }).toEqual({ seed, status: 0, signal: null, stderr: '' });
    console.log(`seed ${seed}: ${stdout.trim()}`);
    const counted = JSON.parse(stdout) as Record<string, number>;
    expect(counted['sessions']).toBeGreaterThan(100);
    for (const way of ['started', 'asked', 'gone', 'failed', 'malformed', 'frequency', 'targets']) expect(counted[way], way).toBeGreaterThan(0);
  });
});
