// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { formatNanoseconds, formatValue, parseNanoseconds } from './durations.ts';

test.each([
  [0, '0 ns'],
  [118, '118 ns'],
  [999.7, '1 µs'],
  [3100, '3.1 µs'],
  [412_000, '412 µs'],
  [14_200_000, '14.2 ms'],
  [99_950_000_000, '100 s'],
  [Number.NaN, '–'],
])('%d nanoseconds are %s', (nanoseconds, text) => {
  expect(formatNanoseconds(nanoseconds)).toBe(text);
});

test('values in their unit', () => {
  expect([formatValue(8192, 'bytes'), formatValue(12, 'bytes'), formatValue(1536, 'bytes')]).toEqual(['8 KiB', '12 B', '1.5 KiB']);
  expect([formatValue(4096, 'value'), formatValue(-11, 'value'), formatValue(2_500_000, 'count')]).toEqual(['4,096', '-11', '2.5 M']);
});

test.each([
  ['', 0],
  ['1 ms', 1e6],
  ['20us', 20e3],
  ['0,5 s', 5e8],
  ['50', 50e3],
  [' 7 µs ', 7e3],
  ['1 hour', null],
  ['-1 ms', null],
  ['200 s', null],
])('"%s" is %s', (text, nanoseconds) => {
  expect(parseNanoseconds(text)).toBe(nanoseconds);
});
