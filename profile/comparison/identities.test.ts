// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { FrameCategory } from '../schema.ts';
import { ProfileWriter } from '../testing.ts';
import { NONE } from '../units.ts';
import { FrameIdentities, Identities, NO_MODULE } from './identities.ts';

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
