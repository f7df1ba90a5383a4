// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProfileWriter } from '../../profile/testing.ts';
import { NONE } from '../../profile/units.ts';
import type { Recording } from './recording-api.ts';
import { SourceFiles } from './source-files.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberscope-source-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RECORDED_AT = 1.7e12;

/** A recording whose tables name these files. */
function sourcesOf(paths: readonly string[], isFromHere = true) {
  const writer = new ProfileWriter();
  const add = (path: string) => {
    const file = writer.string(path);
    const row = writer.tables.functions.append({ name: writer.string('f'), module: NONE, file: 0, line: 0 });
    writer.tables.symbols.append({ frame: 0, depth: 0, function: row, file, line: 1 });
    return file;
  };
  const files = paths.map(add);
  const info = { host: 'elsewhere', startedAt: RECORDED_AT } as Recording['info'];
  const sources = new SourceFiles({ tables: writer.tables, info, isFromHere } as Recording);
  return { writer, files, sources, add };
}

function written(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  utimesSync(path, RECORDED_AT / 1000 - 60, RECORDED_AT / 1000 - 60);
  return path;
}

const reasonOf = async (path: string) => {
  const { sources, files } = sourcesOf([path]);
  const answer = await sources.lines(files[0]!, 1, 10);
  return answer.kind === 'absent' ? answer.reason : `lines: ${answer.lines.length}`;
};

describe('lines of source', () => {
  it('come from a file that the tables name, and say whether it is newer than the recording', async () => {
    const path = written('a.c', 'one\ntwo\r\nthree\n\nfive');
    const { sources, files, writer, add } = sourcesOf([path]);
    expect(await sources.lines(files[0]!, 2, 3)).toEqual({ kind: 'lines', first: 2, lines: ['two', 'three', ''], all: 5, isNewer: false });
    expect(await sources.lines(files[0]!, 0, 1)).toMatchObject({ first: 1, lines: ['one'] });
    expect(await sources.lines(files[0]!, 99, 3)).toMatchObject({ lines: [], all: 5 });
    utimesSync(path, RECORDED_AT / 1000 + 60, RECORDED_AT / 1000 + 60);
    expect(await sources.lines(files[0]!, 1, 1)).toMatchObject({ isNewer: true });
    // Named later.
    expect(await sources.lines(add(written('b.c', 'b')), 1, 9)).toMatchObject({ lines: ['b'] });
    // Text that names no source file is none, whatever it says.
    const other = writer.string(written('secret', 'secret'));
    expect(await sources.lines(other, 1, 9)).toEqual({ kind: 'absent', reason: 'The recording names no such source file.' });
    for (const row of [0, 12345]) expect((await sources.lines(row, 1, 9)).kind).toBe('absent');
  });

  it('are bounded in number and length', async () => {
    const { sources, files } = sourcesOf([written('long.c', `${'x'.repeat(2000)}\n`.repeat(1000))]);
    const answer = await sources.lines(files[0]!, 1, 1e9);
    if (answer.kind !== 'lines') throw new Error(answer.reason);
    expect([answer.lines.length, answer.lines[0]!.length, answer.all]).toEqual([400, 500, 1000]);
  });

  it('are not those of a file of the same name here, when it was recorded elsewhere', async () => {
    const { sources, files } = sourcesOf([written('c.c', 'c')], false);
    expect(await sources.lines(files[0]!, 1, 1)).toEqual({ kind: 'absent', reason: 'The recording was made on elsewhere, and so its source files are not here.' });
  });

  it('are not read of anything but a text file of bounded size', async () => {
    const pipe = join(folder, 'pipe.c');
    execFileSync('mkfifo', [pipe]);
    expect(await reasonOf(pipe)).toBe('This is no regular file.');
    mkdirSync(join(folder, 'folder.c'));
    expect(await reasonOf(join(folder, 'folder.c'))).toBe('This is no regular file.');
    symlinkSync('/dev/zero', join(folder, 'zero.c'));
    expect(await reasonOf(join(folder, 'zero.c'))).toBe('This is no regular file.');
    expect(await reasonOf(written('binary.c', 'a\0b'))).toBe('This is no text.');
    const large = written('large.c', '');
    truncateSync(large, 8 * 2 ** 20 + 1);
    expect(await reasonOf(large)).toBe('The file is larger than 8 MiB, and so it is not shown.');
    expect(await reasonOf(join(folder, 'none.c'))).toMatch(/^The file is not here/);
    expect(await reasonOf(join(folder, 'none.c', 'x'))).toMatch(/^The file is not here/);
    expect(await reasonOf('lib/relative.c')).toMatch(/in which folder/);
    expect(await reasonOf('/proc/self/environ')).toBe('The file is empty.');
    symlinkSync(written('real.c', 'real'), join(folder, 'link.c'));
    expect(await reasonOf(join(folder, 'link.c'))).toBe('lines: 1');
  });
});
