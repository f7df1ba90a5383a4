// SPDX-License-Identifier: Apache-2.0
/** Differences in words and figures, the same in every picture and table. */
import type { Comparison, Difference, Verdict } from './comparison.ts';

const MINUS = '−';

/** "4.1 %"; "0.04 %" where one digit would be nothing. */
export function shareWords(percent: number): string {
  return `${percent.toFixed(Math.abs(percent) >= 0.1 || percent === 0 ? 1 : 2)} %`;
}

/** "+2.2", "−0.04". */
export function signed(value: number, digits = Math.abs(value) >= 0.1 || value === 0 ? 1 : 2): string {
  const text = Math.abs(value).toFixed(digits);
  return `${Number(text) === 0 ? '' : value < 0 ? MINUS : '+'}${text}`;
}

/** "A 4.1 % -> B 6.3 %, +2.2 points, +54 %": also of what is new, which has no percentage. */
export function changeWords(a: number, b: number): string {
  const relative = a > 0 ? (b > 0 ? `, ${signed((100 * (b - a)) / a, 0)} %` : ', vanished') : b > 0 ? ', new' : '';
  return `A ${shareWords(a)} -> B ${shareWords(b)}, ${signed(b - a)} points${relative}`;
}

/** "+1.9 … +3.7". */
export function intervalWords({ low, high }: Pick<Difference, 'low' | 'high'>): string {
  return `${signed(low)} … ${signed(high)}`;
}

export const verdictWords: Readonly<Record<Verdict, string>> = {
  grew: 'grew',
  shrank: 'shrank',
  new: 'new',
  vanished: 'vanished',
  unchanged: 'unchanged',
  unclear: 'cannot tell',
};

/** What more of each recording would tell: "40 s", "6 min", "3 runs"; empty: it is known, or nothing would. */
export function moreWords({ more }: Pick<Difference, 'more'>, noise: Comparison['noise']): string {
  if (more === null) return '';
  if (noise === 'between') return more <= 1 ? '1 run' : `${Math.ceil(more)} runs`;
  if (more < 90) return `${Math.max(1, Math.ceil(more))} s`;
  return more < 5_400 ? `${Math.ceil(more / 60)} min` : `${Math.ceil(more / 3_600)} h`;
}

/** What keeps a difference from being known: "in 1 stretch of A only", "7 samples of it", "as good as 5 samples"; empty: chance alone. */
export function whyWords({ why }: Pick<Difference, 'why'>): string {
  const samples = (count: number): string => `${count} ${count === 1 ? 'sample' : 'samples'}`;
  switch (why?.kind) {
    case undefined:
      return '';
    case 'stretches':
      return `in ${why.stretches} ${why.stretches === 1 ? 'stretch' : 'stretches'} of ${why.side.toUpperCase()} only`;
    case 'few':
      return `${samples(why.observations)} of it`;
    case 'uneven':
      return `it comes and goes: as good as ${samples(why.asGoodAs)}`;
    default:
      return why satisfies never;
  }
}

/** How many functions have which verdict, of those that are more than nothing. */
export function countVerdicts({ functions }: Pick<Comparison, 'functions'>): Record<Verdict, number> {
  const counts: Record<Verdict, number> = { grew: 0, shrank: 0, new: 0, vanished: 0, unchanged: 0, unclear: 0 };
  for (const { total } of functions) counts[total.verdict]++;
  return counts;
}
