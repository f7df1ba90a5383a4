// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Scratch } from './scratch.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberscope-scratch-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A process number that nobody has (above the kernel's limit). */
const GONE = 4_194_304;

it('keeps what lives, finds what was left, and prunes the old', () => {
  const scratch = new Scratch(folder);
  expect(scratch.left()).toEqual([]);
  const own = scratch.newPath();
  expect(scratch.newPath()).not.toBe(own);
  const leave = (name: string): string => {
    const path = join(scratch.folder, name);
    writeFileSync(path, '');
    return path;
  };
  writeFileSync(own, '');
  const ownUpload = scratch.newPath('.upload');
  writeFileSync(ownUpload, '');
  // Our number, but of a process that began at another time.
  const reused = leave(`20260101T000000-${process.pid}-1-1.ember`);
  const older = leave(`20250101T000000-${GONE}-5-1.ember`);
  const upload = leave(`20250101T000000-${GONE}-5-2.upload`);
  expect(scratch.left()).toEqual([reused, older]);
  const [half, ownHalf] = [leave(`x.ember.importing-${GONE}`), leave(`y.ember.importing-${process.pid}-wal`)];
  scratch.prune();
  expect([existsSync(half), existsSync(ownHalf)]).toEqual([false, true]);
  rmSync(ownHalf);
  expect([existsSync(own), existsSync(ownUpload), existsSync(reused), existsSync(upload)]).toEqual([true, true, true, false]);
  for (let i = 0; i < 30; i++) leave(`20240101T0000${10 + i}-${GONE}-5-1.ember`);
  scratch.prune();
  expect(scratch.left()).toHaveLength(20);
  expect(scratch.left().slice(0, 2)).toEqual([reused, older]);
  scratch.prune(Date.now() + 8 * 86_400_000);
  expect(readdirSync(scratch.folder).sort()).toEqual([own, ownUpload].map((path) => path.slice(scratch.folder.length + 1)).sort());
});

it('tells what a crash left from what was finished', () => {
  const scratch = new Scratch(join(folder, 'crashed'));
  scratch.newPath();
  const leave = (number: number, log: boolean, bytes = 1): string => {
    const path = join(scratch.folder, `20250101T00000${number}-${GONE}-5-1.ember`);
    writeFileSync(path, 'x'.repeat(bytes));
    if (log) writeFileSync(`${path}-wal`, '');
    return path;
  };
  const [oldest, older] = [leave(1, true), leave(2, true)];
  leave(3, false);
  leave(4, true, 100);
  const newest = leave(5, true);
  expect(scratch.crashed(9, 99)).toEqual([newest, older, oldest]);
  expect(scratch.crashed(2, 99)).toEqual([newest, older]);
});
