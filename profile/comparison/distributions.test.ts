// SPDX-License-Identifier: Apache-2.0
/** Against R's pt, qt, pbinom, lgamma and pbeta. */
import { expect, test } from 'vitest';
import { NORMAL_95, binomialTwoSided, incompleteBeta, logGamma, seededRandom, studentQuantile, studentTwoSided } from './distributions.ts';

test('the gamma and beta functions', () => {
  expect(logGamma(10)).toBeCloseTo(Math.log(362880), 9);
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 9);
  expect(incompleteBeta(0.3, 2, 3)).toBeCloseTo(0.3483, 9);
  expect(incompleteBeta(0.5, 50_000, 50_000)).toBeCloseTo(0.5, 9);
});

test('Student’s t', () => {
  expect(studentTwoSided(2.228138852, 10)).toBeCloseTo(0.05, 8);
  expect(studentTwoSided(-2.228138852, 10)).toBeCloseTo(0.05, 8);
  expect(studentTwoSided(0, 10)).toBe(1);
  expect(studentTwoSided(Infinity, 10)).toBe(0);
  expect(studentQuantile(0.05, 10)).toBeCloseTo(2.228138852, 7);
  expect(studentQuantile(0.05, 3)).toBeCloseTo(3.182446305, 7);
  expect(studentQuantile(0.0002, 60)).toBeCloseTo(3.964, 2);
  expect(studentQuantile(0.05, 1e9)).toBeCloseTo(NORMAL_95, 4);
});

test('beyond a quantile lies what was asked for', () => {
  for (const degrees of [1, 1.3, 2, 3.9, 12, 63, 126.5, 5000, 1e6, Infinity]) {
    for (const twoSided of [0.9, 0.5, 0.05, 0.05 / 8001, 1e-12]) {
      const found = studentTwoSided(studentQuantile(twoSided, degrees), Math.min(degrees, 100_000)) / twoSided;
      if (!(Math.abs(found - 1) < 1e-9)) expect.fail(`${found} times ${twoSided}, of ${degrees} degrees`);
    }
  }
});

test('the binomial distribution', () => {
  // All five on one side of a coin.
  expect(binomialTwoSided(5, 5, 0.5)).toBeCloseTo(2 / 32, 12);
  expect(binomialTwoSided(0, 5, 0.5)).toBeCloseTo(2 / 32, 12);
  // 1 - pbinom(14, 20, 0.5), twice
  expect(binomialTwoSided(15, 20, 0.5)).toBeCloseTo(2 * 0.02069473, 7);
  expect(binomialTwoSided(10, 20, 0.5)).toBe(1);
  expect(binomialTwoSided(0, 0, 0.5)).toBe(1);
});

test('the same seed gives the same numbers, evenly spread', () => {
  const [one, other] = [seededRandom(7), seededRandom(7)];
  const drawn = Array.from({ length: 10_000 }, one);
  expect(drawn).toEqual(Array.from({ length: 10_000 }, other));
  expect(drawn.reduce((sum, value) => sum + value, 0) / drawn.length).toBeCloseTo(0.5, 1);
  expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
  expect(seededRandom(8)()).not.toBe(drawn[0]);
});
