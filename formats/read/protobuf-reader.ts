// SPDX-License-Identifier: Apache-2.0
/** Reads Protocol Buffers (protobuf.dev/programming-guides/encoding): a message in any chunks, and those inside it. */
import { atByte, FormatError } from './format.ts';

/** Bytes of one message inside: a sample of a million frames has some 10 million. */
const MAX_MESSAGE = 64 * 1024 * 1024;
/** Groups, types 3 and 4, went with proto2. */
const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;
const MAX_VARINT = 10;

/** Of 64 bits; a bigint beyond 2^53 only, since most are small and there are very many. */
export type Unsigned = number | bigint;

/** What a field holds: a number, or the bytes of a text, a message or a packed list. */
export type FieldValue = Unsigned | Uint8Array;

/** Reads what lies in one piece. @throws FormatError where it ends too early */
export class Cursor {
  readonly #bytes: Uint8Array;
  /** Of the first byte, in the file. */
  readonly #start: number;
  at = 0;

  constructor(bytes: Uint8Array, start = 0) {
    this.#bytes = bytes;
    this.#start = start;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  /** Of the next byte, in the file. */
  get place(): string {
    return atByte(this.#start + this.at);
  }

  /** Of 64 bits. */
  varint(): Unsigned {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return low;
    }
    let value = BigInt(low);
    for (let i = 4; i < MAX_VARINT; i++) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte >= 0x80) continue;
      value = BigInt.asUintN(64, value);
      return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
    }
    throw new FormatError(this.place, 'a number has more than ten bytes');
  }

  /** null: its value is of a type that is skipped. */
  field(): { number: number; value: FieldValue } | null {
    const tag = Number(this.varint());
    const number = Math.floor(tag / 8);
    if (number === 0) throw new FormatError(this.place, 'a field has the number 0');
    switch (tag % 8) {
      case VARINT:
        return { number, value: this.varint() };
      case DELIMITED:
        return { number, value: this.take(Number(this.varint())) };
      case FIXED64:
        this.take(8);
        return null;
      case FIXED32:
        this.take(4);
        return null;
      default:
        throw new FormatError(this.place, `a field is of the type ${tag % 8}, which there is not`);
    }
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.at) throw new FormatError(this.place, 'a value is longer than what holds it');
    return this.#bytes.subarray(this.at, (this.at += length));
  }

  #byte(): number {
    if (this.isAtEnd) throw new FormatError(this.place, 'a number ends too early');
    return this.#bytes[this.at++]!;
  }
}

/** Calls back with each field of a message. */
export function eachField(bytes: Uint8Array, visit: (number: number, value: FieldValue) => void): void {
  const cursor = new Cursor(bytes);
  while (!cursor.isAtEnd) {
    const field = cursor.field();
    if (field) visit(field.number, field.value);
  }
}

/** Values of a repeated number: one, or a packed list. */
export function eachNumber(value: FieldValue, visit: (value: Unsigned) => void): void {
  if (!(value instanceof Uint8Array)) return visit(value);
  const cursor = new Cursor(value);
  while (!cursor.isAtEnd) visit(cursor.varint());
}

/** As a signed number; beyond 2^53 it is rounded. */
export function signed(value: FieldValue): number {
  if (typeof value === 'number') return value;
  return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0;
}

/** The outermost message, field by field, as its bytes come. */
export class MessageStream {
  readonly #visit: (number: number, value: FieldValue, byte: number) => void;
  #bytes = new Uint8Array(64 * 1024);
  #length = 0;
  /** Of #bytes[0], in the file. */
  #start = 0;

  /** @param visit gets views, which are valid until it returns, and where they begin in the file */
  constructor(visit: (number: number, value: FieldValue, byte: number) => void) {
    this.#visit = visit;
  }

  /** @throws FormatError */
  push(bytes: Uint8Array): void {
    this.#append(bytes);
    const whole = this.#bytes.subarray(0, this.#length);
    const cursor = new Cursor(whole, this.#start);
    let taken = 0;
    while (this.#hasField(cursor)) {
      const byte = this.#start + cursor.at;
      const field = cursor.field();
      if (field) this.#visit(field.number, field.value, byte);
      taken = cursor.at;
    }
    this.#bytes.copyWithin(0, taken, this.#length);
    this.#length -= taken;
    this.#start += taken;
  }

  /** @throws FormatError when a field is not whole */
  end(): void {
    if (this.#length > 0) throw new FormatError(atByte(this.#start + this.#length), 'it ends in the middle of a value');
  }

  /** Is the next field there as a whole? */
  #hasField(cursor: Cursor): boolean {
    const from = cursor.at;
    const left = this.#length - from;
    if (left === 0) return false;
    try {
      const type = Number(cursor.varint()) % 8;
      const head = cursor.at;
      if (type === VARINT) cursor.varint();
      if (type !== DELIMITED) return type === VARINT || left >= (head - from) + (type === FIXED64 ? 8 : type === FIXED32 ? 4 : 0);
      const length = Number(cursor.varint());
      if (length > MAX_MESSAGE) throw new FormatError(atByte(this.#start + from), `a value of ${length.toLocaleString('en')} bytes is too long`);
      return cursor.at + length <= this.#length;
    } catch (error) {
      // A number of which the rest is still to come.
      if (left < 2 * MAX_VARINT) return false;
      throw error;
    } finally {
      cursor.at = from;
    }
  }

  #append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }
}
