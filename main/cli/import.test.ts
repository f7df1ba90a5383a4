// SPDX-License-Identifier: Apache-2.0
/** `emberscope import`: what it says, what it leaves, and how it ends. */
import { EventEmitter } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { isFailure } from '../../ipc/failure.ts';
import { readRecording } from '../engine/recordings/reader.ts';
import { ExitCode } from './exit-code.ts';
import { importRecordings, type ImportOptions } from './import.ts';
import { listenForInterrupts } from './interrupt.ts';
import { startCli } from './testing.ts';

// Each starts a thread, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000 });

const top = mkdtempSync(join(tmpdir(), 'emberscope-import-cli-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

let folder = '';
const at = (name: string): string => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(top, 'test-'));
});

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(at(name), content);
  return at(name);
}

const SMALL = 'app;main;read 40\napp;main 2\n';
/** Some twenty pieces, so that it can be told how far it is. */
const large = (): string => 'app;main;parse;read_a_line_that_is_rather_long 1\n'.repeat(400_000);

interface Said {
  code: ExitCode;
  output: string;
  errors: string;
  left: string[];
}

/** @param onError sees what goes to standard error, and the signals that the command listens for */
async function run(files: string[], options: ImportOptions, { isTTY = false, onError = (_text: string, _signals: EventEmitter): void => undefined } = {}): Promise<Said> {
  const said = { output: '', errors: '' };
  const signals = new EventEmitter();
  const stream = (take: (text: string) => void): Writable => new Writable({ decodeStrings: false, write: (text: string, _, done) => (take(text), done()) });
  const errors = stream((text) => {
    said.errors += text;
    onError(text, signals);
  });
  const terminal = { output: stream((text) => (said.output += text)), errors: Object.assign(errors, { isTTY, columns: 200 }) };
  const interrupts = listenForInterrupts(signals, () => undefined);
  const before = new Set(readdirSync(folder));
  const code = await importRecordings(files, options, { terminal, interrupts });
  return { code, ...said, left: readdirSync(folder).filter((name) => !before.has(name)) };
}

/** Does the process, if it is still there, read the file? */
function hasOpen(pid: number, path: string): boolean {
  const links = `/proc/${pid}/fd`;
  return readdirSync(links).some((descriptor) => {
    try {
      return readlinkSync(join(links, descriptor)) === path;
    } catch {
      // It was closed meanwhile.
      return false;
    }
  });
}

/** The sentence and the remedy of what is refused before anything is read. */
async function refused(files: string[], options: ImportOptions): Promise<string> {
  try {
    await run(files, options);
  } catch (error) {
    if (isFailure(error)) return `${error.code}: ${error.message} ${error.remedy}`;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a file', () => {
  test('becomes a recording, and it is said what it held', async () => {
    const { code, output, errors, left } = await run([file('out.folded', SMALL)], { output: at('out.ember') });
    expect([code, output, left]).toEqual([ExitCode.ok, '', ['out.ember']]);
    expect(errors).toBe(
      `imported    folded stacks: 42 samples\n            2 frames of stacks, 2 functions, 1 thread\nrecording   ${at('out.ember')}\n`,
    );
  });

  test('may be of waits, or of memory', async () => {
    const waits = await run([file('waits.folded', SMALL)], { output: at('waits.ember'), unit: 'microseconds' });
    expect(waits.errors).toContain('imported    folded stacks: 42.0 µs of waiting\n');
    const memory = await run([file('memory.folded', 'app;main 3145728\n')], { output: at('memory.ember'), unit: 'bytes' });
    expect(memory.errors).toContain('imported    folded stacks: 3.0 MiB\n            1 frame of stacks, 1 function, 1 thread\n');
  });

  test('of the same name as another one keeps that from being lost', async () => {
    for (const name of ['one', 'two', 'all']) mkdirSync(at(name));
    const files = [file('one/out.folded', SMALL), file('two/out.folded', SMALL)];
    await expect(run(files, { output: at('all'), force: true })).rejects.toThrow(/^Two of the files would become .*all\/out\.folded\.ember/);
    expect(readdirSync(at('all'))).toEqual([]);
  });

  test('that may have been cut is imported with a word about it', async () => {
    const { errors } = await run([file('cut.folded', SMALL.trimEnd())], { output: at('cut.ember') });
    expect(errors).toContain('\n            The file does not end in a line feed: it may have been cut.\n');
  });

  test('with a name that steers a terminal is named harmlessly', async () => {
    const { errors } = await run([file('\u001b[31m.folded', SMALL)], { output: at('\u001b[31m.ember') });
    expect(errors).not.toContain('\u001b');
    expect(errors).toContain('\ufffd[31m.ember');
  });
});

describe('how far it is', () => {
  test('stands on a terminal alone, and is gone at the end', async () => {
    const path = file('large.folded', large());
    const { errors } = await run([path], { output: at('large.ember') }, { isTTY: true });
    const shares = [...errors.matchAll(/\r\u001b\[Kimporting \S+large\.folded: ([\d.]+) %/g)].map(([, share]) => Number(share));
    expect(shares.length).toBeGreaterThan(0);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.every((share) => share > 0 && share <= 100)).toBe(true);
    expect(errors).toContain('\r\u001b[Kimported    folded stacks: 400,000 samples\n');
    expect((await run([path], { output: at('again.ember') })).errors).toMatch(/^imported /);
  });
});

describe('Ctrl-C', () => {
  test('ends it, and nothing is left', async () => {
    const onError = (text: string, signals: EventEmitter): void => void (text.includes('importing ') && signals.emit('SIGINT'));
    const { code, errors, left } = await run([file('large.folded', large()), file('next.folded', SMALL)], { output: folder }, { isTTY: true, onError });
    expect([code, left]).toEqual([ExitCode.interrupted, []]);
    expect(errors).toMatch(/\r\u001b\[Kemberscope: Importing \S+large\.folded was cancelled\.\nNothing of it was kept\.\n$/);
  });

  test('of the real command ends it with 130, and nothing is left', async () => {
    // What inflates goes on for long, whatever the computer.
    const bytes = gzipSync(Buffer.from('app;main;parse;read_a_line 1\n'.repeat(100_000)), { level: 1 });
    const path = file('endless.folded.gz', Buffer.concat(Array.from({ length: 300 }, () => bytes)));
    const { child, result } = startCli(['import', path, '--output', at('endless.ember')]);
    while (child.exitCode === null && !hasOpen(child.pid!, path)) await wait(20);
    child.kill('SIGINT');
    const { code, output, errors } = await result;
    expect([code, output]).toEqual([ExitCode.interrupted, '']);
    expect(errors).toBe(`emberscope: Importing ${path} was cancelled.\nNothing of it was kept.\n`);
    expect(readdirSync(folder)).toEqual(['endless.folded.gz']);
  });
});

describe('where it goes', () => {
  test('has to be said, and be free', async () => {
    const path = file('out.folded', SMALL);
    writeFileSync(at('there.ember'), 'precious');
    expect(await refused([path], {})).toMatch(/^usage: Nothing says where .* --output FILE\.ember/);
    expect(await refused([path], { output: at('no/out.ember') })).toMatch(/^folderMissing: The folder .*\/no is not there/);
    expect(await refused([path], { output: at('there.ember') })).toMatch(/^outputExists: .*there\.ember is there already, and was left alone\. .*--force/);
    expect(readFileSync(at('there.ember'), 'utf8')).toBe('precious');
  });

  test('is written over with --force, where a recording lies', async () => {
    const path = file('out.folded', SMALL);
    await run([path], { output: at('out.ember') });
    expect((await run([file('other.folded', 'app;other 1\n')], { output: at('out.ember'), force: true })).code).toBe(ExitCode.ok);
    expect(readRecording(at('out.ember')).metadata.target).toBe('other.folded');
    writeFileSync(at('letter.ember'), 'precious');
    const { code, errors } = await run([path], { output: at('letter.ember'), force: true });
    expect(code).toBe(ExitCode.usage);
    expect(errors).toMatch(/^emberscope: \S+letter\.ember is there already and is not an Emberscope recording, so it was left alone\.\n/);
    expect(readFileSync(at('letter.ember'), 'utf8')).toBe('precious');
  });

  test('is a folder for several, which go on where one is broken', async () => {
    mkdirSync(at('into'));
    const files = [file('a.folded', SMALL), file('b.folded', 'app;main\n'), file('c.folded', SMALL)];
    expect(await refused(files, { output: at('all.ember') })).toMatch(/^usage: Several files cannot become one recording/);
    const { code, errors } = await run(files, { output: at('into') });
    expect(code).toBe(ExitCode.badFile);
    expect(errors.match(/^imported /gm)).toHaveLength(2);
    expect(readdirSync(at('into'))).toEqual(['a.folded.ember', 'c.folded.ember']);
  });
});

describe('what cannot be imported', () => {
  test.each<[string, string, ImportOptions, RegExp]>([
    ['line.folded', 'app;main 1\napp;ma', {}, /line\.folded cannot be imported as folded stacks: line 2: it does not end in a count, .*\. Nothing of it was kept\.\nWrite it again/],
    ['cut.speedscope.json', '{"$schema": "https://www.speedscope.app/file-format-schema.json", "profiles": [', {}, /as speedscope JSON: byte 79: it ends too early/],
    ['wrong.folded', SMALL, { format: 'speedscope' }, /as speedscope JSON: byte 3: this is no JSON\. .*\n.*name its format with --format/],
    ['event.folded', SMALL, { format: 'pprof', event: 'cpu' }, /as pprof: byte [\d,]+: /],
    ['letter.txt', 'Dear reader', {}, /letter\.txt is neither a recording nor a file of another tool that is read here\.\nRead are recordings/],
    ['perf.data', 'PERFILE2........', {}, /perf\.data is a perf\.data file, which only perf itself reads\.\n.*perf script -i/],
    ['empty.txt', '', {}, /empty\.txt is empty\.\n/],
  ])('%s', async (name, content, options, words) => {
    const { code, output, errors, left } = await run([file(name, content)], { ...options, output: at('out.ember') });
    expect(errors).toMatch(words);
    expect(errors).toMatch(/^emberscope: [^\n]+\n[^\n]+\n$/);
    expect([code, output, left]).toEqual([ExitCode.badFile, '', []]);
  });

  test('what is not there, a folder, standard input', async () => {
    const absent = await run([at('absent.folded')], { output: at('out.ember') });
    expect([absent.code, absent.errors]).toEqual([ExitCode.badFile, expect.stringMatching(/no file \S+absent\.folded/)]);
    const other = await run([folder], { output: at('out.ember') });
    expect([other.code, other.errors]).toEqual([ExitCode.badFile, expect.stringContaining('it is a folder')]);
    const device = await run(['/dev/null'], { output: at('out.ember') });
    expect([device.code, device.errors]).toEqual([ExitCode.badFile, expect.stringContaining('it is not a regular file')]);
    expect(await refused(['-'], { output: at('out.ember') })).toMatch(/^usage: Standard input cannot be imported: .* Write it to a file/);
    expect(existsSync(at('out.ember'))).toBe(false);
  });
});
