// SPDX-License-Identifier: Apache-2.0
/** Single hits on real BPF: arguments, values, texts, order, and what is dropped; tracepoints, and threads told apart. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { encodeAsk, encodeProbe } from '../../main/engine/wire-probe-encoder.ts';
import { AskFor, HitFlag, ListKind, Mechanism, ProbeFlag, ProbeReason, ProbeState, StartFlag, WireMeasure, WireProbeKind } from '../../main/engine/wire-layout.gen.ts';
import { HelperClient, reasonToSkip } from './helper-client.ts';
import { quiet, total, withProbes } from './probe-session.ts';

const reason = reasonToSkip();
if (reason) console.log(`test/helper/probe-events: skipped, ${reason}`);

const tracepoint = { kind: WireProbeKind.tracepoint, flags: ProbeFlag.entryOnly, measure: WireMeasure.count };

describe.skipIf(reason)('events', () => {
  test('arguments, value and text of each call, in order', { timeout: 30_000 }, async () => {
    await withProbes(async (session, program) => {
      const probe = await session.probe('probed_value', {
        flags: ProbeFlag.events | ProbeFlag.pairEvents,
        textArgument: 2,
        mostEvents: 10_000,
        widths: [0x84, 8, 8, 8, 8, 8, 0x84],
      });
      await program.run('text', 100);
      await program.run('value', 3, -2);
      await session.detach(probe);
      const events = session.events(probe);
      expect(events).toHaveLength(103);
      expect(events.slice(0, 100).map(({ text }) => text)).toEqual(Array.from({ length: 100 }, (_, i) => `number ${i}`));
      expect(events.slice(0, 100).map(({ value }) => Number(value))).toEqual(Array.from({ length: 100 }, (_, i) => Math.floor(i / 2)));
      expect(events.slice(100).map((event) => [event.arguments[0], event.value, event.text])).toEqual([
        [-2n & 0xffffffffffffffffn, -1n, ''],
        [-1n & 0xffffffffffffffffn, -1n, ''],
        [0n, -1n, ''],
      ]);
      for (const event of events) {
        expect(event).toMatchObject({ tgid: program.tgid, tid: program.tgid, function: 0 });
        expect(event.flags).toBe(HitFlag.return | HitFlag.irqsKnown | HitFlag.preemptKnown);
        expect(event.durationNs).toBeGreaterThan(0);
      }
      expect(events.every((event, i) => i === 0 || event.timeNs > events[i - 1]!.timeNs)).toBe(true);
    });
  });

  test('no more a second than were asked for, and the others are counted', { timeout: 30_000 }, async () => {
    await withProbes(async (session, program) => {
      const probe = await session.probe('probed_value', { flags: ProbeFlag.events | ProbeFlag.entryOnly, measure: WireMeasure.count, mostEvents: 50 });
      await program.run('value', 5000);
      await session.detach(probe);
      const events = session.events(probe);
      const { calls, dropped, aboveRate, unsent } = session.figures(probe);
      expect(calls).toBe(5000);
      expect(events.length).toBeGreaterThanOrEqual(50);
      expect(events.length).toBeLessThanOrEqual(300);
      expect(events.length + dropped).toBe(5000);
      expect([aboveRate, unsent]).toEqual([dropped, 0]);
    });
  });

  test('a tracepoint: its fields are named, and its hits are counted', { timeout: 30_000 }, async () => {
    await withProbes(async (session, program) => {
      const state = await session.ask('sched:sched_process_fork', { ...tracepoint, flags: ProbeFlag.entryOnly | ProbeFlag.events, mostEvents: 1000 });
      expect(state).toMatchObject({ state: ProbeState.attached, mechanism: Mechanism.tracepoint, functions: 1 });
      expect(state.text).toMatch(/parent_comm:text parent_pid:s4 child_comm:text child_pid:s4/);
      await program.run('fork', 20);
      await session.detach(state.probe);
      expect(session.figures(state.probe)).toMatchObject({ calls: 20, measured: 20, dropped: 0 });
      expect(total(session.buckets(state.probe)).count).toBe(20);
      const events = session.events(state.probe);
      expect(events).toHaveLength(20);
      const parent = state.text.split(' ').findIndex((field) => field.startsWith('parent_pid'));
      expect(events.map((event) => Number(event.arguments[parent]))).toEqual(events.map(() => program.tgid));
      expect(new Set(events.map(({ text }) => text))).toEqual(new Set(['probed']));
    });
  });

  test('a tracepoint’s field has a histogram, by thread', { timeout: 30_000 }, async () => {
    await withProbes(async (session, program) => {
      // int dfd, const char *filename, int flags, umode_t mode: after the number of the call
      const probe = await session.probe('syscalls:sys_enter_openat', { ...tracepoint, flags: ProbeFlag.entryOnly | ProbeFlag.byThread | ProbeFlag.events, measure: WireMeasure.argument, argument: 4, textArgument: 3, mostEvents: 1000 });
      await program.run('open', 40);
      await session.detach(probe);
      expect(session.buckets(probe)).toMatchObject([{ bucket: 0, count: 40, sum: 0, tgid: program.tgid, tid: program.tgid }]);
      expect(new Set(session.events(probe).map(({ text }) => text))).toEqual(new Set(['/dev/null']));
    });
  });

  test('a raw tracepoint', { timeout: 30_000 }, async () => {
    await withProbes(async (session, program) => {
      const state = await session.ask('sched:sched_process_fork', { ...tracepoint, mechanism: Mechanism.rawTracepoint });
      expect(state).toMatchObject({ state: ProbeState.attached, mechanism: Mechanism.rawTracepoint });
      await program.run('fork', 7);
      await session.detach(state.probe);
      expect(session.figures(state.probe)).toMatchObject({ calls: 7, measured: 7 });
    });
  });

  test('a tracepoint that is only counted is raw where all of them can be', { timeout: 30_000 }, async () => {
    await withProbes(async (session, program) => {
      const raw = await session.ask('sched:sched_process_fork', tracepoint);
      const call = await session.ask('syscalls:sys_enter_openat', tracepoint);
      const both = await session.ask(['sched:sched_process_fork', 'syscalls:sys_enter_openat'], tracepoint);
      const mixed = await session.ask(['sched:sched_process_fork', 'sched:no_such_event'], tracepoint);
      expect([raw, call, both, mixed].map(({ mechanism, functions }) => [mechanism, functions])).toEqual([
        [Mechanism.rawTracepoint, 1], [Mechanism.tracepoint, 1], [Mechanism.tracepoint, 2], [Mechanism.tracepoint, 1],
      ]);
      await program.run('fork', 7);
      await program.run('open', 30);
      for (const { probe } of [raw, call, both, mixed]) await session.detach(probe);
      expect([raw, call, both, mixed].map(({ probe }) => session.figures(probe).measured)).toEqual([7, 30, 37, 7]);
    });
  });

  test.each([
    ['none such', 'sched:no_such_event', ProbeReason.notFound],
    ['no tracepoint', 'sched_switch', ProbeReason.badName],
    ['a path', '..:..', ProbeReason.badName],
  ])('%s is refused', { timeout: 30_000 }, async (_, name, why) => {
    await withProbes(async (session) => {
      expect(await session.ask(name, tracepoint)).toMatchObject({ state: ProbeState.refused, reason: why });
    });
  });

  test('threads and stacks are told apart', { timeout: 30_000 }, async () => {
    await withProbes(async (session, program) => {
      const byThread = await session.probe('probed_value', { flags: ProbeFlag.byThread | ProbeFlag.byStack, measure: WireMeasure.latency });
      await program.run('threads', 500, 4);
      await session.detach(byThread);
      const rows = session.buckets(byThread);
      const threads = new Map<number, number>();
      for (const { tid, count } of rows) threads.set(tid, (threads.get(tid) ?? 0) + count);
      expect([...threads.values()]).toEqual([500, 500, 500, 500]);
      expect(threads.has(program.tgid)).toBe(false);
      expect(rows.every(({ tgid }) => tgid === program.tgid)).toBe(true);
      const stacks = new Map(session.client.ofType('stack').map((stack) => [stack.hash, stack]));
      expect(rows.every(({ userStack }) => stacks.has(userStack))).toBe(true);
      expect(session.figures(byThread)).toMatchObject({ calls: 2000, measured: 2000, lost: 0, missed: 0 });
    }, StartFlag.kernelStacks);
  });
});

describe.skipIf(reason)('lists', () => {
  test('of functions and tracepoints, while a session runs, whole lines each', { timeout: 60_000 }, async () => {
    await withProbes(async (session) => {
      session.client.send(encodeAsk(AskFor.lists));
      await session.client.until(() => session.client.ofType('list').filter(({ last }) => last).length === 3, 30_000, 'three lists');
      const frames = session.client.ofType('list');
      const lines = (list: ListKind) => frames.filter((frame) => frame.list === list).map(({ text }) => text).join('');
      for (const { text } of frames) expect(text === '' || text.endsWith('\n')).toBe(true);
      expect(lines(ListKind.tracepoints)).toBe(readFileSync('/sys/kernel/tracing/available_events', 'utf8'));
      // Not every kernel shows it: then the list says why.
      const functions = await readFile('/sys/kernel/tracing/available_filter_functions', 'utf8').catch((error: NodeJS.ErrnoException) => error);
      if (typeof functions === 'string') expect(lines(ListKind.functions)).toBe(functions);
      else expect(frames.find(({ list }) => list === ListKind.functions)).toMatchObject({ error: -functions.errno!, last: true });
    });
  });

  test('a helper that was started to sample refuses them, and probes', { timeout: 30_000 }, async () => {
    const client = new HelperClient();
    await client.expect('hello');
    client.send(encodeAsk(AskFor.lists));
    await client.until(() => client.ofType('list').length === 3, 10_000, 'three lists');
    expect(client.ofType('list')).toMatchObject([1, 2, 3].map((list) => ({ list, error: 1, last: true, text: '' })));
    client.start({ tgids: [process.pid] });
    await client.expect('started');
    client.send(encodeProbe({ ...quiet, probe: 1, kind: WireProbeKind.tracepoint, flags: ProbeFlag.entryOnly, measure: WireMeasure.count, names: ['sched:sched_switch'] }));
    const state = await client.expect('probeState');
    expect(state).toMatchObject({ probe: 1, state: ProbeState.refused, reason: ProbeReason.notPermitted });
    await client.stop();
  });
});
