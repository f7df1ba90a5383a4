// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { timesTable } from './times.ts';

describe('where the time went', () => {
  it('names each stage, and the ten slowest files of those that have any', () => {
    const files = Array.from({ length: 12 }, (_, i) => ({ name: `${i}.test.ts`, seconds: i }));
    expect(timesTable([
      { name: 'types', seconds: 12.34, files: [] },
      { name: 'unit', seconds: 40, files },
    ])).toBe(`Seconds, and the slowest files:
    12.3 s  types
    40.0 s  unit
    52.3 s  all

unit: 12 files, 66 s one after the other
    11.0 s  11.test.ts
    10.0 s  10.test.ts
     9.0 s  9.test.ts
     8.0 s  8.test.ts
     7.0 s  7.test.ts
     6.0 s  6.test.ts
     5.0 s  5.test.ts
     4.0 s  4.test.ts
     3.0 s  3.test.ts
     2.0 s  2.test.ts`);
  });
});
