// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { compareLatencies } from '../../profile/comparison/latencies.ts';
import { askedProbe, probedRun } from '../../profile/comparison/testing.ts';
import { startComparing } from './comparing.ts';
import { chosenProbe, latencyViewOf, probeKey, scaledHistogram, shiftPoints, shownProbes, shownTab } from './latency-view.ts';
import { heightWords, intervalText, probeVerdict, rateText, rowVerdict, shiftText } from './latency-words.ts';

const run = (names: string[], seed: number, times = 1) =>
  probedRun(names.map((name) => ({ asked: askedProbe(name), value: (random: () => number) => times * 2_000 * (1 + random()) })), { seed, perSlice: 6 });
const latencies = compareLatencies([run(['vfs_read', 'vfs_write'], 1), run([], 2)], [run(['vfs_write', 'vfs_read'], 3, 2)]);

test('recordings that hold nothing but probes show latencies, others what was chosen', () => {
  expect(shownTab({ tab: 'difference', result: null, latencies })).toBe('latencies');
  expect(shownTab({ tab: 'sides', result: null, latencies: { ...latencies, compared: [] } })).toBe('sides');
  expect(shownTab({ tab: 'latencies', result: null, latencies: null })).toBe('latencies');
});

test('a probe is found again by its rows of every run', () => {
  const [first, second] = latencies.compared as [(typeof latencies.compared)[0], (typeof latencies.compared)[0]];
  const comparing = { ...startComparing, latencies };
  expect([first.rows, second.rows].map((rows) => rows.a[1])).toEqual([-1, -1]);
  expect(chosenProbe(comparing)).toBe(first);
  expect(chosenProbe({ ...comparing, probe: probeKey(second) })).toBe(second);
  expect(chosenProbe({ ...comparing, query: 'no such' })).toBeNull();
  expect(shownProbes({ latencies, query: 'WRITE kernel' }).map(({ title }) => title)).toEqual(['vfs_write']);
  expect(latencyViewOf({ ...comparing, tab: 'latencies' }, 300)).toEqual({ rows: first.rows, columns: 300, part: null });
  expect(latencyViewOf({ ...comparing, tab: 'latencies' }, 0)).toBeNull();
  expect(latencyViewOf(startComparing, 300)).toBeNull();
});

test('durations are divided out of heights', () => {
  const histogram = { buckets: Int32Array.of(3, 4), counts: Float64Array.of(30, 10) };
  expect([...scaledHistogram(histogram, { count: 40, perSecond: 20 }, 'share').counts]).toEqual([0.75, 0.25]);
  expect([...scaledHistogram(histogram, { count: 40, perSecond: 20 }, 'rate').counts]).toEqual([15, 5]);
  expect([...scaledHistogram(histogram, { count: 0, perSecond: 0 }, 'share').counts]).toEqual([0, 0]);
  expect([heightWords(0.756, 'share'), heightWords(0.0621, 'share'), heightWords(0.00004, 'share'), heightWords(1204.4, 'rate'), heightWords(0.25, 'rate')]).toEqual(['76 %', '6.2 %', '0.004 %', '1,204/s', '0.25/s']);
});

test('shifts are percent of A where that can be, and 0 is always within', () => {
  const { scale, points, least, most } = shiftPoints(latencies.compared[0]!);
  expect(scale).toBe('percent');
  expect(points.map(({ label }) => label)).toEqual(['p10', 'p20', 'p30', 'p40', 'p50', 'p60', 'p70', 'p80', 'p90', 'p99']);
  for (const { at, low, high, verdict } of points) {
    expect(Math.abs(at - 100)).toBeLessThan(15);
    expect(low).toBeLessThan(high);
    expect(verdict).toBe('grew');
  }
  expect(least).toBeLessThan(0);
  expect(most).toBeGreaterThan(100);
  const share = { ...latencies.compared[0]!.deciles[0]!, a: -5, b: 5, delta: 10, low: -Infinity, high: Infinity };
  expect(shiftPoints({ deciles: [share], p99: null })).toMatchObject({ scale: 'unit', points: [{ at: 10, low: Number.NaN, high: Number.NaN }] });
});

test('in words', () => {
  const [probe] = latencies.compared as [(typeof latencies.compared)[0]];
  expect(probeVerdict(probe)).toBe('slower throughout');
  expect(rowVerdict(probe)).toBe('grew');
  expect(rateText(probe)).toBe('300 to 300 calls a second (0 %)');
  expect([shiftText(40_500_000, 'nanoseconds'), shiftText(-593, 'nanoseconds'), shiftText(0, 'value'), shiftText(-Infinity, 'bytes')]).toEqual(['+40.5 ms', '−593 ns', '0', '?']);
  expect(intervalText({ low: -Infinity, high: Infinity }, 'nanoseconds')).toBe('not known');
  expect(probeVerdict({ ...probe, deciles: [], unit: 'count', perSecond: { ...probe.perSecond, verdict: 'grew' } })).toBe('more often');
  expect(rowVerdict({ ...probe, deciles: [], p99: null })).toBe('unclear');
});
