// SPDX-License-Identifier: Apache-2.0
/** Shifts in words, the same in every picture and table. */
import { notesOf } from './comparability.ts';
import type { ComparedProbe, Latencies, ShareDifference, ShiftVerdict } from './latencies.ts';
import type { AskedProbe, ProbeName } from './probe-matching.ts';
import type { Side } from './sides.ts';

type Unit = AskedProbe['unit'];

/** Of a value: a time is slower, whatever else is larger. */
export function shiftWords(verdict: ShiftVerdict, unit: Unit): string {
  switch (verdict) {
    case 'grew':
      return unit === 'nanoseconds' ? 'slower' : 'larger';
    case 'shrank':
      return unit === 'nanoseconds' ? 'faster' : 'smaller';
    case 'unchanged':
      return 'unchanged';
    case 'unclear':
      return 'cannot tell';
    default:
      return verdict satisfies never;
  }
}

export const rateWords: Readonly<Record<ShiftVerdict, string>> = { grew: 'more often', shrank: 'less often', unchanged: 'as often', unclear: 'cannot tell' };

const percentWords = (share: number): string => `${Math.round(100 * share)} %`;

interface Stretch {
  verdict: ShiftVerdict;
  from: ShareDifference;
  to: ShareDifference;
}

/** Deciles of one verdict are told together, what surely moved first: "slower at 90 %, unchanged up to 80 %", "slower throughout". */
export function decileWords({ deciles, unit }: Pick<ComparedProbe, 'deciles' | 'unit'>): string {
  const stretches: Stretch[] = [];
  for (const each of deciles) {
    const last = stretches.at(-1);
    if (last?.verdict === each.verdict) last.to = each;
    else stretches.push({ verdict: each.verdict, from: each, to: each });
  }
  if (stretches.length === 1) return stretches[0]!.verdict === 'unclear' ? 'cannot tell' : `${shiftWords(stretches[0]!.verdict, unit)} throughout`;
  const [first, last] = [stretches[0], stretches.at(-1)];
  const words = (stretch: Stretch): string => {
    const [from, to] = [percentWords(stretch.from.share), percentWords(stretch.to.share)];
    const where = from === to ? `at ${from}` : stretch === first ? `up to ${to}` : stretch === last ? `from ${from} on` : `at ${from} to ${to}`;
    return `${shiftWords(stretch.verdict, unit)} ${where}`;
  };
  const isSure = ({ verdict }: Stretch): boolean => verdict === 'grew' || verdict === 'shrank';
  return [...stretches.filter(isSure), ...stretches.filter((stretch) => !isSure(stretch))].map(words).join(', ');
}

/** How long it takes, of what: "libc.so, latency", "kernel, argument 3". */
export function whereWords({ kind, module, measure }: ProbeName): string {
  return [module === '' ? (kind === 'ready' ? 'ready question' : kind) : module, measure].join(', ');
}

/** What to know of both sides, whatever their probes are. */
export function sideNotes(a: Side, b: Side): string[] {
  return notesOf(a, b, { normalisation: 'total', noise: isSeveral(a, b) ? 'between' : 'within', isSame: false, alike: [], isWhole: false, renamed: [], functions: [] });
}

/** What to know of the latencies alone. */
export function latencyNotes({ compared, isSame }: Latencies, a: Side, b: Side): string[] {
  if (compared.length === 0) return [];
  return [
    ...(isSame ? ['Both sides measured the same values: no latency changed.'] : []),
    ...(isSeveral(a, b) && compared.some(({ noise }) => noise === 'within') ? ['Fewer than three runs a side of a probe are taken together: its intervals are of what varied within the runs.'] : []),
    ...(compared.some(({ noise }) => noise === 'between') ? ['Latencies of several runs are medians of the runs, and their intervals of what varied between them.'] : []),
  ];
}

const isSeveral = (a: Side, b: Side): boolean => a.runs.length > 1 || b.runs.length > 1;
