// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { ModuleKind } from '../schema.ts';
import { ProfileWriter } from '../testing.ts';
import type { Tables } from '../tables.ts';
import { renamedPrograms } from './renamed-programs.ts';

/** Samples by the path of an executable. */
function programs(samples: Record<string, number>): Tables {
  const writer = new ProfileWriter();
  writer.thread(1, 'thread');
  Object.entries(samples).forEach(([path, weight], index) => {
    const module = writer.module(path, ModuleKind.executable);
    writer.sample(writer.stack([writer.frame(module, index * 16)]), weight);
  });
  return writer.tables;
}

test.each([
  ['two names of one program', { '/bin/server': 9 }, { '/opt/server-new': 9 }, { a: 'server', b: 'server-new' }],
  ['what started them is of no matter', { '/bin/server': 9, '/bin/node': 1 }, { '/opt/server-new': 9, '/bin/sh': 1 }, { a: 'server', b: 'server-new' }],
  ['the same name', { '/bin/server': 9 }, { '/opt/server': 9 }, null],
  ['one that is on both sides', { '/bin/server': 9, '/bin/client': 3 }, { '/bin/client': 9 }, null],
  ['none', {}, { '/bin/server': 9 }, null],
])('%s', (_name, a, b, renamed) => {
  expect(renamedPrograms([programs(a as Record<string, number>)], [programs(b as Record<string, number>)])).toEqual(renamed ? [renamed] : []);
});

/** Samples of stacks of source files below one interpreter. */
function scripts(...stacks: string[][]): Tables {
  const writer = new ProfileWriter();
  writer.thread(1, 'python3');
  const interpreter = writer.frame(writer.module('/usr/bin/python3.11', ModuleKind.executable), 16);
  const modules = new Map<string, number>();
  for (const paths of stacks) {
    const frames = paths.map((path) => {
      if (!modules.has(path)) modules.set(path, writer.module(path, ModuleKind.source));
      return writer.frame(modules.get(path)!, 32);
    });
    writer.sample(writer.stack([interpreter, ...frames]), 5);
  }
  return writer.tables;
}

test('two scripts that were run are one program, what they import is what it is', () => {
  const a = scripts(['/srv/before.py', '/lib/json.py'], ['/srv/before.py'], ['/lib/site.py']);
  const b = scripts(['/srv/after.py', '/lib/re.py'], ['/srv/after.py'], ['/lib/site.py']);
  expect(renamedPrograms([a], [b])).toEqual([{ a: 'srv/before.py', b: 'srv/after.py' }]);
  expect(renamedPrograms([a], [a])).toEqual([]);
  // The other's script is there, too, as a module of it.
  expect(renamedPrograms([a], [scripts(['/srv/after.py', '/srv/before.py'])])).toEqual([]);
});

test('two programs that share no function are no two names of one', () => {
  const named = (path: string, names: string[]): Tables => {
    const writer = new ProfileWriter();
    writer.thread(1, 'thread');
    const module = writer.module(path, ModuleKind.executable);
    const frames = names.map((name, index) => {
      const frame = writer.frame(module, index * 16);
      writer.symbol(frame, name, 0, module);
      return frame;
    });
    writer.sample(writer.stack(frames), 9);
    return writer.tables;
  };
  const sqlite = ['_start', 'main', 'open', 'parse', 'step', 'sort', 'write'];
  const python = ['_start', 'main', 'eval', 'call', 'compile', 'collect', 'hash'];
  expect(renamedPrograms([named('/bin/sqlite3', sqlite)], [named('/bin/python3', python)])).toEqual([]);
  expect(renamedPrograms([named('/bin/sqlite3', sqlite)], [named('/bin/sqlite3-new', [...python, 'sort'])])).toHaveLength(1);
  // So few may all be renamed.
  expect(renamedPrograms([named('/bin/sqlite3', sqlite.slice(0, 5))], [named('/bin/python3', python)])).toHaveLength(1);
});
