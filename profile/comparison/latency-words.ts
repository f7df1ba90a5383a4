// SPDX-License-Identifier: Apache-2.0
/** Shifts in words, the same in every picture and table. */
import type { ComparedProbe, Latencies, ShareDifference, ShiftVerdict } from './latencies.ts';
import type { AskedProbe, ProbeName } from './probe-matching.ts';

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

/** Deciles of one verdict are told together: "unchanged up to 80 %, slower at 90 %", "slower throughout". */
export function decileWords({ deciles, unit }: Pick<ComparedProbe, 'deciles' | 'unit'>): string {
  const stretches: { verdict: ShiftVerdict; from: ShareDifference; to: ShareDifference }[] = [];
  for (const each of deciles) {
    const last = stretches.at(-1);
    if (last?.verdict === each.verdict) last.to = each;
    else stretches.push({ verdict: each.verdict, from: each, to: each });
  }
  if (stretches.length === 1) return stretches[0]!.verdict === 'unclear' ? 'cannot tell' : `${shiftWords(stretches[0]!.verdict, unit)} throughout`;
  return stretches
    .map(({ verdict, from, to }, at) => {
      const words = shiftWords(verdict, unit);
      if (from === to) return `${words} at ${percentWords(from.share)}`;
      return at === 0 ? `${words} up to ${percentWords(to.share)}` : at === stretches.length - 1 ? `${words} from ${percentWords(from.share)} on` : `${words} at ${percentWords(from.share)} to ${percentWords(to.share)}`;
    })
    .join(', ');
}

/** How long it takes, of what: "libc.so, latency", "kernel, argument 3". */
export function whereWords({ kind, module, measure }: ProbeName): string {
  return [module === '' ? (kind === 'ready' ? 'ready question' : kind) : module, measure].join(', ');
}

/** @param several a side is of several runs */
export function latencyNotes({ compared, isSame }: Latencies, several: boolean): string[] {
  if (compared.length === 0) return [];
  return [
    ...(isSame ? ['Both sides measured the same values: no latency changed.'] : []),
    ...(several ? ['Latencies of several runs are taken together: their intervals are of what varied within the runs.'] : []),
  ];
}
