// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { profileFromText } from '../testing.ts';
import { compare } from './comparison.ts';
import { parseCondition, testCondition } from './conditions.ts';
import { changeWords, intervalWords, moreWords, signed, whyWords } from './difference-words.ts';
import { asRun } from './testing.ts';

test.each([
  [4.1, 6.3, 'A 4.1 % -> B 6.3 %, +2.2 points, +54 %'],
  [6.3, 4.1, 'A 6.3 % -> B 4.1 %, −2.2 points, −35 %'],
  [0, 1.6, 'A 0.0 % -> B 1.6 %, +1.6 points, new'],
  [1.6, 0, 'A 1.6 % -> B 0.0 %, −1.6 points, vanished'],
  [0.04, 0.05, 'A 0.04 % -> B 0.05 %, +0.01 points, +25 %'],
  [5, 5, 'A 5.0 % -> B 5.0 %, 0.0 points, 0 %'],
])('from %d to %d', (a, b, words) => {
  expect(changeWords(a, b)).toBe(words);
});

test('intervals and what more would tell', () => {
  expect(intervalWords({ low: -0.64, high: 1.2 })).toBe('−0.6 … +1.2');
  expect(signed(-0.0001)).toBe('0.00');
  expect(moreWords({ more: 40.2 }, 'within')).toBe('41 s');
  expect(moreWords({ more: 301 }, 'within')).toBe('6 min');
  expect(moreWords({ more: 2.2 }, 'between')).toBe('3 runs');
  expect(moreWords({ more: 0.4 }, 'between')).toBe('1 run');
  expect(moreWords({ more: null }, 'within')).toBe('');
});

test.each([
  [null, ''],
  [{ kind: 'stretches', side: 'a', stretches: 1 } as const, 'in 1 stretch of A only'],
  [{ kind: 'few', observations: 7 } as const, '7 samples of it'],
  [{ kind: 'uneven', observations: 300, asGoodAs: 5 } as const, 'it comes and goes: as good as 5 samples'],
])('why it is not known: %j', (why, words) => {
  expect(whyWords({ why })).toBe(words);
});

test.each([
  ['parse_line grows by 5%', { of: 'parse_line', direction: 'grows', by: 5, unit: 'percent' }],
  ['total grows by 2.5 %', { of: 'total', direction: 'grows', by: 2.5, unit: 'percent' }],
  ['std::map<int, int>::find(int) shrinks by 1 point', { of: 'std::map<int, int>::find(int)', direction: 'shrinks', by: 1, unit: 'points' }],
  ['parse.isra.0 grows by 0%', { of: 'parse', direction: 'grows', by: 0, unit: 'percent' }],
])('the condition %s', (text, parsed) => {
  expect(parseCondition(text)).toMatchObject(parsed);
});

test.each(['parse_line', 'grows by 5%', 'parse grows 5%', 'parse grows by -5%', 'parse grows by five%', ''])('no condition: "%s"', (text) => {
  expect(parseCondition(text)).toBeNull();
});

test('only what is sure meets a condition', () => {
  const side = (text: string) => ({ runs: [asRun(profileFromText(text))] });
  const comparison = compare(side('main;f 1000\nmain;g 9000\nmain;old 500'), side('main;f 1500\nmain;g 9000\nmain;fresh 500'));
  const isMet = (text: string): boolean => testCondition(parseCondition(text)!, comparison).isMet;
  // Half more, and by its own share between about 30 and 50 %.
  expect(isMet('f grows by 20%')).toBe(true);
  expect(isMet('f grows by 42%')).toBe(false);
  expect(isMet('f shrinks by 1%')).toBe(false);
  expect(isMet('f grows by 3 points')).toBe(true);
  expect(isMet('fresh grows by 1000%')).toBe(true);
  expect(isMet('old shrinks by 100%')).toBe(true);
  expect(isMet('main grows by 0%')).toBe(false);
  expect(testCondition(parseCondition('nobody grows by 1%')!, comparison)).toMatchObject({ isMet: false, isUnknown: true });
});
