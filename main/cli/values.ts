// SPDX-License-Identifier: Apache-2.0
/** The values of options, checked: each refusal says what would have been right. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Failure } from '../../ipc/contract.ts';
import { FailureError, fileFailures, targetFailures } from '../engine/failures.ts';
import { readStat } from '../engine/processes/proc-files.ts';

export const MIN_FREQUENCY = 1;
export const MAX_FREQUENCY = 9_999;
export const MAX_STACK_DEPTH = 1023;

export function usage(message: string, remedy: string): FailureError {
  return new FailureError({ code: 'usage', message, remedy } satisfies Failure);
}

/** "1,2,3" and repeated options add up. */
export function parsePids(value: string, earlier: readonly number[] = []): number[] {
  const pids = [...earlier];
  for (const part of value.split(',')) {
    const text = part.trim();
    if (!/^\d{1,10}$/.test(text) || Number(text) < 1) {
      throw new InvalidArgumentError(`Give whole numbers, like --pid 4121 or --pid 4121,4122.`);
    }
    // A number that no process can have is no mistake of form: the engine says that there is none.
    const pid = Math.min(Number(text), 2 ** 31 - 1);
    if (pids.includes(pid)) throw new InvalidArgumentError(`Process ${pid} is named twice. Name each process once.`);
    pids.push(pid);
  }
  return pids;
}

export function parsePid(value: string): number {
  const text = value.trim();
  if (!/^\d{1,10}$/.test(text) || Number(text) < 1) throw new InvalidArgumentError(`Give one whole number, like --pid 4121.`);
  return Math.min(Number(text), 2 ** 31 - 1);
}

export function parseFrequency(value: string): number {
  const frequency = Number(value);
  // Number() would take "1e3" and "0x63", too: the window does not.
  if (!/^\d+$/.test(value.trim()) || frequency < MIN_FREQUENCY || frequency > MAX_FREQUENCY) {
    throw new InvalidArgumentError(`Choose a whole number from 1 to 9,999 samples a second; 99 is a good choice.`);
  }
  return frequency;
}

export function parseStackDepth(value: string): number {
  const depth = Number(value);
  if (!/^\d+$/.test(value.trim()) || depth < 1 || depth > MAX_STACK_DEPTH) {
    throw new InvalidArgumentError(`Choose a whole number from 1 to 1,023 frames; 127 is enough for most programs.`);
  }
  return depth;
}

export function parseMost(value: string): number {
  const most = Number(value);
  if (!/^\d+$/.test(value.trim()) || most < 1 || most > 1000) throw new InvalidArgumentError('Choose a whole number from 1 to 1,000.');
  return most;
}

/** With the number, the identity of the process. @throws FailureError noSuchProcess */
export function startTicks(tgid: number): number {
  const stat = readStat(tgid);
  if (!stat) throw new FailureError(targetFailures.noSuchProcess(tgid));
  return stat.startTicks;
}

const units: Readonly<Record<string, number>> = { '': 1, ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 };

/** "250us", "1.5ms", "2s": nanoseconds. */
export function parseDuration(value: string): number {
  const found = /^(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s|)$/.exec(value.trim());
  const nanoseconds = found ? Math.round(Number(found[1]) * units[found[2]!]!) : Number.NaN;
  if (!(nanoseconds > 0 && nanoseconds <= 100e9)) throw new InvalidArgumentError('Give a time up to 100 s, like 500ns, 250us, 1.5ms or 2s.');
  return nanoseconds;
}

/** How many functions of a pattern are probed without asking again. */
export function parseFunctions(value: string): number {
  const most = Number(value);
  if (!/^\d+$/.test(value.trim()) || most < 1 || most > 10_000) throw new InvalidArgumentError('Choose a whole number from 1 to 10,000.');
  return most;
}

/** A folder below the root of cgroups, or the number of a process that is in it. @throws InvalidArgumentError */
export function parseCgroup(value: string): string {
  if (!/^\d+$/.test(value)) return value;
  try {
    const line = /^0::(.*)$/m.exec(readFileSync(`/proc/${value}/cgroup`, 'utf8'));
    if (line) return line[1]!;
  } catch {
    throw new InvalidArgumentError(`There is no process ${value}.`);
  }
  throw new InvalidArgumentError(`Process ${value} is in no cgroup of version 2.`);
}

/** Percent of one CPU. @throws InvalidArgumentError */
export function parseBudget(value: string): number {
  const budget = Number(value.replace(/%$/, ''));
  if (value.trim() === '' || !(budget >= 0 && budget <= 1000)) throw new InvalidArgumentError('Choose a share of one CPU in percent, such as 5 or 0.5; 0 is no limit.');
  return budget;
}

/** Longer than anybody records, short enough for a timer (2^31 ms). */
const MAX_SECONDS = 7 * 86_400;

export function parseSeconds(value: string): number {
  const seconds = Number(value);
  if (!/^(\d+(\.\d*)?|\.\d+)$/.test(value.trim()) || seconds <= 0 || seconds > MAX_SECONDS) {
    throw new InvalidArgumentError(`Give seconds above 0 and up to a week (604,800).`);
  }
  return seconds;
}

/**
 * Checks where a file is to go before any work is done for it.
 * @throws FailureError folderMissing, outputExists
 */
export function checkOutput(output: string, force: boolean): string {
  const path = resolve(output);
  const folder = dirname(path);
  const folderThere = existsSync(folder) && statSync(folder).isDirectory();
  if (!folderThere) throw new FailureError(fileFailures.folderMissing(folder));
  if (!existsSync(path)) return path;
  if (statSync(path).isDirectory()) {
    throw new FailureError({ code: 'outputExists', message: `${path} is a folder.`, remedy: 'Name a file in it.' });
  }
  if (!force) {
    throw new FailureError({
      code: 'outputExists',
      message: `${path} is there already, and was left alone.`,
      remedy: 'Choose another name, or add --force to write over it.',
    });
  }
  return path;
}
