// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTables, rowCounts, segmentsSince } from '../../../profile/tables.ts';
import { APPLICATION_ID } from './format.ts';
import { freePath } from './keeping.ts';
import { readRecording } from './reader.ts';
import { RecordingStore } from './store.ts';
import { codeOf, drain, end, finished, metadata, record, rows } from './testing/made-recording.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberscope-recordings-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a recording', () => {
  it('is one file when finished, with its rows merged, and reads back the same', async () => {
    const path = join(folder, 'whole.ember');
    const { store, tables } = record(path, 40, 5_000);
    await store.finish(tables, end);
    expect(readdirSync(folder).filter((name) => name.startsWith('whole'))).toEqual(['whole.ember']);
    const read = readRecording(path);
    expect(rows(read.tables)).toEqual(rows(tables));
    expect(read).toMatchObject({ unexpected: false, inUse: false, metadata: { ...metadata, ...end, sliceEnd: 39, state: 'finished' } });
    const database = new DatabaseSync(path, { readOnly: true });
    const segments = database.prepare("SELECT start, length FROM segments WHERE name = 'samples' ORDER BY start").all();
    database.close();
    expect(segments.map(({ length }) => length)).toEqual([65_536, 65_536, 65_536, 3_392]);
  });

  it('tells what it is to `file`, and only its owner may read it', async () => {
    const path = await finished(join(folder, 'type.ember'));
    expect(readFileSync(path).readUInt32BE(68)).toBe(APPLICATION_ID);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { stdout, error } = spawnSync('file', [path], { encoding: 'utf8' });
    if (error) console.log('not checked with file(1): it is not installed');
    else expect(stdout).toContain(`${APPLICATION_ID}`);
  });

  it('that was killed opens with all that was appended, and is one file then', () => {
    const path = join(folder, 'killed.ember');
    const { store, tables } = record(path, 7);
    // What a kill leaves: the file and its log as they are now.
    const left = join(folder, 'left.ember');
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, left + suffix);
    store.close();
    const read = readRecording(left);
    expect(read.unexpected).toBe(true);
    expect(rows(read.tables)).toEqual(rows(tables));
    expect([existsSync(`${left}-wal`), existsSync(`${left}-shm`)]).toEqual([false, false]);
    expect(rows(readRecording(left).tables)).toEqual(rows(tables));
  });

  it('that was killed loses the torn end of its log and nothing before', () => {
    const path = join(folder, 'torn.ember');
    const { store, tables } = record(path, 7);
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, join(folder, `torn2.ember${suffix}`));
    store.close();
    const log = join(folder, 'torn2.ember-wal');
    truncateSync(log, statSync(log).size - 3000);
    const read = readRecording(join(folder, 'torn2.ember'));
    expect(read.metadata.sliceEnd).toBe(5);
    expect(read.tables.samples.length).toBe(tables.samples.length - 10);
  });

  it('can be read while it is written, and says so', () => {
    const path = join(folder, 'busy.ember');
    const { store, tables } = record(path, 3);
    // Locks are a process's own, so the reader must be another one.
    const reader = `import { readRecording } from ${JSON.stringify(join(import.meta.dirname, 'reader.ts'))};
      const { inUse, unexpected, tables } = readRecording(${JSON.stringify(path)});
      console.log(JSON.stringify({ inUse, unexpected, samples: tables.samples.length }));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', reader], { encoding: 'utf8' });
    expect(stderr).not.toContain('Error');
    expect(JSON.parse(stdout)).toEqual({ inUse: true, unexpected: false, samples: 30 });
    drain(tables, 3, 1);
    store.append(segmentsSince(tables, { ...rowCounts(tables), samples: 30, frames: 3, stacks: 3 }), {});
    store.close();
  });

  it('moves while it is written, and never over another file', async () => {
    const { store, tables } = record(join(folder, 'moving.ember'), 2);
    const taken = await finished(join(folder, 'taken.ember'));
    const before = readFileSync(taken);
    expect(codeOf(() => store.moveTo(taken))).toBe('notWritable');
    expect(readFileSync(taken).equals(before)).toBe(true);
    store.moveTo(freePath(folder, 'taken'));
    expect(store.path).toBe(join(folder, 'taken (2).ember'));
    expect(existsSync(join(folder, 'moving.ember'))).toBe(false);
    const sent = rowCounts(tables);
    drain(tables, 2, 3);
    store.append(segmentsSince(tables, sent), {});
    await store.finish(tables, end);
    expect(rows(readRecording(store.path).tables)).toEqual(rows(tables));
  });

  it('stays whole when it moves while its log is copied back', async () => {
    // Some 10 MB: two and more checkpoints.
    const { store, tables } = record(join(folder, 'large.ember'), 50, 10_000);
    store.moveTo(join(folder, 'large moved.ember'));
    await store.finish(tables, end);
    expect(readdirSync(folder).filter((name) => name.startsWith('large'))).toEqual(['large moved.ember']);
    expect(rows(readRecording(store.path).tables)).toEqual(rows(tables));
  });

  it('gives a snapshot that opens by itself and says what it is', async () => {
    const { store, tables } = record(join(folder, 'source.ember'), 2);
    const path = join(folder, 'snapshot.ember');
    const made = store.snapshot(path);
    // It goes on, and may move, while the copy is made.
    store.moveTo(join(folder, 'source moved.ember'));
    await made;
    const read = readRecording(path);
    expect(rows(read.tables)).toEqual(rows(tables));
    expect(read).toMatchObject({ unexpected: false, metadata: { state: 'finished', endReason: 'snapshot', sliceEnd: 1 } });
    expect(readdirSync(folder).filter((name) => name.startsWith('snapshot'))).toEqual(['snapshot.ember']);
    await expect(store.snapshot(path)).rejects.toMatchObject({ code: 'writeFailed' });
    store.close();
  });

  it('refuses an append as a whole when it fails', () => {
    const { store, tables } = record(join(folder, 'atomic.ember'), 1);
    const sent = rowCounts(tables);
    drain(tables, 1, 1);
    const segments = segmentsSince(tables, sent);
    const broken = { ...segments.at(-1)!, length: 5 };
    expect(() => store.append([...segments.slice(0, -1), broken], {})).toThrow();
    store.append(segments, {});
    store.close();
    expect(rows(readRecording(store.path).tables)).toEqual(rows(tables));
  });
});

describe('a full disk', () => {
  it('keeps what was appended until then, and says why it ended', async (context) => {
    const mount = join(folder, 'small');
    mkdirSync(mount);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', mount]).status !== 0) {
      console.log('skipped: a full disk needs the right to mount a tmpfs (root)');
      context.skip();
    }
    try {
      const path = join(mount, 'full.ember');
      const store = RecordingStore.create(path, metadata);
      const tables = createTables();
      let sent = rowCounts(tables);
      let appended = sent;
      let code = '';
      for (let i = 0; i < 1_000 && !code; i++) {
        drain(tables, i, 100);
        const segments = segmentsSince(tables, sent);
        code = codeOf(() => store.append(segments, {}));
        if (code === 'nothing was thrown') code = '';
        sent = rowCounts(tables);
        if (!code) appended = sent;
      }
      expect(code).toBe('diskFull');
      // What a kill would leave at this moment.
      const left = join(folder, 'left full.ember');
      for (const suffix of ['', '-wal']) copyFileSync(path + suffix, left + suffix);
      expect(rowCounts(readRecording(left).tables)).toEqual(appended);
      store.makeRoom();
      await store.finish(null, { endReason: 'recordingFailed', endMessage: 'The disk is full.' });
      const read = readRecording(path);
      expect(read.metadata).toMatchObject({ state: 'finished', endReason: 'recordingFailed', endMessage: 'The disk is full.' });
      expect(rowCounts(read.tables)).toEqual(appended);
      expect(appended.samples).toBeGreaterThan(1_000);
      expect(readdirSync(mount)).toEqual(['full.ember']);
    } finally {
      spawnSync('umount', [mount]);
    }
  });
});
