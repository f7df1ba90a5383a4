// SPDX-License-Identifier: Apache-2.0
/** The parts of a payload: a struct of wire.h, and the variable part behind it, whose length it announces. */
import { wireFields } from './wire-layout.gen.ts';
import { WireStreamError } from './wire-stream-error.ts';

/** Kernel text "as the kernel gave it": what is not UTF-8 becomes U+FFFD. */
export const decoder = new TextDecoder();

type Fields = (typeof wireFields)[keyof typeof wireFields];

export function malformed(detail: string): WireStreamError {
  return new WireStreamError('malformed', detail);
}

/** The fixed part of a payload: numbers by field name, read as wireFields says. */
export class Fixed<F extends Fields> {
  readonly #view: DataView;
  readonly #fields: F;

  constructor(bytes: Uint8Array, fields: F) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fields = fields;
  }

  #field(name: keyof F): { type: string; offset: number; length: number } {
    return this.#fields[name] as { type: string; offset: number; length: number };
  }

  number(name: keyof F): number {
    const { type, offset } = this.#field(name);
    if (type === 'u8') return this.#view.getUint8(offset);
    if (type === 'u16') return this.#view.getUint16(offset, true);
    if (type === 'u32') return this.#view.getUint32(offset, true);
    return Number(type === 'i64' ? this.#view.getBigInt64(offset, true) : this.#view.getBigUint64(offset, true));
  }

  bigint(name: keyof F): bigint {
    return this.#view.getBigUint64(this.#field(name).offset, true);
  }

  bytes(name: keyof F): Uint8Array {
    const { offset, length } = this.#field(name);
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + offset, length);
  }

  /** Zero-padded text. */
  text(name: keyof F): string {
    const bytes = this.bytes(name);
    const end = bytes.indexOf(0);
    return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
  }
}

/** The variable part, which must be exactly `length` bytes. */
export function variable<B extends ArrayBufferLike>(payload: Uint8Array<B>, fixedSize: number, length: number, what: string): Uint8Array<B> {
  if (payload.length !== fixedSize + length) {
    throw malformed(`${what} that announces ${length} bytes but has ${payload.length - fixedSize}`);
  }
  return payload.subarray(fixedSize);
}

export function exactly(payload: Uint8Array, fixedSize: number, what: string): void {
  variable(payload, fixedSize, 0, what);
}

export function oneOf<T extends number>(values: Record<string, T>, value: number, what: string): T {
  if (!Object.values(values).includes(value as T)) throw malformed(`${what} with the unknown value ${value}`);
  return value as T;
}
