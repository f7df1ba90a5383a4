// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { WeightEstimate } from './estimates.ts';
import { corrected, timesToKnow, verdictOf, whyUnclear } from './verdicts.ts';

const estimate = (a: number, b: number, deviation: number, p = 0.5, test = `${a} ${b}`): WeightEstimate => ({
  a,
  b,
  low: b - a - 1.96 * deviation,
  high: b - a + 1.96 * deviation,
  deviation,
  degrees: 1e6,
  p,
  observations: 1000,
  asGoodAs: 1000,
  only: null,
  test,
});

test.each([
  ['grew', estimate(4, 6, 0.2), 0.001],
  ['shrank', estimate(6, 4, 0.2), 0.001],
  ['new', estimate(0, 2, 0.2), 0.001],
  ['vanished', estimate(2, 0, 0.2), 0.001],
  // Sure of itself, but not among so many.
  ['unclear', estimate(4, 6, 0.6), 0.2],
  // The whole interval within half a point; a tenth of a large share.
  ['unchanged', estimate(4, 4.1, 0.15), 0.9],
  ['unchanged', estimate(40, 41, 1), 0.9],
  ['unclear', estimate(4, 4.1, 0.5), 0.9],
  // Sure, and too small to matter.
  ['unchanged', estimate(50, 50.2, 0.02), 0.0001],
] as const)('%s', (verdict, each, p) => {
  expect(verdictOf(each, p)).toBe(verdict);
});

test('probabilities are corrected for how many were looked at, each distinct test once', () => {
  const three = [estimate(1, 2, 1, 0.01), estimate(2, 3, 1, 0.02), estimate(3, 4, 1, 0.04)];
  expect(corrected(three)).toEqual({ p: Float64Array.of(0.03, 0.04, 0.04), tests: 3 });
  expect(corrected([...three, three[0]!]).tests).toBe(3);
  const rare = { ...estimate(0, 1, 1, 0.001), observations: 3 };
  expect(corrected([...three, rare])).toEqual({ p: Float64Array.of(0.03, 0.04, 0.04, 1), tests: 3 });
});

test('what it would take to know', () => {
  // Half the noise, four times the time.
  expect(timesToKnow(estimate(4, 6, 1), 1)).toBe(1);
  expect(timesToKnow(estimate(4, 6, 2), 1)).toBeCloseTo(1.96 ** 2, 1);
  // No difference at all: until the interval lies within the margin.
  expect(timesToKnow(estimate(4, 4, 0.5), 100)).toBeCloseTo((1.96 * 0.5 / 0.5) ** 2, 1);
});

test('what keeps a difference from being known', () => {
  const each = estimate(4, 0, 3);
  expect(whyUnclear(each)).toBeNull();
  expect(whyUnclear({ ...each, observations: 7 })).toEqual({ kind: 'few', observations: 7 });
  expect(whyUnclear({ ...each, only: { side: 'a', stretches: 1 } })).toEqual({ kind: 'stretches', side: 'a', stretches: 1 });
  expect(whyUnclear({ ...each, asGoodAs: 4.4 })).toEqual({ kind: 'uneven', observations: 1000, asGoodAs: 4 });
});
