// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { displayName, displayTarget, fileStem, formatBytes, formatClock, formatCount, formatLength, formatMoment, formatPercent, formatShare, oneLine } from './format.ts';

test('figures', () => {
  expect(formatCount(1234567)).toBe('1,234,567');
  expect([0, 0.0567, 0.00004, 1, 0.5].map((share) => formatPercent(share))).toEqual(['0%', '5.67%', '<0.01%', '100%', '50.00%']);
  expect([0.99999, 1, 1.25].map((share) => formatPercent(share, 1))).toEqual(['99.9%', '100%', '125.0%']);
  expect(formatShare(1, 0)).toBe('–');
  expect(formatBytes(500)).toBe('500 B');
  expect(formatBytes(12.34 * 1024 ** 2)).toBe('12.3 MiB');
});

test('times', () => {
  expect([0, 42e9, 61.9e9, 3600e9 + 42e9].map(formatClock)).toEqual(['00:00', '00:42', '01:01', '1:00:42']);
  expect(formatMoment(12.4e9)).toBe('00:12.40');
  expect([20e6, 2.6e9, 185e9].map(formatLength)).toEqual(['20 ms', '2.6 s', '3 min 5 s']);
});

test('names stay one line of visible text', () => {
  expect(displayName('a\nb\u001b[31m\u202ec\u0085')).toBe('a�b�[31m�c�');
  expect(displayName('<script>"&\'')).toBe('<script>"&\'');
  expect(displayName(oneLine('python3 -c \nwhile True:\n\tpass\u0007 '))).toBe('python3 -c while True: pass�');
  expect(displayTarget('python3 -c ␊import sys 12', 20)).toBe('python3 -c import s…');
  expect(oneLine('python3 -c ␊import sys␊␉pass')).toBe('python3 -c import sys pass');
  expect(displayName('x'.repeat(20), 5)).toBe('xxxx…');
});

test('file names carry no paths', () => {
  expect(fileStem('postgres 4121')).toBe('postgres-4121');
  expect(fileStem('../../etc/passwd')).toBe('etc-passwd');
  expect(fileStem('"\u0000<>|')).toBe('recording');
});
