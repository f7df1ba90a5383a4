// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { CpuClock } from './cpu-clock.ts';

test('what was spent so far, evenly between two times, standing still where nothing is known', () => {
  const clock = new CpuClock();
  expect(clock.at(3)).toBe(0);
  clock.add(2, 4, 100);
  clock.add(4, 6, 40);
  clock.add(10, 12, 7);
  expect([0, 2, 3, 4, 5, 6, 8, 10, 11, 12, 99].map((slice) => clock.at(slice))).toEqual([0, 0, 50, 100, 120, 140, 140, 140, 143.5, 147, 147]);
});
