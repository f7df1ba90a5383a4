// SPDX-License-Identifier: Apache-2.0
import { appendFileSync, chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeSegment } from '../../../ipc/segment-codec.ts';
import { EventWords } from '../../../profile/event-words.ts';
import { createTables } from '../../../profile/tables.ts';
import { readRecording } from './reader.ts';
import { RecordingStore } from './store.ts';
import { codeOf, end, finished, metadata, record, rows } from './testing/made-recording.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberscope-recordings-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

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
    const sound = await finished(join(folder, 'sound.ember'));
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

  it('refuses more names than the engine can hold', async () => {
    const path = await finished(join(folder, 'names.ember'));
    expect(codeOf(() => readRecording(path, { maxTextBytes: 4 }))).toBe('tooLarge');
    expect(codeOf(() => readRecording(path, { maxTextBytes: 4096 }))).toBe('nothing was thrown');
  });

  it('makes harmless what another program put into the texts', async () => {
    const path = join(folder, 'texts.ember');
    const { store } = record(path, 0);
    const evil = 'a\u001b[2J\nb\u202e';
    store.append([{ table: 'strings', start: 1, length: 1, columns: { text: [evil] } }], { target: evil, host: evil, tags: [evil], notes: `one\n${evil}` });
    await store.finish(null, end);
    const { tables, metadata: about } = readRecording(path);
    const harmless = 'a␛[2J␊b\ufffd';
    expect(tables.strings.columns.text[1]).toBe(harmless);
    expect(about).toMatchObject({ target: harmless, host: harmless, tags: [harmless], notes: 'one\na␛[2J\nb\ufffd' });
  });

  const edited = async (name: string, ...statements: [sql: string, ...values: (string | number | Uint8Array)[]][]): Promise<string> => {
    const path = await finished(join(folder, name));
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

  it('reads events of schema 3, which were in words', async () => {
    const recent = createTables();
    const probe = recent.probes.append({ name: 0, kind: 2, mechanism: 4, module: -1, measure: 0, request: 0 });
    // As the codec wrote them then: of type f64, u32, u32, u32, u32, f64, i32 and text.
    const text = 'malloc(size=5)';
    const bytes = new Uint8Array(16 + 6 + 8 + 2 + 8 + 8 * 4 + 8 + 8 + 24);
    const view = new DataView(bytes.buffer);
    const head: [at: number, value: number][] = [[0, 0x31474553], [8, 1]];
    for (const [at, value] of head) view.setUint32(at, value, true);
    view.setUint16(12, 6, true);
    view.setUint16(14, 8, true);
    bytes.set(new TextEncoder().encode('events'), 16);
    bytes.set([4, 2, 2, 2, 2, 4, 3, 5], 22);
    view.setFloat64(32, 1234, true);
    view.setUint32(56, 3, true);
    view.setFloat64(72, -1, true);
    view.setInt32(80, -1, true);
    view.setUint32(88, text.length, true);
    bytes.set(new TextEncoder().encode(text), 92);
    const path = await edited(
      'earlier.ember',
      ["UPDATE metadata SET value = '3' WHERE key = 'schemaVersion'"],
      ['INSERT INTO segments (name, start, length, data) VALUES (?, 0, 1, ?)', 'probes', encodeSegment(recent.probes.segment(probe))],
      ['INSERT INTO segments (name, start, length, data) VALUES (?, 0, 1, ?)', 'events', bytes.slice(0, 112)],
    );
    const { tables } = readRecording(path);
    expect([tables.events.length, tables.events.columns.time[0], tables.events.columns.cpu[0], tables.events.columns.duration[0]]).toEqual([1, 1234, 3, -1]);
    expect(new EventWords(tables).message(tables.events.columns, 0)).toBe(text);
  });

  it('does without a request that it does not know', async () => {
    const path = await edited('request.ember', ['INSERT INTO metadata VALUES (?, ?)', 'request', '{"kind":"host","name":"db1"}']);
    expect(readRecording(path).metadata.request).toBeUndefined();
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
