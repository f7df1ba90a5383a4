// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fingerprint, isCurrent, writeStamp } from './inputs.mjs';
import { distribution, neededPackages, notInstalled } from './packages.mjs';
import { run } from './step.mjs';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'setup-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('inputs', () => {
  test('a step is current until an input changes or an output vanishes', () => {
    const input = join(folder, 'a.c');
    const output = join(folder, 'a.o');
    const stamp = join(folder, 'stamps/a');
    writeFileSync(input, 'int a;');
    writeFileSync(output, '');
    expect(isCurrent(stamp, fingerprint([folder]), [output])).toBe(false);
    writeStamp(stamp, fingerprint([input]));
    expect(isCurrent(stamp, fingerprint([input]), [output])).toBe(true);
    writeFileSync(input, 'int b;');
    expect(isCurrent(stamp, fingerprint([input]), [output])).toBe(false);
    writeFileSync(input, 'int a;');
    rmSync(output);
    expect(isCurrent(stamp, fingerprint([input]), [output])).toBe(false);
  });

  test('tests and documents are no inputs', () => {
    const before = fingerprint([folder]);
    writeFileSync(join(folder, 'a.test.ts'), '');
    writeFileSync(join(folder, 'README.md'), '');
    expect(fingerprint([folder])).toBe(before);
    writeFileSync(join(folder, 'a.ts'), '');
    expect(fingerprint([folder])).not.toBe(before);
  });
});

describe('packages', () => {
  test('what is installed by another name counts', () => {
    const listing = [
      'make\tinstall ok installed\t',
      'clang-14\tinstall ok installed\tclang, c-compiler',
      'libbpf-dev\tdeinstall ok config-files\t',
      'linux-tools-generic\tinstall ok installed\t',
    ].join('\n');
    expect(notInstalled(listing, ['make', 'clang', 'libbpf-dev', 'linux-perf'])).toEqual(['libbpf-dev']);
  });

  test('the tests need more than the program', () => {
    expect(neededPackages({ tests: false })).not.toContain('qemu-system-x86');
    expect(neededPackages({ tests: true })).toContain('qemu-system-x86');
  });

  test('reads the distribution', () => {
    expect(distribution('ID=ubuntu\nID_LIKE="debian"\nPRETTY_NAME="Ubuntu 24.04"\n')).toEqual({
      id: 'ubuntu',
      like: ['debian'],
      name: 'Ubuntu 24.04',
    });
  });
});

describe('failures name the step, the command and what to do', () => {
  test('a command that fails', () => {
    expect(() => run('build it', ['sh', '-c', 'echo no header; exit 3'], 'Install the header.', { quiet: true })).toThrow(
      /"build it"[\s\S]*sh -c[\s\S]*exit code 3[\s\S]*no header[\s\S]*Install the header/,
    );
  });

  test('a command that is not there', () => {
    expect(() => run('build it', ['no-such-program'], 'Install it.', { quiet: true })).toThrow(/ENOENT/);
  });

  test('an unknown option', () => {
    const answer = spawnSync(process.execPath, ['scripts/setup/setup.mjs', '--fast'], { encoding: 'utf8' });
    expect(answer.status).toBe(1);
    expect(answer.stderr).toMatch(/Unknown: --fast/);
  });
});
