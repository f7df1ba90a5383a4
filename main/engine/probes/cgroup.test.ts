// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cgroupNumber } from './cgroup.ts';

const root = mkdtempSync(join(tmpdir(), 'emberscope-cgroup-'));
afterAll(() => rmSync(root, { recursive: true }));
mkdirSync(join(root, 'a/b'), { recursive: true });
for (const file of ['cgroup.controllers', 'cgroup.procs', 'a/b/cgroup.procs']) writeFileSync(join(root, file), '');

describe('the number of a cgroup', () => {
  it('is its inode, by the folder below the root or the whole path', () => {
    const inode = statSync(join(root, 'a/b'), { bigint: true }).ino;
    for (const folder of ['/a/b', 'a/b', 'a/../a/b/', join(root, 'a/b')]) expect(cgroupNumber(folder, [root]), folder).toBe(inode);
  });

  it('is refused in words where there is none, also above the root', () => {
    for (const folder of ['/a', '/no/such', '../../etc', '/a\0/b']) expect(() => cgroupNumber(folder, [root]), folder).toThrow('no cgroup');
    expect(() => cgroupNumber('/a/b', ['/no/root'])).toThrow('no cgroup');
  });
});
