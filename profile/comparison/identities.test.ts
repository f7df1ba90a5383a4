// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { FrameCategory, ModuleKind } from '../schema.ts';
import { ProfileWriter } from '../testing.ts';
import type { Tables } from '../tables.ts';
import { NONE } from '../units.ts';
import { FrameIdentities, Identities, NO_MODULE, renamedProgram } from './identities.ts';

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
  expect(renamedProgram([programs(a as Record<string, number>)], [programs(b as Record<string, number>)])).toEqual(renamed);
});

test('frames are functions of a module, inlined ones behind; without a name the module alone', () => {
  const writer = new ProfileWriter();
  const library = writer.module('/lib/libz.so.1.2.3');
  const named = writer.frame(library, 16, FrameCategory.library);
  writer.symbol(named, 'inflate.part.0', 0, library);
  writer.symbol(named, 'copy', 1, library);
  const bare = [writer.frame(library, 32), writer.frame(library, 48), writer.frame(NONE, 64)];
  const identities = new Identities();
  const { start, list } = new FrameIdentities(writer.tables, identities);
  const words = (frame: number): string[] => [...list.subarray(start[frame], start[frame + 1])].map((each) => `${identities.name(each)} of ${identities.module(each)}`);
  expect(words(named)).toEqual(['inflate of libz.so', 'copy of libz.so']);
  expect(words(bare[0]!)).toEqual(['libz.so (no name) of libz.so']);
  expect(list[start[bare[0]!]!]).toBe(list[start[bare[1]!]!]);
  expect(words(bare[2]!)).toEqual([`${NO_MODULE} (no name) of ${NO_MODULE}`]);
  expect(identities.category(list[start[named]!]!)).toBe(FrameCategory.library);
});
