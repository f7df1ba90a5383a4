// SPDX-License-Identifier: Apache-2.0
/**
 * What makes two recordings comparable. Every weight is divided by something that was measured beside it, block by block;
 * then both sides are told in percent of A's total, whatever the choice, so that figures can be read against each other.
 * How often was sampled is always divided out.
 */
import type { FunctionCounts } from './function-counts.ts';
import type { Question } from '../questions.ts';
import type { Run } from './sides.ts';

/**
 * total: by all that the recording saw, so that both sides are 100 %; an untouched function shrinks when another grows.
 * duration: by the time that passed. cpu: by the CPU time that the kernel accounts for. none: as it is, which compares the
 * cost of the same work.
 */
export type Normalisation = 'none' | 'total' | 'duration' | 'cpu';

export const NORMALISATIONS: readonly Normalisation[] = ['none', 'total', 'duration', 'cpu'];
/** Recordings are seldom equally long or equally busy, and "where does the time go" is what most want to compare. */
export const DEFAULT_NORMALISATION: Normalisation = 'total';

/** What a value is after that: a part of all that was seen; so much in a time; the cost of the same work. */
export type Divided = 'shares' | 'time' | 'work';

export function dividedBy(normalisation: Normalisation, question: Question): Divided {
  switch (normalisation) {
    case 'total':
      return 'shares';
    case 'cpu':
      // Samples follow CPU time themselves.
      return question === 'on-cpu' ? 'shares' : 'time';
    case 'duration':
      return 'time';
    case 'none':
      return 'work';
    default:
      return normalisation satisfies never;
  }
}

/** By block: what weights are divided by. */
export function divisors(run: Run, counts: FunctionCounts, normalisation: Normalisation): Float64Array {
  switch (normalisation) {
    case 'total':
      return counts.all;
    case 'cpu':
      return cpuSeconds(run, counts);
    // "none" takes the length back afterwards: what varies within a recording is its rate.
    case 'none':
    case 'duration':
      return counts.parts.map((part) => part * (run.durationNs / 1e9 || 1));
    default:
      return normalisation satisfies never;
  }
}

/** The kernel's accounting is coarser than blocks are. Where samples follow CPU time themselves, they say when it was spent. */
function cpuSeconds(run: Run, { all, cpuTime }: FunctionCounts): Float64Array {
  if (run.question !== 'on-cpu') return cpuTime.map((nanoseconds) => nanoseconds / 1e9);
  const scale = run.cpuTimeNs / 1e9 / sum(all);
  return all.map((seconds) => seconds * scale);
}

const sum = (values: Iterable<number>): number => {
  let found = 0;
  for (const value of values) found += value;
  return found;
};

/** Sums over all blocks of a run. */
export interface RunSums {
  all: number;
  divisor: number;
}

export function runSums(counts: FunctionCounts, over: Float64Array): RunSums {
  return { all: sum(counts.all), divisor: sum(over) };
}

/** What a ratio of weight and divisor is multiplied by to be percent of A's total. */
export function percentScales(normalisation: Normalisation, a: readonly RunSums[], b: readonly RunSums[]): { a: number; b: number } {
  if (normalisation === 'total') return { a: 100, b: 100 };
  const divisorOf = (runs: readonly RunSums[]): number => sum(runs.map(({ divisor }) => divisor));
  const scale = (100 * divisorOf(a)) / sum(a.map(({ all }) => all));
  // Of several runs a side's total is that of one, on average.
  const lengths = divisorOf(b) / b.length / (divisorOf(a) / a.length);
  return { a: scale, b: normalisation === 'none' ? scale * lengths : scale };
}
