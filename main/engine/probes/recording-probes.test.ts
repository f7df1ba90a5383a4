// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { ProbeRequest } from '../../../ipc/contract.ts';
import { EventWords } from '../../../profile/event-words.ts';
import { ProbeKind, ProbeMeasure, ProbeMechanism, SampleKind } from '../../../profile/schema.ts';
import { codeFiles, isCalled } from '../functions/mapped-files.ts';
import { readRecording } from '../recordings/reader.ts';
import { engineWith, failureOf, openWindow, own, until, type Window } from '../testing/engine-fixture.ts';
import { FakeHelper } from '../testing/fake-helper.ts';
import { frame, StreamBuilder, struct } from '../testing/stream-builder.ts';
import { Capability, HitFlag, ListKind, ProbeReason, ProbeState, WireType } from '../wire-layout.gen.ts';
import type { Engine } from '../engine.ts';
import { probesOf } from './probe-info.ts';

const folder = mkdtempSync(join(tmpdir(), 'emberscope-probes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

const request = (change: Partial<ProbeRequest> = {}): ProbeRequest => ({
  ...{ kind: 'user', name: 'malloc', module: 'libc', measure: { kind: 'latency' } },
  ...{ byThread: false, byStack: false, events: false, leastNs: 0, filter: null },
  ...change,
});

const libc = (await codeFiles(process.pid))!.find(({ path }) => isCalled(path, 'libc'))!.path;

/** Probes on this very process, by a helper that says so. */
async function begun(): Promise<{ helper: FakeHelper; engine: Engine; window: Window; id: number }> {
  const helper = new FakeHelper();
  const engine = await engineWith(helper, join(folder, `state${++count}`));
  const window = openWindow(engine);
  const info = await window.client.call('startProbes', own());
  expect(info).toMatchObject({ question: 'probes', state: { kind: 'live' } });
  return { helper, engine, window, id: info.id };
}

describe('probes', () => {
  it('wait for their file, become rows, and can be read from the recording', async () => {
    const { helper, engine, window, id } = await begun();
    const attaching = window.client.call('attachProbe', id, request({ byStack: true, events: true }));
    helper.say(new StreamBuilder().module(3, libc));
    const info = await attaching;
    expect(info).toMatchObject({ probe: 0, title: 'malloc', state: 'attached', mechanism: 'uprobe', unit: 'nanoseconds', functions: 1 });
    helper.say(
      new StreamBuilder()
        .stack(77n, 10, 1, [0x400010n, 0x400100n])
        .probeFigures(1, { calls: 100, measured: 100, permille: 12, callNs: 900 })
        .buckets([
          { bucket: 40, count: 3, sum: 600, userStack: 77n, tgid: 10 },
          { bucket: 40, count: 1, sum: 200, userStack: 77n, tgid: 10, slice: 50_002 },
          { probe: 9, bucket: 1 },
        ])
        .events([
          { timeNs: 1_000_100_000_002, argument1: 16, value: 0x7000_0000_1000n, flags: HitFlag.return, durationNs: 250, cpu: 1, userStack: 77n },
          { timeNs: 1_000_100_000_001, argument1: 5, tgid: 4242, tid: 4243 },
        ])
        .probeFigures(1, { timeNs: 1_000_600_000_000, calls: 600, measured: 600, permille: 12, callNs: 900 })
        .ledger({}),
    );
    const live = engine.recording(id);
    await until(() => live.tables.events.length === 2);
    const { buckets, events, samples, probes, strings } = live.tables;
    expect([probes.length, probes.columns.kind[0], probes.columns.mechanism[0], probes.columns.measure[0]]).toEqual([1, ProbeKind.user, ProbeMechanism.uprobe, ProbeMeasure.latency]);
    expect([buckets.length, [...buckets.columns.count.slice(0, 2)], [...buckets.columns.slice.slice(0, 2)]]).toEqual([2, [3, 1], [1, 2]]);
    expect([...samples.columns.weight.slice(0, samples.length)]).toEqual([600, 200]);
    expect(samples.columns.kind[0]).toBe(SampleKind.latency);
    const words = new EventWords(live.tables);
    expect([0, 1].map((row) => words.message(events.columns, row))).toEqual(['malloc(size=5)', 'malloc(size=16) = 0x700000001000']);
    expect([...events.columns.duration.slice(0, 2)]).toEqual([-1, 250]);
    const thread = live.tables.threads.columns.name[events.columns.thread[0]!]!;
    // Nobody announced it.
    expect(strings.columns.text[thread]).toBe('');
    await until(() => window.probes.length > 0 && window.probes.at(-1)!.probes[0]!.figures.calls === 600);
    expect(window.probes.at(-1)!.probes[0]!.figures).toMatchObject({ calls: 600, callsPerSecond: 1000, cost: 0.012, callNs: 900 });

    await window.client.call('detachProbe', id, 0);
    await until(() => window.probes.at(-1)!.probes[0]!.state === 'detached');
    const saved = await window.client.call('save', id, 'probes');
    await window.client.call('stop', id);
    const read = readRecording(saved.savedAs!);
    expect(read.tables.events.segment(0)).toEqual(events.segment(0));
    expect(read.tables.buckets.segment(0)).toEqual(buckets.segment(0));
    expect(probesOf(read.tables)).toMatchObject([{ probe: 0, title: 'malloc', mechanism: 'uprobe', state: 'detached', unit: 'nanoseconds', request: { name: 'malloc', byStack: true } }]);
    await engine.close();
  });

  it('name the groups of ready questions once', async () => {
    const { helper, engine, window, id } = await begun();
    const info = await window.client.call('attachProbe', id, request({ kind: 'ready', name: 'switches', module: '' }));
    expect(info).toMatchObject({ title: 'Context switches', unit: 'count' });
    const bucket = (group: number): Record<string, number> => ({ group, bucket: 0, count: 1 });
    helper.say(new StreamBuilder().buckets([bucket(0), bucket(1), bucket(1)]).ledger({}));
    const { tables } = engine.recording(id);
    await until(() => tables.buckets.length === 3);
    expect([...tables.groups.columns.name.slice(0, tables.groups.length)].map((name) => tables.strings.columns.text[name])).toEqual(['voluntary', 'involuntary']);
    await engine.close();
  });

  it('are refused in words', async () => {
    const { helper, engine, window, id } = await begun();
    const attach = (change: Partial<ProbeRequest>) => window.client.call('attachProbe', id, request(change));
    expect(await attach({ name: 'mallocc' })).toMatchObject({ state: 'refused', mechanism: '', why: expect.stringMatching(/no function "mallocc".*malloc/) });
    expect(await attach({ module: '/nonexistent/lib.so' })).toMatchObject({ state: 'refused', why: expect.stringMatching(/No process .* has mapped/) });
    expect(await attach({ kind: 'ready', name: 'meaning-of-life', module: '' })).toMatchObject({ state: 'refused' });
    expect(await attach({ kind: 'kernel', name: 'vfs_raed', module: '' })).toMatchObject({ state: 'refused', why: expect.stringMatching(/vfs_raed/) });
    for (const name of ['0xffffffff81000000', '4096', 'malloc+0x10']) expect((await failureOf(attach({ name }))).code).toBe('badProbe');
    expect((await failureOf(attach({ kind: 'tracepoint', name: 'a:b', module: '' }))).message).toMatch(/moment/);
    expect((await failureOf(attach({ filter: { argument: 1, test: 'equal', value: '1; drop' } }))).code).toBe('badProbe');
    for (const name of ['%n', '\0', 'a\nb', '../x', 'x'.repeat(65_536), '𝒳']) expect(await attach({ name })).toMatchObject({ state: 'refused' });
    expect(helper.received).not.toContain(WireType.probe);
    const many = await failureOf(attach({ name: '*' }));
    expect([many.code, many.message]).toEqual(['tooManyFunctions', expect.stringMatching(/matches [\d,]+ functions/)]);
    helper.say(new StreamBuilder().module(3, libc));
    helper.onProbe = (probe) => helper.say(new StreamBuilder().probeState(probe, { state: ProbeState.refused, reason: ProbeReason.lockdown }));
    expect(await attach({})).toMatchObject({ state: 'refused', why: expect.stringMatching(/locked down/) });
    expect(await window.client.call('probes', id)).toHaveLength(11);
    await engine.close();
  });

  it('of many functions are attached when their number was seen, and say which were left out', async () => {
    const { helper, engine, window, id } = await begun();
    helper.say(new StreamBuilder().module(3, libc));
    helper.onProbe = (probe, names) => helper.say(new StreamBuilder().probeState(probe, { functions: names.length - 1 }));
    const info = (await window.client.call('attachProbe', id, request({ name: 'str*', measure: { kind: 'count' }, most: 10_000 })))!;
    expect(info.title).toMatch(/^str\* \(\d+ functions\)$/);
    expect(info.why).toMatch(/^1 of \d+ functions/);
    await engine.close();
  });

  it('that wait are refused when the recording ends, and budgets are told', async () => {
    const { helper, engine, window, id } = await begun();
    helper.say(new StreamBuilder().module(3, libc));
    await window.client.call('attachProbe', id, request());
    helper.say(new StreamBuilder().probeState(1, { state: ProbeState.detached, reason: ProbeReason.budget, value: 80 }));
    await until(() => window.probes.at(-1)?.probes[0]?.state === 'detached');
    expect(window.probes.at(-1)!.probes[0]!.why).toMatch(/8\.0 % of a CPU/);
    helper.onProbe = () => undefined;
    const waiting = window.client.call('attachProbe', id, request());
    await until(() => helper.received.filter((type) => type === WireType.probe).length === 2);
    await window.client.call('stop', id);
    expect(await waiting).toMatchObject({ state: 'refused', why: expect.stringMatching(/ended/) });
    await engine.close();
  });

  it('are not for recordings that sample', async () => {
    const helper = new FakeHelper();
    const engine = await engineWith(helper, join(folder, `state${++count}`));
    const { client } = openWindow(engine);
    const { id } = await client.call('start', own(), { frequency: 99, children: true, kernelStacks: true });
    expect((await failureOf(client.call('attachProbe', id, request()))).code).toBe('probesUnsupported');
    expect(await client.call('probes', id)).toEqual([]);
    await engine.close();
  });
});

describe('the question of memory', () => {
  it('is bytes by stack, which go again when they are freed', async () => {
    const helper = new FakeHelper();
    const engine = await engineWith(helper, join(folder, `state${++count}`));
    let allocations = 0;
    helper.onProbe = (probe, names) => {
      if (names[0] === 'allocations') allocations = probe;
      const how = names[0] === 'allocations' ? {} : { state: ProbeState.refused, reason: ProbeReason.noMechanism, mechanism: 0 };
      helper.say(new StreamBuilder().probeState(probe, how));
    };
    const starting = engine.startRecording(own(), { question: 'memory', frequency: 99, children: true, kernelStacks: true });
    await until(() => helper.received.includes(WireType.start));
    helper.say(new StreamBuilder().module(3, libc).stack(77n, 10, 1, [0x400010n]));
    const recording = await starting;
    expect(recording.info.question).toBe('memory');
    const bucket = { probe: allocations, userStack: 77n, kernelStack: 0n, tgid: 10 };
    helper.say(new StreamBuilder().buckets([{ ...bucket, count: 2, sum: 8192, bucket: 96 }]).ledger({}).buckets([{ ...bucket, group: 1, count: 1, sum: 4096, bucket: 88 }]).ledger({}));
    await until(() => recording.tables.samples.length === 2);
    const { kind, weight, thread } = recording.tables.samples.columns;
    expect([[...kind.slice(0, 2)], [...weight.slice(0, 2)], thread[0]]).toEqual([[SampleKind.memory, SampleKind.memory], [8192, -4096], thread[1]]);
    await recording.stop();
    expect(readRecording(recording.path).tables.samples.segment(0)).toEqual(recording.tables.samples.segment(0));
    await engine.close();
  });

  it('is refused in words where nothing of it can be watched', async () => {
    const helper = new FakeHelper();
    const engine = await engineWith(helper, join(folder, `state${++count}`));
    helper.onProbe = (probe) => helper.say(new StreamBuilder().probeState(probe, { state: ProbeState.refused, reason: ProbeReason.lockdown, mechanism: 0 }));
    const starting = failureOf(engine.startRecording(own(), { question: 'memory', frequency: 99, children: true, kernelStacks: true }));
    await until(() => helper.received.includes(WireType.start));
    helper.say(new StreamBuilder().module(3, libc));
    expect(await starting).toMatchObject({ code: 'memoryNotPossible', message: expect.stringMatching(/locked down/) });
    expect(engine.recordings()).toEqual([]);
    await engine.close();
  });
});

describe('the list of functions', () => {
  it('is that of the kernel where the helper runs', async () => {
    const { helper, engine, window, id } = await begun();
    const list = () => window.client.call('functions', { pattern: 'there_only', tgids: [], most: 5 });
    expect(await list()).toMatchObject({ matched: 0, incomplete: expect.stringMatching(/once something is recorded there/) });
    helper.say(new StreamBuilder().kernelSymbols('[kernel]', 0xffff_ffff_8100_0000n, 0xffff_ffff_8200_0000n, [[16, 'there_only'], [32, 'register_kprobe'], [48, '__pfx_there_only']]));
    await vi.waitFor(async () => expect((await list()).functions).toMatchObject([{ name: 'there_only', kind: 'kernel', module: 'kernel', available: true }]));
    expect(helper.received.filter((type) => type === WireType.ask).length).toBe(2);
    const listed = (kind: number, text: string, last = 0): Uint8Array => frame(WireType.list, struct('wireList', { list: kind, last, textLength: text.length }), Buffer.from(text));
    helper.say(new StreamBuilder().raw(listed(ListKind.functions, 'there_only\n')).raw(listed(ListKind.functions, '', 1)).raw(listed(ListKind.blocklist, 'there_only\n', 1)));
    await vi.waitFor(async () => expect((await list()).functions).toMatchObject([{ available: false, why: expect.stringMatching(/blocklist/) }]));
    helper.say(new StreamBuilder().raw(frame(WireType.capabilities, struct('wireCapabilities', { entryCount: 1 }), struct('wireCapability', { kind: Capability.lockdown, value: 2 }))));
    await vi.waitFor(async () => expect((await list()).functions).toMatchObject([{ available: false, why: expect.stringMatching(/locked down/) }]));
    expect(await window.client.call('attachProbe', id, request({ kind: 'kernel', name: 'there_only', module: '' }))).toMatchObject({ state: 'attached' });
    await engine.close();
  });

  it('comes to the window, with those of a process', async () => {
    const engine = await engineWith(new FakeHelper(), join(folder, `state${++count}`));
    const { client } = openWindow(engine);
    const found = await client.call('functions', { pattern: 'malloc', tgids: [process.pid], most: 5 });
    expect(found.functions[0]).toMatchObject({ name: 'malloc', kind: 'user', module: libc, available: true, arguments: [{ name: 'size', type: 'size_t' }] });
    expect(found.matched).toBeGreaterThan(5);
    expect((await client.call('readyQuestions')).length).toBe(40);
    await engine.close();
  });
});
