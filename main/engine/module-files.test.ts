// SPDX-License-Identifier: Apache-2.0
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createTables } from '../../profile/tables.ts';
import { candidatesOf, moduleFiles } from './module-files.ts';
import { Symbolizer } from './symbolication/symbolizer.ts';
import { MappingFlag } from './wire-layout.gen.ts';
import type { MappingFrame } from './wire-frames.ts';

const program = readlinkSync('/proc/self/exe');
const range = /^([0-9a-f]+)-([0-9a-f]+) r-xp/m.exec(readFileSync('/proc/self/maps', 'utf8').split('\n').find((line) => line.includes('r-xp') && line.endsWith(program))!)!;
const mapping: MappingFrame = {
  type: 'mapping', tgid: process.pid, generation: 1, start: BigInt(`0x${range[1]}`), end: BigInt(`0x${range[2]}`), fileOffset: 0,
  inode: statSync(program, { bigint: true }).ino, deviceMajor: 0, deviceMinor: 0, flags: 0, path: program, buildId: '',
};

it('finds the mapped file', () => {
  // Its names have no leading zeros, as those of maps have.
  const mapped = `/proc/${process.pid}/map_files/${mapping.start.toString(16)}-${mapping.end.toString(16)}`;
  if (process.getuid?.() === 0) expect(readlinkSync(mapped)).toBe(program);
  expect(candidatesOf({ ...mapping, buildId: 'ab' })).toEqual([`/proc/${process.pid}/root${program}`, mapped, program]);
  expect(candidatesOf(mapping)).toContain(program);
});

it('takes no path for a deleted one', () => {
  expect(candidatesOf({ ...mapping, buildId: 'ab', flags: MappingFlag.deleted })).toHaveLength(1);
  expect(candidatesOf({ ...mapping, path: '/nonexistent' })).not.toContain('/nonexistent');
});

it('gives the symbolizer our vdso, which is everybody\'s', () => {
  const images: Uint8Array[] = [];
  const symbolizer = new Symbolizer(createTables());
  symbolizer.addImage = (_, image) => void images.push(image);
  moduleFiles(symbolizer, null).vdso(0);
  expect(Buffer.from(images[0]!.subarray(0, 4)).toString('latin1')).toBe('\x7fELF');
});
