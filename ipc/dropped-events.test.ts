// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { droppedOf, droppedWords } from './dropped-events.ts';

test('what was dropped is told by its cause, of several probes together', () => {
  const some = { dropped: 1_206, aboveRate: 1_200, unsent: 2 };
  expect(droppedWords(some)).toBe('1,200 above the rate that is kept, 4 without room in the kernel’s ring, 2 not taken in time by the engine');
  expect(droppedWords({ dropped: 0, aboveRate: 0, unsent: 0 })).toBe('');
  expect(droppedWords(droppedOf([{ dropped: 5, aboveRate: 0, unsent: 0 }, { dropped: 2, aboveRate: 0, unsent: 2 }]))).toBe('5 without room in the kernel’s ring, 2 not taken in time by the engine');
  expect(droppedOf([])).toEqual({ dropped: 0, aboveRate: 0, unsent: 0 });
});
