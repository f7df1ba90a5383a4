// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { agreement, edgesOf } from './edges.ts';

test('an edge counts once a sample, however often it recurs', () => {
  const edges = edgesOf([
    { functions: ['main', 'f', 'f', 'f'], weight: 3 },
    { functions: ['main', 'f'], weight: 2 },
    { functions: ['main'], weight: 7 },
  ]);
  expect([...edges]).toEqual([
    ['main > f', 5],
    ['f > f', 3],
  ]);
});

test('what the other must have had and has not is missing; what it may have missed is not', () => {
  const ours = new Map([['a > b', 90], ['b > c', 8], ['b > d', 2]]);
  const found = agreement(ours, 100, new Map([['a > b', 95]]), 100);
  expect(found.found).toBeCloseTo(0.9);
  expect(found.foundBeyondNoise).toBeCloseTo(90 / 98);
  expect(found.missing).toEqual([{ edge: 'b > c', samples: 8 }]);
  // With half as many samples the other should have had four of them: that may be chance.
  expect(agreement(ours, 100, new Map([['a > b', 48]]), 50).missing).toEqual([]);
});
