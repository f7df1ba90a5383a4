// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cgroupFolder, cgroupNumber, processesIn } from './cgroup.ts';

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

describe('the processes of a cgroup', () => {
  it('are those in it and below it, each once', () => {
    writeFileSync(join(root, 'cgroup.procs'), '1\n');
    writeFileSync(join(root, 'a/b/cgroup.procs'), '12\n0\n13\n');
    mkdirSync(join(root, 'a/b/c'), { recursive: true });
    writeFileSync(join(root, 'a/b/c/cgroup.procs'), '13\n14\n');
    expect(processesIn('a/b', 1024, [root]).sort()).toEqual([12, 13, 14]);
    expect(processesIn('/', 1024, [root]).sort()).toEqual([1, 12, 13, 14]);
    expect(processesIn('/', 1, [root]).length).toBeGreaterThan(1);
    expect(() => processesIn('/no/such', 1024, [root])).toThrow('no cgroup');
  });

  it('are found by the line of version 2', () => {
    expect(cgroupFolder('2:cpu:/docker/1\n0::/system.slice/docker-1.scope\n')).toBe('/system.slice/docker-1.scope');
    expect([cgroupFolder('0::/\n'), cgroupFolder('1:name=systemd:/\n'), cgroupFolder('')]).toEqual(['/', '', '']);
  });
});
