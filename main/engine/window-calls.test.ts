// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { readRecording } from './recordings/reader.ts';
import { drain, engineWith, failureOf, openWindow, own, rows, settings, testFolders, until } from './testing/engine-fixture.ts';
import { FakeHelper } from './testing/fake-helper.ts';
import { WindowCalls } from './window-calls.ts';

const { folder, state } = testFolders();

describe('a window', () => {
  it('gets all rows from the beginning, then each drain, and the state', async () => {
    const helper = new FakeHelper();
    const engine = await engineWith(helper, state());
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
    const place = state();
    const engine = await engineWith(helper, place);
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

    const engine2 = await engineWith(new FakeHelper(), place);
    const second = openWindow(engine2);
    const unsaved = await second.client.call('start', own(), settings);
    await second.client.call('stop', unsaved.id);
    const again = await second.client.call('save', unsaved.id, 'my run');
    expect(again.savedAs).toBe(join(folder, 'recordings', 'my run (2).ember'));
    const third = await engineWith(new FakeHelper(), place);
    const dropped = await third.startRecording(own(), settings);
    await third.closeRecording(dropped.info.id);
    expect(readdirSync(join(place, 'scratch'))).toEqual([]);
    for (const opened of [engine, engine2, third]) await opened.close();
  });

  it('takes files and gives them, live ones as a copy that opens', async () => {
    const helper = new FakeHelper();
    const engine = await engineWith(helper, state());
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
    expect(failure).toMatchObject({ code: 'unknownFormat', message: 'letter.txt is neither a recording nor a file of another tool that is read here.' });
    expect((await failureOf(client.call('upload', 4711, bytes))).code).toBe('noSuchRecording');
    await engine.close();
  });

  it("imports another tool's file, and keeps nothing of one that is broken", async () => {
    const place = state();
    const engine = await engineWith(new FakeHelper(), place);
    const { client, tables } = openWindow(engine);
    const handle = await client.call('upload', null, new TextEncoder().encode('app;main;work 3\napp;main 1\n'));
    const opened = await client.call('openUpload', handle, 'yesterday.folded');
    expect(opened).toMatchObject({ target: 'yesterday.folded', host: '', savedAs: null, state: { kind: 'finished', reason: 'opened', message: 'Imported from folded stacks.' } });
    await client.call('subscribe', opened.id);
    await until(() => tables.get(opened.id)?.samples.length === 2);
    const saved = await client.call('save', opened.id, 'imported');
    expect(readRecording(saved.savedAs!).tables.samples.length).toBe(2);
    const bad = await client.call('upload', null, new TextEncoder().encode('app;main;work 3\napp;ma'));
    expect(await failureOf(client.call('openUpload', bad, 'cut.folded'))).toMatchObject({ code: 'damaged', message: expect.stringMatching(/^cut\.folded cannot be imported as folded stacks: line 2/) });
    expect(readdirSync(join(place, 'scratch'))).toEqual([]);
    await engine.close();
  });

  it('is told once of the file that it was opened for, which is opened where it lies', async () => {
    const place = state();
    const engine = await engineWith(new FakeHelper(), place);
    const recording = await engine.startRecording(own(), settings);
    await recording.stop();
    const path = join(place, 'mine.ember');
    copyFileSync(recording.path, path);
    const { client } = openWindow(engine, path);
    const named = await client.call('namedFile');
    expect(named).toMatchObject({ name: 'mine.ember' });
    expect(await client.call('namedFile')).toBeNull();
    const opened = await client.call('openUpload', named!.upload, named!.name);
    expect(opened).toMatchObject({ savedAs: path, state: { kind: 'finished' } });
    const kept = await client.call('save', opened.id, 'kept of mine');
    expect(kept.savedAs).toBe(join(folder, 'recordings', 'kept of mine.ember'));
    expect(readFileSync(path)).toEqual(readFileSync(kept.savedAs!));
    await client.call('close', opened.id);
    // Another window for the same file shows the same recording, and what is given up stays where it lies.
    const second = openWindow(engine, path).client;
    const again = await second.call('namedFile');
    const shown = await second.call('openUpload', again!.upload, again!.name);
    const third = openWindow(engine, path).client;
    const same = await third.call('namedFile');
    expect((await third.call('openUpload', same!.upload, same!.name)).id).toBe(shown.id);
    const fourth = openWindow(engine, path).client;
    await fourth.call('dropUpload', (await fourth.call('namedFile'))!.upload);
    for (const window of [second, third]) await window.call('close', shown.id);
    expect(existsSync(path)).toBe(true);
    expect(await openWindow(engine).client.call('namedFile')).toBeNull();
    await engine.close();
  });

  it("imports another tool's file that it was opened for, and says of one that is broken where it lies", async () => {
    const place = state();
    const engine = await engineWith(new FakeHelper(), place);
    mkdirSync(place, { recursive: true });
    const [good, cut] = [join(place, 'good.folded'), join(place, 'cut.folded')];
    writeFileSync(good, 'app;main;work 3\napp;main 1\n');
    writeFileSync(cut, 'app;main;work 3\napp;ma');
    const first = openWindow(engine, good).client;
    const named = await first.call('namedFile');
    expect(await first.call('openUpload', named!.upload, named!.name)).toMatchObject({ target: 'good.folded', savedAs: null });
    const second = openWindow(engine, cut).client;
    const broken = await second.call('namedFile');
    const failure = await failureOf(second.call('openUpload', broken!.upload, broken!.name));
    expect(failure.message).toContain('cut.folded cannot be imported as folded stacks: line 2');
    expect([good, cut].map((path) => existsSync(path))).toEqual([true, true]);
    const pipe = join(place, 'pipe.ember');
    execFileSync('mkfifo', [pipe]);
    const piped = openWindow(engine, pipe).client;
    const empty = await piped.call('namedFile');
    expect((await failureOf(piped.call('openUpload', empty!.upload, empty!.name))).message).toMatch(/pipe\.ember/);
    const gone = openWindow(engine, join(place, 'gone.ember')).client;
    const missing = await gone.call('namedFile');
    expect((await failureOf(gone.call('openUpload', missing!.upload, missing!.name))).message).toMatch(/gone\.ember/);
    await engine.close();
  });

  it('is told why code has no name, also of a file that was opened', async () => {
    const helper = new FakeHelper();
    const engine = await engineWith(helper, state());
    const { client } = openWindow(engine);
    const info = await client.call('start', own(), settings);
    helper.say(drain(0));
    await until(() => engine.recording(info.id).tables.symbols.length === 2);
    expect(await client.call('whyUnnamed', info.id, 0)).toBe('/nonexistent/app does not exist.');
    expect(await client.call('whyUnnamed', info.id, -1)).toBe('No file was mapped at this address.');
    await client.call('stop', info.id);
    const recording = engine.recording(info.id);
    const opened = await engine.openRecording(recording.path);
    expect(await client.call('whyUnnamed', opened.info.id, 0)).toBe('/nonexistent/app does not exist.');
    expect(await client.call('whyUnnamed', opened.info.id, 7)).toBe('No name was found when it was recorded.');
    await engine.close();
  });

  it('keeps nothing of an upload that was given up', async () => {
    const place = state();
    const engine = await engineWith(new FakeHelper(), place);
    const { client } = openWindow(engine);
    const handle = await client.call('upload', null, new Uint8Array(5000));
    expect(readdirSync(join(place, 'scratch'))).toHaveLength(1);
    await client.call('dropUpload', handle);
    await client.call('dropUpload', handle);
    expect(readdirSync(join(place, 'scratch'))).toEqual([]);
    expect((await failureOf(client.call('openUpload', handle, 'x'))).code).toBe('noSuchRecording');
    // One that is being opened.
    const recording = await engine.startRecording(own(), settings);
    await recording.stop();
    const again = await client.call('upload', null, readFileSync(recording.path));
    const opening = failureOf(client.call('openUpload', again, 'copy.ember'));
    await client.call('dropUpload', again);
    expect(await opening).toMatchObject({ code: 'cancelled', message: 'Opening copy.ember was cancelled.' });
    expect(readdirSync(join(place, 'scratch')).filter((name) => name.endsWith('.upload'))).toEqual([]);
    await engine.close();
  });

  it('keeps nothing of an upload that goes no further', async () => {
    const place = state();
    const engine = await engineWith(new FakeHelper(), place);
    const calls = new WindowCalls(engine);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const handle = calls.upload(null, new Uint8Array(5000));
      vi.advanceTimersByTime(100_000);
      calls.upload(handle, new Uint8Array(5000));
      vi.advanceTimersByTime(100_000);
      expect(readdirSync(join(place, 'scratch'))).toHaveLength(1);
      vi.advanceTimersByTime(30_000);
      expect(readdirSync(join(place, 'scratch'))).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
    await engine.close();
  });

  it('watches the processes, and only while it wants to', async () => {
    const engine = await engineWith(new FakeHelper(), state());
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
    const place = state();
    mkdirSync(join(place, 'scratch'), { recursive: true });
    const helper = new FakeHelper();
    const engine = await engineWith(helper, state());
    const recording = await engine.startRecording(own(), settings);
    helper.say(drain(0));
    await until(() => recording.tables.samples.length === 1);
    // As a killed process of another time would have left it.
    const left = join(place, 'scratch', '20200101T000000-4194304-1-1.ember');
    for (const suffix of ['', '-wal']) writeFileSync(left + suffix, readFileSync(recording.path + suffix));
    const next = await engineWith(new FakeHelper(), place);
    const window = openWindow(next);
    await until(() => window.infos.length > 0);
    const [found] = await window.client.call('recordings');
    expect(found).toMatchObject({ savedAs: null, isLeft: true, state: { kind: 'finished', reason: 'unexpected' } });
    await window.client.call('subscribe', found!.id);
    await until(() => window.tables.get(found!.id)?.samples.length === 1);
    const saved = await window.client.call('save', found!.id, 'rescued');
    expect(existsSync(saved.savedAs!)).toBe(true);
    expect(existsSync(left)).toBe(false);
    await next.close();
    await engine.close();
  });
});
