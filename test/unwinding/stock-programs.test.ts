// SPDX-License-Identifier: Apache-2.0
/** Programs as the distribution serves them: their stacks reach the bottom, and what breaks is named by module. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { samplingObstacle } from '../../main/cli/testing.ts';
import { StackEnd } from '../../profile/schema.ts';
import { SLICE_NANOSECONDS } from '../../profile/units.ts';
import { brokenPlaces, completeShare, nativeFrames, readRecording, record, weightOf } from './recorded-stacks.ts';
import { startStock, stockPrograms } from './stock-programs.ts';

const COMPLETE = 0.995;
/** Seconds; the first of them are for the tables, on a machine that is busy with others. */
const RECORDED = 6;
const SETTLED = 3;

const obstacle = samplingObstacle();
const { programs: installed, absent } = stockPrograms();
// Of the JVM without frame pointers nothing can be expected: `npm run accuracy` says what is seen.
const programs = installed.filter(({ name }) => name !== 'java, no frame pointers');
const folder = mkdtempSync(join(tmpdir(), 'stock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Where a thread of a program may begin: by name, or in the code of the dynamic linker and of libc, which may be stripped. */
const BEGINS = /^(_start|clone3?|__clone3?|start_thread|__start_context)$/;

function suite(): void {
  for (const program of programs) {
    test(program.name, async () => {
      const child = startStock(program);
      try {
        await delay(program.settle * 1000);
        const file = join(folder, `${program.name}.ember`);
        await record(file, ['--pid', `${child.pid}`, '--frequency', '999', '--seconds', `${RECORDED}`, '--stack-depth', '1023'], folder);
        const { stacks, summary } = await readRecording(file, folder, (SETTLED * 1e9) / SLICE_NANOSECONDS);
        expect(weightOf(stacks)).toBeGreaterThan(100);
        const said = brokenPlaces(stacks).join(', ');
        if (program.without === null) expect(completeShare(stacks), said).toBeGreaterThanOrEqual(COMPLETE);
        for (const { module } of summary.stacks.brokenIn) expect(module).not.toBe('');

        // By the outermost frame, not by what the walk said of itself: the entry of a program, or of libc's threads.
        const complete = stacks.filter(({ end }) => end === StackEnd.outermost);
        const named = complete.filter(({ frames }) => nativeFrames(frames)[0]!.named);
        for (const { frames } of named) expect(nativeFrames(frames)[0]!.name).toMatch(BEGINS);
        // An entry that has no name is still the same place in every stack.
        const unnamed = new Set(complete.filter((stack) => !named.includes(stack)).map(({ frames }) => nativeFrames(frames)[0]!.name));
        expect(unnamed.size, [...unnamed].join(' ')).toBeLessThanOrEqual(2);
      } finally {
        child.kill('SIGKILL');
      }
    });
  }
  for (const name of absent) test(name, ({ skip }) => skip('it is not installed'));
}

if (obstacle === null) describe('programs of the distribution', suite);
else test('programs of the distribution', ({ skip }) => skip(obstacle));
