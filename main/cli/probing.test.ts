// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { TraceableFunction } from '../../ipc/contract.ts';
import { bucketOf } from '../../profile/histogram.ts';
import { EventFlag } from '../../profile/schema.ts';
import { createTables } from '../../profile/tables.ts';
import { worded } from '../../profile/testing.ts';
import { histogramRows, histogramText, valueText } from './histogram-text.ts';
import { probeJson, ProbeTotals } from './probe-figures.ts';
import { findProbeTarget, parseProbeTarget } from './probe-target.ts';
import { eventLines, flagText } from './trace.ts';
import { parseDuration } from './values.ts';

const counts = (values: number[]): Map<number, number> => {
  const found = new Map<number, number>();
  for (const value of values) found.set(bucketOf(value), (found.get(bucketOf(value)) ?? 0) + 1);
  return found;
};

describe('a target', () => {
  const functions = (list: Partial<TraceableFunction>[]) => ({
    functions: () => Promise.resolve({ functions: list.map((each) => ({ symbol: each.name!, module: '', available: true, why: '', arguments: null, returns: null, ...each })) as TraceableFunction[], matched: list.length, incomplete: '' }),
  });

  it('is told from how it is written', () => {
    expect(parseProbeTarget('question:run-queue')).toEqual({ kind: 'ready', name: 'run-queue', module: '' });
    expect(parseProbeTarget('t:sched:sched_switch')).toEqual({ kind: 'tracepoint', name: 'sched:sched_switch', module: '' });
    expect(parseProbeTarget('/usr/lib/x.so:ns::function')).toEqual({ kind: 'user', name: 'ns::function', module: '/usr/lib/x.so' });
    expect(parseProbeTarget('vfs_read')).toBeNull();
  });

  it('is otherwise what there is of this name', async () => {
    const malloc = functions([{ name: 'malloc', kind: 'user', module: '/lib/libc.so.6' }]);
    expect(await findProbeTarget('malloc', [1], malloc)).toEqual({ kind: 'user', name: 'malloc', module: '/lib/libc.so.6' });
    expect(await findProbeTarget('libc:malloc', [1], functions([]))).toEqual({ kind: 'user', name: 'malloc', module: 'libc' });
    expect(await findProbeTarget('sched:sched_switch', [], functions([{ name: 'sched:sched_switch', kind: 'tracepoint' }]))).toMatchObject({ kind: 'tracepoint' });
    expect(await findProbeTarget('ns::Class::method', [1], functions([{ name: 'ns::Class::method', kind: 'user', module: '/bin/a' }]))).toMatchObject({ kind: 'user', module: '/bin/a' });
    expect(await findProbeTarget('read', [1], functions([{ name: 'read', kind: 'user', module: '/lib/a' }, { name: 'read', kind: 'kernel' }]))).toMatchObject({ kind: 'kernel' });
    expect(await findProbeTarget('vfs_*', [], functions([]))).toMatchObject({ kind: 'kernel', name: 'vfs_*' });
    await expect(findProbeTarget('usdt:a:b', [], functions([]))).rejects.toThrow(/a:b/);
  });
});

describe('a histogram', () => {
  it('has rows from the first to the last value, wider where there are many', () => {
    expect(histogramRows(counts([3, 3, 5]))).toEqual([
      { low: 3, high: 4, count: 2 },
      { low: 4, high: 5, count: 0 },
      { low: 5, high: 6, count: 1 },
    ]);
    const wide = histogramRows(counts([1, 1000, 1_000_000, 1_000_000_000]));
    expect(wide.length).toBeLessThanOrEqual(32);
    expect(wide.reduce((sum, row) => sum + row.count, 0)).toBe(4);
    expect(wide.every((row, i) => i === 0 || row.low === wide[i - 1]!.high)).toBe(true);
    expect(histogramRows(counts([-5, 5])).reduce((sum, row) => sum + row.count, 0)).toBe(2);
    expect(histogramRows(new Map())).toEqual([]);
  });

  it('is drawn with units', () => {
    expect(histogramText(counts([1000, 1000, 1100]), 'nanoseconds')).toEqual([
      '   960 ns … 1.02 µs  2 ████████████████████████████████████████',
      '  1.02 µs … 1.15 µs  1 ████████████████████',
    ]);
    expect([valueText(4096, 'bytes'), valueText(1.5e6, 'nanoseconds'), valueText(NaN, 'count'), valueText(-3, 'value')]).toEqual(['4.00 KiB', '1.50 ms', '–', '-3']);
  });
});

describe('figures', () => {
  it('are added up from rows, and told as JSON', () => {
    const tables = createTables();
    tables.probes.append({ name: 0, kind: 2, mechanism: 4, module: -1, measure: 1, request: 0 });
    const row = { slice: 0, probe: 0, thread: -1, stack: -1, group: 0, sum: 0 };
    const totals = new ProbeTotals(tables);
    for (const value of [100, 100, 200]) tables.buckets.append({ ...row, bucket: bucketOf(value), count: 1 });
    expect(totals.of(0).all.size).toBe(2);
    tables.buckets.append({ ...row, bucket: bucketOf(100), count: 5 });
    const figures = { calls: 9, callsPerSecond: 1, measured: 8, filtered: 0, missed: 1, recursed: 0, dropped: 0, aboveRate: 0, unsent: 0, lost: 0, callNs: 0, cost: 0 };
    const info = { probe: 0, title: 'f', mechanism: 'uprobe', state: 'detached', why: '', unit: 'nanoseconds', functions: 1, figures } as const;
    const json = probeJson({ ...info, request: { kind: 'user', name: 'f', module: '', measure: { kind: 'latency' }, byThread: false, byStack: false, events: false, leastNs: 0, filter: null } }, totals.of(0), () => []);
    expect(Object.keys(json)).toEqual(['name', 'mechanism', 'calls', 'p50Ns', 'p90Ns', 'p99Ns', 'maxNs', 'buckets', 'costNs', 'unit', 'groups', 'stacks']);
    expect(json).toMatchObject({ calls: 9, buckets: [[96, 104, 7], [192, 208, 1]], maxNs: 208, costNs: null });
    expect(json.p50Ns).toBeGreaterThanOrEqual(96);
    expect(json.p50Ns).toBeLessThan(104);
  });
});

describe('a line of trace', () => {
  it("has BCC's fields in order", () => {
    const tables = createTables();
    const name = tables.strings.append({ text: 'bash' });
    const process = tables.processes.append({ tgid: 7, parent: -1, name, start: 0 });
    const thread = tables.threads.append({ process, tid: 8, name });
    tables.events.append(worded('sys_clone()', { time: 1.5e9, thread, cpu: 3 }));
    expect(eventLines(tables)(0).trimStart()).toBe('bash       8 [003] ....      1.500000  sys_clone()\n');
  });

  it("has ftrace's flags, and dots for what is not known", () => {
    const { irqsKnown, irqsOff, reschedKnown, needResched, preemptKnown, hardirq, softirq } = EventFlag;
    expect(flagText(0)).toBe('....');
    expect(flagText(irqsOff | needResched | 0x30000)).toBe('....');
    expect(flagText(irqsKnown | irqsOff | reschedKnown | needResched | preemptKnown | hardirq | 0x20000)).toBe('dNh2');
    expect(flagText(preemptKnown | softirq)).toBe('..s.');
    expect(flagText(hardirq | softirq)).toBe('..H.');
  });
});

describe('a time', () => {
  it('has a unit', () => {
    expect(['500', '250us', '1.5ms', '2s'].map(parseDuration)).toEqual([500, 250_000, 1_500_000, 2_000_000_000]);
    for (const bad of ['', '-1', '1h', '1e3', '1000s', '0']) expect(() => parseDuration(bad)).toThrow();
  });
});
