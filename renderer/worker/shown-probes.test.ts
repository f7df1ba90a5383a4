// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bucketOf } from '../../profile/histogram.ts';
import { EventFlag, ProbeKind, ProbeMeasure, ProbeMechanism } from '../../profile/schema.ts';
import { ProfileWriter, worded } from '../../profile/testing.ts';
import { EventLog } from './event-log.ts';
import { ProbeFigures } from './probe-figures.ts';
import type { EventsPage, ProbeDetails, ProbePictures, ProbeView } from './probe-protocol.ts';
import type { FromWorker } from './protocol.ts';
import { ShownProbes } from './shown-probes.ts';
import { ProbeRows } from './probe-rows.ts';

const view: ProbeView = { recording: 1, probes: [0], columns: 300, newest: null, range: null, thread: null, selected: 0, paused: false, events: null };
const wanted = { probe: null, pattern: '', ignoreCase: true, follow: true, first: 0, count: 10 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A recording of one probe, called by two functions in two threads; calls through `slow_caller` take a millisecond. */
function recording(mostRows?: number, measure: ProbeMeasure = ProbeMeasure.latency) {
  const writer = new ProfileWriter();
  const { tables } = writer;
  const module = writer.module('/usr/bin/program');
  const frame = (name: string, at: number) => {
    const row = writer.frame(module, at);
    writer.symbol(row, name, 0, module);
    return row;
  };
  const [main, quick, slow, probed] = [frame('main', 1), frame('quick_caller', 2), frame('slow_caller', 3), frame('read_block', 4)];
  const stacks = { quick: writer.stack([main, quick, probed]), slow: writer.stack([main, slow, probed]) };
  const threads = [writer.thread(71, 'alpha', 70), writer.thread(72, 'beta', 70)];
  tables.probes.append({ name: writer.string('read_block'), kind: ProbeKind.user, mechanism: ProbeMechanism.uprobe, module, measure, request: 0 });
  const source = { recording: 1, tables, sliceEnd: 0, buckets: new ProbeFigures((_probe, group) => group === 1, new ProbeRows(mostRows)), events: new EventLog(100), info: null };
  const sent: FromWorker[] = [];
  const shown = new ShownProbes(source, view, (message) => sent.push(message));
  function call(slice: number, thread: number, ns: number, count = 1, stack = ns >= 1e6 ? stacks.slow : stacks.quick, group = 0): void {
    const row = { slice, probe: 0, thread: threads[thread]!, stack, group, bucket: bucketOf(ns), count, sum: ns * count };
    tables.buckets.append(row);
    source.buckets.append(tables.buckets.segment(tables.buckets.length - 1));
    source.sliceEnd = slice + 1;
  }
  function hit(thread: number, message: string): void {
    const flags = EventFlag.irqsKnown | EventFlag.irqsOff;
    tables.events.append(worded(message, { time: tables.events.length * 1e6, thread: threads[thread]!, cpu: 3, flags, duration: 5 }));
    source.events.append(tables.events.segment(tables.events.length - 1));
  }
  const last = <T extends FromWorker['type']>(type: T) => sent.findLast((message) => message.type === type) as Extract<FromWorker, { type: T }>;
  const pictures = (): ProbePictures => last('probePictures').pictures;
  const details = (): ProbeDetails => last('probeDetails').details;
  const page = (): EventsPage => last('events').page;
  const settle = () => {
    shown.wanted();
    vi.advanceTimersByTime(2000);
  };
  return { tables, stacks, name: (text: string) => writer.string(text), shown, sent, call, hit, pictures, details, page, settle };
}

test('a picture has the histogram of everything, its figures and the heat map', () => {
  const { call, pictures, settle } = recording();
  call(0, 0, 2000, 90);
  call(10, 1, 1_000_000, 10);
  settle();
  const [picture] = pictures().probes;
  expect([...picture!.histogram.counts]).toEqual([90, 10]);
  expect([picture!.measured, picture!.mean]).toEqual([100, (90 * 2000 + 10 * 1e6) / 100]);
  expect(picture!.p50).toBeGreaterThanOrEqual(1920);
  expect(picture!.p50).toBeLessThan(2048);
  expect(picture!.p99).toBeGreaterThan(900_000);
  expect(picture!.heat.columns).toBe(11);
  expect(pictures().tgids).toEqual([70]);
});

test('a range narrows histogram and tables, not the heat map; a thread counts alone', () => {
  const { call, shown, pictures, details, settle } = recording();
  call(0, 0, 2000, 90);
  call(10, 1, 1_000_000, 10);
  settle();
  shown.show({ ...view, range: { from: 5, to: 20 } });
  expect([...pictures().probes[0]!.histogram.counts]).toEqual([10]);
  expect(pictures().probes[0]!.heat.columns).toBe(11);
  expect(details().threads.map(({ name, detail, count }) => [name, detail, count])).toEqual([['beta', '72', 10]]);
  shown.show({ ...view, thread: 0 });
  expect([...pictures().probes[0]!.histogram.counts]).toEqual([90]);
  expect(details().threads.map(({ name }) => name)).toEqual(['beta', 'alpha']);
  expect(details().callers.map(({ name }) => name)).toEqual(['quick_caller']);
});

test('slow calls come from those who make them, and not from those who make many', () => {
  const { call, details, settle } = recording();
  for (let slice = 0; slice < 50; slice++) call(slice, 0, 2000, 100);
  for (let slice = 0; slice < 50; slice++) call(slice, 1, 1_000_000, 20);
  settle();
  const { callers, slowSum } = details();
  expect(callers[0]).toMatchObject({ name: 'slow_caller', detail: '← main', count: 1000 });
  expect(callers[0]!.sum / slowSum).toBeGreaterThan(0.98);
});

test('tables say where they begin when the rows before were let go', () => {
  const { call, shown, details, settle } = recording(10);
  for (let slice = 0; slice < 30; slice++) call(slice, 0, 2000);
  settle();
  expect(details()).toMatchObject({ from: null });
  expect(details().threads[0]!.count).toBe(30);
  shown.show({ ...view, range: { from: 5, to: 30 } });
  expect(details().from).toBe(20);
  expect(details().threads[0]!.count).toBe(10);
});

test('memory that was given back counts against what was taken, by stack and in all', () => {
  const { stacks, call, details, pictures, settle } = recording(undefined, ProbeMeasure.count);
  call(0, 0, 4096, 10, stacks.quick);
  call(1, 0, 4096, 10, stacks.quick, 1);
  call(1, 0, 1024, 3, stacks.slow);
  settle();
  expect(pictures().probes[0]!.sum).toBe(3072);
  expect(details().callers.map(({ name: caller }) => caller)).toEqual(['slow_caller']);
  expect(details().groups.map(({ key, sum }) => [key, sum])).toEqual([[0, 44_032], [1, 40_960]]);
});

test('groups have the names that came with them', () => {
  const { tables, name, call, details, settle } = recording();
  tables.groups.append({ probe: 0, group: 257, name: name('openat') });
  call(0, 0, 2000, 3, -1, 257);
  call(0, 0, 4000, 1, -1, 9);
  settle();
  expect(details().groups.map(({ name: group, count }) => [group, count])).toEqual([['openat', 3], ['9', 1]]);
});

test('events: filtered as one types, standing still while others come, exported', () => {
  const { hit, shown, page, settle } = recording();
  shown.show({ ...view, events: wanted });
  hit(0, 'clone(flags=0x11) = 4');
  hit(1, 'clone(flags=0x12)');
  settle();
  expect(page().rows.map(({ task, tid, cpu, flags, message }) => [task, tid, cpu, flags, message])).toEqual([
    ['alpha', 71, 3, 'd...', 'clone(flags=0x11) = 4'],
    ['beta', 72, 3, 'd...', 'clone(flags=0x12)'],
  ]);
  shown.show({ ...view, events: { ...wanted, pattern: 'BETA' } });
  expect(page()).toMatchObject({ matched: 1, kept: 2, seen: 2, error: null });
  expect(shown.export('text')).toBe('beta-72 [003] d... 0.001000: clone(flags=0x12)\n');
  shown.show({ ...view, events: { ...wanted, pattern: 'BETA', follow: false } });
  hit(1, '=cmd,"x"\ny');
  settle();
  expect(page()).toMatchObject({ matched: 1, since: 1 });
  shown.show({ ...view, events: { ...wanted, pattern: 'cmd' } });
  expect(shown.export('csv')).toBe('task,pid,cpu,flags,time_s,duration_ns,message\nbeta,72,3,d...,0.002000,5,"\'=cmd,""x""␊y"\n');
  shown.show({ ...view, events: { ...wanted, pattern: 'a(' } });
  expect(page().error).toContain('Not a regular expression');
  expect(page().matched).toBe(3);
});

test('paused pictures stay; a view sends at once', () => {
  const { call, shown, sent, settle } = recording();
  shown.show({ ...view, paused: true });
  const before = sent.length;
  call(0, 0, 2000);
  settle();
  expect(sent.length).toBe(before);
  shown.show(view);
  expect(sent.length).toBeGreaterThan(before);
});
