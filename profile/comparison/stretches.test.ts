// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { seededRandom } from './distributions.ts';
import { stretchesOf } from './stretches.ts';

/** Counts of 64 blocks: so many in those that are inside. */
const blocks = (inside: (block: number) => boolean, count = 20): Float64Array => Float64Array.from({ length: 64 }, (_, block) => (inside(block) ? count : 0));

test.each([
  ['never', () => false, 0],
  ['always', () => true, 1],
  ['once', (block: number) => block >= 10 && block < 30, 1],
  ['four times', (block: number) => block % 16 < 5, 4],
])('what comes %s', (_name, inside, stretches) => {
  expect(stretchesOf(blocks(inside), 0, 64)).toBe(stretches);
});

test('what is rare misses blocks, which are no gaps', () => {
  const random = seededRandom(3);
  // Twelve samples somewhere in one half of the time.
  const found = Array.from({ length: 200 }, () => {
    const counts = new Float64Array(64);
    for (let sample = 0; sample < 12; sample++) counts[Math.floor(random() * 32)]!++;
    return stretchesOf(counts, 0, 64);
  });
  expect(found.filter((stretches) => stretches > 1).length).toBeLessThan(20);
});
