// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../../ipc/failure.ts';
import { encodeSegment } from '../../../ipc/segment-codec.ts';
import { createTables, rowCounts, segmentsSince, type Tables } from '../../../profile/tables.ts';
import { NONE } from '../../../profile/units.ts';
import { StringInterner } from '../interner.ts';
import { APPLICATION_ID } from './format.ts';
import { checkedName, freePath } from './keeping.ts';
import { readRecording } from './reader.ts';
import { RecordingStore, type FirstMetadata } from './store.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberscope-recordings-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const metadata: FirstMetadata = {
  application: '0.1.0', target: 'app 10', question: 'on-cpu', frequencyHz: 99, startedAt: 1_700_000_000_000, host: 'here', kernel: '6.18', cpus: 2,
  settings: { frequency: 99, children: true, kernelStacks: true }, durationNs: 0, sliceEnd: 0,
  ledger: { fired: 0, notOurs: 0, stored: 0, lost: 0 }, overhead: { bpfNs: 0, helperCpuNs: 0 },
};

/** Adds samples of one more drain. */
function drain(tables: Tables, slice: number, samples: number): void {
  const strings = StringInterner.of(tables);
  if (tables.modules.length === 0) {
    tables.modules.append({ path: strings.index('/bin/app'), buildId: 0, kind: 0 });
    tables.processes.append({ tgid: 10, parent: NONE, name: strings.index('app'), start: -5 });
    tables.threads.append({ process: 0, tid: 10, name: strings.index('app') });
  }
  const frame = tables.frames.append({ module: 0, offset: slice, category: 0 });
  const stack = tables.stacks.append({ prefix: tables.stacks.length - 1, frame, end: 0 });
  for (let i = 0; i < samples; i++) tables.samples.append({ slice, thread: 0, stack, kind: 0, weight: 1 + i });
}

/** A store with `drains` appends; not finished. */
function record(path: string, drains: number, samples = 10): { store: RecordingStore; tables: Tables } {
  const store = RecordingStore.create(path, metadata);
  const tables = createTables();
  let sent = rowCounts(tables);
  for (let i = 0; i < drains; i++) {
    drain(tables, i, samples);
    store.append(segmentsSince(tables, sent), { sliceEnd: i });
    sent = rowCounts(tables);
  }
  return { store, tables };
}

const end = { endReason: 'asked', endMessage: 'You stopped it.', durationNs: 5 } as const;
const rows = (tables: Tables): unknown => segmentsSince(tables, rowCounts(createTables()));

async function finished(name: string): Promise<string> {
  const path = join(folder, name);
  const { store, tables } = record(path, 5);
  await store.finish(tables, end);
  return path;
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (isFailure(error)) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}

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
    const path = await finished('type.ember');
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
    const taken = await finished('taken.ember');
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

describe('the reader', () => {
  it('answers what is not a recording with its own failure', async () => {
    const path = (name: string, bytes: Uint8Array | string): string => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };
    expect(codeOf(() => readRecording(join(folder, 'absent.ember')))).toBe('fileMissing');
    expect(codeOf(() => readRecording(folder))).toBe('fileNotReadable');
    expect(codeOf(() => readRecording('/dev/null'))).toBe('fileNotReadable');
    expect(codeOf(() => readRecording(path('empty.ember', '')))).toBe('notEmber');
    expect(codeOf(() => readRecording(path('text.ember', 'a;b;c 5\n'.repeat(100))))).toBe('notEmber');
    const other = join(folder, 'other.ember');
    const database = new DatabaseSync(other);
    database.exec('CREATE TABLE t (a)');
    database.close();
    expect(codeOf(() => readRecording(other))).toBe('notEmber');
  });

  it('says when a file is newer, cut, or damaged anywhere', async () => {
    const sound = await finished('sound.ember');
    const bytes = readFileSync(sound);
    const changed = (name: string, change: (copy: Buffer) => unknown): string => {
      const copy = Buffer.from(bytes);
      const path = join(folder, name);
      const result = change(copy);
      writeFileSync(path, Buffer.isBuffer(result) ? result : copy);
      return path;
    };
    expect(codeOf(() => readRecording(changed('newer.ember', (copy) => copy.writeUInt32BE(2, 60))))).toBe('newerFormat');
    for (const length of [150, 4096, bytes.length - 1]) {
      expect(codeOf(() => readRecording(changed('cut.ember', (copy) => copy.subarray(0, length))))).toBe('damaged');
    }
    // Any damage is either refused in words or harmless.
    for (let at = 100; at < bytes.length; at += 97) {
      const path = changed('bits.ember', (copy) => (copy[at] = copy[at]! ^ 0x5a));
      expect(['nothing was thrown', 'damaged', 'notEmber', 'tooLarge', 'newerFormat']).toContain(codeOf(() => readRecording(path)));
    }
  });

  const edited = async (name: string, ...statements: [sql: string, ...values: (string | number | Uint8Array)[]][]): Promise<string> => {
    const path = await finished(name);
    const database = new DatabaseSync(path);
    for (const [sql, ...values] of statements) database.prepare(sql).run(...values);
    database.close();
    return path;
  };

  it('takes no schema but its own', async () => {
    for (const [i, sql] of [
      'CREATE VIEW v AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT * FROM r',
      "CREATE TRIGGER t AFTER INSERT ON segments BEGIN SELECT 'x'; END",
      'CREATE INDEX i ON segments (length(data))',
      'ALTER TABLE segments ADD COLUMN more',
    ].entries()) {
      const path = await edited(`schema${i}.ember`, [sql]);
      expect(codeOf(() => readRecording(path))).toBe('notEmber');
    }
  });

  it('takes no row index outside its table, and no cycle', async () => {
    const samples = (change: Partial<{ stack: number; thread: number; slice: number; weight: number; kind: number }>): Uint8Array => {
      const tables = createTables();
      tables.samples.append({ slice: 0, thread: 0, stack: 0, kind: 0, weight: 1, ...change });
      return encodeSegment(tables.samples.segment(0));
    };
    const replace = (data: Uint8Array, name: string): [string, ...(string | number | Uint8Array)[]] =>
      ['UPDATE segments SET start = 0, length = 1, data = ? WHERE name = ?', data, name];
    const changes = [{ stack: 99 }, { stack: -2 }, { thread: 7 }, { slice: 4_000_000_000 }, { weight: NaN }, { weight: Infinity }, { weight: -1 }, { kind: 9 }];
    expect(codeOf(() => readRecording(join(folder, 'absent')))).toBe('fileMissing');
    expect(readRecording(await edited('row.ember', replace(samples({}), 'samples'))).tables.samples.length).toBe(1);
    expect(readRecording(await edited('freed.ember', replace(samples({ kind: 5, weight: -4096 }), 'samples'))).tables.samples.columns.weight[0]).toBe(-4096);
    for (const [i, change] of changes.entries()) {
      const path = await edited(`row${i}.ember`, replace(samples(change), 'samples'));
      expect([change, codeOf(() => readRecording(path))]).toEqual([change, 'damaged']);
    }
    const cycle = createTables();
    cycle.stacks.append({ prefix: 1, frame: 0, end: 0 });
    cycle.stacks.append({ prefix: 0, frame: 0, end: 0 });
    const path = await edited('cycle.ember', ['UPDATE segments SET start = 0, length = 2, data = ? WHERE name = ?', encodeSegment(cycle.stacks.segment(0)), 'stacks']);
    expect(codeOf(() => readRecording(path))).toBe('damaged');
  });

  it('takes no metadata that is missing, of another type, or endless', async () => {
    for (const [i, [sql, ...values]] of (
      [
        ["DELETE FROM metadata WHERE key = 'ledger'"],
        ["UPDATE metadata SET value = 'x' WHERE key = 'cpus'"],
        ["UPDATE metadata SET value = '\"6\"' WHERE key = 'cpus'"],
        ["UPDATE metadata SET value = 'null' WHERE key = 'settings'"],
        ['INSERT INTO metadata VALUES (?, ?)', 'x', 'y'.repeat(2 << 20)],
      ] as [string, ...string[]][]
    ).entries()) {
      const path = await edited(`metadata${i}.ember`, [sql, ...values]);
      expect(codeOf(() => readRecording(path))).toBe('damaged');
    }
    expect(codeOf(() => RecordingStore.create(join(folder, 'no', 'x.ember'), metadata))).toBe('notWritable');
  });

  it('reads a killed recording from a folder that is not ours to write, and leaves it alone', () => {
    const { store, tables } = record(join(folder, 'theirs0.ember'), 2);
    const place = join(folder, 'theirs');
    mkdirSync(place);
    for (const suffix of ['', '-wal']) copyFileSync(store.path + suffix, join(place, `x.ember${suffix}`));
    store.close();
    chmodSync(place, 0o555);
    const read = readRecording(join(place, 'x.ember'));
    expect(rows(read.tables)).toEqual(rows(tables));
    if (process.getuid?.() === 0) console.log('as root every folder can be written: the copying path is not taken here');
    else expect(readdirSync(place).sort()).toEqual(['x.ember', 'x.ember-wal']);
    chmodSync(place, 0o755);
    appendFileSync(join(place, 'x.ember'), '');
  });
});

describe('names', () => {
  it('are checked', () => {
    expect(checkedName(' postgres 4121.ember ')).toBe('postgres 4121');
    for (const name of ['', '  ', '../x', 'a/b', '.hidden', 'x'.repeat(121), 'a\nb', '.ember']) {
      expect([name, codeOf(() => checkedName(name))]).toEqual([name, 'badName']);
    }
  });
});
