// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TargetFile, type FilePlace, type FileReader } from './target-file.ts';

const root = mkdtempSync(join(tmpdir(), 'emberscope-target-file-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

class Kept implements FileReader {
  text = '';
  begins = 0;
  isFull = false;
  begin(): void {
    this.begins++;
    this.text = '';
  }
  push(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString('latin1');
  }
}

let folder: string;
let path: string;
let place: FilePlace;
let kept: Kept;
let file: TargetFile;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'each-'));
  path = join(folder, 'perf-7.map');
  place = { folder, name: 'perf-7.map', shownAs: '/tmp/perf-7.map', uid: process.getuid!(), maxBytes: 1 << 20 };
  kept = new Kept();
  file = new TargetFile(kept);
});

afterEach(() => file.close());

describe('TargetFile', () => {
  it('reads a file that comes late, and then only what is new', async () => {
    expect(await file.read(place)).toBe('absent');
    writeFileSync(path, 'one\n');
    expect(await file.read(place)).toBe('read');
    expect(await file.read(place)).toBe('unchanged');
    appendFileSync(path, 'two\n');
    expect(await file.read(place)).toBe('read');
    expect([kept.text, kept.begins]).toEqual(['one\ntwo\n', 1]);
  });

  it('begins anew when the file was replaced, cut, or written anew with as many bytes or more', async () => {
    writeFileSync(path, 'one two three\n');
    await file.read(place);
    writeFileSync(`${path}.new`, 'another\n');
    renameSync(`${path}.new`, path);
    await file.read(place);
    expect(kept.text).toBe('another\n');
    truncateSync(path, 3);
    await file.read(place);
    expect(kept.text).toBe('ano');
    writeFileSync(path, 'written anew, and longer\n');
    await file.read(place);
    expect(kept.text).toBe('written anew, and longer\n');
    writeFileSync(path, 'written anew, and LONGER\n');
    await file.read(place);
    expect(kept.text).toBe('written anew, and LONGER\n');
    expect(kept.begins).toBe(5);
  });

  it('goes on with what is open when the way to it is gone', async () => {
    writeFileSync(path, 'one\n');
    await file.read(place);
    appendFileSync(path, 'two\n');
    rmSync(path);
    expect(await file.read(null)).toBe('read');
    expect(await file.read({ ...place, folder: '/proc/4194304/root/tmp' })).toBe('unchanged');
    expect(kept.text).toBe('one\ntwo\n');
  });

  it('takes no more than is wanted', async () => {
    writeFileSync(path, 'x'.repeat(300_000));
    const wanted = new (class extends Kept {
      override push(bytes: Uint8Array): void {
        super.push(bytes);
        this.isFull = true;
      }
    })();
    file = new TargetFile(wanted);
    await file.read(place);
    expect(wanted.text.length).toBe(256 << 10);
  });
});

describe('what is not read', () => {
  const refuses = async (says: RegExp, change: Partial<FilePlace> = {}) => {
    await expect(file.read({ ...place, ...change })).rejects.toThrow(says);
    expect(kept.begins).toBe(0);
  };

  it('a link, to the file or to its folder', async () => {
    writeFileSync(join(folder, 'real'), 'one\n');
    symlinkSync('real', path);
    await refuses(/perf-7\.map is not read, since it is a link/);
    mkdirSync(join(folder, 'inner'));
    writeFileSync(join(folder, 'inner', 'perf-7.map'), 'one\n');
    symlinkSync('inner', join(folder, 'link'));
    await expect(file.read({ ...place, folder: join(folder, 'link') })).resolves.toBe('absent');
  });

  it('a FIFO, without waiting for its writer; a folder; a device', async () => {
    execFileSync('mkfifo', [path]);
    await refuses(/no regular file/);
    rmSync(path);
    mkdirSync(path);
    await refuses(/no regular file/);
    await refuses(/no regular file/, { folder: '/dev', name: 'zero' });
  });

  it("another user's file, one that is too large, one from before, another inode", async () => {
    writeFileSync(path, 'one\n');
    await refuses(/belongs to another user \(uid \d+\)/, { uid: process.getuid!() + 1 });
    expect(await file.read({ ...place, since: Date.now() + 60_000 })).toBe('absent');
    await refuses(/no longer the file/, { inode: 1n });
    truncateSync(path, 3 << 20);
    await refuses(/its 3 MiB are more than the 1 that are taken/);
    if (process.getuid!() !== 0) return console.log('skipped: only root may give files away');
    linkSync(path, `${path}.kept`);
    chownSync(path, 65_534, 65_534);
    await refuses(/belongs to another user \(uid 65534\)/);
  });

  it('one that grows too large meanwhile', async () => {
    writeFileSync(path, 'one\n');
    await file.read(place);
    truncateSync(path, 2 << 20);
    await expect(file.read(place)).rejects.toThrow(/more than the 1/);
    expect(kept.text).toBe('one\n');
  });

  it('one that may not be read', async () => {
    if (process.getuid!() === 0) return console.log('skipped: root may read everything');
    writeFileSync(path, 'one\n');
    chmodSync(path, 0);
    await refuses(/cannot be read without the permissions/);
  });
});
