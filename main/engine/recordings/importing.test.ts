// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { toFolded } from '../../../formats/folded.ts';
import { HOSTILE_NAMES } from '../../../formats/hostile-names.ts';
import type { Failure } from '../../../ipc/contract.ts';
import { isFailure } from '../../../ipc/failure.ts';
import { importInThread, type ImportOptions } from './importing.ts';
import { readRecording } from './reader.ts';

// Each starts a thread, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000 });

let folder = '';
const at = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberscope-import-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(at(name), content);
  return at(name);
}

async function refused(path: string, options: ImportOptions = {}): Promise<Failure> {
  const before = readdirSync(folder);
  try {
    await importInThread(path, at('refused.ember'), options);
  } catch (error) {
    // Nothing is kept of it.
    expect(readdirSync(folder)).toEqual(before);
    if (isFailure(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const demo = join(import.meta.dirname, '../../../test/recordings/demo.folded');

describe('an import', () => {
  it('gives a recording with the same stacks, which says where it came from', async () => {
    const progress: number[] = [];
    const summary = await importInThread(demo, at('demo.ember'), { onProgress: (done, total) => progress.push(done / total) });
    expect(summary).toMatchObject({ format: 'folded', question: 'on-cpu', threads: 1, notes: [] });
    const { metadata, tables, unexpected } = readRecording(at('demo.ember'));
    expect(unexpected).toBe(false);
    expect(metadata).toMatchObject({ target: 'demo.folded', host: '', frequencyHz: 0, endReason: 'opened', endMessage: 'Imported from folded stacks.', state: 'finished', request: { kind: 'imported', format: 'folded stacks', file: 'demo.folded' } });
    expect(metadata.ledger).toEqual({ fired: summary.samples, notOurs: 0, stored: summary.samples, lost: 0 });
    expect(toFolded(tables)).toBe(readFileSync(demo, 'utf8'));
    expect(progress.every((share) => share > 0 && share <= 1)).toBe(true);
    expect(readdirSync(folder)).toEqual(['demo.ember']);
  });

  it('reads what is compressed, and says what the file is called', async () => {
    const path = file('some.gz', gzipSync(readFileSync(demo)));
    await importInThread(path, at('some.ember'), { fileName: 'yesterday.folded.gz' });
    const { metadata, tables } = readRecording(at('some.ember'));
    expect(metadata.target).toBe('yesterday.folded.gz');
    expect(toFolded(tables)).toBe(readFileSync(demo, 'utf8'));
  });

  it('leaves a file that is there, but for a recording that shall be replaced', async () => {
    writeFileSync(at('precious.ember'), 'precious');
    await expect(importInThread(demo, at('precious.ember'), { replace: true })).rejects.toMatchObject({ code: 'outputExists' });
    expect(readFileSync(at('precious.ember'), 'utf8')).toBe('precious');
    await importInThread(demo, at('again.ember'));
    await importInThread(file('one.folded', 'app;main 1\n'), at('again.ember'), { replace: true });
    expect(toFolded(readRecording(at('again.ember')).tables)).toBe('app;main 1\n');
  });

  it('makes hostile names harmless', async () => {
    const names = HOSTILE_NAMES.map((name) => name.replaceAll(/[;\r\n]/g, ':'));
    await importInThread(file('hostile.folded', names.map((name) => `app;${name} 1\n`).join('')), at('hostile.ember'));
    const { tables } = readRecording(at('hostile.ember'));
    for (const text of tables.strings.columns.text) expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
    expect(tables.samples.length).toBe(names.length);
  });

  it('names what is broken, and where', async () => {
    expect(await refused(file('cut.folded', 'app;main 1\napp;ma'))).toMatchObject({ code: 'damaged', message: expect.stringMatching(/cut\.folded cannot be imported as folded stacks: line 2: it does not end/) });
    expect(await refused(file('letter.txt', 'Dear reader'))).toMatchObject({ code: 'unknownFormat' });
    expect(await refused(file('perf.data', 'PERFILE2........'))).toMatchObject({ code: 'unknownFormat', remedy: expect.stringContaining('perf script -i') });
    expect(await refused(at('absent'))).toMatchObject({ code: 'fileMissing' });
    expect(await refused(folder)).toMatchObject({ code: 'fileNotReadable', message: expect.stringContaining('it is a folder') });
  });

  it('ends with what is compressed and cut, damaged, or without end', async () => {
    const whole = gzipSync(readFileSync(demo));
    expect((await refused(file('cut.gz', whole.subarray(0, whole.length / 2)))).message).toMatch(/byte [\d,]+: the compressed data ends too early/);
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, 200, 260);
    expect((await refused(file('damaged.gz', damaged))).message).toMatch(/the compressed data is damaged/);
    const bomb = gzipSync(Buffer.from(`app;main 1\napp;${'a'.repeat(40 * 2 ** 20)} 1\n`));
    expect((await refused(file('bomb.folded.gz', bomb))).message).toMatch(/compressed bytes inflate to more than [\d,]+, as no profile does/);
  });

  it('says that the disk is full, and keeps nothing that would be half of it', async ({ skip }) => {
    const long = file('longer.folded', Array.from({ length: 100_000 }, (_, i) => `app;main;f${(i * 7919) % 100_003} ${i}\n`).join(''));
    for (const size of ['16k', '256k']) {
      const small = at(`small-${size}`);
      mkdirSync(small);
      if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'emberscope-test', small]).status !== 0) skip('mounting a small file system is not allowed here');
      try {
        await expect(importInThread(long, join(small, 'out.ember'))).rejects.toMatchObject({ code: 'diskFull', message: `The disk is full: there is no room for ${join(small, 'out.ember')}.` });
        expect(readdirSync(small)).toEqual([]);
      } finally {
        spawnSync('umount', ['-l', small]);
      }
    }
  });

  it('can be cancelled, and takes no more memory than it may', async () => {
    const long = file('long.folded', Array.from({ length: 200_000 }, (_, i) => `app;main;function_number_${i} 1\n`).join(''));
    const cancel = new AbortController();
    const importing = refused(long, { signal: cancel.signal, onProgress: () => cancel.abort() });
    expect((await importing).code).toBe('cancelled');
    expect(await refused(long, { heap: 32 })).toMatchObject({ code: 'tooLarge', message: expect.stringContaining('need more than 32 MiB') });
    // Less than the thread and its libraries alone need.
    expect((await refused(long, { heap: 4 })).code).toBe('tooLarge');
  });
});
