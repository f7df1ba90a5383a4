// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { countBounds, countingProbability, differenceBounds } from './counting-noise.ts';

test('few counts have the binomial probability', () => {
  expect(countingProbability({ count: 5, of: 1000 }, { count: 0, of: 1000 }, true)).toBeCloseTo(2 / 32, 9);
  expect(countingProbability({ count: 0, of: 1000 }, { count: 0, of: 1000 }, true)).toBe(1);
  // Looked for twice as long, twice as many are due.
  expect(countingProbability({ count: 4, of: 1000 }, { count: 8, of: 2000 }, true)).toBeCloseTo(1, 1);
});

test('many counts have the normal one', () => {
  // 100 against 130 of 3,000: z = 30 / sqrt(230 (1 - 0.0383)).
  expect(countingProbability({ count: 100, of: 3000 }, { count: 130, of: 3000 }, true)).toBeCloseTo(0.0437, 3);
  expect(countingProbability({ count: 100, of: 3000 }, { count: 130, of: 3000 }, false)).toBeCloseTo(0.0479, 3);
});

test('what is nearly everything hardly varies', () => {
  const almost = [{ count: 2990, of: 3000 }, { count: 2960, of: 3000 }] as const;
  expect(countingProbability(...almost, true)).toBeLessThan(1e-4);
  expect(countingProbability(...almost, false)).toBeGreaterThan(0.5);
});

test('bounds hold the count and are not nothing at none', () => {
  // R: prop.test(10, 100, correct = FALSE)
  expect(countBounds({ count: 10, of: 100 }, true).low).toBeCloseTo(5.523, 2);
  expect(countBounds({ count: 10, of: 100 }, true).high).toBeCloseTo(17.437, 2);
  expect(countBounds({ count: 0, of: 100 }, true)).toMatchObject({ low: 0 });
  expect(countBounds({ count: 0, of: 100 }, true).high).toBeCloseTo(3.699, 2);
  expect(countBounds({ count: 100, of: 100 }, true).high).toBeCloseTo(100, 9);
  expect(countBounds({ count: 0, of: 100 }, false).high).toBeCloseTo(3.841, 2);
});

test('a difference lies between its bounds, and never leaves what is possible', () => {
  const side = (count: number, of: number) => {
    const { low, high } = countBounds({ count, of }, true);
    return { value: (100 * count) / of, low: (100 * low) / of, high: (100 * high) / of };
  };
  const { low, high } = differenceBounds(side(59, 2970), side(71, 5940));
  const delta = (100 * 71) / 5940 - (100 * 59) / 2970;
  expect(low).toBeLessThan(delta);
  expect(high).toBeGreaterThan(delta);
  expect(high - low).toBeCloseTo(2 * 1.96 * 100 * Math.sqrt((0.01987 * 0.98) / 2970 + (0.01195 * 0.988) / 5940), 1);
  const few = differenceBounds(side(2, 3), side(0, 3));
  expect(few.low).toBeGreaterThan(-100);
  expect(few.high).toBeLessThan(100);
});

test('few of which most were there are tested by what is missing', () => {
  expect(countingProbability({ count: 19, of: 20 }, { count: 10, of: 20 }, true)).toBeLessThan(0.02);
  expect(countingProbability({ count: 19, of: 20 }, { count: 10, of: 20 }, true)).toBeCloseTo(countingProbability({ count: 1, of: 20 }, { count: 10, of: 20 }, true), 9);
});
