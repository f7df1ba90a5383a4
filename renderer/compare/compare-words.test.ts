// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { Difference } from '../../profile/comparison/comparison.ts';
import { chanceWords, differenceWords, moreWords, relative, share } from './compare-words.ts';

const difference = (changes: Partial<Difference>): Difference => ({ a: 4.1, b: 6.9, delta: 2.8, low: 1.9, high: 3.7, p: 0.001, verdict: 'grew', more: null, why: null, ...changes });

test('shares', () => {
  expect([0, 0.04, 4.12, 100].map(share)).toEqual(['—', '0.04', '4.1', '100.0']);
});

test('a difference relative to what was', () => {
  expect(relative({ a: 4.1, delta: 2.8 })).toBe('+68 %');
  expect(relative({ a: 10, delta: -0.55 })).toBe('−5.5 %');
  expect(relative({ a: 0, delta: 2 })).toBe('');
});

test('in a sentence, with what would tell more', () => {
  expect(differenceWords(difference({}))).toBe('4.1 % of A, 6.9 % of B: +2.8 points (+68 %). With these samples it lies between +1.9 and +3.7 points.');
  expect(moreWords(difference({}), 'within')).toBe('');
  expect(chanceWords(difference({}), 46)).toBe('');
  expect(chanceWords(difference({ verdict: 'unclear', low: -0.1 }), 46)).toBe('');
  expect(chanceWords(difference({ verdict: 'unclear' }), 1046)).toBe('Of one function alone that would be a change; among 1,046 some differ as much by chance.');
  expect(moreWords(difference({ verdict: 'unclear', more: 90 }), 'within')).toBe('About 1 min 30 s more of each side would tell.');
  expect(moreWords(difference({ verdict: 'unclear', more: 1e9 }), 'within')).toMatch(/No recording of a reasonable length/);
  expect(moreWords(difference({ verdict: 'unclear', more: 3.2 }), 'between')).toBe('About 4 more runs a side would tell.');
  expect(moreWords(difference({ verdict: 'unclear', more: null }), 'within')).toMatch(/Too little/);
  const stretches = { kind: 'stretches', side: 'b', stretches: 2 } as const;
  expect(moreWords(difference({ verdict: 'unclear', more: 40, why: stretches }), 'within')).toMatch(/^It came in 2 stretches of B only, .* whole runs/);
  const uneven = { kind: 'uneven', observations: 300, asGoodAs: 5 } as const;
  expect(moreWords(difference({ verdict: 'unclear', more: 40, why: uneven }), 'within')).toMatch(/^Its 300 samples come and go, and are as good as 5 .* would tell/);
});
