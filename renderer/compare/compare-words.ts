// SPDX-License-Identifier: Apache-2.0
/** A difference in words. */
import type { Difference } from '../../profile/comparison/comparison.ts';
import { shareWords, signed, whyWords } from '../../profile/comparison/difference-words.ts';
import type { Normalisation } from '../../profile/comparison/normalisation.ts';
import { formatCount, formatLength } from '../app/format.ts';

export const normalisationWords: Readonly<Record<Normalisation, { title: string; what: string }>> = {
  none: { title: 'none', what: 'As it is: the cost of the same work. Rates of sampling are divided out.' },
  total: { title: 'total', what: 'Each side is 100 %: where the time goes. An untouched function shrinks when another grows.' },
  duration: { title: 'duration', what: 'By the time that passed: how busy it is.' },
  cpu: { title: 'CPU time', what: 'By the CPU time that the kernel accounts for.' },
};

/** "4.1"; what is not there "—". */
export function share(percent: number): string {
  return percent === 0 ? '—' : shareWords(percent).replace(' %', '');
}

/** "+68 %"; empty where there is nothing that it could be a part of. */
export function relative({ a, delta }: Pick<Difference, 'a' | 'delta'>): string {
  if (a <= 0) return '';
  const percent = (100 * delta) / a;
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent) < 10 ? Math.abs(percent).toFixed(1) : Math.round(Math.abs(percent))} %`;
}

/** "4.1 % of A, 6.9 % of B: +2.8 points (+68 %). With these samples it lies between +1.9 and +3.7 points." */
export function differenceWords(difference: Difference): string {
  const { a, b, low, high, delta } = difference;
  const more = relative(difference);
  return `${share(a)} % of A, ${share(b)} % of B: ${signed(delta)} points${more === '' ? '' : ` (${more})`}. With these samples it lies between ${signed(low)} and ${signed(high)} points.`;
}

/** Why an interval without 0 is no verdict. @param tests functions that were tested */
export function chanceWords({ verdict, low, high }: Difference, tests: number): string {
  if (verdict !== 'unclear' || (low <= 0 && high >= 0)) return '';
  return `Of one function alone that would be a change; among ${formatCount(tests)} some differ as much by chance.`;
}

/** What it would take to know. @param noise see `Comparison.noise` */
export function moreWords({ verdict, more, why }: Difference, noise: 'within' | 'between'): string {
  if (verdict !== 'unclear') return '';
  if (why?.kind === 'stretches') {
    return `It came ${whyWords({ why })}, which may be chance: a longer recording would tell, or whole runs of a command that ends by itself.`;
  }
  const before = why?.kind === 'uneven' ? `Its ${why.observations} samples come and go, and are as good as ${why.asGoodAs} that come evenly. ` : '';
  return before + timeWords(more, noise);
}

function timeWords(more: number | null, noise: 'within' | 'between'): string {
  if (more === null) return 'Too little was seen of it to say how much more would tell.';
  if (noise === 'between') return `About ${Math.ceil(more)} more runs a side would tell.`;
  return more > 7 * 86_400 ? 'No recording of a reasonable length would tell.' : `About ${formatLength(more * 1e9)} more of each side would tell.`;
}
