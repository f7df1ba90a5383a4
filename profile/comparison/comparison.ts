// SPDX-License-Identifier: Apache-2.0
/** Two sides compared: what changed, by how much, and how sure that is. */
import { unitOf, type Unit } from '../questions.ts';
import type { FrameCategory } from '../schema.ts';
import { NONE, type Nanoseconds } from '../units.ts';
import { BetweenRuns, LEAST_RUNS } from './between-runs.ts';
import { pooled, type WeightEstimate, type Measure } from './estimates.ts';
import { CountedRuns, type PlacedRun } from './counted-runs.ts';
import type { Identities, Identity } from './identities.ts';
import { DEFAULT_NORMALISATION, dividedBy, divisors, percentScales, runSums, type Normalisation } from './normalisation.ts';
import { notesOf, refusalOf } from './comparability.ts';
import { suggestRenames, type Rename } from './renames.ts';
import type { SampledRun } from './sampled-stacks.ts';
import { secondsPerWeight, type Run, type Side } from './sides.ts';
import { corrected, timesToKnow, verdictOf, whyUnclear, type Verdict } from './verdicts.ts';
import { WithinRuns } from './within-runs.ts';

export type { Verdict };

/** In percent of A's total. */
export interface Difference {
  a: number;
  b: number;
  /** b - a. */
  delta: number;
  /** 95 % interval of delta. */
  low: number;
  high: number;
  /** Probability of such a difference by chance, corrected for all functions that were compared. */
  p: number;
  verdict: Verdict;
  /** Of `unclear`: how many seconds more (of several runs: how many runs more), on each side, would tell, if what was seen
   * is what is so; null: known, or nothing was seen that could tell. */
  more: number | null;
  /** Of `unclear`: what keeps it from being known; null: chance alone, or it is known. */
  why: Why | null;
}

export type Why =
  /** It came on one side only, and there in so few separate stretches of time that this may be chance. */
  | { kind: 'stretches'; side: 'a' | 'b'; stretches: number }
  /** So few observations are no test. */
  | { kind: 'few'; observations: number }
  /** It comes and goes: its observations are as good as so many that would come evenly. */
  | { kind: 'uneven'; observations: number; asGoodAs: number };

export interface FunctionDifference {
  identity: Identity;
  name: string;
  module: string;
  category: FrameCategory;
  /** With all that it called, recursion once. */
  total: Difference;
  self: Difference;
}

export interface Comparison {
  normalisation: Normalisation;
  unit: Unit;
  /** Of both sides, in percent of A's total. */
  all: Difference;
  /** The largest changes first: those that are sure before all others. */
  functions: FunctionDifference[];
  /** By how many distinct tests probabilities were corrected. */
  tests: number;
  /** What says how much is noise: what varied within the recordings, or between runs. */
  noise: 'within' | 'between';
  /** Both sides hold the same samples. */
  isSame: boolean;
  /** What vanished on A's side and what is new on B's may be one function with another name: suggestions, nothing counts them as one. */
  renames: Rename[];
  /** What to know before believing it, in sentences. */
  notes: string[];
  durations: { a: Nanoseconds; b: Nanoseconds };
  /** What was compared, in `unit`. */
  weights: { a: number; b: number };
  /** Percent of A's total that a second of CPU time (or nanosecond, or byte) is, on each side: for trees (difference-tree.ts). */
  scales: { a: number; b: number };
  identities: Identities;
  /** What trees are made of. */
  sampled: { a: readonly SampledRun[]; b: readonly SampledRun[] };
}

export interface ComparisonOptions {
  normalisation?: Normalisation;
  /** Of an earlier comparison: what is compared again is not looked at again. */
  counted?: CountedRuns;
}

/** What cannot be compared, and why. */
export class ComparisonError extends Error {
  readonly code: string;
  readonly remedy: string;

  constructor({ code, message, remedy }: { code: string; message: string; remedy: string }) {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }
}

/** So many functions, the largest first, have intervals by the bootstrap. */
const RESAMPLED = 256;
const MEASURES: readonly Measure[] = ['total', 'self'];

interface Counted extends PlacedRun {
  run: Run;
  over: Float64Array;
}

/** @throws ComparisonError where there is nothing to compare, or it is not of one kind */
export function compare(a: Side, b: Side, { normalisation = DEFAULT_NORMALISATION, counted = new CountedRuns() }: ComparisonOptions = {}): Comparison {
  const refused = refusalOf(a, b, normalisation);
  if (refused) throw new ComparisonError(refused);
  const runs = [...a.runs, ...b.runs];
  const { identities, renamed, runs: placed } = counted.placed(a.runs, b.runs);
  const found = runs.map((run, at): Counted => ({ ...placed[at]!, run, over: divisors(run, placed[at]!.counts, normalisation) }));
  const functions = identities.size;
  const [inA, inB] = [found.slice(0, a.runs.length), found.slice(a.runs.length)];
  const empty = found.find(({ counts }) => !(runSums(counts, counts.all).all > 0));
  if (empty) throw new ComparisonError(nothingIn(empty.run));
  const scales = percentScales(normalisation, inA.map(sumsOf), inB.map(sumsOf));
  const noise = a.runs.length >= LEAST_RUNS && b.runs.length >= LEAST_RUNS ? 'between' : 'within';
  const isWhole = runs.every((run) => run.isWhole);
  const estimates = estimate(inA, inB, { scales, noise, normalisation, functions, isWhole });
  const isSame = isSameSamples(inA, inB);
  const durations = { a: durationOf(a), b: durationOf(b) };
  const judged = judge(estimates, { isSame, noise, runs: (a.runs.length + b.runs.length) / 2, seconds: (durations.a + durations.b) / 2e9 });
  const differences = estimates.rows.map((identity, index): FunctionDifference => ({
    identity,
    name: identities.name(identity),
    module: identities.module(identity),
    category: identities.category(identity),
    total: judged.differences[2 * index]!,
    self: judged.differences[2 * index + 1]!,
  }));
  differences.sort(byImportance);
  const sampled = { a: inA.map((each) => each.sampled), b: inB.map((each) => each.sampled) };
  const all = judged.differences.at(-1)!;
  return {
    normalisation,
    unit: unitOf(a.runs[0]!.question),
    all,
    functions: differences,
    tests: judged.tests,
    noise,
    isSame,
    renames: suggestRenames(differences, sampled, identities),
    notes: notesOf(a, b, { normalisation, noise, isSame, alike: [inA, inB].flatMap(alikeOf), isWhole, renamed, functions: differences }),
    durations,
    weights: { a: weightOf(inA), b: weightOf(inB) },
    scales: { a: scales.a / divisorOf(inA), b: scales.b / divisorOf(inB) },
    identities,
    sampled,
  };
}

const sumsOf = ({ counts, over }: Counted) => runSums(counts, over);
const divisorOf = (runs: readonly Counted[]): number => runs.reduce((sum, run) => sum + sumsOf(run).divisor, 0);
const weightOf = (runs: readonly Counted[]): number => runs.reduce((sum, { run, counts }) => sum + runSums(counts, counts.all).all / secondsPerWeight(run), 0);
const durationOf = ({ runs }: Side): Nanoseconds => runs.reduce((sum, { durationNs }) => sum + durationNs, 0);

function nothingIn({ label }: Run): { code: string; message: string; remedy: string } {
  return {
    code: 'nothingToCompare',
    message: `${label} has no samples to compare: nothing was recorded there, or the range and the threads leave nothing.`,
    remedy: 'Record again while the program works, or choose more of it.',
  };
}

interface Estimates {
  /** Functions of which anything was seen on either side. */
  rows: Identity[];
  /** Total and self of each row, then of everything. */
  list: WeightEstimate[];
  /** See `corrected`. */
  sharedChance: number;
}

interface Basis {
  scales: { a: number; b: number };
  noise: Comparison['noise'];
  normalisation: Normalisation;
  functions: number;
  isWhole: boolean;
}

function estimate(inA: readonly Counted[], inB: readonly Counted[], { scales, noise, normalisation, functions, isWhole }: Basis): Estimates {
  const { question } = inA[0]!.run;
  const side = (runs: readonly Counted[]) => pooled(runs.map(({ counts }) => counts), runs.map(({ over }) => over), functions);
  const single = (runs: readonly Counted[]) => runs.map((run) => side([run]));
  const [a, b] = [side(inA), side(inB)];
  const weight = new Float64Array(functions);
  for (let row = 0; row < functions; row++) weight[row] = Math.max(a.squares.total[row]!, b.squares.total[row]!);
  const rows = Array.from({ length: functions }, (_, row) => row).filter((row) => weight[row]! > 0);
  const floor = weight.toSorted().at(-1 - RESAMPLED) ?? 0;
  const within = new WithinRuns(a, b, scales, { divided: dividedBy(normalisation, question), isWhole, isSampled: unitOf(question) === 'samples' });
  const between = noise === 'between' ? new BetweenRuns(single(inA), single(inB), scales) : null;
  const of = (row: number, measure: Measure): WeightEstimate =>
    between ? between.estimate(row, measure) : within.estimate(row, measure, row === NONE || weight[row]! > floor);
  const list = rows.flatMap((row) => MEASURES.map((measure) => of(row, measure)));
  list.push(of(NONE, 'total'));
  return { rows, list, sharedChance: between ? 0 : within.sharedChance };
}

interface Recorded {
  isSame: boolean;
  noise: Comparison['noise'];
  /** A side, on average. */
  runs: number;
  seconds: number;
}

function judge({ list, sharedChance }: Estimates, { isSame, noise, runs, seconds }: Recorded): { differences: Difference[]; tests: number } {
  const { p, tests } = corrected(list, sharedChance);
  const differences = list.map((each, index): Difference => {
    const { a, b } = each;
    if (isSame) return { a, b, delta: 0, low: 0, high: 0, p: 1, verdict: 'unchanged', more: null, why: null };
    const verdict = verdictOf(each, p[index]!);
    const times = verdict === 'unclear' ? timesToKnow(each, tests) : 1;
    const more = (times - 1) * (noise === 'between' ? runs : seconds);
    return { a, b, delta: b - a, low: each.low, high: each.high, p: p[index]!, verdict, more: more > 0 && Number.isFinite(more) ? more : null, why: verdict === 'unclear' ? whyUnclear(each) : null };
  });
  return { differences, tests };
}

function isSameSamples(a: readonly Counted[], b: readonly Counted[]): boolean {
  const isEqual = (one: Float64Array, other: Float64Array): boolean => one.length === other.length && one.every((value, at) => value === other[at]);
  return (
    a.length === b.length &&
    a.every(({ counts, over }, at) => {
      const other = b[at]!;
      return isEqual(over, other.over) && isEqual(counts.self, other.counts.self) && isEqual(counts.total, other.counts.total);
    })
  );
}

/** Runs with the samples of one before them. */
function alikeOf(runs: readonly Counted[]): Run[] {
  return runs.filter((run, at) => runs.findIndex((other) => isSameSamples([run], [other])) < at).map(({ run }) => run);
}

const isSure = ({ verdict }: Difference): boolean => verdict !== 'unchanged' && verdict !== 'unclear';

/** Sure changes first, of total or of self alone, then by how much. */
function byImportance(one: FunctionDifference, other: FunctionDifference): number {
  const rank = ({ total, self }: FunctionDifference): number => (isSure(total) ? 0 : isSure(self) ? 1 : 2);
  const size = ({ total, self }: FunctionDifference): number => Math.max(Math.abs(total.delta), Math.abs(self.delta));
  const share = ({ total }: FunctionDifference): number => Math.max(total.a, total.b);
  return rank(one) - rank(other) || size(other) - size(one) || share(other) - share(one) || (one.name < other.name ? -1 : 1);
}
