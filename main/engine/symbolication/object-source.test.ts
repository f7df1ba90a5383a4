// SPDX-License-Identifier: Apache-2.0
import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadAddon } from './addon.ts';
import { debuginfodCache } from './debuginfod/places.ts';
import { debugFoldersOf, objectCandidates, readVdso } from './object-source.ts';

const mapping = { tgid: 42, start: 0x7f00_1234_5000n, end: 0x7f00_1234_9000n, path: '/usr/lib/libx.so', deleted: false, buildId: 'ab', inode: 7n };

describe('objectCandidates', () => {
  it('asks the process first, then the mapping, then our own path', () => {
    expect(objectCandidates(mapping)).toEqual([
      '/proc/42/root/usr/lib/libx.so',
      '/proc/42/map_files/7f0012345000-7f0012349000',
      '/usr/lib/libx.so',
    ]);
  });

  it('trusts only the mapping when the path leads elsewhere', () => {
    expect(objectCandidates({ ...mapping, path: '/tmp/x (deleted)', deleted: true })).toEqual([
      '/proc/42/map_files/7f0012345000-7f0012349000',
    ]);
  });

  it('takes a file by its inode where there is no build id', () => {
    const own = { ...mapping, tgid: process.pid, path: import.meta.filename, buildId: '', inode: statSync(import.meta.filename, { bigint: true }).ino };
    expect(objectCandidates(own)).toEqual([`/proc/${process.pid}/root${import.meta.filename}`, import.meta.filename]);
    expect(objectCandidates({ ...own, inode: own.inode + 1n })).toEqual([]);
  });

  it('has none for what is no file', () => {
    expect(objectCandidates({ ...mapping, path: '[vdso]' })).toEqual([]);
  });
});

it("looks for debug files in the process's own root too", () => {
  expect(debugFoldersOf('/usr/lib/x')).toEqual(['/usr/lib/debug', debuginfodCache()]);
  expect(debugFoldersOf('/proc/7/root/usr/lib/x', ['/d'])).toEqual(['/d', '/proc/7/root/d']);
  expect(debugFoldersOf('/proc/7/map_files/0-1000', ['/d'])).toEqual(['/d', '/proc/7/root/d']);
});

it('reads the vdso of this process', async () => {
  const opened = await loadAddon().openImage(readVdso(), '');
  expect(opened.source).toBe('dynsym');
  expect(opened.symbols).toBeGreaterThan(3);
  loadAddon().closeObject(opened.handle);
});
