// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEngine, type EngineClient } from '../../ipc/connection.ts';
import type { Events, Failure, RecordingInfo } from '../../ipc/contract.ts';
import { isFailure } from '../../ipc/failure.ts';
import { appendSegments, createTables, rowCounts, segmentsSince, type Tables } from '../../profile/tables.ts';
import { createEngine, type Engine } from './engine.ts';
import { readRecording } from './recordings/reader.ts';
import { FakeHelper } from './testing/fake-helper.ts';
import { StreamBuilder } from './testing/stream-builder.ts';
import { transportPair } from './testing/local-transport.ts';
import { WireError } from './wire-layout.gen.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberscope-engine-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings = { frequency: 99, children: true, kernelStacks: true };
const own = (): { kind: 'processes'; processes: { tgid: number; startTicks: number }[] } => ({ kind: 'processes', processes: [{ tgid: process.pid, startTicks: 0 }] });
const rows = (tables: Tables): unknown => segmentsSince(tables, rowCounts(createTables()));

let count = 0;
async function engineWith(helper: FakeHelper, state = join(folder, `state${++count}`)): Promise<Engine> {
  return createEngine({ shell: 'chromium', shellReason: '', stateFolder: state, recordingsFolder: join(folder, 'recordings'), openStream: () => helper.stream });
}

/** One drain with `samples` samples in slice `slice`, on a stack of its own. */
function drain(slice: number, samples = 3): StreamBuilder {
  const hash = BigInt(1000 + slice);
  return new StreamBuilder()
    .stack(hash, 10, 1, [0x400000n + BigInt(slice), 0x400100n])
    .counts([{ userStack: hash, slice: 50_000 + slice, tgid: 10, tid: 10, samples }])
    .ledger({ fired: samples * (slice + 1), stored: samples * (slice + 1), completeSlice: 50_000 + slice + 1, timeNs: 1_000_000_000_000 + slice * 20_000_000 });
}

async function failureOf(action: Promise<unknown>): Promise<Failure> {
  try {
    await action;
  } catch (error) {
    if (isFailure(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

interface Window {
  client: EngineClient;
  tables: Map<number, Tables>;
  ends: number[];
  infos: RecordingInfo[];
  failures: Events['failure'][];
}

function openWindow(engine: Engine): Window {
  const [ours, theirs] = transportPair();
  void engine.serve(theirs);
  const client = connectEngine(ours);
  const window: Window = { client, tables: new Map(), ends: [], infos: [], failures: [] };
  client.on('rows', ({ id, segments, sliceEnd }) => {
    if (!window.tables.has(id)) window.tables.set(id, createTables());
    appendSegments(window.tables.get(id)!, segments);
    window.ends.push(sliceEnd);
  });
  client.on('recording', ({ info }) => window.infos.push(info));
  client.on('failure', (failure) => window.failures.push(failure));
  return window;
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (condition()) return;
    await wait(10);
  }
  throw new Error('it did not come to that');
}

describe('a live recording', () => {
  it('is a file from its start, and complete at its end', async () => {
    const helper = new FakeHelper();
    const engine = await engineWith(helper);
    const progress: number[] = [];
    const recording = await engine.startRecording(own(), settings, { onProgress: ({ ledger }) => progress.push(ledger.stored) });
    expect(recording.info).toMatchObject({ state: { kind: 'live' }, savedAs: null, kernel: '6.18.0-test', cpus: 2 });
    expect(existsSync(recording.path)).toBe(true);
    helper.say(drain(0));
    helper.say(drain(1));
    await until(() => progress.length === 2);
    expect(progress).toEqual([3, 6]);
    expect(recording.sliceEnd).toBe(2);
    await recording.stop();
    expect(await recording.finished).toEqual({ reason: 'asked', message: 'Stopped.' });
    const read = readRecording(recording.path);
    expect(rows(read.tables)).toEqual(rows(recording.tables));
    expect(read.metadata).toMatchObject({ state: 'finished', endReason: 'asked', sliceEnd: 2, ledger: { stored: 6 } });
    expect(read.unexpected).toBe(false);
    await engine.close();
  });

  it('survives the death of its helper, and says so', async () => {
    const helper = new FakeHelper();
    const engine = await engineWith(helper);
    const window = openWindow(engine);
    const recording = await engine.startRecording(own(), settings);
    helper.say(drain(0));
    helper.exit({ code: null, signal: 'SIGKILL' });
    const outcome = await recording.finished;
    expect(outcome).toMatchObject({ reason: 'helperFailed', failure: { code: 'helperFailed' } });
    expect(readRecording(recording.path).tables.samples.length).toBe(1);
    await until(() => window.failures.length > 0);
    expect(window.failures[0]).toMatchObject({ id: recording.info.id, failure: { code: 'helperFailed' } });
    await engine.close();
  });

  it('ends in words when the helper sends garbage, and keeps what came before', async () => {
    const helper = new FakeHelper();
    const engine = await engineWith(helper);
    const recording = await engine.startRecording(own(), settings);
    helper.say(drain(0).raw(new Uint8Array(64).fill(0xee)));
    expect((await recording.finished).failure?.code).toBe('helperMalformed');
    expect(readRecording(recording.path).tables.samples.length).toBe(1);
    await engine.close();
  });

  it('is refused in words, and then leaves nothing', async () => {
    const helper = new FakeHelper();
    helper.onStart = () => helper.say(new StreamBuilder().refused(WireError.noBtf).end(4));
    const state = join(folder, 'refused');
    const engine = await engineWith(helper, state);
    expect((await failureOf(engine.startRecording(own(), settings))).code).toBe('noBtf');
    helper.onStart = () => {};
    expect(engine.recordings()).toEqual([]);
    expect(readdirSync(join(state, 'scratch'))).toEqual([]);
    const gone = new FakeHelper();
    gone.onStart = () => gone.say(new StreamBuilder().end(3));
    const second = await engineWith(gone);
    expect((await failureOf(second.startRecording(own(), settings))).code).toBe('targetGone');
    await engine.close();
  });

  it('holds a command until sampling runs, and lets go of none when it does not', async () => {
    const helper = new FakeHelper();
    const engine = await engineWith(helper);
    const touched = join(folder, 'touched');
    helper.onStart = () => helper.say(new StreamBuilder().refused(WireError.noBpf).end(4));
    expect((await failureOf(engine.startRecording({ kind: 'command', command: ['touch', touched] }, settings))).code).toBe('noBpf');
    await wait(100);
    expect(existsSync(touched)).toBe(false);
    const second = await engineWith(new FakeHelper());
    const recording = await second.startRecording({ kind: 'command', command: ['touch', touched] }, settings);
    expect(await recording.command).toEqual({ code: 0, signal: null });
    expect(existsSync(touched)).toBe(true);
    await second.close();
    await engine.close();
  });

  it('goes to the named file, replaces a recording there, and nothing else', async () => {
    const output = join(folder, 'named.ember');
    for (let i = 0; i < 2; i++) {
      const helper = new FakeHelper();
      const engine = await engineWith(helper);
      const recording = await engine.startRecording(own(), settings, { output });
      expect(recording.info.savedAs).toBe(output);
      helper.say(drain(i));
      await recording.stop();
      expect(readRecording(output).metadata.ledger.stored).toBe(3 * (i + 1));
      await engine.close();
    }
    const text = join(folder, 'letter.txt');
    writeFileSync(text, 'Dear');
    const engine = await engineWith(new FakeHelper());
    expect((await failureOf(engine.startRecording(own(), settings, { output: text }))).code).toBe('outputExists');
    expect((await failureOf(engine.startRecording(own(), settings, { output: join(folder, 'no', 'x.ember') }))).code).toBe('folderMissing');
    expect(readFileSync(text, 'utf8')).toBe('Dear');
    await engine.close();
  });

  it('does not lose the old file when sampling does not begin', async () => {
    const output = join(folder, 'kept.ember');
    const first = await engineWith(new FakeHelper());
    await (await first.startRecording(own(), settings, { output })).stop();
    const before = readFileSync(output);
    const helper = new FakeHelper();
    helper.onStart = () => helper.say(new StreamBuilder().end(3));
    const second = await engineWith(helper);
    await failureOf(second.startRecording(own(), settings, { output }));
    expect(readFileSync(output).equals(before)).toBe(true);
    await first.close();
    await second.close();
  });
});

describe('replaying a stream', () => {
  it('gives the same rows to the byte, however it is cut', async () => {
    const stream = new StreamBuilder()
      .hello('some other version')
      .kernelSymbols('[kernel]', 0xffffffff81000000n, 0xffffffff81010000n, [[0, '_stext'], [0x100, 'do_syscall_64']])
      .process(10, 'app').generation(10, 1).mapping(10, 1, 0x400000n, 0x500000n, '/bin/true').started()
      .stack(5n, 0, 0, [0xffffffff81000123n], { space: 1 })
      .raw(drain(0).bytes())
      .counts([{ userStack: 1000n, kernelStack: 5n, slice: 50_001, tgid: 10, tid: 10 }])
      .raw(drain(1).bytes()).end(2).bytes();
    const results: unknown[] = [];
    for (const size of [stream.length, 7, 1]) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size));
      const engine = await engineWith(new FakeHelper());
      const { replayStream } = await import('./helper-stream.ts');
      const recording = await engine.replay(replayStream(chunks));
      expect((await recording.finished).reason).toBe('targetExited');
      results.push(rows(recording.tables));
      const { strings, functions, symbols } = recording.tables;
      expect(symbols.length).toBe(1);
      expect(strings.columns.text[functions.columns.name[0]!]).toBe('do_syscall_64');
      await engine.close();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });
});

describe('a window', () => {
  it('gets all rows from the beginning, then each drain, and the state', async () => {
    const helper = new FakeHelper();
    const engine = await engineWith(helper);
    const early = openWindow(engine);
    const info = await early.client.call('start', own(), settings);
    await early.client.call('subscribe', info.id);
    helper.say(drain(0));
    await until(() => early.tables.get(info.id)?.samples.length === 1);
    expect(early.ends.at(-1)).toBe(1);
    helper.say(drain(1));
    await until(() => early.tables.get(info.id)?.samples.length === 2);
    const late = openWindow(engine);
    expect(await late.client.call('recordings')).toMatchObject([{ id: info.id, state: { kind: 'live' } }]);
    await late.client.call('subscribe', info.id);
    await until(() => late.tables.get(info.id)?.samples.length === 2);
    const stopped = await late.client.call('stop', info.id);
    expect(stopped.state).toEqual({ kind: 'finished', reason: 'asked', message: 'Stopped.' });
    await until(() => early.infos.some(({ state }) => state.kind === 'finished'));
    const whole = engine.recording(info.id).tables;
    await until(() => [early, late].every(({ tables }) => tables.get(info.id)!.notes.length === whole.notes.length));
    expect(rows(early.tables.get(info.id)!)).toEqual(rows(whole));
    expect(rows(late.tables.get(info.id)!)).toEqual(rows(whole));
    await engine.close();
  });

  it('saves live and ended recordings under free names, and closes them', async () => {
    const helper = new FakeHelper();
    const state = join(folder, 'saving');
    const engine = await engineWith(helper, state);
    const { client } = openWindow(engine);
    const info = await client.call('start', own(), settings);
    helper.say(drain(0));
    const saved = await client.call('save', info.id, 'my run');
    expect(saved.savedAs).toBe(join(folder, 'recordings', 'my run.ember'));
    helper.say(drain(1));
    await until(() => engine.recording(info.id).tables.samples.length === 2);
    await client.call('stop', info.id);
    expect(readRecording(saved.savedAs!).tables.samples.length).toBe(2);
    expect((await failureOf(client.call('save', info.id, '../x'))).code).toBe('badName');
    await client.call('close', info.id);
    expect(existsSync(saved.savedAs!)).toBe(true);
    expect((await failureOf(client.call('subscribe', info.id))).code).toBe('noSuchRecording');

    const engine2 = await engineWith(new FakeHelper(), state);
    const second = openWindow(engine2);
    const unsaved = await second.client.call('start', own(), settings);
    await second.client.call('stop', unsaved.id);
    const again = await second.client.call('save', unsaved.id, 'my run');
    expect(again.savedAs).toBe(join(folder, 'recordings', 'my run (2).ember'));
    const third = await engineWith(new FakeHelper(), state);
    const dropped = await third.startRecording(own(), settings);
    await third.closeRecording(dropped.info.id);
    expect(readdirSync(join(state, 'scratch'))).toEqual([]);
    for (const opened of [engine, engine2, third]) await opened.close();
  });

  it('takes files and gives them, live ones as a copy that opens', async () => {
    const helper = new FakeHelper();
    const engine = await engineWith(helper);
    const { client, tables } = openWindow(engine);
    const info = await client.call('start', own(), settings);
    helper.say(drain(0));
    await until(() => engine.recording(info.id).tables.samples.length === 1);
    const parts: Uint8Array[] = [];
    for (let offset = 0; ; ) {
      const bytes = await client.call('readFile', info.id, offset);
      if (bytes.length === 0) break;
      parts.push(bytes);
      offset += bytes.length;
    }
    const bytes = new Uint8Array(Buffer.concat(parts));
    const handle = await client.call('upload', null, bytes.subarray(0, 5000));
    await client.call('upload', handle, bytes.subarray(5000));
    const opened = await client.call('openUpload', handle, 'copy.ember');
    expect(opened).toMatchObject({ target: 'copy', savedAs: null, state: { kind: 'finished' } });
    await client.call('subscribe', opened.id);
    await until(() => tables.get(opened.id)?.samples.length === 1);
    expect((await client.call('recordings')).map(({ id }) => id)).toEqual([opened.id, info.id]);
    const bad = await client.call('upload', null, new TextEncoder().encode('hello'));
    const failure = await failureOf(client.call('openUpload', bad, 'letter.txt'));
    expect(failure).toMatchObject({ code: 'notEmber', message: 'letter.txt is not an Emberscope recording.' });
    expect((await failureOf(client.call('upload', 4711, bytes))).code).toBe('noSuchRecording');
    await engine.close();
  });

  it('watches the processes, and only while it wants to', async () => {
    const engine = await engineWith(new FakeHelper());
    const { client } = openWindow(engine);
    let events = 0;
    client.on('processes', ({ processes }) => {
      events++;
      expect(processes.some(({ tgid }) => tgid === process.pid)).toBe(true);
    });
    await client.call('watchProcesses', true);
    await until(() => events > 0);
    await client.call('watchProcesses', false);
    const before = events;
    await wait(1200);
    expect(events).toBe(before);
    await engine.close();
  });
});

describe('a crashed session', () => {
  it('is found again by the next window', async () => {
    const state = join(folder, 'crashed');
    mkdirSync(join(state, 'scratch'), { recursive: true });
    const helper = new FakeHelper();
    const engine = await engineWith(helper);
    const recording = await engine.startRecording(own(), settings);
    helper.say(drain(0));
    await until(() => recording.tables.samples.length === 1);
    // As a killed process of another time would have left it.
    const left = join(state, 'scratch', '20200101T000000-4194304-1-1.ember');
    for (const suffix of ['', '-wal']) writeFileSync(left + suffix, readFileSync(recording.path + suffix));
    const next = await engineWith(new FakeHelper(), state);
    const window = openWindow(next);
    const [found] = await window.client.call('recordings');
    expect(found).toMatchObject({ savedAs: null, state: { kind: 'finished', reason: 'unexpected' } });
    await window.client.call('subscribe', found!.id);
    await until(() => window.tables.get(found!.id)?.samples.length === 1);
    const saved = await window.client.call('save', found!.id, 'rescued');
    expect(existsSync(saved.savedAs!)).toBe(true);
    expect(existsSync(left)).toBe(false);
    await next.close();
    await engine.close();
  });
});
