// SPDX-License-Identifier: Apache-2.0
/** What may lie in a folder, or become of it: each is said in a sentence, the rest is listed, and nothing is harmed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LibraryChange, LibraryEntry } from '../../../ipc/library-contract.ts';
import { Library } from './library.ts';

const kept = join(import.meta.dirname, '../../../test/recordings/kept/schema-4.ember');
let top = '';
let folder = '';
let library: Library;
const open = (index = join(top, 'index.sqlite')) => new Library({ folder, index, trashFolder: join(top, 'Trash') });
const mounted: string[] = [];

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'emberscope-hostile-'));
  folder = join(top, 'recordings');
  mkdirSync(folder);
  copyFileSync(kept, join(folder, 'sound.ember'));
  library = open();
});
afterEach(async () => {
  await library.close();
  for (const place of mounted.splice(0)) spawnSync('umount', ['-l', place]);
  rmSync(top, { recursive: true, force: true });
});

/** Mounting takes root, and a namespace that allows it. */
function mount(place: string, options: string): boolean {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'emberscope-test', place]);
  if (status === 0) mounted.push(place);
  return status === 0;
}

async function listed(of = library): Promise<Map<string, LibraryEntry>> {
  await of.scan();
  return new Map((await of.settle()).entries.map((entry) => [entry.file, entry]));
}
const said = (entry: LibraryEntry | undefined): string => (entry?.state.kind === 'unreadable' ? entry.state.failure.message : (entry?.state.kind ?? 'not listed'));
const place = (name: string): string => join(folder, name);

/** A sound recording, changed by a statement. */
function changed(name: string, sql: string): void {
  copyFileSync(kept, place(name));
  const database = new DatabaseSync(place(name));
  database.exec(sql);
  database.close();
}

describe('files', () => {
  test('schemas that would run something, and pages of another size', async () => {
    changed('endless.ember', 'CREATE VIEW v AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT * FROM r');
    changed('trigger.ember', "CREATE TRIGGER t AFTER UPDATE ON metadata BEGIN DELETE FROM segments; END");
    changed('huge-pages.ember', 'PRAGMA page_size = 65536; VACUUM');
    const entries = await listed();
    expect(said(entries.get('endless.ember'))).toMatch(/not an Emberscope recording/);
    expect(said(entries.get('trigger.ember'))).toMatch(/not an Emberscope recording/);
    expect(said(entries.get('huge-pages.ember'))).toBe('sound');
    // Tags would have fired it.
    await expect(library.annotate('trigger.ember', { tags: ['x'], notes: '' })).rejects.toThrow(/not an Emberscope recording/);
    expect(entries.get('huge-pages.ember')!.facts).toEqual(entries.get('sound.ember')!.facts);
  });

  test('links, pipes, devices and folders that are called like a recording', async () => {
    writeFileSync(join(top, 'letter.txt'), 'dear reader');
    symlinkSync(join(top, 'letter.txt'), place('letter.ember'));
    symlinkSync(place('sound.ember'), place('linked.ember'));
    symlinkSync('/dev/zero', place('zero.ember'));
    symlinkSync(top, place('up.ember'));
    symlinkSync(place('circle.ember'), place('circle.ember'));
    symlinkSync(place('absent.ember'), place('nowhere.ember'));
    mkdirSync(place('folder.ember'));
    execFileSync('mkfifo', [place('pipe.ember')]);
    const entries = await listed();
    expect(said(entries.get('letter.ember'))).toMatch(/letter\.ember is not an Emberscope recording/);
    expect(said(entries.get('linked.ember'))).toBe('sound');
    expect(said(entries.get('zero.ember'))).toMatch(/not a regular file/);
    expect(said(entries.get('pipe.ember'))).toMatch(/not a regular file/);
    expect(said(entries.get('up.ember'))).toMatch(/it is a folder/);
    expect(said(entries.get('circle.ember'))).toMatch(/too many symbolic links/);
    expect(said(entries.get('nowhere.ember'))).toMatch(/it is a link to what is not there/);
    expect(said(entries.get('folder.ember'))).toBe('not listed');
    // A link goes where its name goes, not what it leads to.
    const { id } = library.remove(['letter.ember', 'pipe.ember']);
    expect(readFileSync(join(top, 'letter.txt'), 'utf8')).toBe('dear reader');
    library.undo(id);
    expect(lstatSync(place('letter.ember')).isSymbolicLink()).toBe(true);
  });

  test('names that are no text, or look like lines of a list', async () => {
    copyFileSync(kept, Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0x61]), Buffer.from('.ember')]));
    copyFileSync(kept, Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xfe, 0x61]), Buffer.from('.ember')]));
    copyFileSync(kept, place('two\nlines \u202e.ember'));
    const entries = await listed();
    expect(said(entries.get('\ufffda.ember'))).toMatch(/^The name of "\ufffda\.ember" is no text in UTF-8/);
    expect(said(entries.get('two\nlines \u202e.ember'))).toBe('sound');
    expect(() => library.remove(['\ufffda.ember'])).toThrow(/There is no file .*\ufffda\.ember/);
    expect(readdirSync(folder, 'buffer').length).toBe(4);
  });

  test('what lies beside a recording and is not its log', async () => {
    const bytes = readFileSync(kept);
    copyFileSync(kept, place('beside.ember'));
    writeFileSync(`${place('beside.ember')}-wal`, 'not a log at all'.repeat(100));
    copyFileSync(kept, place('journal.ember'));
    writeFileSync(`${place('journal.ember')}-journal`, 'nor a journal'.repeat(100));
    const entries = await listed();
    expect([said(entries.get('beside.ember')), said(entries.get('journal.ember'))]).toEqual(['sound', 'sound']);
    expect(readFileSync(place('beside.ember')).equals(bytes)).toBe(true);
    expect(readFileSync(place('journal.ember')).equals(bytes)).toBe(true);
  });

  test('one that vanishes before it is looked into keeps nobody waiting', async () => {
    await listed();
    for (let i = 0; i < 20; i++) copyFileSync(kept, place(`copy ${i}.ember`));
    await library.scan();
    for (let i = 0; i < 20; i++) rmSync(place(`copy ${i}.ember`));
    await library.settle();
    // Some may have been looked into before they went, which nobody is told who does not listen.
    expect((await library.scan()).entries.map(({ file }) => file)).toEqual(['sound.ember']);
  });
});

describe('the folder', () => {
  test('that is gone says so, keeps what is known, and is listed when it is back', async () => {
    await listed();
    const changes: LibraryChange[] = [];
    const end = library.subscribe((change) => changes.push(change));
    renameSync(folder, join(top, 'unmounted'));
    // Nobody asked.
    await vi.waitFor(() => expect(changes.at(-1)).toMatchObject({ removed: ['sound.ember'], failure: { code: 'folderGone' } }), { timeout: 10_000 });
    const { failure, entries } = library.list;
    expect(entries).toEqual([]);
    expect(failure).toMatchObject({ code: 'folderGone', message: `The folder ${folder} is not there any more; 1 recording was in it.` });
    renameSync(join(top, 'unmounted'), folder);
    await vi.waitFor(() => expect(library.list.failure).toBeNull(), { timeout: 10_000 });
    // It was not looked into again.
    expect(await library.settle()).toMatchObject({ failure: null, waiting: 0, entries: [{ file: 'sound.ember', state: { kind: 'sound' } }] });
    // And it is watched again.
    changes.length = 0;
    copyFileSync(kept, place('new.ember'));
    await vi.waitFor(() => expect(changes.flatMap((change) => change.entries).some(({ file }) => file === 'new.ember')).toBe(true), { timeout: 10_000 });
    end();
  });

  test('that is a file', async () => {
    await library.close();
    rmSync(folder, { recursive: true });
    writeFileSync(folder, '');
    library = open();
    expect((await library.scan()).failure).toMatchObject({ code: 'fileNotReadable', message: expect.stringContaining('not a folder') });
  });

  test('that is full takes no tags, no copy, and loses nothing', async ({ skip }) => {
    await library.close();
    const small = join(top, 'small');
    mkdirSync(small);
    if (!mount(small, 'size=256k')) skip('mounting a small file system is not allowed here');
    folder = small;
    library = open();
    copyFileSync(kept, place('sound.ember'));
    await listed();
    const bytes = readFileSync(place('sound.ember'));
    const free = 256 * 1024 - statSync(place('sound.ember')).size;
    for (let size = free; size >= 4096; size -= 4096) {
      try {
        writeFileSync(join(small, 'ballast'), Buffer.alloc(size));
        break;
      } catch {
        // A little less.
      }
    }
    await expect(library.annotate('sound.ember', { tags: ['x'], notes: 'y'.repeat(9000) })).rejects.toThrow(/sound\.ember were not saved: the disk is full/);
    expect(readFileSync(place('sound.ember')).equals(bytes)).toBe(true);
    expect(readdirSync(small).sort()).toEqual(['ballast', 'sound.ember']);
    expect(said((await listed()).get('sound.ember'))).toBe('sound');
  });

  test('that is read-only lists, and says why nothing can be changed', async ({ skip }) => {
    await library.close();
    const fixed = join(top, 'fixed');
    mkdirSync(fixed);
    if (!mount(fixed, 'size=2m')) skip('mounting a small file system is not allowed here');
    copyFileSync(kept, join(fixed, 'sound.ember'));
    copyFileSync(kept, join(fixed, 'killed.ember'));
    writeFileSync(join(fixed, 'killed.ember-wal'), '');
    execFileSync('mount', ['-o', 'remount,ro', fixed]);
    folder = fixed;
    library = open();
    const entries = await listed();
    expect([...entries.values()].map(({ file, state }) => [file, state.kind]).sort()).toEqual([['killed.ember', 'sound'], ['sound.ember', 'sound']]);
    await expect(library.annotate('sound.ember', { tags: ['x'], notes: '' })).rejects.toThrow(/were not saved: the file or its folder is read-only/);
    expect(() => library.rename('sound.ember', 'other')).toThrow(/the file system is read-only/);
    expect(() => library.remove(['sound.ember'])).toThrow(/read-only/);
    expect(readdirSync(join(top, 'Trash/info'))).toEqual([]);
  });

  test('an index that cannot be written keeps nothing from being listed, with its picture', async ({ skip }) => {
    await library.close();
    const cache = join(top, 'cache');
    mkdirSync(cache);
    if (!mount(cache, 'size=64k')) skip('mounting a small file system is not allowed here');
    library = open(join(cache, 'index.sqlite'));
    await listed();
    try {
      writeFileSync(join(cache, 'ballast'), Buffer.alloc(1 << 20));
    } catch {
      // As much as there is room for.
    }
    for (let i = 0; i < 5; i++) copyFileSync(kept, place(`copy ${i}.ember`));
    const entries = await listed();
    expect([...entries.values()].every(({ state }) => state.kind === 'sound')).toBe(true);
    expect(entries.size).toBe(6);
    expect(await library.thumbnail('copy 4.ember')).not.toBe('');
  });
});

test('two engines on one folder: what one does the other sees, and neither takes away what the other records', async () => {
  const other = open();
  try {
    await Promise.all([listed(), listed(other)]);
    library.rename('sound.ember', 'renamed');
    expect([...(await listed(other)).keys()]).toEqual(['renamed.ember']);
    await other.annotate('renamed.ember', { tags: ['theirs'], notes: '' });
    expect((await listed()).get('renamed.ember')?.facts?.tags).toEqual(['theirs']);
    // As long as before, and with the same time; their index may lie on another computer.
    await other.close();
    const third = open(join(top, 'their-index.sqlite'));
    await listed(third);
    await third.annotate('renamed.ember', { tags: ['others'], notes: '' });
    await third.close();
    expect((await listed()).get('renamed.ember')?.facts?.tags).toEqual(['others']);
    // As another engine holds it while it records.
    const recorder = new DatabaseSync(place('live.ember'));
    recorder.exec('PRAGMA journal_mode = WAL; PRAGMA locking_mode = NORMAL');
    recorder.close();
    copyFileSync(kept, place('live.ember'));
    const writer = new DatabaseSync(place('live.ember'));
    writer.exec("PRAGMA journal_mode = WAL; UPDATE metadata SET value = 'recording' WHERE key = 'state'");
    expect((await listed()).get('live.ember')?.state.kind).toBe('recording');
    expect(() => library.remove(['live.ember'])).toThrow(/is being recorded/);
    expect(() => library.rename('live.ember', 'mine')).toThrow(/is being recorded/);
    writer.close();
    expect(existsSync(place('live.ember'))).toBe(true);
  } finally {
    await other.close();
  }
});
