// SPDX-License-Identifier: Apache-2.0
/**
 * How a distribution moved by what several runs of the same say: medians of their deciles, and how much these vary from run to
 * run, which one recording cannot know.
 */
import { LEAST_RUNS, MEDIAN, median } from './between-runs.ts';
import { studentQuantile } from './distributions.ts';
import { drawn, SHARES, type Figure } from './drawn-values.ts';
import type { Estimate } from './estimates.ts';
import type { ProbeValues } from './probe-values.ts';
import { differenceOf, isEnoughBeyond, type Known, type Shift } from './shift-function.ts';

/** What all deciles of a probe together say of how runs differ counts as so many runs more: they move together, so that ten
 * of them tell little more than one. */
const SHARED_DEGREES = 2;

/** Do enough runs of a side have values? */
export const areSeveral = (runs: readonly ProbeValues[]): boolean => runs.filter(({ total }) => total > 0).length >= LEAST_RUNS;

/** One figure of the runs of a side. */
interface Center {
  median: number;
  count: number;
  /** Variance of one run, seen between them, and what its own values let expect. */
  between: number;
  within: number;
}

/** @param a of each run by itself; see `areSeveral`
 * @param test by which probabilities are corrected: another for each probe */
export function shiftBetweenRuns(a: readonly ProbeValues[], b: readonly ProbeValues[], test: string): Shift {
  const sides = [a, b].map((runs) => runs.map((run, index) => drawn(run, index + 1)));
  const centers = (of: (run: ReturnType<typeof drawn>) => Figure | undefined): [Center, Center] =>
    sides.map((runs) => centerOf(runs.map(of).filter((figure) => figure !== undefined))) as [Center, Center];
  const shares = SHARES.map((_, at) => centers((run) => run.shares[at]));
  const runToRun = runToRunOf(shares.flat());
  const rates = centers((run) => run.rate);
  const totals = [a, b].map((runs) => runs.reduce((sum, { total }) => sum + total, 0)) as [number, number];
  const observations = totals[0] + totals[1];
  return {
    rate: { ...estimate(rates, runToRunOf(rates)), observations, test: `${test} rate` },
    shares: SHARES.map((share, at) => ({
      ...estimate(shares[at]!, runToRun),
      share,
      precision: Math.max(...sides.map((runs) => median(runs.flatMap((run) => run.shares[at]?.precision ?? [])))),
      observations: isEnoughBeyond(share, Math.min(...totals)) ? observations : 0,
      test: `${test} ${share}`,
    })),
  };
}

function centerOf(figures: readonly Figure[]): Center {
  const values = figures.map(({ value }) => value);
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  return {
    median: median(values),
    count,
    between: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1),
    within: figures.reduce((sum, { deviation }) => sum + deviation ** 2, 0) / count,
  };
}

/** By how much a run differs from others beyond chance, in squares of what it is. */
function runToRunOf(centers: readonly Center[]): number {
  const known = centers.filter(({ median }) => median !== 0);
  return known.length > 0 ? Math.max(0, known.reduce((sum, { median, between, within }) => sum + (between - within) / median ** 2, 0) / known.length) : 0;
}

function estimate([inA, inB]: [Center, Center], runToRun: number): Omit<Estimate, 'observations' | 'test'> {
  const { deviation, degrees, p } = differenceOf(moderated(inA, runToRun), moderated(inB, runToRun));
  const delta = inB.median - inA.median;
  const reach = deviation > 0 ? deviation * studentQuantile(0.05, degrees) : 0;
  return { a: inA.median, b: inB.median, low: delta - reach, high: delta + reach, deviation, degrees, p };
}

/** Of the median of a side: the spread of its runs, and what all of them let expect, each by what it is known with. */
function moderated({ median, count, between, within }: Center, runToRun: number): Known {
  const own = count - 1;
  const expected = within + runToRun * median ** 2;
  const variance = (own * Math.max(between, within) + SHARED_DEGREES * expected) / (own + SHARED_DEGREES);
  return { value: median, variance: (variance / count) * MEDIAN ** 2, degrees: own + SHARED_DEGREES };
}
