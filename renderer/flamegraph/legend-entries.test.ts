// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { FRAME_TEXT_COLOUR } from '../../profile/colours.ts';
import { slotColour } from '../../profile/module-colours.ts';
import { pictureFromText } from '../testing/text-picture.ts';
import type { Picture } from '../worker/protocol.ts';
import { legendEntries } from './legend-entries.ts';

function picture(): Picture {
  const base = pictureFromText('all 100\n  main 90\n    read 30 [k]\n    malloc 40\n  ~ 10');
  const names = [...base.names, 'prog', '[kernel]', 'libc.so.6'];
  const module = Int32Array.from(base.name, (row) => ({ main: names.indexOf('prog'), read: names.indexOf('[kernel]'), malloc: names.indexOf('libc.so.6') })[base.names[row] ?? ''] ?? -1);
  const ofName: Record<string, [self: number, slot: number]> = { main: [20, 4], read: [30, 0], malloc: [40, 7] };
  return {
    ...base,
    names,
    module,
    self: Float64Array.from(base.name, (row) => ofName[base.names[row] ?? '']?.[0] ?? 0),
    slot: Uint8Array.from(base.name, (row) => ofName[base.names[row] ?? '']?.[1] ?? 24),
  };
}

test('origins that are in the picture', () => {
  expect(legendEntries(picture(), 'origin', 'dark').map(({ name }) => name)).toEqual(['program', 'kernel']);
});

test('modules in the order of what they spent themselves', () => {
  expect(legendEntries(picture(), 'module', 'light')).toEqual([
    { name: 'libc.so.6', colour: slotColour(7, 'light') },
    { name: '[kernel]', colour: slotColour(0, 'light') },
    { name: 'prog', colour: slotColour(4, 'light') },
  ]);
});

test('named or not', () => {
  const entries = legendEntries(picture(), 'unnamed', 'dark');
  expect(entries.map(({ name }) => name)).toEqual(['without a name', 'named']);
  for (const { colour } of entries) expect(colour).not.toBe(FRAME_TEXT_COLOUR);
});
