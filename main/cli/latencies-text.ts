// SPDX-License-Identifier: Apache-2.0
/** Latencies that were compared, as tables for people, and as JSON for scripts. */
import { signed } from '../../profile/comparison/difference-words.ts';
import type { ComparedProbe, Latencies, ShiftDifference } from '../../profile/comparison/latencies.ts';
import { decileWords, rateWords, shiftWords, whereWords } from '../../profile/comparison/latency-words.ts';
import type { ProbeName } from '../../profile/comparison/probe-matching.ts';
import { valueText } from './histogram-text.ts';
import { count, printableName } from './terminal.ts';

/** Probes that are printed; JSON has all. */
const MOST_PROBES = 20;

/** "+1.25 ms", "−3"; infinite: nothing is known of it. */
function signedText(value: number, unit: ProbeName['unit']): string {
  if (!Number.isFinite(value)) return '?';
  return value === 0 ? valueText(0, unit) : `${value < 0 ? '−' : '+'}${valueText(Math.abs(value), unit)}`;
}

/** The first column to the left, figures to the right, and the last as it comes. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const last = rows[0]!.length - 1;
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `  ${row.map((cell, column) => (column === 0 || column === last ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ')}`.trimEnd());
}

const interval = ({ low, high }: ShiftDifference, unit: ProbeName['unit']): string => `${signedText(low, unit)} … ${signedText(high, unit)}`;
const rate = (perSecond: number): string => (perSecond >= 10 || perSecond === 0 ? count(perSecond) : perSecond.toPrecision(2));

function probeLines(probe: ComparedProbe): string[] {
  const { title, unit, a, b, perSecond, deciles, p99, notes } = probe;
  const text = (value: number): string => valueText(value, unit);
  const isCounted = unit === 'count';
  const sides = (['a', 'b'] as const).map((name) => {
    const side = probe[name];
    return [name.toUpperCase(), count(side.count), rate(perSecond[name]), ...(isCounted ? [] : [text(side.p50), text(side.p90), text(side.p99), text(side.max)]), ''];
  });
  const shares = [...deciles, ...(p99 ? [p99] : [])];
  const rows = shares.map((each) => [
    `${Math.round(100 * each.share)} %`,
    text(each.a),
    text(each.b),
    signedText(each.delta, unit),
    interval(each, unit),
    shiftWords(each.verdict, unit),
  ]);
  const often = `${rateWords[perSecond.verdict]} (${perSecond.a > 0 ? `${signed((100 * perSecond.delta) / perSecond.a)} %, ` : ''}${rate(perSecond.a)} -> ${rate(perSecond.b)} a second)`;
  const values = deciles.length > 0 ? `${decileWords(probe)}; ` : a.count > 0 && b.count > 0 ? '' : 'nothing was measured on one side; ';
  return [
    '',
    `${title}  (${whereWords(probe)}): ${values}${often}`,
    ...aligned([['', 'COUNT', 'A SECOND', ...(isCounted ? [] : ['P50', 'P90', 'P99', 'MAX']), ''], ...sides]),
    ...(rows.length > 0 ? aligned([['BELOW', 'A', 'B', 'CHANGE', '95 % INTERVAL', 'VERDICT'], ...rows]) : []),
    ...notes.map((note) => `  ${note}`),
  ];
}

/** What only one side asked. */
function onlyLines(side: 'A' | 'B', probes: readonly ProbeName[]): string[] {
  return probes.length === 0 ? [] : ['', `Only in ${side}: ${probes.map((probe) => `${probe.title} (${whereWords(probe)})`).join(', ')}`];
}

/** Empty where neither side asked any function. */
export function latenciesText({ compared, onlyA, onlyB }: Latencies): string[] {
  if (compared.length + onlyA.length + onlyB.length === 0) return [];
  return [
    'LATENCIES',
    ...(compared.length === 0 ? ['', 'No probe is in both recordings: what was asked of a function is compared with the same question about the same function.'] : []),
    ...compared.slice(0, MOST_PROBES).flatMap(probeLines),
    ...(compared.length > MOST_PROBES ? ['', `… and ${count(compared.length - MOST_PROBES)} more, in --format json`] : []),
    ...onlyLines('A', onlyA),
    ...onlyLines('B', onlyB),
  ].map(printableName);
}

/** Not finite: not known, which is null in JSON. */
const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;

function shiftJson({ a, b, delta, low, high, p, verdict }: ShiftDifference) {
  return { a: rounded(a), b: rounded(b), delta: rounded(delta), low: rounded(low), high: rounded(high), verdict, p };
}

const nameJson = ({ title, name, kind, module, measure, unit }: ProbeName) => ({ name: title, target: name, kind, module, measure, unit });

/** Keys of `compare --format json`: scripts depend on them. */
export function latenciesJson({ compared, onlyA, onlyB }: Latencies) {
  return {
    latencies: compared.map(({ a, b, perSecond, deciles, p99, noise, notes, ...probe }) => ({
      ...nameJson(probe),
      a: { ...a, perSecond: rounded(perSecond.a) },
      b: { ...b, perSecond: rounded(perSecond.b) },
      rate: shiftJson(perSecond),
      deciles: deciles.map((each) => ({ share: each.share, ...shiftJson(each) })),
      p99: p99 && shiftJson(p99),
      noise,
      notes,
    })),
    latenciesOnly: { a: onlyA.map(nameJson), b: onlyB.map(nameJson) },
  };
}
