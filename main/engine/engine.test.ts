// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { replayStream } from './helper-stream.ts';
import { readRecording } from './recordings/reader.ts';
import { drain, engineWith, failureOf, openWindow, own, rows, settings, testFolders, until } from './testing/engine-fixture.ts';
import { FakeHelper } from './testing/fake-helper.ts';
import { StreamBuilder } from './testing/stream-builder.ts';
import { WireError } from './wire-layout.gen.ts';

// On a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 });

const { folder, state } = testFolders();

describe('a live recording', () => {
  it('is a file from its start, and complete at its end', async () => {
    const helper = new FakeHelper();
    const engine = await engineWith(helper, state());
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

  it('puts drains into the file together, but never a second of them', async () => {
    const helper = new FakeHelper();
    const engine = await engineWith(helper, state());
    const recording = await engine.startRecording(own(), settings);
    // What a kill would leave at this moment.
    const kept = (): number => {
      const copy = join(folder, 'copy.ember');
      for (const suffix of ['', '-wal']) copyFileSync(recording.path + suffix, copy + suffix);
      return readRecording(copy).tables.samples.length;
    };
    for (const [slice, inFile] of [[0, 1], [10, 1], [19, 1], [20, 4], [39, 4], [100, 6]] as const) {
      helper.say(drain(slice));
      await until(() => recording.sliceEnd === slice + 1);
      expect([slice, kept()]).toEqual([slice, inFile]);
    }
    await recording.stop();
    expect(readRecording(recording.path).tables.samples.length).toBe(6);
    await engine.close();
  });

  it('survives the death of its helper, and says so', async () => {
    const helper = new FakeHelper();
    const engine = await engineWith(helper, state());
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
    const engine = await engineWith(helper, state());
    const recording = await engine.startRecording(own(), settings);
    helper.say(drain(0).raw(new Uint8Array(64).fill(0xee)));
    expect((await recording.finished).failure?.code).toBe('helperMalformed');
    expect(readRecording(recording.path).tables.samples.length).toBe(1);
    await engine.close();
  });

  it('is refused in words, and then leaves nothing', async () => {
    const helper = new FakeHelper();
    helper.onStart = () => helper.say(new StreamBuilder().refused(WireError.noBtf).end(4));
    const place = state();
    const engine = await engineWith(helper, place);
    expect((await failureOf(engine.startRecording(own(), settings))).code).toBe('noBtf');
    helper.onStart = () => undefined;
    expect(engine.recordings()).toEqual([]);
    expect(existsSync(join(place, 'scratch'))).toBe(false);
    const gone = new FakeHelper();
    gone.onStart = () => gone.say(new StreamBuilder().end(3));
    const second = await engineWith(gone, state());
    expect((await failureOf(second.startRecording(own(), settings))).code).toBe('targetGone');
    await engine.close();
  });

  it('holds a command until sampling runs, and lets go of none when it does not', async () => {
    const helper = new FakeHelper();
    const engine = await engineWith(helper, state());
    const touched = join(folder, 'touched');
    helper.onStart = () => helper.say(new StreamBuilder().refused(WireError.noBpf).end(4));
    expect((await failureOf(engine.startRecording({ kind: 'command', command: ['touch', touched] }, settings))).code).toBe('noBpf');
    await wait(100);
    expect(existsSync(touched)).toBe(false);
    const second = await engineWith(new FakeHelper(), state());
    const recording = await second.startRecording({ kind: 'command', command: ['touch', touched] }, settings);
    expect(await recording.command).toEqual({ code: 0, signal: null });
    expect(existsSync(touched)).toBe(true);
    await second.close();
    await engine.close();
  });

  it('that has not begun ends when the engine closes, and its command never runs', async () => {
    const helper = new FakeHelper();
    const asked = Promise.withResolvers<undefined>();
    helper.onStart = () => asked.resolve(undefined);
    const engine = await engineWith(helper, state());
    const touched = join(folder, 'untouched');
    const failure = failureOf(engine.startRecording({ kind: 'command', command: ['touch', touched] }, settings));
    await asked.promise;
    await engine.close();
    expect((await failure).code).toBe('interrupted');
    await wait(50);
    expect(existsSync(touched)).toBe(false);
  });

  it('goes to the named file, replaces a recording there, and nothing else', async () => {
    const output = join(folder, 'named.ember');
    for (let i = 0; i < 2; i++) {
      const helper = new FakeHelper();
      const engine = await engineWith(helper, state());
      const recording = await engine.startRecording(own(), settings, { output });
      expect(recording.info.savedAs).toBe(output);
      helper.say(drain(i));
      await recording.stop();
      expect(readRecording(output).metadata.ledger.stored).toBe(3 * (i + 1));
      await engine.close();
    }
    const text = join(folder, 'letter.txt');
    writeFileSync(text, 'Dear');
    const engine = await engineWith(new FakeHelper(), state());
    expect((await failureOf(engine.startRecording(own(), settings, { output: text }))).code).toBe('outputExists');
    expect((await failureOf(engine.startRecording(own(), settings, { output: join(folder, 'no', 'x.ember') }))).code).toBe('folderMissing');
    expect(readFileSync(text, 'utf8')).toBe('Dear');
    await engine.close();
  });

  it('does not lose the old file when sampling does not begin', async () => {
    const output = join(folder, 'kept.ember');
    const first = await engineWith(new FakeHelper(), state());
    await (await first.startRecording(own(), settings, { output })).stop();
    const before = readFileSync(output);
    const helper = new FakeHelper();
    helper.onStart = () => helper.say(new StreamBuilder().end(3));
    const second = await engineWith(helper, state());
    await failureOf(second.startRecording(own(), settings, { output }));
    expect(readFileSync(output).equals(before)).toBe(true);
    await first.close();
    await second.close();
  });
  it('ends when the disk is full, says so, and keeps what came until then', async (context) => {
    const mount = join(folder, 'small');
    mkdirSync(mount);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=500k', 'tmpfs', mount]).status !== 0) {
      console.log('skipped: a full disk needs the right to mount a tmpfs (root)');
      context.skip();
    }
    try {
      const helper = new FakeHelper();
      const engine = await engineWith(helper, state());
      const output = join(mount, 'full.ember');
      const recording = await engine.startRecording(own(), settings, { output });
      let ended = false;
      void recording.finished.then(() => (ended = true));
      for (let slice = 0; slice < 5_000 && !ended; slice++) {
        // So far apart that each is put into the file by itself.
        helper.say(drain(slice * 20));
        await wait(0);
      }
      const outcome = await recording.finished;
      expect(outcome).toMatchObject({ reason: 'recordingFailed', failure: { code: 'diskFull' } });
      expect(recording.info.state).toMatchObject({ kind: 'finished', reason: 'recordingFailed' });
      const read = readRecording(output);
      expect(read.tables.samples.length).toBeGreaterThan(50);
      expect(recording.tables.samples.length - read.tables.samples.length).toBeLessThanOrEqual(2);
      // The space that was kept back was enough for its end: one file, which says why.
      expect(readdirSync(mount)).toEqual(['full.ember']);
      expect(read).toMatchObject({ unexpected: false, metadata: { state: 'finished', endReason: 'recordingFailed', endMessage: outcome.message } });
      expect(outcome.message).toContain('The disk is full');
      await engine.close();
    } finally {
      spawnSync('umount', [mount]);
    }
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
      const engine = await engineWith(new FakeHelper(), state());
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
