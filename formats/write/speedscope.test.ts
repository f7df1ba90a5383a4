// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import { NOTHING_COLLAPSED } from '../../profile/collapse.ts';
import { writtenWeights } from '../../profile/questions.ts';
import type { Tables } from '../../profile/tables.ts';
import { ProfileWriter } from '../../profile/testing.ts';
import { HOSTILE_NAMES } from '../hostile-names.ts';
import { printable } from '../printable.ts';
import type { Selection } from '../selection.ts';
import { toSpeedscope } from './speedscope.ts';
import { ORIGIN, hostileProfile, smallProfile } from './testing.ts';

interface File {
  name: string;
  profiles: { name: string; unit: string; startValue: number; endValue: number; samples: number[][]; weights: number[] }[];
  shared: { frames: { name: string; file?: string; line?: number }[] };
}

let isValid: (file: unknown) => string;
beforeAll(() => {
  const folder = dirname(createRequire(import.meta.url).resolve('speedscope/package.json'));
  const schema = JSON.parse(readFileSync(join(folder, 'dist', 'release', 'file-format-schema.json'), 'utf8')) as object;
  const ajv = new Ajv({ strict: false, allErrors: true });
  const check = ajv.compile(schema);
  isValid = (file) => (check(file) ? '' : ajv.errorsText(check.errors));
});

function read(tables: Tables, selection: Selection = {}): File {
  const file = JSON.parse(toSpeedscope(tables, ORIGIN, selection)) as File;
  expect(isValid(file)).toBe('');
  for (const { samples, weights, endValue } of file.profiles) {
    expect(samples.length).toBe(weights.length);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(endValue);
    for (const frame of samples.flat()) expect(frame).toBeLessThan(file.shared.frames.length);
  }
  return file;
}

const named = ({ shared }: File, samples: readonly number[][]) => samples.map((sample) => sample.map((frame) => shared.frames[frame]!.name).join(';'));

describe('toSpeedscope', () => {
  it('has a profile a thread, the heaviest first, its samples in order of time', () => {
    const file = read(smallProfile());
    expect(file.name).toBe('program 1');
    expect(file.profiles.map(({ name, unit, weights, samples }) => [name, unit, weights, named(file, samples)])).toEqual([
      ['program 1 · program 1', 'none', [3, 4], ['main;fast;vfs_read', 'main;fast;vfs_read']],
      ['program 1 · worker 2', 'none', [1, 2], ['main;fast', 'main;fast;libc.so.6+0x1f']],
    ]);
    expect(file.shared.frames).toEqual([
      { name: 'main', file: '/src/main.c' },
      { name: 'fast', file: '/src/main.c' },
      { name: 'vfs_read', file: '[kernel]' },
      { name: 'libc.so.6+0x1f', file: '/lib/libc.so.6' },
    ]);
  });

  it('has waits in microseconds, what is selected, and what is collapsed as the picture does', () => {
    expect(read(smallProfile(), { weights: writtenWeights('off-cpu', 100) }).profiles).toMatchObject([{ unit: 'microseconds', weights: [1500] }]);
    const filter = { range: { from: 5, to: 6 }, hiddenThreads: [1] };
    expect(read(smallProfile(), { filter }).profiles.map(({ weights }) => weights)).toEqual([[4]]);
    const file = read(smallProfile(), { collapse: { ...NOTHING_COLLAPSED, kernel: true, inlined: true, libraries: true } });
    expect(file.profiles.flatMap(({ samples }) => named(file, samples))).toEqual(['main', 'main', 'main', 'main;libc.so.6']);
  });

  it('is valid without samples, too', () => {
    expect(read(new ProfileWriter().tables).profiles).toMatchObject([{ name: 'program 1', samples: [], weights: [] }]);
    expect(isValid({ shared: { frames: [] }, profiles: [{}] })).not.toBe('');
  });

  it('keeps hostile names', () => {
    const file = read(hostileProfile());
    HOSTILE_NAMES.forEach((name, index) => {
      expect(file.shared.frames).toContainEqual({ name: printable(name), file: printable(name) });
      const pid = index + 1;
      expect(file.profiles.map((profile) => profile.name)).toContain(`${printable(name)} ${pid} · ${printable(name)} ${pid}`);
    });
  });
});
