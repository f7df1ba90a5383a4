// SPDX-License-Identifier: Apache-2.0
/**
 * Writes Protocol Buffers (protobuf.dev/programming-guides/encoding): fields of integers, text and messages.
 * Zero and empty text are proto3's defaults and not written, except in lists.
 */
const VARINT = 0;
const LENGTH_DELIMITED = 2;
/** Below it a number is written without BigInt. */
const SMALL = 2 ** 31;

const encoder = new TextEncoder();

export class ProtobufWriter {
  #bytes = new Uint8Array(4096);
  #length = 0;
  /** For the messages inside, reused. */
  #inner: ProtobufWriter | null = null;

  /** What was written so far. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  /** int64 or uint64; fractions are rounded. */
  integer(field: number, value: number | bigint): void {
    if (!value) return;
    this.#tag(field, VARINT);
    this.#varint(value);
  }

  /** repeated int64 or uint64, packed. */
  integers(field: number, values: readonly (number | bigint)[]): void {
    if (values.length === 0) return;
    this.message(field, (list) => {
      for (const value of values) list.#varint(value);
    });
  }

  text(field: number, text: string): void {
    const bytes = encoder.encode(text);
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(bytes.length);
    this.#append(bytes);
  }

  message(field: number, write: (message: ProtobufWriter) => void): void {
    const inner = (this.#inner ??= new ProtobufWriter());
    inner.#length = 0;
    write(inner);
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(inner.#length);
    this.#append(inner.#bytes.subarray(0, inner.#length));
  }

  #tag(field: number, type: number): void {
    this.#varint((field << 3) | type);
  }

  #varint(value: number | bigint): void {
    this.#reserve(10);
    if (typeof value === 'number' && value >= 0 && value < SMALL) {
      let rest = Math.round(value);
      for (; rest > 0x7f; rest >>>= 7) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      this.#bytes[this.#length++] = rest;
      return;
    }
    // What is negative is written as its two's complement of 64 bits.
    let rest = BigInt.asUintN(64, typeof value === 'bigint' ? value : BigInt(Math.round(value)));
    for (; rest > 0x7fn; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#length++] = Number(rest);
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
