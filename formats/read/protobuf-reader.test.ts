// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtobufWriter } from '../write/protobuf.ts';
import { Cursor, eachField, MessageStream, signed, type FieldValue } from './protobuf-reader.ts';
import { errorOf } from './testing.ts';

describe('numbers', () => {
  it('come back whatever their length, as bigints where a double would not hold them', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), fc.integer({ min: 0, max: 63 }), (any, shift) => {
        const value = any >> BigInt(shift) || 1n;
        const out = new ProtobufWriter();
        out.integer(1, value);
        const found: FieldValue[] = [];
        eachField(out.bytes, (_, read) => found.push(read));
        expect(found).toEqual([value <= Number.MAX_SAFE_INTEGER ? Number(value) : value]);
        expect(signed(found[0]!)).toBe(Number(BigInt.asIntN(64, value)));
      }),
    );
  });

  it('with needless bytes are the same numbers', () => {
    expect(new Cursor(Uint8Array.of(0x85, 0x80, 0x80, 0x80, 0x80, 0x00)).varint()).toBe(5);
    // The tenth byte has one bit that counts.
    expect(new Cursor(Uint8Array.of(0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7e)).varint()).toBe(5);
    expect(errorOf(() => new Cursor(new Uint8Array(11).fill(0xff), 100).varint())).toBe('byte 110: a number has more than ten bytes');
  });
});

it('fields in any chunks say where they begin', () => {
  const out = new ProtobufWriter();
  out.integer(1, 300);
  out.text(2, 'text');
  out.integer(3, 2n ** 60n);
  for (let chunk = 1; chunk <= out.bytes.length; chunk++) {
    const found: unknown[] = [];
    const stream = new MessageStream((number, value, byte) => found.push([byte, number, value instanceof Uint8Array ? new TextDecoder().decode(value) : value]));
    for (let at = 0; at < out.bytes.length; at += chunk) stream.push(out.bytes.subarray(at, at + chunk));
    stream.end();
    expect(found).toEqual([[0, 1, 300], [3, 2, 'text'], [9, 3, 2n ** 60n]]);
  }
});
