// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodecError } from '../../../ipc/codec-error.ts';
import { encodeSegment } from '../../../ipc/segment-codec.ts';
import { schema, tableNames, type ColumnType, type TableName } from '../../../profile/schema.ts';
import { Table, type Segment } from '../../../profile/tables.ts';
import { worded } from '../../../profile/testing.ts';
import { packSegment, unpackSegment } from './packed-segment.ts';

const limits = [0, -0, 1, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 51, -(2 ** 51), Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 0.5, -1];
/** Values near each other and far from each other, so that each way of packing comes up. */
const values: Record<ColumnType, fc.Arbitrary<unknown>> = {
  u8: fc.oneof(fc.constant(7), fc.nat(255)),
  u32: fc.oneof(fc.nat(3), fc.nat(70_000), fc.nat(0xffff_ffff)),
  i32: fc.oneof(fc.constant(-1), fc.integer({ min: -300, max: 300 }), fc.integer()),
  f64: fc.oneof(fc.nat(9), fc.nat(2 ** 30), fc.constantFrom(...limits), fc.double({ noNaN: true })),
  i64: fc.oneof(fc.constant(5n), fc.bigInt({ min: 2n ** 40n, max: 2n ** 40n + 70_000n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  text: fc.oneof(fc.constant(''), fc.string({ unit: 'grapheme', maxLength: 12 })),
};

/** Each column of one kind of values, so that a kind of packing holds for all of it. */
const segments = fc.constantFrom(...tableNames).chain((name) =>
  fc.tuple(fc.nat(20), fc.nat(1000)).chain(([length, start]) =>
    fc
      .record(Object.fromEntries(Object.entries<ColumnType>(schema[name]).map(([column, type]) => [column, fc.array(values[type], { minLength: length, maxLength: length })])))
      .map((columns) => {
        const table = new Table<TableName>(name);
        for (let row = 0; row < length; row++) table.append(Object.fromEntries(Object.entries(columns).map(([column, list]) => [column, list[row]])) as never);
        return { ...table.segment(0), start };
      }),
  ),
);

describe('packed segments', () => {
  it('give back every value', () => {
    fc.assert(
      fc.property(segments, (segment) => {
        expect(unpackSegment(packSegment(segment))).toEqual(segment);
      }),
      { numRuns: 500 },
    );
  });

  it('are refused when they are cut or changed, or else are some segment', () => {
    fc.assert(
      fc.property(segments, fc.nat(400), fc.nat(255), (segment, at, byte) => {
        const bytes = packSegment(segment);
        if (at < bytes.length) expect(() => unpackSegment(bytes.slice(0, at))).toThrow(CodecError);
        bytes[at % bytes.length] = byte;
        try {
          unpackSegment(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('stand for no more rows than a segment has, however few bytes they take', () => {
    const bytes = packSegment(new Table('expected').segment(0));
    new DataView(bytes.buffer).setUint32(8, 1_000_000, true);
    expect(() => unpackSegment(bytes)).toThrow(/longer than any/);
  });

  it('take a fraction of the room that events take otherwise', () => {
    const table = new Table('events');
    for (let event = 0; event < 10_000; event++) table.append(worded('', { time: event * 3300 + (event % 7) * 100, signature: 0, argument1: BigInt(event % 5), argument2: 0x7f00_1234_0000n + BigInt(event % 900) }));
    const segment: Segment = table.segment(0);
    expect(packSegment(segment).length).toBeLessThan(encodeSegment(segment).length / 15);
  });
});
