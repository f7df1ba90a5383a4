// SPDX-License-Identifier: Apache-2.0
/** What a script wants to be told of latencies: "vfs_read p99 grows by 10%", "run-queue p50 shrinks by 5%". */
import type { Latencies } from './latencies.ts';
import { matchedName } from './matching.ts';

export interface LatencyCondition {
  /** As it was written. */
  text: string;
  /** Name or title of a probe. */
  of: string;
  /** One of `SHARES`. */
  share: number;
  direction: 'grows' | 'shrinks';
  /** Percent of what it was in A. */
  by: number;
}

/** Null: it is none. */
export function parseLatencyCondition(text: string): LatencyCondition | null {
  const found = /^\s*(\S.*?)\s+p([1-9]0|99)\s+(grows|shrinks)\s+by\s+(\d+(?:\.\d+)?)\s*(?:%|percent)\s*$/.exec(text);
  if (!found) return null;
  const [, of, percentile, direction, by] = found as unknown as [string, string, string, LatencyCondition['direction'], string];
  return { text: text.trim(), of, share: Number(percentile) / 100, direction, by: Number(by) };
}

/**
 * Met when that is sure: the verdict says so, and the whole 95 % interval lies beyond what was asked.
 * @returns isUnknown: no probe of the name measured anything on both sides
 */
export function testLatencyCondition({ of, share, direction, by }: LatencyCondition, { compared }: Latencies): { isMet: boolean; isUnknown: boolean } {
  const named = compared.filter(({ title, name }) => [title, name].some((each) => each === of || matchedName(each) === matchedName(of)));
  const asked = named.flatMap(({ deciles, p99 }) => [...deciles, ...(p99 ? [p99] : [])]).filter((each) => each.share === share);
  const isMet = asked.some(({ a, low, high, verdict }) => {
    const threshold = (by / 100) * Math.abs(a);
    return direction === 'grows' ? verdict === 'grew' && low > threshold : verdict === 'shrank' && -high > threshold;
  });
  return { isMet, isUnknown: asked.length === 0 };
}
