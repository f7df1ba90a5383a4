// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pythonInterpreter } from './python-interpreter.ts';

const folder = mkdtempSync(join(tmpdir(), 'emberscope-python-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The files that hold _PyRuntime. */
function files(): [version: number, path: string][] {
  const versions = join(homedir(), '.pyenv/versions');
  const built = (existsSync(versions) ? readdirSync(versions) : []).flatMap((name) => {
    const [, minor] = /^3\.(1[123])\./.exec(name) ?? [];
    return minor === undefined ? [] : [join(versions, name, 'lib', `libpython3.${minor}.so.1.0`)];
  });
  const all = [...[11, 12, 13].flatMap((minor) => [`/usr/bin/python3.${minor}`, `/usr/lib/x86_64-linux-gnu/libpython3.${minor}.so.1.0`]), ...built];
  return all.filter((path) => existsSync(path)).map((path) => [300 + Number(/3\.(\d+)/.exec(basename(path))![1]), path]);
}

/** What `readelf` says: _PyRuntime's address, less how far code lies from its place in the file. */
function expectedRuntime(path: string): bigint {
  const symbol = / (?:OBJECT) +\w+ +\w+ +\d+ _PyRuntime$/m;
  const line = execFileSync('readelf', ['--dyn-syms', '-W', path], { encoding: 'utf8', maxBuffer: 64 << 20 }).split('\n').find((each) => symbol.test(each))!;
  const code = /LOAD +(0x\w+) (0x\w+) 0x\w+ 0x\w+ 0x\w+ R E/.exec(execFileSync('readelf', ['-lW', path], { encoding: 'utf8' }))!;
  return BigInt(`0x${line.trim().split(/\s+/)[1]}`) - (BigInt(code[2]!) - BigInt(code[1]!));
}

const found = files();

describe('an interpreter', () => {
  it.each(found)('%s in %s', async (version, path) => {
    expect(await pythonInterpreter(['/nowhere', path], path, '')).toEqual({ version, runtime: expectedRuntime(path) });
  });

  it('is looked for by its name, and never in another file', async () => {
    const [, path] = found[0]!;
    expect(await pythonInterpreter([path], '/usr/bin/perl', '')).toBeNull();
    expect(await pythonInterpreter([path], '/usr/bin/python3.13t', '')).toBeNull();
    expect(await pythonInterpreter([path], '/usr/bin/python3.11d', '')).toBeNull();
    expect(await pythonInterpreter([path], '/usr/bin/python3 (deleted)', '')).not.toBeNull();
    expect(await pythonInterpreter([path], path, 'abcd')).toBeNull();
    expect(await pythonInterpreter(['/usr/bin/env'], '/usr/bin/python3', '')).toBeNull();
    expect(await pythonInterpreter(['/nowhere'], '/usr/bin/python3', '')).toBeNull();
  });

  it('of 3.13 must keep things where they are known to be', async (test) => {
    const [, path] = found.find(([version]) => version === 313) ?? [];
    if (path === undefined) {
      console.log('skipped: no CPython 3.13 was found');
      return test.skip();
    }
    const bytes = readFileSync(path);
    const at = bytes.indexOf('xdebugpy\xf0', 0, 'latin1');
    expect(at).toBeGreaterThan(0);
    // interpreter_state.threads_head
    expect(bytes.readBigUInt64LE(at + 72)).toBe(7344n);
    bytes.writeBigUInt64LE(7352n, at + 72);
    const moved = join(folder, 'python3.13');
    writeFileSync(moved, bytes);
    expect(await pythonInterpreter([moved], moved, '')).toBeNull();
    bytes.writeBigUInt64LE(7344n, at + 72);
    writeFileSync(moved, bytes);
    expect(await pythonInterpreter([moved], moved, '')).toMatchObject({ version: 313 });
  });
});
