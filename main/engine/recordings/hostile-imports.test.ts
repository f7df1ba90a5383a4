// SPDX-License-Identifier: Apache-2.0
/**
 * Files that are cut, damaged and made up: a reader gives sound rows or a FormatError, whatever it is given. `formats/read/corpus/`
 * and the files of other tools are where the damage begins; a new finding becomes a file there.
 */
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FormatError, type Format } from '../../../formats/read/format.ts';
import { FORMATS } from '../../../formats/read/formats.ts';
import { readBytes } from '../../../formats/read/testing.ts';
import { firstUnsoundRow } from './row-check.ts';

/** Milliseconds for each format; longer with EMBERSCOPE_FUZZ_SECONDS. */
const PATIENCE = 1000 * Number(process.env.EMBERSCOPE_FUZZ_SECONDS ?? 2);
const MAX_SEED_BYTES = 16 * 1024;

const root = join(import.meta.dirname, '../../..');
const endings: Readonly<Record<string, RegExp>> = { folded: /\.folded$/, 'perf-script': /perf-script/, pprof: /\.pb\.gz$/, speedscope: /speedscope/, cpuprofile: /\.cpuprofile$/ };

function seedsOf({ name }: Format): Uint8Array[] {
  return [join(root, 'formats/read/corpus'), join(root, 'test/recordings/foreign')]
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    .filter((path) => endings[name]!.test(basename(path)))
    .map((path) => (path.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path)).subarray(0, MAX_SEED_BYTES));
}

function read(format: Format, bytes: Uint8Array, chunk: number): void {
  try {
    const { tables } = readBytes(format, bytes, { chunk });
    expect(firstUnsoundRow(tables)).toBeNull();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    // A clause for a sentence, without what belongs to the program.
    expect(error.message).toMatch(/^[^\n]+[^.\n]$/);
  }
}

interface Damage {
  at: number;
  remove: number;
  insert: Uint8Array;
}

function damaged(seed: Uint8Array, damages: readonly Damage[]): Uint8Array {
  let bytes = seed;
  for (const { at, remove, insert } of damages) {
    const from = Math.floor(at * bytes.length);
    bytes = Buffer.concat([bytes.subarray(0, from), insert, bytes.subarray(from + remove)]);
  }
  return bytes;
}

const marks = [';', '\n', '\t', ' 9', '"', '{', '[', ']', '}', ',', '\\u', '-1', '1e999', '99999999999999999999', '\0', '_[i]', ': ', '\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01', '\x0a\x00', '\x12'];
const damage = fc.record({
  at: fc.double({ min: 0, max: 0.999999, noNaN: true }),
  remove: fc.integer({ min: 0, max: 40 }),
  insert: fc.oneof(fc.uint8Array({ maxLength: 8 }), fc.constantFrom(...marks).map((mark) => Buffer.from(mark, 'latin1'))),
});

describe.each(FORMATS.map((format) => [format.name, format] as const))('%s', (name, format) => {
  const seeds = seedsOf(format);

  it('has something to begin with', () => expect(seeds.length).toBeGreaterThan(0));

  it('is cut at any byte', () => {
    const shortest = seeds.reduce((least, seed) => (seed.length < least.length ? seed : least));
    for (let end = 0; end <= shortest.length; end += Math.ceil(shortest.length / 1000)) read(format, shortest.subarray(0, end), 64);
    for (const seed of seeds) for (let i = 0; i < 50; i++) read(format, seed.subarray(0, Math.floor((seed.length * i) / 50)), Infinity);
  });

  it('is damaged anywhere', () => {
    const input = fc.tuple(fc.constantFrom(...seeds), fc.array(damage, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 5000 }));
    const property = fc.property(input, ([seed, damages, chunk]) => read(format, damaged(seed, damages), chunk));
    fc.assert(property, { numRuns: 100_000, interruptAfterTimeLimit: PATIENCE, markInterruptAsFailure: false });
  }, PATIENCE + 30_000);

  it('says of any bytes whether they are its own', () => {
    const any = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.tuple(fc.constantFrom(...seeds), fc.array(damage, { maxLength: 3 })).map(([seed, damages]) => damaged(seed, damages)));
    fc.assert(fc.property(any, (bytes) => void expect(typeof format.recognises(bytes, `x.${name}`)).toBe('boolean')), { numRuns: 300 });
  });
});
