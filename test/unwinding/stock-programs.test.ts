// SPDX-License-Identifier: Apache-2.0
/** Programs as the distribution serves them: their stacks reach the bottom, and what breaks is named by module. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { samplingObstacle } from '../../main/cli/testing.ts';
import { StackEnd } from '../../profile/schema.ts';
import { SLICE_NANOSECONDS } from '../../profile/units.ts';
import { brokenPlaces, completeShare, nativeFrames, readRecording, record, weightOf, type Recorded } from './recorded-stacks.ts';
import { startStock, stockPrograms } from './stock-programs.ts';

const COMPLETE = 0.995;
/** Seconds of all programs together, which share the CPUs; the first of them are for the tables. */
const RECORDED = 13;
const SETTLED = 4;

const obstacle = samplingObstacle();
const { programs: installed, absent } = stockPrograms();
// Of the JVM without frame pointers nothing can be expected: `npm run accuracy` says what is seen.
const programs = installed.filter(({ name }) => name !== 'java, no frame pointers');
const folder = mkdtempSync(join(tmpdir(), 'stock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Where a thread of a program may begin: by name, or in the code of the dynamic linker and of libc, which may be stripped. */
const BEGINS = /^(_start|clone3?|__clone3?|start_thread|__start_context)$/;

function suite(): void {
  const children = new Map<string, ChildProcess>();
  let recorded: Recorded;
  beforeAll(async () => {
    for (const program of programs) children.set(program.name, startStock(program));
    await delay(Math.max(...programs.map(({ settle }) => settle)) * 1000);
    const file = join(folder, 'stock.ember');
    const pids = [...children.values()].map(({ pid }) => pid).join(',');
    await record(file, ['--pid', pids, '--frequency', '999', '--seconds', `${RECORDED}`, '--stack-depth', '1023'], folder);
    for (const child of children.values()) child.kill('SIGKILL');
    recorded = await readRecording(file, folder, (SETTLED * 1e9) / SLICE_NANOSECONDS);
  });
  afterAll(() => {
    for (const child of children.values()) child.kill('SIGKILL');
  });

  for (const program of programs) {
    test(program.name, () => {
      const stacks = recorded.stacks.filter(({ tgid }) => tgid === children.get(program.name)!.pid);
      expect(weightOf(stacks)).toBeGreaterThan(100);
      const said = brokenPlaces(stacks).join(', ');
      if (program.without === null) expect(completeShare(stacks), said).toBeGreaterThanOrEqual(COMPLETE);

      // By the outermost frame, not by what the walk said of itself: the entry of a program, or of libc's threads.
      const complete = stacks.filter(({ end }) => end === StackEnd.outermost);
      const named = complete.filter(({ frames }) => nativeFrames(frames)[0]!.named);
      for (const { frames } of named) expect(nativeFrames(frames)[0]!.name).toMatch(BEGINS);
      // An entry that has no name is still the same place in every stack.
      const unnamed = new Set(complete.filter((stack) => !named.includes(stack)).map(({ frames }) => nativeFrames(frames)[0]!.name));
      expect(unnamed.size, [...unnamed].join(' ')).toBeLessThanOrEqual(2);
    });
  }
  test('each place where stacks break is in a module that is named', () => {
    for (const { module } of recorded.summary.stacks.brokenIn) expect(module).not.toBe('');
  });
  for (const name of absent) test(name, ({ skip }) => skip('it is not installed'));
}

if (obstacle === null) describe('programs of the distribution', suite);
else test('programs of the distribution', ({ skip }) => skip(obstacle));
