// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodeRanges } from './code-ranges.ts';

type Range = [start: number, end: number];

/** @param asked whether something is looked up after each portion */
function ranges(portions: Range[][], asked = true): CodeRanges {
  const all = new CodeRanges();
  let entry = 0;
  for (const portion of portions) {
    for (const [start, end] of portion) all.add(start, end, entry++);
    if (asked) all.find(0);
  }
  return all;
}

describe('CodeRanges', () => {
  it('lets the later one win where ranges overlap', () => {
    const all = ranges([[[10, 20], [30, 40]], [[15, 35]], [[18, 19]]]);
    expect([9, 10, 14, 15, 17, 18, 19, 34, 35, 39, 40].map((address) => all.find(address))).toEqual([-1, 0, 0, 2, 2, 3, 2, 2, 1, 1, -1]);
  });

  it('keeps addresses exact beyond 32 bits', () => {
    const at = 0x7f3b_137c_3000;
    const all = ranges([[[at, at + 1], [at + 1, at + 2]]]);
    expect([at - 1, at, at + 1, at + 2].map((address) => all.find(address))).toEqual([-1, 0, 1, -1]);
  });

  it('answers as if every range were looked through, the newest first', () => {
    const range = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 12 })).map(([start, size]): Range => [start, start + size]);
    fc.assert(
      fc.property(fc.array(fc.array(range, { maxLength: 30 }), { maxLength: 12 }), fc.boolean(), (portions, asked) => {
        const all = ranges(portions, asked);
        const flat = portions.flat();
        for (let address = 0; address < 75; address++) {
          expect(all.find(address)).toBe(flat.findLastIndex(([start, end]) => start <= address && address < end));
        }
      }),
      { numRuns: 500 },
    );
  });
});
