// SPDX-License-Identifier: Apache-2.0
/** A vitest reporter that keeps the counts, every skipped test with its reason, what had to be tried again, and how long each file took, for the closing lines of `npm test`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

export interface Tally {
  passed: number;
  failed: number;
  skipped: { name: string; reason: string }[];
  /** Passed, but not the first time: and how it failed then. */
  again: { name: string; reason: string }[];
  files: FileTime[];
}

export interface FileTime {
  name: string;
  /** Of its tests, their hooks, and loading it. */
  seconds: number;
}

export const TALLY_FILE = 'build/test-results/vitest.json';

export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tally: Tally = { passed: 0, failed: 0, skipped: [], again: [], files: [] };
    for (const module of modules) {
      const { collectDuration, duration } = module.diagnostic();
      tally.files.push({ name: module.relativeModuleId, seconds: (collectDuration + duration) / 1000 });
      // A module that could not be loaded has no tests to fail.
      if (module.errors().length > 0) tally.failed++;
      for (const test of module.children.allTests()) {
        const result = test.result();
        const name = `${module.relativeModuleId}: ${test.fullName}`;
        if (result.state === 'passed' && test.diagnostic()?.flaky) tally.again.push({ name, reason: result.errors?.[0]?.message ?? 'no reason was given' });
        if (result.state === 'passed') tally.passed++;
        else if (result.state === 'failed') tally.failed++;
        else tally.skipped.push({ name, reason: skipReason(result) });
      }
    }
    mkdirSync(dirname(TALLY_FILE), { recursive: true });
    writeFileSync(TALLY_FILE, JSON.stringify(tally));
  }
}

function skipReason(result: { state: string; note?: string | undefined }): string {
  return result.note ?? 'the suite printed its reason above, as "skipped: …"';
}
