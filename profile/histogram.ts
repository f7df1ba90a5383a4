// SPDX-License-Identifier: Apache-2.0
/**
 * Histograms finer than powers of two: values below 8 have a bucket each, above there are 8 buckets to a power of two, so
 * the middle of a bucket is within 6.25 % of each of its values (native/helper/wire_probes.h, struct wire_bucket). The
 * bucket of a negative value is -1 less its magnitude's.
 */

const STEPS = 8;
/** Of 64 bits. */
export const BUCKETS = 62 * STEPS;

/** The bucket of a whole number. Above 2^53 it is exact to the precision of `value`. */
export function bucketOf(value: number): number {
  if (value < 0) return -1 - bucketOf(-value);
  if (value < STEPS) return Math.floor(value);
  let exponent = Math.floor(Math.log2(value));
  // The logarithm of a number just below a power of two may round up to it.
  if (2 ** exponent > value) exponent--;
  else if (2 ** (exponent + 1) <= value) exponent++;
  return Math.min(BUCKETS - 1, (exponent - 2) * STEPS + (Math.floor(value / 2 ** (exponent - 3)) & (STEPS - 1)));
}

/** The values of a bucket: [low, high). */
export function bucketRange(bucket: number): { low: number; high: number } {
  if (bucket < 0) {
    const { low, high } = bucketRange(-1 - bucket);
    return { low: 1 - high, high: 1 - low };
  }
  if (bucket < STEPS) return { low: bucket, high: bucket + 1 };
  const exponent = Math.floor(bucket / STEPS) + 2;
  const step = 2 ** (exponent - 3);
  const low = (STEPS + (bucket % STEPS)) * step;
  return { low, high: low + step };
}

/** struct wire_bucket.bucket as a bucket of here. */
export function bucketOfWire(bucket: number): number {
  return bucket & 0x8000 ? -1 - (bucket & 0x7fff) : bucket;
}

/** Counts by bucket. */
export type Counts = ReadonlyMap<number, number>;

/**
 * The value below which a share of all counted values lies, 0 to 1: within its bucket the values are taken as spread
 * evenly. NaN where nothing was counted.
 */
export function quantile(counts: Counts, share: number): number {
  const buckets = [...counts.keys()].sort((a, b) => a - b);
  let total = 0;
  for (const count of counts.values()) total += count;
  if (total === 0) return Number.NaN;
  const wanted = share * total;
  let seen = 0;
  for (const bucket of buckets) {
    const count = counts.get(bucket)!;
    if (seen + count >= wanted && count > 0) {
      const { low, high } = bucketRange(bucket);
      // One whole number has no inside.
      return high - low <= 1 ? low : low + ((wanted - seen) / count) * (high - low);
    }
    seen += count;
  }
  return bucketRange(buckets.at(-1)!).high;
}
