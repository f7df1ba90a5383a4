// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cachedLibraries, filesOfCommand, loaderOf, pathsOfList } from './command-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'emberscope-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

describe('the files of a command', () => {
  it('are the program and what it is linked with', async () => {
    const files = await filesOfCommand('/bin/ls', folder);
    expect(files[0]).toBe('/bin/ls');
    expect(files.map((path) => basename(path))).toEqual(expect.arrayContaining([expect.stringMatching(/^ld-/), 'libc.so.6', 'libselinux.so.1']));
    expect(new Set(files).size).toBe(files.length);
    for (const file of files) expect(existsSync(file), file).toBe(true);
  });

  it('are those of the interpreter of a script, also through env', async () => {
    const shell = await filesOfCommand('/bin/sh', folder);
    expect(await filesOfCommand(script('plain', '#! /bin/sh -e\n'), folder)).toEqual(shell);
    expect(await filesOfCommand(script('by-env', '#!/usr/bin/env -S A=1 sh -e\n'), folder)).toEqual(await filesOfCommand('/usr/bin/sh', folder));
    const inner = script('inner', '#!/bin/sh\n');
    expect(await filesOfCommand(script('outer', `#!${inner}\n`), folder)).toEqual(shell);
  });

  it('are the program alone, or none, where there is nothing to find out', async () => {
    const text = script('text', 'echo\n');
    expect(await filesOfCommand(text, folder)).toEqual([text]);
    expect(await filesOfCommand(script('lost', '#!/usr/bin/env no-such-interpreter\n'), folder)).toEqual([]);
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(await filesOfCommand(script('piped', `#!${pipe}\n`), folder)).toEqual([pipe]);
    const circle = join(folder, 'circle');
    expect(await filesOfCommand(script('circle', `#!${circle}\n`), folder)).toEqual([]);
  });
});

describe('a loader', () => {
  const head = readFileSync('/bin/ls').subarray(0, 4096);

  it('is the one that the program names', () => {
    expect(loaderOf(head)).toMatch(/^\/.*\/ld-.*\.so/);
  });

  it('is not looked for outside of what was read', () => {
    for (let length = 0; length < 1024; length += 7) expect(() => loaderOf(head.subarray(0, length))).not.toThrow();
    const damaged = Buffer.from(head);
    damaged.writeBigUInt64LE(2n ** 63n, 0x20);
    expect(loaderOf(damaged)).toBeNull();
    expect(loaderOf(Buffer.from('#!/bin/sh'))).toBeNull();
  });

  it('says what it would map, be it glibc’s or musl’s', () => {
    const glibc = '\tlinux-vdso.so.1 (0x00007f1)\n\tlibc.so.6 => /lib/x 1/libc.so.6 (0x00007f2)\n\tlibgone.so => not found\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f3)\n';
    expect(pathsOfList(glibc)).toEqual(['/lib/x 1/libc.so.6', '/lib64/ld-linux-x86-64.so.2']);
    expect(pathsOfList('\t/lib/ld-musl-x86_64.so.1 (0x7f1)\n\tlibz.so.1 => /lib/libz.so.1 (0x7f2)\n\tlibc.musl-x86_64.so.1 => /lib/ld-musl-x86_64.so.1 (0x7f1)\n')).toEqual(['/lib/ld-musl-x86_64.so.1', '/lib/libz.so.1', '/lib/ld-musl-x86_64.so.1']);
  });
});

it('finds a library by its name in the loader’s cache', async () => {
  const found = await cachedLibraries();
  expect(found.get('libc.so.6')).toMatch(/^\/.*\/libc\.so\.6$/);
});
