// SPDX-License-Identifier: Apache-2.0
/** Probes of two sides compared: how often, and how each decile of their values moved. */
import { bucketRange, quantile } from '../histogram.ts';
import { HistogramColumns, type SliceRange } from '../histogram-columns.ts';
import { NONE } from '../units.ts';
import { median } from './between-runs.ts';
import { DECILES } from './drawn-values.ts';
import type { Estimate } from './estimates.ts';
import { matchProbes, probeName, type AskedProbe, type ProbeName } from './probe-matching.ts';
import { attachedRange, countsOf, pooledValues, untilTaken, valuesIn, type ProbeValues } from './probe-values.ts';
import { shiftFunction } from './shift-function.ts';
import { areSeveral, shiftBetweenRuns } from './shifts-between-runs.ts';
import { corrected, LEVEL, type Verdict } from './verdicts.ts';

/** A recording, or a part of one, and what its probes measured. */
export interface ProbeRun {
  readonly probes: readonly AskedProbe[];
  /** Of what a filter means. */
  readonly range: SliceRange;
  /** By the row of `probes`; undefined: nothing. */
  readonly columns: (probe: number) => HistogramColumns | undefined;
  /** Only some of its threads count. */
  readonly isNarrowed: boolean;
}

/** grew: slower, larger, more often. */
export type ShiftVerdict = Extract<Verdict, 'grew' | 'shrank' | 'unchanged' | 'unclear'>;

export interface ShiftDifference {
  a: number;
  b: number;
  /** b - a. */
  delta: number;
  /** 95 % interval of delta; infinite where nothing is known of it. */
  low: number;
  high: number;
  /** Corrected for all that was compared of all probes. */
  p: number;
  verdict: ShiftVerdict;
}

export interface ShareDifference extends ShiftDifference {
  /** 0.1 to 0.9, and 0.99: below it so many of the values lie. */
  share: number;
}

/** In the probe's unit; NaN where nothing was measured. Of several runs that are told by what varied between them, `count` and
 * `max` are of all of them and the others medians. */
export interface ProbeSide {
  count: number;
  p50: number;
  p90: number;
  p99: number;
  /** The end of the largest value's bucket. */
  max: number;
}

export interface ComparedProbe extends ProbeName {
  /** Of each run the row of `probes`; NONE: it has none. */
  rows: { a: number[]; b: number[] };
  a: ProbeSide;
  b: ProbeSide;
  perSecond: ShiftDifference;
  /** Nine; empty where either side has no values, or where calls are only counted. */
  deciles: ShareDifference[];
  p99: ShareDifference | null;
  /** What says how much is noise: what varied within the recordings, or between runs. */
  noise: 'within' | 'between';
  notes: string[];
}

export interface Latencies {
  /** The largest relative changes that are sure first. */
  compared: ComparedProbe[];
  onlyA: ProbeName[];
  onlyB: ProbeName[];
  /** By how many tests probabilities were corrected. */
  tests: number;
  /** Both sides hold the same values. */
  isSame: boolean;
}

/** A probe of a run: rows mean something only there. */
interface OfRun extends AskedProbe {
  readonly run: ProbeRun;
}

export function compareLatencies(a: readonly ProbeRun[], b: readonly ProbeRun[]): Latencies {
  const ofRuns = (runs: readonly ProbeRun[]): OfRun[][] => runs.map((run) => run.probes.map((probe) => ({ ...probe, run })));
  const { both, onlyA, onlyB } = matchProbes(ofRuns(a), ofRuns(b));
  const shifted = both.map((matched, index) => {
    const runs = { a: matched.a.map(valuesOf), b: matched.b.map(valuesOf) };
    const [inA, inB] = [pooledValues(runs.a), pooledValues(runs.b)];
    const noise = areSeveral(runs.a) && areSeveral(runs.b) ? ('between' as const) : ('within' as const);
    const shift = noise === 'between' ? shiftBetweenRuns(runs.a, runs.b, String(index)) : shiftFunction(inA, inB, String(index));
    const sides = noise === 'between' ? runs : { a: [inA], b: [inB] };
    return { matched, noise, a: sideOf(sides.a), b: sideOf(sides.b), isSame: isSameValues(inA, inB), shift };
  });
  const estimates = shifted.flatMap(({ matched, shift }) => [shift.rate, ...(isCounted(matched.a[0]!) ? [] : shift.shares)]);
  const { p, tests } = corrected(estimates);
  let next = 0;
  const compared = shifted.map(({ matched, noise, a: ofA, b: ofB, isSame, shift }): ComparedProbe => {
    const differenceOf = (estimate: Estimate, precision: number): ShiftDifference => {
      const { a, b, low, high } = estimate;
      const corrected = p[next++]!;
      if (isSame) return { a, b, delta: 0, low: 0, high: 0, p: 1, verdict: 'unchanged' };
      return { a, b, delta: b - a, low, high, p: corrected, verdict: shiftVerdict(estimate, corrected, precision) };
    };
    const perSecond = differenceOf(shift.rate, 0);
    const shares = isCounted(matched.a[0]!) ? [] : shift.shares.map((each): ShareDifference => ({ ...differenceOf(each, each.precision), share: each.share }));
    const rowsOf = (runs: readonly ProbeRun[], probes: readonly OfRun[]): number[] => runs.map((run) => probes.find((probe) => probe.run === run)?.probe ?? NONE);
    return {
      ...probeName(matched.a[0]!),
      rows: { a: rowsOf(a, matched.a), b: rowsOf(b, matched.b) },
      a: ofA,
      b: ofB,
      perSecond,
      deciles: shares.filter(({ share }) => DECILES.includes(share)),
      p99: shares.find(({ share }) => share === 0.99) ?? null,
      noise,
      notes: [...matched.notes, ...narrowed(matched.a, matched.b)],
    };
  });
  const isSame = compared.length > 0 && onlyA.length + onlyB.length === 0 && shifted.every((each) => each.isSame);
  return { compared: compared.sort(byImportance), onlyA: onlyA.map(probeName), onlyB: onlyB.map(probeName), tests, isSame };
}

const isCounted = ({ unit }: AskedProbe): boolean => unit === 'count';

function valuesOf({ probe, run: { range, columns } }: OfRun): ProbeValues {
  const found = columns(probe) ?? new HistogramColumns();
  return untilTaken(valuesIn(found, attachedRange(found, range)));
}

function sideOf(runs: readonly ProbeValues[]): ProbeSide {
  const measured = runs.length > 1 ? runs.filter(({ total }) => total > 0) : runs;
  const at = (share: number): number => median(measured.map((run) => quantile(countsOf(run), share)));
  const largest = measured.map(({ buckets }) => (buckets.length > 0 ? bucketRange(buckets.at(-1)!).high : Number.NaN));
  return { count: runs.reduce((sum, { total }) => sum + total, 0), p50: at(0.5), p90: at(0.9), p99: at(0.99), max: Math.max(...largest) };
}

function narrowed(a: readonly OfRun[], b: readonly OfRun[]): string[] {
  const words = (probes: readonly OfRun[]): string => (probes.some(({ run }) => run.isNarrowed) ? 'some' : 'all');
  return words(a) === words(b) ? [] : [`Threads: ${words(a)} in A, ${words(b)} in B.`];
}

function isSameValues(a: ProbeValues, b: ProbeValues): boolean {
  const isEqual = (one: Float64Array | readonly number[], other: Float64Array | readonly number[]): boolean => one.length === other.length && one.every((value, at) => value === other[at]);
  return isEqual(a.slices, b.slices) && isEqual(a.buckets, b.buckets) && isEqual(a.counts, b.counts);
}

/** A difference inside it does not matter, or is below what buckets tell: a hundredth, if sure; a twentieth, by the whole interval. */
const NEGLIGIBLE = 0.01;
const MARGIN = 0.05;

/** @param p corrected
 * @param precision see `ShiftEstimate` */
export function shiftVerdict({ a, b, low, high }: Pick<Estimate, 'a' | 'b' | 'low' | 'high'>, p: number, precision: number): ShiftVerdict {
  const size = Math.max(Math.abs(a), Math.abs(b));
  const most = Math.max(precision, MARGIN * size);
  const isSure = p <= LEVEL && (low > 0 || high < 0);
  if (isSure && Math.abs(b - a) > Math.max(precision, NEGLIGIBLE * size)) return b > a ? 'grew' : 'shrank';
  return low >= -most && high <= most ? 'unchanged' : 'unclear';
}

/** What surely changed first, by how many times. */
function byImportance(one: ComparedProbe, other: ComparedProbe): number {
  return importance(other) - importance(one) || other.b.count + other.a.count - one.b.count - one.a.count || (one.title < other.title ? -1 : 1);
}

function importance({ deciles, p99 }: ComparedProbe): number {
  const sure = [...deciles, ...(p99 ? [p99] : [])].filter(({ verdict }) => verdict === 'grew' || verdict === 'shrank');
  return Math.max(0, ...sure.map(({ a, b }) => (a > 0 && b > 0 ? Math.abs(Math.log(b / a)) : 1)));
}
