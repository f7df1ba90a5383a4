// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { formatFigure, formatTime, formatWeight } from './questions.ts';

it.each([
  [0, '0 ns'],
  [840, '840 ns'],
  [12_340, '12.3 µs'],
  [4_210_000, '4.21 ms'],
  [1.24e9, '1.24 s'],
  [59.9e9, '59.9 s'],
  [185e9, '3 min 5 s'],
])('%s ns is %s', (nanoseconds, text) => expect(formatTime(nanoseconds)).toBe(text));

it('says weights in their unit', () => {
  expect([formatWeight(1, 'samples'), formatWeight(1234, 'samples'), formatWeight(1.24e9, 'nanoseconds'), formatWeight(2 ** 21, 'bytes')]).toEqual(['1 sample', '1,234 samples', '1.24 s', '2.0 MiB']);
  expect(formatFigure(1234, 'samples')).toBe('1,234');
});
