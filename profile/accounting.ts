// SPDX-License-Identifier: Apache-2.0
/**
 * The measured statement of the loss ledger: the target's CPU time by the kernel's own accounting, times the
 * frequency, against what was stored and what was lost by cause.
 *
 * The exact statement (fired = not ours + stored + lost) knows only of samples that fired. What never did, since the
 * kernel throttled the timer or a thread ended before its first period, shows here alone.
 */
import { LossCause, OUTSIDE_LEDGER } from './schema.ts';

/** Causes that say of no sample that it is missing: of records and waits, and of samples that are stored. */
const NO_SAMPLE_MISSING: ReadonlySet<LossCause> = new Set([...OUTSIDE_LEDGER].filter((cause) => cause !== LossCause.shortLivedThreads));

/** Samples that are missing from what is stored, of all causes. */
export function lostSamples(lost: readonly { cause: LossCause; count: number }[]): number {
  return lost.reduce((sum, { cause, count }) => (NO_SAMPLE_MISSING.has(cause) ? sum : sum + count), 0);
}

/**
 * noAccounting: there are no CPU times to compare with. withinNoise: sampling alone explains the rest.
 * missing: throttled or never fired. surplus: more samples than CPU time.
 */
export type Verdict = 'noAccounting' | 'withinNoise' | 'missing' | 'surplus';

/** All but the verdict in samples. */
export interface Accounting {
  expected: number;
  stored: number;
  lost: number;
  /** expected - stored - lost. */
  rest: number;
  /** Up to here, either way, the rest says nothing. */
  noise: number;
  verdict: Verdict;
}

/** Standard deviations that the rest of one recording in 370 exceeds by chance. */
const DEVIATIONS = 3;

/**
 * A timer falls into a target's CPU time or beside it, so that n expected samples have a standard deviation of at most
 * sqrt(n); besides, each thread begins somewhere within a period: noise = 3 sqrt(n) + one sample a thread.
 * @param threads whose CPU time is in `expected`; 0 for the whole system, whose timers go on.
 */
export function account(expected: number, stored: number, lost: number, threads: number): Accounting {
  const rest = expected - stored - lost;
  const noise = DEVIATIONS * Math.sqrt(expected) + threads;
  return { expected, stored, lost, rest, noise, verdict: verdictOf(expected, rest, noise) };
}

function verdictOf(expected: number, rest: number, noise: number): Verdict {
  if (!(expected > 0)) return 'noAccounting';
  if (Math.abs(rest) <= noise) return 'withinNoise';
  return rest > 0 ? 'missing' : 'surplus';
}
