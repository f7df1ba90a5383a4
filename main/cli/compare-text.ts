// SPDX-License-Identifier: Apache-2.0
/** A comparison as a table for people, and as JSON for scripts. */
import type { Comparison, Difference, FunctionDifference, Verdict } from '../../profile/comparison/comparison.ts';
import type { Condition } from '../../profile/comparison/conditions.ts';
import { changeWords, countVerdicts, intervalWords, moreWords, shareWords, signed, verdictWords, whyWords } from '../../profile/comparison/difference-words.ts';
import type { Latencies } from '../../profile/comparison/latencies.ts';
import type { LatencyCondition } from '../../profile/comparison/latency-conditions.ts';
import type { Normalisation } from '../../profile/comparison/normalisation.ts';
import type { Side } from '../../profile/comparison/sides.ts';
import { latenciesJson, latenciesText } from './latencies-text.ts';
import { count, duration, printableName } from './terminal.ts';

/** Functions below this share on both sides are left out of the table, unless they surely changed. Percent. */
const LEAST_SHARE = 0.5;
const MOST_ROWS = 40;
const NAME_WIDTH = 48;

const GREY = '\x1b[90m';
const RESET = '\x1b[0m';

export const normalisationWords: Readonly<Record<Normalisation, string>> = {
  total: 'Shares of each side’s own total',
  duration: 'By the time that passed, in percent of A’s total',
  cpu: 'By CPU time, in percent of A’s total',
  none: 'As it is, in percent of A’s total',
};

/** Two sides and all that was found out of them. */
export interface Compared {
  a: Side;
  b: Side;
  /** null: nothing was sampled. */
  comparison: Comparison | null;
  latencies: Latencies;
  notes: readonly string[];
}

export interface TestedCondition {
  condition: Condition | LatencyCondition;
  isMet: boolean;
  /** Nothing of the name was seen. */
  isUnknown: boolean;
}

const isNoise = ({ verdict }: Difference): boolean => verdict === 'unchanged' || verdict === 'unclear';
/** Its interval says what the verdict, corrected for all functions, does not. */
const isAloneSure = ({ verdict, low, high }: Difference): boolean => verdict === 'unclear' && (low > 0 || high < 0);
const shorten = (name: string): string => (name.length > NAME_WIDTH ? `${name.slice(0, NAME_WIDTH - 1)}…` : name);

function sideLine(side: 'a' | 'b', { runs }: Side, { durations, weights, unit }: Comparison): string {
  const named = runs.map(({ label }) => label).join(', ');
  const weight = unit === 'samples' ? `${count(weights[side])} samples` : unit === 'bytes' ? `${count(weights[side])} bytes` : `${duration(weights[side])} of all threads`;
  return printableName(`${side.toUpperCase()}  ${named}: ${duration(durations[side])}, ${weight}`);
}

function shownFunctions({ functions }: Comparison): FunctionDifference[] {
  const isWorth = ({ total, self }: FunctionDifference): boolean => !isNoise(total) || !isNoise(self) || Math.max(total.a, total.b) >= LEAST_SHARE;
  return functions.filter(isWorth).slice(0, MOST_ROWS);
}

const header = ['FUNCTION', 'MODULE', 'A', 'B', 'CHANGE', '95 % INTERVAL', 'VERDICT', 'ITSELF'];

function row({ name, module, total, self }: FunctionDifference, noise: Comparison['noise']): string[] {
  const [more, why] = [moreWords(total, noise), whyWords(total)];
  return [
    shorten(printableName(name)),
    shorten(printableName(module)),
    shareWords(total.a),
    shareWords(total.b),
    signed(total.delta),
    intervalWords(total),
    [`${verdictWords[total.verdict]}${why === '' ? '' : ` (${why})`}`, ...(more === '' ? [] : [`${more} more would`])].join(', '),
    self.a === total.a && self.b === total.b ? '' : isNoise(self) ? signed(self.delta) : `${signed(self.delta)} ${verdictWords[self.verdict]}`,
  ];
}

/** Of a changed function the others' verdict in one line: "2 grew, 1 new, 30 unchanged". */
function summary(comparison: Comparison): string {
  const counts = countVerdicts(comparison);
  const order: Verdict[] = ['grew', 'shrank', 'new', 'vanished', 'unchanged', 'unclear'];
  return order.filter((verdict) => counts[verdict] > 0).map((verdict) => `${count(counts[verdict])} ${verdictWords[verdict]}`).join(', ');
}

function functionLines(comparison: Comparison, a: Side, b: Side, coloured: boolean): string[] {
  const { normalisation, functions, tests, noise, all, renames } = comparison;
  const shown = shownFunctions(comparison);
  const cells = shown.map((each) => row(each, noise));
  const widths = header.map((title, column) => Math.max(title.length, ...cells.map((each) => each[column]!.length)));
  // Names to the left, figures to the right.
  const line = (each: readonly string[]): string =>
    each.map((cell, column) => ([2, 3, 4].includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join('  ').trimEnd();
  const grey = (text: string, is: boolean): string => (is && coloured ? `${GREY}${text}${RESET}` : text);
  return [
    sideLine('a', a, comparison),
    sideLine('b', b, comparison),
    `${normalisationWords[normalisation]}; ${noise === 'between' ? 'medians, and the spread between runs' : '95 % intervals of what varied within'}, corrected for ${count(tests)} tests.`,
    '',
    line(header),
    ...shown.map((each, index) => grey(line(cells[index]!), isNoise(each.total) && isNoise(each.self))),
    ...(functions.length > shown.length ? [grey(`… and ${count(functions.length - shown.length)} more, in --format json`, true)] : []),
    '',
    ...(shown.some(({ total }) => isAloneSure(total)) ? [`An interval is of one function alone: among ${count(tests)} some leave out 0 by chance, which is no verdict.`] : []),
    summary(comparison),
    ...(normalisation === 'total' ? [] : [`all: ${changeWords(all.a, all.b)} (${intervalWords(all)}), ${verdictWords[all.verdict]}`]),
    ...renames.map(({ from, to, module }) => `${printableName(from)} of ${printableName(module)} may now be called ${printableName(to)}: their callers and callees are alike.`),
  ];
}

/** Where nothing was sampled. */
function probedLine(side: 'a' | 'b', { runs }: Side): string {
  return printableName(`${side.toUpperCase()}  ${runs.map(({ label, durationNs }) => `${label}: ${duration(durationNs)}`).join(', ')}`);
}

export function comparisonText({ a, b, comparison, latencies, notes }: Compared, results: readonly TestedCondition[], coloured: boolean): string {
  const probed = latenciesText(latencies);
  const lines = [
    ...(comparison ? functionLines(comparison, a, b, coloured) : [probedLine('a', a), probedLine('b', b)]),
    ...(probed.length > 0 ? ['', ...probed, ''] : []),
    ...notes.map(printableName),
    ...results.map(({ condition, isMet }) => `${isMet ? 'Met' : 'Not met'}: ${printableName(condition.text)}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** Four digits behind the point: no interval is known better. */
const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;

function differenceJson({ a, b, delta, low, high, p, verdict, more, why }: Difference, noise: Comparison['noise']) {
  return {
    a: rounded(a),
    b: rounded(b),
    delta: rounded(delta),
    low: rounded(low),
    high: rounded(high),
    verdict,
    p,
    [noise === 'between' ? 'moreRuns' : 'moreSeconds']: more === null ? null : Math.ceil(more),
    why: why?.kind ?? null,
  };
}

/** The keys of `compare --format json`: scripts depend on them. */
export function comparisonJson({ a, b, comparison, latencies, notes }: Compared, results: readonly TestedCondition[]): string {
  const side = ({ runs }: Side) =>
    runs.map(({ label, durationNs, frequencyHz, cpuTimeNs, host, kernel, question }) => ({ label, question, durationNs, cpuTimeNs, frequencyHz, host, kernel }));
  return `${JSON.stringify(
    {
      ...(comparison && functionsJson(comparison, side(a), side(b))),
      ...(comparison ? {} : { a: side(a), b: side(b), functions: [] }),
      ...latenciesJson(latencies),
      notes,
      conditions: results.map(({ condition, isMet, isUnknown }) => ({ condition: condition.text, met: isMet, unknown: isUnknown })),
    },
    null,
    1,
  )}\n`;
}

function functionsJson({ normalisation, unit, all, functions, tests, noise, isSame, renames, weights }: Comparison, a: unknown, b: unknown) {
  return {
    ...{ normalisation, unit, noise, tests, same: isSame, weights: { a: rounded(weights.a), b: rounded(weights.b) }, a, b },
    all: differenceJson(all, noise),
    functions: functions.map(({ name, module, total, self }) => ({
      name,
      module,
      ...differenceJson(total, noise),
      self: differenceJson(self, noise),
    })),
    renames,
  };
}
