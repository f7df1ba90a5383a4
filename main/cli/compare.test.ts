// SPDX-License-Identifier: Apache-2.0
/** `emberscope compare`: what it refuses, what it leaves alone, and how it ends. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { importInThread } from '../engine/recordings/importing.ts';
import { ExitCode } from './exit-code.ts';
import { run as runCommand } from './main.ts';
import type { Result } from './testing.ts';

// Each starts threads, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), 'emberscope-compare-cli-'));
const at = (name: string): string => join(folder, name);

/** Of this process, which is much quicker than one of its own. */
async function run(...args: string[]): Promise<Result> {
  const said = { output: '', errors: '' };
  const stream = (key: 'output' | 'errors'): Writable => new Writable({ decodeStrings: false, write: (text: string, _, done) => ((said[key] += text), done()) });
  const code = await runCommand(args, { output: stream('output'), errors: stream('errors') });
  process.exitCode = 0;
  return { code, ...said };
}

async function imported(name: string, folded: string, unit?: 'microseconds'): Promise<void> {
  writeFileSync(at(`${name}.folded`), folded);
  await importInThread(at(`${name}.folded`), at(`${name}.ember`), unit ? { unit } : {});
}

beforeAll(async () => {
  for (const name of ['STATE', 'DATA', 'CACHE', 'CONFIG']) vi.stubEnv(`XDG_${name}_HOME`, at(name));
  await imported('before', 'app;main;parse 1000\napp;main;write 9000\n');
  await imported('after', 'app;main;parse 2000\napp;main;write 9000\n');
  await imported('again', 'app;main;parse 1010\napp;main;write 8990\n');
  await imported('waits', 'app;main;read 1000\n', 'microseconds');
  await imported('other', 'tool;begin;work 4000\ntool;begin;rest 4000\n');
  await imported('hostile', 'app;main;\u001b[2J\u202egpj.exe 3000\napp;main;write 9000\n');
  copyFileSync(at('before.ember'), at('copy.ember'));
  symlinkSync(at('before.ember'), at('link.ember'));
  mkdirSync(at('folder.ember'));
  writeFileSync(at('empty.ember'), '');
  writeFileSync(at('cut.ember'), readFileSync(at('before.ember')).subarray(0, 5000));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const [before, after] = [at('before.ember'), at('after.ember')];

describe('conditions', () => {
  test.each<[string, string[], number]>([
    ['parse grows by 50%', [], ExitCode.conditionMet],
    ['parse grows by 5 points', [], ExitCode.conditionMet],
    ['write shrinks by 5%', [], ExitCode.conditionMet],
    ['parse grows by 200%', [], ExitCode.ok],
    ['parse shrinks by 1%', [], ExitCode.ok],
    ['total grows by 5%', ['--normalize', 'none'], ExitCode.conditionMet],
    ['nobody grows by 5%', [], ExitCode.ok],
    ['parse p99 grows by 5%', [], ExitCode.ok],
    ['total grows by 5%', [], ExitCode.usage],
    ['parse grows', [], ExitCode.usage],
    ['parse grows by -5%', [], ExitCode.usage],
    ['parse grows by 5', [], ExitCode.usage],
    ['', [], ExitCode.usage],
  ])('%s %j ends with %i', async (condition, more, code) => {
    expect((await run('compare', before, after, '--fail-if', condition, ...more)).code).toBe(code);
  });

  test('one of several is enough, and what says nothing is told', async () => {
    const { code, output, errors } = await run('compare', before, after, '--fail-if', 'nobody grows by 1%', '--fail-if', 'parse grows by 50%');
    expect(code).toBe(ExitCode.conditionMet);
    expect(output).toMatch(/^Not met: nobody grows by 1%\nMet: parse grows by 50%$/m);
    expect(errors).toContain('no function nobody was seen on either side');
  });
});

describe('what stands on the sides', () => {
  test.each(['before', 'copy', 'link'])('the same samples (%s): everything unchanged, and said so', async (name) => {
    const { code, output } = await run('compare', before, at(`${name}.ember`), '--fail-if', 'parse grows by 0%');
    expect(code).toBe(ExitCode.ok);
    expect(output).toContain('Both sides hold the same samples: nothing changed.');
    expect(output).toMatch(/^\d+ unchanged$/m);
  });

  test('nothing in common is compared, and said', async () => {
    const { code, output } = await run('compare', before, at('other.ember'), '--format', 'json');
    expect(code).toBe(ExitCode.ok);
    const found = JSON.parse(output) as { notes: string[]; functions: { verdict: string }[] };
    expect(found.notes.join()).toContain('no function in common');
    expect(new Set(found.functions.map(({ verdict }) => verdict))).toEqual(new Set(['new', 'vanished']));
  });

  test('a file may have commas in its name', async () => {
    copyFileSync(before, at('one, two.ember'));
    expect((await run('compare', '--a', at('one, two.ember'), '--b', after)).code).toBe(ExitCode.ok);
  });

  test('a copy of a run is told, the same file twice is refused', async () => {
    const { code, output } = await run('compare', '--a', `${before},${at('copy.ember')},${at('again.ember')}`, '--b', after);
    expect([code, output]).toEqual([ExitCode.ok, expect.stringContaining('The same samples as another run of the side: copy.ember.')]);
  });

  test.each<[string, string[], number, RegExp]>([
    ['the same file twice', ['--a', `${before},${before}`, '--b', after], ExitCode.failure, /before\.ember stands on one side more than once/],
    ['a link to it', ['--a', before, '--a', at('link.ember'), '--b', after], ExitCode.failure, /stands on one side more than once/],
    ['another question', [before, at('waits.ember')], ExitCode.failure, /samples and nanoseconds: a difference would mean nothing/],
    ['one of another question among several', ['--a', `${before},${at('waits.ember')}`, '--b', after], ExitCode.failure, /a difference would mean nothing/],
    ['no time to go by', [before, after, '--normalize', 'duration'], ExitCode.failure, /does not say how long it took/],
    ['no CPU time to go by', [before, after, '--normalize', 'cpu'], ExitCode.failure, /no CPU times/],
    ['a range without samples', [before, '--a-range', '0s-1s', '--b-range', '100s-200s'], ExitCode.failure, /no samples to compare/],
    ['one alone', [before], ExitCode.usage, /one recording only/],
    ['three', [before, after, before], ExitCode.usage, /more than two/],
    ['named both ways', [before, '--b', after], ExitCode.usage, /with --a and --b, and without/],
    ['a thread of nobody', [before, after, '--a-thread', 'nobody'], ExitCode.usage, /has no thread nobody.\n.*called app/],
    ['a range backwards', [before, '--a-range', '2s-1s', '--b-range', '1s-'], ExitCode.usage, /like 2s-5s/],
    ['a cut file among sound ones', ['--a', `${before},${at('cut.ember')}`, '--b', after], ExitCode.badFile, /cut\.ember is damaged or was cut/],
    ['an empty file', [before, at('empty.ember')], ExitCode.badFile, /not an Emberscope recording/],
    ['a folder', [before, at('folder.ember')], ExitCode.badFile, /it is a folder/],
    ['none', [before, at('absent.ember')], ExitCode.badFile, /There is no file/],
    ['a device', [before, '/dev/null'], ExitCode.badFile, /not a regular file/],
  ])('%s', async (_, args, code, words) => {
    const result = await run('compare', ...args);
    expect(result.errors).toMatch(words);
    expect(result).toMatchObject({ code, output: '' });
    expect(result.errors.trimEnd().split('\n')).toHaveLength(2);
  });
});

describe('where it goes', () => {
  test('a recording is never written over, not even one of the two that are compared', async () => {
    const bytes = readFileSync(before);
    for (const command of [['compare', before, after, '--format', 'html'], ['export', after, '--format', 'svg']]) {
      const { code, errors } = await run(...command, '--force', '--output', before);
      expect([code, errors]).toEqual([ExitCode.usage, expect.stringMatching(/before\.ember is a recording, and was left alone\.\n/)]);
    }
    expect(readFileSync(before).equals(bytes)).toBe(true);
  });

  test('another file with --force only', async () => {
    writeFileSync(at('there.html'), 'precious');
    expect((await run('compare', before, after, '--format', 'html', '--output', at('there.html'))).code).toBe(ExitCode.usage);
    expect(readFileSync(at('there.html'), 'utf8')).toBe('precious');
    expect((await run('compare', before, after, '--format', 'html', '--output', at('there.html'), '--force')).code).toBe(ExitCode.ok);
    expect(readFileSync(at('there.html'), 'utf8')).toMatch(/^<!doctype html>/i);
  });

  test('standard output that takes nothing more is no success', async () => {
    for (const args of [['compare', before, after], ['export', before, '--format', 'folded'], ['info', before], ['library', 'list'], ['functions', 'getppid', '--json']]) {
      const errors: string[] = [];
      const stream = (write: Writable['_write']): Writable => new Writable({ decodeStrings: false, write });
      const full = stream((_, __, done) => done(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })));
      const code = await runCommand(args, { output: full, errors: stream((text: string, _, done) => (errors.push(text), done())) });
      process.exitCode = 0;
      expect([args[0], code, errors.join('')]).toEqual([args[0], ExitCode.failure, expect.stringContaining('Standard output cannot be written: no space left on device.')]);
    }
  });

  test('a device is written to and not replaced', async () => {
    const { code, errors } = await run('compare', before, after, '--output', '/dev/full');
    expect([code, errors]).toEqual([ExitCode.failure, expect.stringContaining('The disk is full, so /dev/full was not written.')]);
    expect((await run('compare', before, after, '--output', '/dev/null', '--force')).code).toBe(ExitCode.ok);
    // A character device still: a file there would take what everybody throws away.
    expect(readFileSync('/dev/null')).toHaveLength(0);
  });

  test('names that steer a terminal are harmless in every form', async () => {
    for (const format of ['table', 'json', 'svg', 'html']) {
      const { code, output } = await run('compare', before, at('hostile.ember'), '--format', format);
      expect(code).toBe(ExitCode.ok);
      expect(output).toContain('gpj.exe');
      expect(output).not.toMatch(/[\u001b\u202e]/);
    }
  });
});
