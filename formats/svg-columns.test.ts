// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { packed, packedSteps, unpacked } from './svg-columns.ts';

it('gives back whole numbers up to 2^53, and needs no more than a character for what is below 32', () => {
  fc.assert(fc.property(fc.array(fc.maxSafeNat()), (numbers) => void expect(unpacked(packed(numbers))).toEqual(numbers)));
  expect(packed([0, 31, 32, 1.6, 2 ** 53 - 1])).toBe('AfgBC__________H');
  expect(packed([])).toBe('');
});

it('tells steps of what never becomes smaller', () => {
  expect(unpacked(packedSteps([0, 0, 3, 3, 40]))).toEqual([0, 0, 3, 0, 37]);
});
