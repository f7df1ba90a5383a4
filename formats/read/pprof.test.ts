// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { modulePath } from '../../profile/names.ts';
import { SampleKind } from '../../profile/schema.ts';
import { toFolded } from '../folded.ts';
import { toPprof } from '../write/pprof.ts';
import { ProtobufWriter } from '../write/protobuf.ts';
import { hostileProfile, ORIGIN, smallProfile } from '../write/testing.ts';
import { FormatError } from './format.ts';
import { recognise } from './formats.ts';
import { pprof } from './pprof.ts';
import { errorOf, readBytes, sampleLines } from './testing.ts';

interface Parts {
  types: [type: string, unit: string][];
  samples: { locations: number[]; values: number[]; labels?: [string, string | number][] }[];
  defaultType?: string;
  period?: [string, string, number];
  /** The types stand behind the samples. */
  typesLast?: boolean;
}

/** Locations 1 and 2 are functions "main" and "work" of the program, at addresses without a mapping. */
function made({ types, samples, defaultType, period, typesLast = false }: Parts): Uint8Array {
  const out = new ProtobufWriter();
  const strings = new Map([['', 0]]);
  const text = (each: string): number => strings.get(each) ?? (strings.set(each, strings.size), strings.size - 1);
  const valueType = (field: number, [type, unit]: [string, string]): void =>
    out.message(field, (message) => {
      message.integer(1, text(type));
      message.integer(2, text(unit));
    });
  if (!typesLast) for (const type of types) valueType(1, type);
  for (const { locations, values, labels = [] } of samples) {
    out.message(2, (message) => {
      message.integers(1, locations);
      message.integers(2, values);
      for (const [key, value] of labels) {
        message.message(3, (label) => {
          label.integer(1, text(key));
          label.integer(typeof value === 'string' ? 2 : 3, typeof value === 'string' ? text(value) : value);
        });
      }
    });
  }
  ['main', 'work'].forEach((name, index) => {
    out.message(4, (location) => {
      location.integer(1, index + 1);
      location.integer(3, 0x1000 * (index + 1));
      location.message(4, (line) => line.integer(1, index + 1));
    });
    out.message(5, (row) => {
      row.integer(1, index + 1);
      row.integer(2, text(name));
    });
  });
  if (typesLast) for (const type of types) valueType(1, type);
  if (period) {
    valueType(11, [period[0], period[1]]);
    out.integer(12, period[2]);
  }
  if (defaultType !== undefined) out.integer(14, text(defaultType));
  for (const each of strings.keys()) out.text(6, each);
  return out.bytes;
}

describe('pprof', () => {
  it('comes back as it was written', () => {
    const tables = smallProfile();
    const { tables: read, imported } = readBytes(pprof, toPprof(tables, ORIGIN));
    expect(toFolded(read)).toBe(toFolded(tables));
    expect(imported).toMatchObject({ question: 'on-cpu', frequencyHz: 100, startedAt: ORIGIN.startedAt, durationNs: 10e9, notes: [] });
    expect([...read.threads.columns.tid.subarray(0, read.threads.length)].sort()).toEqual([1, 2]);
    const program = Array.from({ length: read.modules.length }, (_, row) => row).find((row) => modulePath(read, row) === '/usr/bin/program')!;
    expect(read.strings.columns.text[read.modules.columns.buildId[program]!]).toBe('abcdef01');
    const { function: functions, line, file } = read.symbols.columns;
    const lines = Array.from({ length: read.symbols.length }, (_, row) => [functions[row]! < 0 ? '' : read.strings.columns.text[read.functions.columns.name[functions[row]!]!], read.strings.columns.text[file[row]!], line[row]]);
    expect(lines).toContainEqual(['fast', '/src/main.c', 7]);
    expect(lines).toContainEqual(['main', '/src/main.c', 12]);
  });

  it('is the same whatever the chunks, hostile names too', () => {
    const bytes = toPprof(hostileProfile(), ORIGIN);
    const whole = sampleLines(readBytes(pprof, bytes).tables);
    expect(whole.length).toBeGreaterThan(20);
    for (const chunk of [1, 3, 1000]) expect(sampleLines(readBytes(pprof, bytes, { chunk }).tables)).toEqual(whole);
  });

  it('takes the samples of CPU time by their period', () => {
    const bytes = made({ types: [['cpu', 'nanoseconds']], samples: [{ locations: [2, 1], values: [30_000_000] }], period: ['cpu', 'nanoseconds', 10_000_000] });
    const { tables, imported } = readBytes(pprof, bytes);
    expect(sampleLines(tables)).toEqual(['0 program | program;main;work 3']);
    expect(imported).toMatchObject({ question: 'on-cpu', frequencyHz: 100 });
  });

  it('reads the type that the file or the person chose, and tells of the others', () => {
    const parts: Parts = { types: [['alloc_space', 'bytes'], ['inuse_space', 'bytes']], samples: [{ locations: [1], values: [64, 16] }] };
    const last = readBytes(pprof, made(parts));
    expect([last.imported.question, last.tables.samples.columns.weight[0], last.tables.samples.columns.kind[0]]).toEqual(['memory', 16, SampleKind.memory]);
    expect(last.imported.notes).toEqual(['Other types of samples were left out: alloc_space.']);
    expect(readBytes(pprof, made({ ...parts, defaultType: 'alloc_space' })).tables.samples.columns.weight[0]).toBe(64);
    expect(readBytes(pprof, made(parts), { event: 'alloc_space' }).tables.samples.columns.weight[0]).toBe(64);
    expect(errorOf(() => readBytes(pprof, made(parts), { event: 'cpu' }))).toBe('it has no samples of the type "cpu", but of alloc_space, inuse_space');
  });

  it('takes its parts in any order, and samples with fewer values than types', () => {
    const parts: Parts = { types: [['alloc_space', 'bytes'], ['inuse_space', 'bytes']], samples: [{ locations: [1], values: [64] }, { locations: [2], values: [64, 16] }], typesLast: true };
    expect(recognise(made(parts), 'x')?.name).toBe('pprof');
    expect(sampleLines(readBytes(pprof, made(parts)).tables)).toEqual(sampleLines(readBytes(pprof, made({ ...parts, typesLast: false })).tables));
    expect(readBytes(pprof, made(parts)).tables.samples.columns.weight.slice(0, 1)).toEqual(Float64Array.of(16));
    expect(sampleLines(readBytes(pprof, made({ ...parts, samples: [{ locations: [1], values: [] }] })).tables)).toEqual([]);
  });

  it('makes waits of delays', () => {
    const { tables, imported } = readBytes(pprof, made({ types: [['contentions', 'count'], ['delay', 'nanoseconds']], samples: [{ locations: [2], values: [1, 5000], labels: [['thread id', 7]] }] }));
    expect([imported.question, tables.samples.columns.kind[0], tables.samples.columns.weight[0], tables.threads.columns.tid[0]]).toEqual(['off-cpu', SampleKind.blocked, 5000, 7]);
  });

  it('names what is broken, and where', () => {
    const bytes = toPprof(smallProfile(), ORIGIN);
    expect(errorOf(() => readBytes(pprof, bytes.subarray(0, bytes.length - 1)))).toBe(`byte ${(bytes.length - 1).toLocaleString('en')}: it ends in the middle of a value`);
    expect(errorOf(() => readBytes(pprof, made({ types: [['cpu', 'nanoseconds']], samples: [{ locations: [9], values: [1] }] })))).toBe('a sample names location 9, which is not there');
    expect(errorOf(() => readBytes(pprof, made({ types: [], samples: [] })))).toBe('it holds no sample');
    // Cut elsewhere, what others name is missing, or else all is there but what nobody names.
    const whole = sampleLines(readBytes(pprof, bytes).tables);
    for (let end = 1; end < bytes.length; end++) {
      let found = whole;
      try {
        found = sampleLines(readBytes(pprof, bytes.subarray(0, end)).tables);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
      expect(found).toEqual(whole);
    }
  });

  it('is recognised by what it is', () => {
    expect(recognise(toPprof(smallProfile(), ORIGIN), 'x')?.name).toBe('pprof');
    expect(recognise(new TextEncoder().encode('\nDear reader'), 'x')).toBeNull();
  });
});
