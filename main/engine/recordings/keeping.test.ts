// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkedName, copyPath } from './keeping.ts';
import { codeOf } from './testing/made-recording.ts';

describe('names', () => {
  it('are checked', () => {
    expect(checkedName(' postgres 4121.ember ')).toBe('postgres 4121');
    for (const name of ['', '  ', '../x', 'a/b', '.hidden', 'x'.repeat(121), 'a\nb', '.ember']) {
      expect([name, codeOf(() => checkedName(name))]).toEqual([name, 'badName']);
    }
  });
});

describe('a copy', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'emberscope-keeping-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string): string => join(folder, name);

  it('has what a recorder left beside the file', () => {
    writeFileSync(at('a.ember'), 'tables');
    writeFileSync(at('a.ember-wal'), 'log');
    copyPath(at('a.ember'), at('b.ember'));
    expect(readdirSync(folder).sort()).toEqual(['a.ember', 'a.ember-wal', 'b.ember', 'b.ember-wal']);
    expect(readFileSync(at('b.ember-wal'), 'utf8')).toBe('log');
  });

  it('never replaces what is there, and leaves no half', () => {
    writeFileSync(at('a.ember'), 'tables');
    writeFileSync(at('a.ember-wal'), 'log');
    writeFileSync(at('b.ember'), 'mine');
    expect(codeOf(() => copyPath(at('a.ember'), at('b.ember')))).toBe('notWritable');
    expect(readFileSync(at('b.ember'), 'utf8')).toBe('mine');
    expect(existsSync(at('b.ember-wal'))).toBe(false);
    expect(codeOf(() => copyPath(at('gone.ember'), at('c.ember')))).toBe('notWritable');
    expect(existsSync(at('c.ember'))).toBe(false);
  });
});
