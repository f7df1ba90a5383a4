// SPDX-License-Identifier: Apache-2.0
/** Where the time of `npm test` went, as a table: each stage, and the files of it that took the longest. */
import type { FileTime } from './tally-reporter.ts';

export interface StageTime {
  readonly name: string;
  /** Of the clock on the wall; of its files it is less than their sum where several run at once. */
  readonly seconds: number;
  /** Empty for what has no test files. */
  readonly files: readonly FileTime[];
}

/** Files of a stage that are named. */
const SLOWEST = 10;

/** "  12.3 s  name" a line. */
function line(seconds: number, name: string): string {
  return `${seconds.toFixed(1).padStart(8)} s  ${name}`;
}

export function timesTable(stages: readonly StageTime[]): string {
  const all = stages.reduce((sum, { seconds }) => sum + seconds, 0);
  const lines = ['Seconds, and the slowest files:', ...stages.map(({ name, seconds }) => line(seconds, name)), line(all, 'all')];
  for (const { name, files } of stages) {
    if (files.length === 0) continue;
    const sum = files.reduce((total, { seconds }) => total + seconds, 0);
    lines.push('', `${name}: ${files.length} files, ${sum.toFixed(0)} s one after the other`);
    const slowest = [...files].sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
    lines.push(...slowest.map((file) => line(file.seconds, file.name)));
  }
  return lines.join('\n');
}
