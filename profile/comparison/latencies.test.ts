// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { compareLatencies, shiftVerdict, type ProbeRun } from './latencies.ts';
import { parseLatencyCondition, testLatencyCondition } from './latency-conditions.ts';
import { decileWords, latencyNotes, sideNotes, whereWords } from './latency-words.ts';
import { bucketOf } from '../histogram.ts';
import { HistogramColumns } from '../histogram-columns.ts';
import { createTables } from '../tables.ts';
import type { Side } from './sides.ts';
import { askedProbe, asRun, probedRun } from './testing.ts';

/** A tenth waits for a disk; of the others some µs. */
const reads = (slow: number) => (random: () => number): number => (random() < 0.12 ? slow * (1 + random()) : 3_000 * (0.5 + random()));
const run = (seed: number, slow = 1_000_000, perSlice = 20): ProbeRun => probedRun([{ asked: askedProbe('vfs_read'), value: reads(slow) }], { seed, perSlice });
const side = (runs: number): Side => ({ runs: Array.from({ length: runs }, () => asRun(createTables())) });
const compared = (a: ProbeRun[], b: ProbeRun[]) => compareLatencies(a, b).compared[0]!;

test('only the slow ones became slower: only the last decile says so', () => {
  const found = compared([run(1)], [run(2, 3_000_000)]);
  expect(found.deciles.map(({ verdict }) => verdict)).toEqual([...Array<string>(8).fill('unchanged'), 'grew']);
  expect(found.p99).toMatchObject({ share: 0.99, verdict: 'grew' });
  expect(decileWords(found)).toBe('slower at 90 %, unchanged up to 80 %');
  expect(found.perSecond).toMatchObject({ a: 1000, b: 1000, verdict: 'unchanged' });
  expect(found.a.count).toBe(10_000);
  expect(found.b.p99 / found.a.p99).toBeCloseTo(3, 0);
});

test('the other way round it is the other way round', () => {
  expect(decileWords(compared([run(2, 3_000_000)], [run(1)]))).toBe('faster at 90 %, unchanged up to 80 %');
});

test('the same values are unchanged, and said to be the same', () => {
  const found = compareLatencies([run(1)], [run(1)]);
  expect(found.isSame).toBe(true);
  expect(found.compared[0]!.deciles.every(({ verdict, low, high }) => verdict === 'unchanged' && low === 0 && high === 0)).toBe(true);
  expect(latencyNotes(found, side(1), side(1))).toEqual(['Both sides measured the same values: no latency changed.']);
  expect(compareLatencies([run(1)], [run(2)]).isSame).toBe(false);
});

test('of 40 pairs without any change at most one is accused', () => {
  const pairs = Array.from({ length: 40 }, (_, pair) => compared([run(2 * pair)], [run(2 * pair + 1)]));
  const accused = pairs.filter(({ deciles, p99, perSecond }) => [...deciles, p99!, perSecond].some(({ verdict }) => verdict === 'grew' || verdict === 'shrank'));
  expect(accused.length).toBeLessThanOrEqual(1);
}, 60_000);

test('twice as often is said, and not that anything took longer', () => {
  const found = compared([run(1, 1_000_000, 10)], [run(2, 1_000_000, 20)]);
  expect(found.perSecond).toMatchObject({ a: 500, b: 1_000, verdict: 'grew' });
  expect(found.deciles.some(({ verdict }) => verdict === 'grew')).toBe(false);
});

test('the time before a probe was attached is none without calls; a pause later is one', () => {
  const late = (slices: number): ProbeRun => {
    const columns = new HistogramColumns();
    for (let slice = slices; slice < 500; slice++) columns.add(slice, bucketOf(5_000), 4);
    return { probes: [askedProbe('vfs_read')], range: { from: 0, to: 500 }, columns: () => columns, isNarrowed: false };
  };
  expect(compared([late(0)], [late(60)]).perSecond).toMatchObject({ a: 200, b: 200, verdict: 'unchanged' });
  expect(compared([late(0)], [late(250)]).perSecond).toMatchObject({ a: 200, b: 100 });
});

test('the time after a probe was taken away is none without calls, and no phase', () => {
  const until = (slices: number, perSlice: number): ProbeRun => {
    const columns = new HistogramColumns();
    for (let slice = 0; slice < slices; slice++) columns.add(slice, bucketOf(5_000), perSlice + (slice % 2));
    return { probes: [askedProbe('vfs_read')], range: { from: 0, to: 500 }, columns: () => columns, isNarrowed: false };
  };
  expect(compared([until(470, 5)], [until(475, 2)]).perSecond).toMatchObject({ a: expect.closeTo(275, -1), b: expect.closeTo(125, -1), verdict: 'shrank' });
  expect(compared([until(500, 5)], [until(250, 5)]).perSecond.b).toBeLessThan(150);
});

describe('several runs', () => {
  test('two of a side are taken together', () => {
    const found = compareLatencies([run(1), run(3)], [run(2, 3_000_000), run(4, 3_000_000), run(5, 3_000_000)]);
    expect(found.compared[0]!).toMatchObject({ noise: 'within', rows: { a: [0, 0], b: [0, 0, 0] } });
    expect(found.compared[0]!.a.count).toBe(20_000);
    expect(found.compared[0]!.deciles.at(-1)!.verdict).toBe('grew');
    expect(found.compared[0]!.perSecond.a).toBeCloseTo(1_000, 6);
    expect(latencyNotes(found, side(2), side(3))).toEqual([expect.stringContaining('Fewer than three runs a side')]);
    expect(sideNotes(side(2), side(3))).toEqual([]);
    expect(sideNotes(side(1), side(1))).toEqual([expect.stringContaining('One run a side')]);
  });

  test('three a side: medians of the runs, and the spread between them is the noise', () => {
    const found = compareLatencies([run(1), run(3), run(5)], [run(2, 3_000_000), run(4, 3_000_000), run(6, 3_000_000)]);
    const [probe] = found.compared;
    expect(probe).toMatchObject({ noise: 'between', a: { count: 30_000 }, perSecond: { a: 1_000, b: 1_000, verdict: 'unchanged' } });
    expect(probe!.deciles.map(({ verdict }) => verdict)).toEqual([...Array<string>(8).fill('unchanged'), 'grew']);
    expect(probe!.a.p50).toBeCloseTo(probe!.deciles[4]!.a, 6);
    expect(latencyNotes(found, side(3), side(3))).toEqual([expect.stringContaining('medians of the runs')]);
  });

  test('one that was disturbed does not move the side', () => {
    const found = compared([run(1), run(3), run(5)], [run(2), run(4), run(6, 50_000_000)]);
    const [p99, alone] = [found.p99!, compared([run(1)], [run(6, 50_000_000)]).p99!];
    expect(alone.verdict).toBe('grew');
    expect(p99.verdict).not.toBe('grew');
    expect(p99.b / p99.a).toBeLessThan(1.1);
  });

  test('runs that differ among themselves hide what within one would be sure', () => {
    const drifting = (seeds: readonly number[], times: readonly number[]): ProbeRun[] => seeds.map((seed, index) => run(seed, 1_000_000 * times[index]!));
    const [before, after] = [drifting([1, 3, 5], [0.6, 1, 1.6]), drifting([2, 4, 6], [0.8, 1.3, 2])];
    expect(compared(before, after).deciles.at(-1)!.verdict).toBe('unclear');
    expect(compared([before[0]!], [after[2]!]).deciles.at(-1)!.verdict).toBe('grew');
  });

  test('a probe that only two of them measured is told by these', () => {
    const idle = probedRun([{ asked: askedProbe('vfs_read'), value: () => 7 }], { seed: 9, perSlice: 0 });
    const found = compared([run(1), run(3), idle], [run(2), run(4), run(6)]);
    expect(found).toMatchObject({ noise: 'within', a: { count: 20_000 } });
  });
});

test('calls that are only counted have no deciles', () => {
  const counted = (seed: number, perSlice: number) => probedRun([{ asked: askedProbe('f', { measure: { kind: 'count' } }, { unit: 'count' }), value: () => 0 }], { seed, perSlice });
  expect(compared([counted(1, 10)], [counted(2, 30)])).toMatchObject({ deciles: [], p99: null, perSecond: { a: 500, b: 1_500 } });
});

test('a probe of one side only, without values, of some threads', () => {
  const idle = probedRun([{ asked: askedProbe('vfs_read'), value: () => Number.NaN }, { asked: askedProbe('vfs_write', { kind: 'ready' }), value: () => 7 }], { seed: 1, perSlice: 2 });
  const found = compareLatencies([run(1)], [{ ...idle, columns: (probe) => (probe === 0 ? undefined : idle.columns(probe)), isNarrowed: true }]);
  expect(found.onlyB.map(whereWords)).toEqual(['ready question, latency']);
  expect(found.compared[0]).toMatchObject({ deciles: [], p99: null, b: { count: 0 }, notes: ['Threads: all in A, some in B.'] });
});

describe('verdicts', () => {
  const verdict = (a: number, b: number, half: number, precision = 0, p = 0) => shiftVerdict({ a, b, low: b - a - half, high: b - a + half }, p, precision);
  test('sure, small, and neither', () => {
    expect(verdict(100, 130, 10)).toBe('grew');
    expect(verdict(100, 70, 10)).toBe('shrank');
    expect(verdict(100, 130, 10, 0, 0.2)).toBe('unclear');
    expect(verdict(100, 101, 2)).toBe('unchanged');
    expect(verdict(100, 103, 1)).toBe('grew');
    expect(verdict(100, 100, 20)).toBe('unclear');
  });
  test('below what buckets tell nothing changed, however sure', () => {
    expect(verdict(100, 108, 1, 12)).toBe('unchanged');
    expect(verdict(100, 108, 6, 12)).toBe('unclear');
    expect(verdict(100, 120, 1, 12)).toBe('grew');
  });
});

describe('conditions', () => {
  test('name a probe and a share', () => {
    expect(parseLatencyCondition('vfs_read p99 grows by 20%')).toEqual({ text: 'vfs_read p99 grows by 20%', of: 'vfs_read', share: 0.99, direction: 'grows', by: 20 });
    expect(parseLatencyCondition('Run-queue latency p50 shrinks by 5 percent')).toMatchObject({ of: 'Run-queue latency', share: 0.5, direction: 'shrinks' });
    for (const none of ['vfs_read grows by 20%', 'p99 grows by 5%', 'f p95 grows by 5%', 'f p99 grows by 2 points']) expect(parseLatencyCondition(none)).toBeNull();
  });

  test('are met where that is sure', () => {
    const found = compareLatencies([run(1)], [run(2, 3_000_000)]);
    const tested = (text: string) => testLatencyCondition(parseLatencyCondition(text)!, found);
    expect(tested('vfs_read p99 grows by 100%').isMet).toBe(true);
    expect(tested('vfs_read p99 grows by 400%').isMet).toBe(false);
    expect(tested('vfs_read p50 grows by 0%').isMet).toBe(false);
    expect(tested('vfs_read p99 shrinks by 0%').isMet).toBe(false);
    expect(tested('vfs_write p99 grows by 1%')).toEqual({ isMet: false, isUnknown: true });
  });
});

test('words of every order of verdicts', () => {
  const words = (verdicts: ('grew' | 'shrank' | 'unchanged' | 'unclear')[]): string =>
    decileWords({ unit: 'bytes', deciles: verdicts.map((verdict, at) => ({ a: 1, b: 2, delta: 1, low: 0, high: 2, p: 1, verdict, share: (at + 1) / 10 })) });
  expect(words(['grew', 'grew', 'grew'])).toBe('larger throughout');
  expect(words(['unclear', 'unclear'])).toBe('cannot tell');
  expect(words(['shrank', 'unchanged', 'unchanged', 'grew', 'grew'])).toBe('smaller at 10 %, larger from 40 % on, unchanged at 20 % to 30 %');
});
