// SPDX-License-Identifier: Apache-2.0
/** The two statements of the loss ledger, at three rates, on few and many threads and in a storm of processes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Summary } from '../../main/cli/info.ts';
import { readRecording, record } from '../../test/unwinding/recorded-stacks.ts';
import { count, markdownTable } from './markdown.ts';

const FREQUENCIES = [99, 999, 9999];
const THREADS = [1, 2, 64];
const CHILDREN = 1000;
/** About 8 ms of CPU time each. */
const CHILD_STEPS = 5_000_000;
const GOAL_PER_MILLION = 100;
const PROGRAMS = 'build/programs';
/** The targets at a low priority: they are to use the CPUs, not to keep the helper from them. */
const NICE = ['nice', '-n', '19'];

function row(what: string, { ledger, accounting, lost, frequencyHz }: Summary): string[] {
  const { fired, notOurs, stored, lost: missing } = ledger;
  const difference = fired - notOurs - stored - missing;
  const { expected, rest, noise } = accounting;
  const perMillion = (samples: number): number => (expected > 0 ? (samples / expected) * 1e6 : 0);
  const unexplained = perMillion(Math.max(0, Math.abs(rest) - noise));
  const causes = Object.entries(lost).map(([cause, samples]) => `${count(samples)} ${cause}`);
  return [
    what, `${count(frequencyHz)} Hz`, count(fired), count(notOurs), count(stored), count(missing),
    difference === 0 ? 'exact' : `**off by ${difference}**`,
    count(expected), `${rest >= 0 ? '' : '-'}${count(Math.abs(rest))} (${count(perMillion(rest))})`, count(noise),
    `${unexplained.toFixed(0)}${unexplained <= GOAL_PER_MILLION ? '' : ' **missed**'}`, causes.join(', ') || '-',
  ];
}

/** @param seconds of each measurement but the storms, which end by themselves @returns Markdown */
export async function measureAccounting(seconds: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'accounting-'));
  const file = join(folder, 'accounting.ember');
  const rows: string[][] = [];
  try {
    for (const threads of THREADS) {
      for (const frequency of FREQUENCIES) {
        console.error(`  ${threads} threads, ${frequency} Hz`);
        const child = spawn(NICE[0]!, [...NICE.slice(1), `${PROGRAMS}/stock-threads-gcc`, `${threads - 1}`], { stdio: 'ignore' });
        try {
          await delay(300);
          await record(file, ['--pid', `${child.pid}`, '--frequency', `${frequency}`, '--seconds', `${seconds}`], folder);
        } finally {
          child.kill('SIGKILL');
        }
        rows.push(row(`${threads} thread${threads > 1 ? 's' : ''}`, (await readRecording(file, folder)).summary));
      }
    }
    for (const frequency of FREQUENCIES) {
      console.error(`  storm, ${frequency} Hz`);
      const command = [...NICE, `${PROGRAMS}/stock-storm-gcc`, 'fork', `${CHILDREN}`, `${CHILD_STEPS}`];
      await record(file, ['--frequency', `${frequency}`, '--', ...command], folder);
      rows.push(row(`${count(CHILDREN)} processes`, (await readRecording(file, folder)).summary));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return [
    `${seconds} s each; the storm lasts as long as its children, some 8 ms of CPU time each.`,
    '',
    markdownTable(
      ['target', 'rate', 'fired', 'not ours', 'stored', 'lost', 'fired = not ours + stored + lost', 'expected', 'rest (per million)', 'noise', 'unexplained per million (goal 100)', 'lost by cause'],
      rows,
    ),
  ].join('\n');
}
