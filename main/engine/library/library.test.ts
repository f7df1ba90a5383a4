// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LibraryChange, LibraryEntry, RecordedRequest } from '../../../ipc/library-contract.ts';
import { profileFromText } from '../../../profile/testing.ts';
import { createTables, rowCounts, segmentsSince, type Tables } from '../../../profile/tables.ts';
import { readRecording } from '../recordings/reader.ts';
import { RecordingStore, type FirstMetadata } from '../recordings/store.ts';
import { Library } from './library.ts';

let top = '';
let folder = '';
let library: Library;
const open = (options: Partial<ConstructorParameters<typeof Library>[0]> = {}) =>
  new Library({ folder, index: join(top, 'index.sqlite'), trashFolder: join(top, 'Trash'), ...options });

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'emberscope-library-test-'));
  folder = join(top, 'recordings');
  mkdirSync(folder);
  library = open();
});
afterEach(async () => {
  await library.close();
  rmSync(top, { recursive: true, force: true });
});

const request: RecordedRequest = { kind: 'command', command: ['./app', '--fast'], folder: '/srv' };
const metadata: FirstMetadata = {
  application: '0.1.0', target: 'app --fast', question: 'on-cpu', frequencyHz: 99, startedAt: 1_700_000_000_000, host: 'here', kernel: '6.18', cpus: 2,
  settings: { frequency: 99, children: true, kernelStacks: true }, durationNs: 3e9, sliceEnd: 1,
  ledger: { fired: 12, notOurs: 0, stored: 9, lost: 3 }, overhead: { bpfNs: 0, helperCpuNs: 0 }, request,
};
const profile = 'main;parse;read_[k] 6\nmain;lib.so+0x1f 3';

async function record(name: string, changes: Partial<FirstMetadata> = {}, tables: Tables = profileFromText(profile)): Promise<string> {
  const path = join(folder, name);
  const store = RecordingStore.create(path, { ...metadata, ...changes });
  store.append(segmentsSince(tables, rowCounts(createTables())), {});
  await store.finish(tables, { endReason: 'asked', endMessage: '' });
  return path;
}

/** Once all was looked into. */
async function listed(of = library): Promise<Map<string, LibraryEntry>> {
  await of.scan();
  return new Map((await of.settle()).entries.map((entry) => [entry.file, entry]));
}
const failureOf = (entry: LibraryEntry | undefined) => (entry?.state.kind === 'unreadable' ? entry.state.failure.code : entry?.state.kind);

describe('what is listed', () => {
  test('a folder that is not there yet is empty', async () => {
    rmSync(folder, { recursive: true });
    const { entries, failure, waiting } = await library.scan();
    expect({ entries, failure, waiting }).toEqual({ entries: [], failure: null, waiting: 0 });
  });

  test('a recording with what it holds', async () => {
    await record('first.ember');
    const entry = (await listed()).get('first.ember')!;
    expect(entry).toMatchObject({ name: 'first', state: { kind: 'sound' }, bytes: statSync(join(folder, 'first.ember')).size });
    expect(entry.facts).toMatchObject({ target: 'app --fast', host: 'here', request, samples: 9, weight: 9, durationNs: 3e9, tags: [], notes: '' });
    // 9 stored of 12; of 6 x 3 + 3 x 2 frames 3 have no name.
    expect(entry.facts!.quality).toEqual({ complete: 1, named: 1 - 3 / 24, lost: 0.25 });
    expect(await library.thumbnail('first.ember')).toMatch(/^u{96}\/x{32}u{64}\/\.{32}k{64}$/);
  });

  test('what cannot be read is told with the reason, and harms nothing', async () => {
    const sound = await record('sound.ember');
    copyFileSync(sound, join(folder, 'cut.ember'));
    truncateSync(join(folder, 'cut.ember'), 5000);
    writeFileSync(join(folder, 'text.ember'), 'a;b;c 1\n');
    copyFileSync(sound, join(folder, 'newer.ember'));
    const bytes = readFileSync(sound);
    bytes.writeUInt32BE(99, 60);
    writeFileSync(join(folder, 'newer.ember'), bytes);
    writeFileSync(join(folder, 'other.txt'), 'not listed');
    mkdirSync(join(folder, 'folder.ember'));
    const entries = await listed();
    expect(Object.fromEntries([...entries].map(([file, entry]) => [file, failureOf(entry)]))).toEqual({ 'sound.ember': 'sound', 'cut.ember': 'damaged', 'text.ember': 'notEmber', 'newer.ember': 'newerFormat' });
    expect(readFileSync(join(folder, 'text.ember'), 'utf8')).toBe('a;b;c 1\n');
  });

  test('a file that ends the thread is left out from then on, and the others are told', async () => {
    await record('sound.ember');
    await library.close();
    // No patience at all: the first sign of life is the last.
    library = open({ patience: 1 });
    const big = createTables();
    for (let i = 0; i < 400_000; i++) big.strings.append({ text: `text ${i}` });
    await record('slow.ember', {}, big);
    await library.scan();
    await vi.waitFor(() => expect(failureOf(library.list.entries.find(({ file }) => file === 'slow.ember'))).toBe('damaged'), { timeout: 20_000 });
  });

  test('what was found out is kept: nothing is read twice', async () => {
    await record('first.ember');
    const before = (await listed()).get('first.ember');
    await library.close();
    library = open();
    const { entries, waiting } = await library.scan();
    expect(waiting).toBe(0);
    expect(entries).toEqual([before]);
    await record('second.ember');
    expect((await library.scan()).waiting).toBe(1);
    expect([...(await listed()).keys()].sort()).toEqual(['first.ember', 'second.ember']);
  });

  test('what this engine puts there is looked into before anybody asks', async () => {
    await record('saved.ember');
    library.changed();
    await vi.waitFor(() => expect(library.list.entries).toMatchObject([{ file: 'saved.ember', state: { kind: 'sound' } }]), { timeout: 20_000 });
    await library.close();
    library = open();
    // It need not wait for anything.
    expect((await library.scan()).entries).toMatchObject([{ file: 'saved.ember', state: { kind: 'sound' } }]);
    expect(await library.thumbnail('saved.ember')).not.toBe('');
  });

  test('a damaged index is made anew', async () => {
    await record('first.ember');
    await listed();
    await library.close();
    writeFileSync(join(top, 'index.sqlite'), 'nonsense');
    library = open();
    expect((await listed()).get('first.ember')?.state.kind).toBe('sound');
  });

  test('one that is being recorded says so', async () => {
    const store = RecordingStore.create(join(folder, 'live.ember'), metadata);
    expect((await listed()).get('live.ember')).toMatchObject({ state: { kind: 'recording' }, facts: { target: 'app --fast' } });
    store.close();
  });

  test('the folder is watched while somebody listens', async () => {
    await library.scan();
    const changes: LibraryChange[] = [];
    const end = library.subscribe((change) => changes.push(change));
    const path = await record('new.ember');
    await vi.waitFor(() => expect(changes.flatMap(({ entries }) => entries).at(-1)).toMatchObject({ file: 'new.ember', state: { kind: 'sound' } }), { timeout: 10_000 });
    rmSync(path);
    await vi.waitFor(() => expect(changes.flatMap(({ removed }) => removed)).toContain('new.ember'), { timeout: 10_000 });
    end();
  });
});

describe('what can be done with a recording', () => {
  test('renamed, never over another one', async () => {
    await record('a.ember');
    await record('b.ember');
    await listed();
    expect(library.rename('a.ember', 'b')).toBe('b (2).ember');
    expect(library.rename('b (2).ember', 'before the change')).toBe('before the change.ember');
    expect(() => library.rename('before the change.ember', '../out')).toThrow(/cannot be the name/);
    expect(() => library.rename('a.ember', 'c')).toThrow(/no recording/);
    expect(readdirSync(folder).sort()).toEqual(['b.ember', 'before the change.ember']);
    expect([...(await listed()).keys()].sort()).toEqual(['b.ember', 'before the change.ember']);
  });

  test('tags and notes lie in its file, which is sound and as old as before', async () => {
    const path = await record('a.ember');
    await listed();
    const { mtimeMs } = statSync(path);
    const entry = await library.annotate('a.ember', { tags: ['#before', 'before', ' two words '], notes: 'slow\n<script>' });
    expect(entry.facts).toMatchObject({ tags: ['before', 'two-words'], notes: 'slow\n<script>' });
    expect(statSync(path).mtimeMs).toBeCloseTo(mtimeMs, 0);
    expect(readRecording(path).metadata).toMatchObject({ tags: ['before', 'two-words'], notes: 'slow\n<script>', request });
    await expect(library.annotate('a.ember', { tags: [], notes: 'x'.repeat(20_001) })).rejects.toThrow(/20,000/);
    await expect(library.annotate('a.ember', { tags: Array.from({ length: 41 }, (_, i) => `t${i}`), notes: '' })).rejects.toThrow(/40 tags/);
  });

  test('what is found out while the folder is read again is told all the same', async () => {
    await record('a.ember');
    await listed();
    for (const tag of ['one', 'two', 'three']) {
      const annotating = library.annotate('a.ember', { tags: [tag], notes: '' });
      void library.scan();
      expect((await annotating).facts?.tags).toEqual([tag]);
    }
    expect((await listed()).get('a.ember')?.facts?.tags).toEqual(['three']);
  });

  test('a foreign file takes no notes', async () => {
    writeFileSync(join(folder, 'text.ember'), 'a;b;c 1\n');
    await listed();
    await expect(library.annotate('text.ember', { tags: ['x'], notes: '' })).rejects.toThrow(/not an Emberscope recording/);
    expect(readFileSync(join(folder, 'text.ember'), 'utf8')).toBe('a;b;c 1\n');
  });

  test('deleted, found in the trash, and undone', async () => {
    const path = await record('a.ember');
    const bytes = readFileSync(path);
    await record('b.ember');
    await listed();
    const { id } = library.remove(['a.ember', 'b.ember']);
    expect(readdirSync(folder)).toEqual([]);
    expect(readFileSync(join(top, 'Trash/info/a.ember.trashinfo'), 'utf8')).toMatch(new RegExp(`^\\[Trash Info\\]\nPath=${path}\nDeletionDate=\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\n$`));
    // Somebody took the name meanwhile.
    await record('b.ember', { target: 'another' });
    expect(library.undo(id)).toEqual(['a.ember', 'b (2).ember']);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(readdirSync(join(top, 'Trash/files'))).toEqual([]);
    expect(readdirSync(join(top, 'Trash/info'))).toEqual([]);
    expect((await listed()).get('b.ember')?.facts?.target).toBe('another');
    expect(() => library.undo(id)).toThrow(/cannot be undone/);
  });

  test('what is not in the trash any more keeps none of the others there', async () => {
    for (const name of ['a.ember', 'b.ember', 'c.ember']) await record(name);
    await listed();
    const { id } = library.remove(['a.ember', 'b.ember', 'c.ember']);
    rmSync(join(top, 'Trash/files/a.ember'));
    expect(() => library.undo(id)).toThrow(/^a\.ember is not in the trash any more/);
    expect(readdirSync(folder).sort()).toEqual(['b.ember', 'c.ember']);
    expect(() => library.undo(id)).toThrow(/^a\.ember is not in the trash any more/);
  });

  test('all are deleted or none', async () => {
    await record('a.ember');
    const live = RecordingStore.create(join(folder, 'live.ember'), metadata);
    await library.close();
    library = open({ isRecorded: (path) => path.endsWith('live.ember') });
    await listed();
    expect(() => library.remove(['a.ember', 'live.ember'])).toThrow(/is being recorded/);
    expect(() => library.remove(['a.ember', '../a.ember'])).toThrow(/no recording/);
    expect(existsSync(join(folder, 'a.ember'))).toBe(true);
    live.close();
  });

  test('another folder, without moving anything', async () => {
    await record('a.ember');
    await listed();
    const other = join(top, 'elsewhere', 'deep');
    library.moveTo(other);
    expect((await library.scan()).entries).toEqual([]);
    expect(existsSync(other)).toBe(true);
    expect(existsSync(join(folder, 'a.ember'))).toBe(true);
    expect(() => library.moveTo('relative')).toThrow(/root/);
    expect(library.folder).toBe(other);
  });
});

test('what somebody looks at is looked into first, and the others are told together', { timeout: 60_000 }, async () => {
  const first = await record('first.ember');
  for (let i = 0; i < 300; i++) linkSync(first, join(folder, `copy ${i}.ember`));
  const changes: LibraryChange[] = [];
  const end = library.subscribe((change) => changes.push(change));
  await library.scan();
  const last = library.list.entries.filter(({ state }) => state.kind === 'waiting').at(-1)!.file;
  expect(await library.thumbnail(last)).toMatch(/^u{96}/);
  expect(library.list.waiting).toBeGreaterThan(100);
  await library.settle();
  expect(library.list.entries.every(({ state }) => state.kind === 'sound')).toBe(true);
  // Some a second, not one a file.
  expect(changes.length).toBeLessThan(100);
  end();
});

test('more files than one message holds', { timeout: 60_000 }, async () => {
  const first = await record('a.ember');
  for (let i = 0; i < 1200; i++) linkSync(first, join(folder, `copy ${i}.ember`));
  expect((await library.scan()).entries).toHaveLength(1201);
  expect((await library.settle()).entries.every(({ state }) => state.kind === 'sound')).toBe(true);
});
