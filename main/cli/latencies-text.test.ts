// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { compareLatencies, type ProbeRun } from '../../profile/comparison/latencies.ts';
import { askedProbe, probedRun } from '../../profile/comparison/testing.ts';
import { latenciesJson, latenciesText } from './latencies-text.ts';

const run = (names: string[], seed = 1, times = 1): ProbeRun =>
  probedRun(names.map((name) => ({ asked: askedProbe(name), value: (random: () => number) => times * 2_000 * (1 + random()) })), { seed, perSlice: 4 });
const lines = (a: ProbeRun, b: ProbeRun): string[] => latenciesText(compareLatencies([a], [b]));

test('figures of both sides, and each decile in words', () => {
  const found = lines(run(['vfs_read']), run(['vfs_read'], 2, 2));
  expect(found[0]).toBe('LATENCIES');
  expect(found[2]).toMatch(/^vfs_read {2}\(kernel, latency\): slower throughout; as often \(0\.0 %, 200 -> 200 a second\)$/);
  expect(found.filter((line) => / slower$/.test(line))).toHaveLength(10);
  expect(found.find((line) => line.startsWith('  50 %'))).toMatch(/^ {2}50 % +[\d.]+ µs +[\d.]+ µs +\+[\d.]+ µs +\+[\d.]+ (ns|µs) … \+[\d.]+ µs {2}slower$/);
});

test('what only one side asked, and nothing at all', () => {
  expect(lines(run(['a', 'b']), run(['c']))).toEqual(
    expect.arrayContaining([expect.stringContaining('No probe is in both recordings'), 'Only in A: a (kernel, latency), b (kernel, latency)', 'Only in B: c (kernel, latency)']),
  );
  expect(lines(run([]), run([]))).toEqual([]);
});

test('many probes are not all printed, and names steer no terminal', () => {
  const many = run(Array.from({ length: 24 }, (_, at) => `f${at}\x1b[31m`));
  const found = lines(many, many).join('\n');
  expect(found).toContain('… and 4 more, in --format json');
  expect(found).not.toContain('\x1b');
});

test('JSON has null where nothing is known', () => {
  const once = probedRun([{ asked: askedProbe('f'), value: () => 5_000 }], { seed: 1, perSlice: 30, slices: 1 });
  const { latencies, latenciesOnly } = JSON.parse(JSON.stringify(latenciesJson(compareLatencies([once], [run(['f'])])))) as ReturnType<typeof latenciesJson>;
  expect(latencies[0]!.deciles[0]).toMatchObject({ share: 0.1, low: null, high: null, verdict: 'unclear' });
  expect(latencies[0]).toMatchObject({ name: 'f', target: 'f', unit: 'nanoseconds', a: { count: 30 } });
  expect(latenciesOnly).toEqual({ a: [], b: [] });
});
