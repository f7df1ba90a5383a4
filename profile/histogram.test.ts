// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketOf, bucketOfWire, bucketRange, BUCKETS, quantile } from './histogram.ts';

describe('buckets', () => {
  test('a value lies in its bucket, whose middle is within 7 % of it', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const { low, high } = bucketRange(bucketOf(value));
        expect(value).toBeGreaterThanOrEqual(low);
        expect(value).toBeLessThan(high);
        if (value >= 8) expect(Math.abs((low + high) / 2 / value - 1)).toBeLessThan(0.07);
      }),
    );
  });

  test('they follow each other without a gap, on both sides of 0', () => {
    for (let bucket = 1; bucket < 400; bucket++) expect(bucketRange(bucket).low).toBe(bucketRange(bucket - 1).high);
    // -1 would be "minus zero".
    for (let bucket = -2; bucket > -400; bucket--) expect(bucketRange(bucket).high + 0).toBe(bucket === -2 ? 0 : bucketRange(bucket + 1).low);
  });

  test('the first and the last', () => {
    expect([0, 1, 7, 8, 9, 15, 16, 17, 18].map(bucketOf)).toEqual([0, 1, 7, 8, 9, 15, 16, 16, 17]);
    expect(bucketOf(2 ** 64)).toBe(BUCKETS - 1);
    expect(bucketOf(-1)).toBe(-2);
  });

  test('the wire’s negative ones', () => {
    expect(bucketOfWire(0x8000 | 1)).toBe(bucketOf(-1));
    expect(bucketOfWire(20)).toBe(20);
  });
});

describe('quantiles', () => {
  test('of values that are known', () => {
    const counts = new Map<number, number>();
    for (let value = 1; value <= 10_000; value++) counts.set(bucketOf(value), (counts.get(bucketOf(value)) ?? 0) + 1);
    for (const share of [0.01, 0.5, 0.9, 0.99, 1]) expect(Math.abs(quantile(counts, share) / (share * 10_000) - 1)).toBeLessThan(0.07);
  });

  test('of nothing', () => {
    expect(quantile(new Map(), 0.5)).toBeNaN();
  });
});
