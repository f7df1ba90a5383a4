// SPDX-License-Identifier: Apache-2.0
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { NOTHING_COLLAPSED } from '../../profile/collapse.ts';
import { functionKey } from '../../profile/frame-keys.ts';
import { writtenWeights } from '../../profile/questions.ts';
import { SampleKind } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { ProfileWriter, profileFromText } from '../../profile/testing.ts';
import { NONE } from '../../profile/units.ts';
import { HOSTILE_NAMES } from '../hostile-names.ts';
import { printable } from '../printable.ts';
import type { Selection } from '../selection.ts';
import { gzip } from './gzip.ts';
import type { Origin } from './origin.ts';
import { toPprof } from './pprof.ts';
import { ORIGIN, hostileProfile, readIntegers, readMessage, smallProfile } from './testing.ts';

/** The message with its indexes followed; throws where one leads nowhere. */
function read(tables: Tables, selection: Selection = {}, origin: Origin = ORIGIN) {
  const profile = readMessage(toPprof(tables, origin, selection));
  const strings = profile.get(6)!.map((bytes) => new TextDecoder('utf-8', { fatal: true }).decode(bytes as Uint8Array));
  const text = (index: unknown): string => {
    const found = strings[Number(index ?? 0n)];
    if (found === undefined) throw new Error(`no string ${String(index)}`);
    return found;
  };
  const rows = (field: number) => (profile.get(field) ?? []).map((bytes) => readMessage(bytes as Uint8Array));
  const number = (row: Map<number, unknown[]>, field: number) => Number((row.get(field)?.[0] as bigint | undefined) ?? 0n);
  const byId = (field: number) => new Map(rows(field).map((row) => [number(row, 1), row]));
  const [mappings, locations, functions] = [byId(3), byId(4), byId(5)];
  const place = (id: bigint) => {
    const location = locations.get(Number(id))!;
    const mapping = mappings.get(number(location, 2));
    const start = mapping ? number(mapping, 2) : 0;
    if (mapping && !(number(location, 4) || number(location, 3) >= start)) throw new Error('outside its mapping');
    return {
      file: mapping ? text(mapping.get(5)?.[0]) : null,
      offset: number(location, 3) - start,
      lines: (location.get(4) ?? []).map((bytes) => {
        const line = readMessage(bytes as Uint8Array);
        const called = functions.get(number(line, 1))!;
        return `${text(called.get(2)?.[0])} ${text(called.get(4)?.[0])}:${number(line, 2)}`;
      }),
    };
  };
  return {
    strings,
    types: rows(1).map((row) => `${text(row.get(1)?.[0])}/${text(row.get(2)?.[0])}`),
    period: [rows(11).map((row) => `${text(row.get(1)?.[0])}/${text(row.get(2)?.[0])}`)[0], number(profile, 12)],
    time: Number(profile.get(9)![0]),
    duration: number(profile, 10),
    mappings: [...mappings.values()].map((row) => ({ file: text(row.get(5)?.[0]), buildId: text(row.get(6)?.[0]), hasFunctions: number(row, 7) === 1 })),
    samples: rows(2).map((row) => ({
      places: (row.has(1) ? readIntegers(row.get(1)![0] as Uint8Array) : []).map(place),
      values: readIntegers(row.get(2)![0] as Uint8Array).map(Number),
      labels: Object.fromEntries(
        (row.get(3) ?? []).map((bytes) => {
          const label = readMessage(bytes as Uint8Array);
          return [text(label.get(1)![0]), label.has(2) ? text(label.get(2)![0]) : number(label, 3)];
        }),
      ) as Record<string, string | number>,
    })),
  };
}

const MAIN = { file: '/usr/bin/program', offset: 0x1010, lines: ['fast /src/main.c:7', 'main /src/main.c:12'] };
const READ = { file: '[kernel]', offset: 0x20, lines: ['vfs_read :0'] };

describe('toPprof', () => {
  it('has samples and CPU time by thread, with inlined functions, lines, mappings and build ids', () => {
    const profile = read(smallProfile());
    expect(profile.types).toEqual(['samples/count', 'cpu/nanoseconds']);
    expect(profile.period).toEqual(['cpu/nanoseconds', 10_000_000]);
    expect(profile.duration).toBe(10e9);
    expect(profile.time).toBe(ORIGIN.startedAt * 1e6);
    expect(profile.mappings).toEqual([
      { file: '/usr/bin/program', buildId: 'abcdef01', hasFunctions: true },
      { file: '/lib/libc.so.6', buildId: '', hasFunctions: false },
      { file: '[kernel]', buildId: '', hasFunctions: true },
    ]);
    const one = { process: 'program', pid: 1, thread: 'program', tid: 1 };
    const two = { process: 'program', pid: 1, thread: 'worker', tid: 2 };
    expect(profile.samples).toEqual([
      { places: [READ, MAIN], values: [7, 70_000_000], labels: one },
      { places: [{ file: '/lib/libc.so.6', offset: 0x1f, lines: [] }, MAIN], values: [2, 20_000_000], labels: two },
      { places: [MAIN], values: [1, 10_000_000], labels: two },
    ]);
  });

  it('has waits as nanoseconds, with why, and no period', () => {
    const profile = read(smallProfile(), { weights: writtenWeights('off-cpu', 100) }, { ...ORIGIN, question: 'off-cpu' });
    expect(profile.types).toEqual(['off-cpu/nanoseconds']);
    expect(profile.period).toEqual([undefined, 0]);
    expect(profile.samples).toEqual([{ places: [READ, MAIN], values: [1_500_000], labels: { process: 'program', pid: 1, thread: 'program', tid: 1, wait: 'blocked' } }]);
  });

  it('sums memory up by process, since another thread may free it', () => {
    const writer = new ProfileWriter();
    const stack = writer.stack([writer.frame(NONE, 7)]);
    const [one, two] = [writer.thread(1, 'a', 1, 'app'), writer.thread(2, 'b', 1, 'app')];
    const { samples } = writer.tables;
    samples.append({ slice: 0, thread: one, stack, kind: SampleKind.memory, weight: 5000 });
    samples.append({ slice: 1, thread: two, stack, kind: SampleKind.memory, weight: -4000 });
    const profile = read(writer.tables, { weights: writtenWeights('memory', 100) }, { ...ORIGIN, question: 'memory' });
    expect(profile.types).toEqual(['inuse_space/bytes']);
    expect(profile.samples).toEqual([{ places: [{ file: null, offset: 7, lines: ['0x7 :0'] }], values: [1000], labels: { process: 'app', pid: 1 } }]);
  });

  it('exports what is selected, and collapses as the picture does', () => {
    const range = { filter: { range: { from: 5, to: 6 }, hiddenThreads: [1] } };
    const profile = read(smallProfile(), range);
    expect(profile.samples.map(({ values }) => values[0])).toEqual([4]);
    expect([profile.time - ORIGIN.startedAt * 1e6, profile.duration]).toEqual([100e6, 20e6]);
    const collapse = { ...NOTHING_COLLAPSED, inlined: true, kernel: true, libraries: true };
    const shown = read(smallProfile(), { collapse }).samples.map(({ places }) => places.flatMap(({ lines }) => lines));
    expect(shown).toEqual([['main /src/main.c:12'], ['libc.so.6 :0', 'main /src/main.c:12'], ['main /src/main.c:12']]);
    const recursive = profileFromText('main;f;f;g_[i];f 3');
    expect(read(recursive, { collapse: { ...NOTHING_COLLAPSED, recursion: true } }).samples[0]!.places.map(({ lines }) => lines.map((line) => line.replace(/ .*/, '')))).toEqual([['f'], ['g'], ['f'], ['main']]);
    expect(read(profileFromText('main;a 3\nother 6'), { zoom: [functionKey(0)] }).samples.map(({ values }) => values[0])).toEqual([3]);
  });

  it('is a valid profile of nothing, and of a sample without a stack', () => {
    expect(read(new ProfileWriter().tables)).toMatchObject({ samples: [], mappings: [] });
    const writer = new ProfileWriter();
    writer.sample(NONE, 2, 0, writer.thread(7, ''));
    expect(read(writer.tables).samples).toEqual([{ places: [], values: [2, 20_000_000], labels: { process: 'process 7', pid: 7, tid: 7 } }]);
  });

  it('keeps hostile names, but for what no name keeps, and offsets up to 2^53', () => {
    const profile = read(hostileProfile());
    expect(profile.samples.length).toBe(HOSTILE_NAMES.length);
    HOSTILE_NAMES.forEach((name, index) => {
      const text = printable(name);
      const { places, labels } = profile.samples[index]!;
      expect(labels).toMatchObject({ process: text, thread: text });
      expect(places[1]).toEqual({ file: text, offset: 2 * index, lines: [`${text} ${text}:${index + 1}`] });
    });
    const writer = new ProfileWriter();
    writer.sample(writer.stack([writer.frame(NONE, 2 ** 53 - 1)]), 1, 0, writer.thread(1, 'a'));
    expect(read(writer.tables).samples[0]!.places[0]!.offset).toBe(2 ** 53 - 1);
  });

  it('is gzipped as a stream that others read', async () => {
    const bytes = toPprof(hostileProfile(), ORIGIN);
    expect(Buffer.compare(gunzipSync(await gzip(bytes)), bytes)).toBe(0);
  });
});
