// SPDX-License-Identifier: Apache-2.0
/** Columns of events: views of the payload where they vary, filled where one value stands for all. */
import { EventColumn, WIRE_EVENTS_MAX, WIRE_EVENT_TEXT_SIZE, wireEvents, wireFields } from './wire-layout.gen.ts';
import type { EventsFrame } from './wire-probe-frames.ts';
import { decoder, Fixed, malformed } from './wire-struct.ts';

const U32 = 2 ** 32;

/** @throws WireStreamError */
export function decodeEvents(payload: Uint8Array<ArrayBuffer>): EventsFrame {
  const fixed = new Fixed(payload, wireFields.wireEvents);
  const length = fixed.number('entryCount');
  if (length === 0 || length > WIRE_EVENTS_MAX) throw malformed(`a frame of ${length} events`);
  const columns = new ColumnReader(payload, wireEvents.size, length, fixed.number('varying'));
  const frame = {
    timeNs: columns.times(EventColumn.timeNs),
    durationNs: columns.times(EventColumn.durationNs),
    userStack: columns.longs(EventColumn.userStack),
    kernelStack: columns.longs(EventColumn.kernelStack),
    value: columns.signed(EventColumn.value),
    arguments: Array.from({ length: EventColumn.probe - EventColumn.argument1 }, (_, i) => columns.signed(EventColumn.argument1 + i)),
    probe: columns.words(EventColumn.probe),
    function: columns.words(EventColumn.function),
    tgid: columns.words(EventColumn.tgid),
    tid: columns.words(EventColumn.tid),
    cpu: columns.words(EventColumn.cpu),
    flags: columns.words(EventColumn.flags),
  };
  const text = columns.texts(columns.words(EventColumn.textLength), fixed.number('textLength'));
  return { type: 'events', length, ...frame, text };
}

/** Reads the columns in their order. */
class ColumnReader {
  readonly #payload: Uint8Array<ArrayBuffer>;
  readonly #length: number;
  readonly #varying: number;
  #at: number;

  constructor(payload: Uint8Array<ArrayBuffer>, at: number, length: number, varying: number) {
    this.#payload = payload;
    this.#at = at;
    this.#length = length;
    this.#varying = varying;
  }

  longs(column: number): BigUint64Array<ArrayBuffer> {
    const at = this.#take(column, 8);
    const view = new BigUint64Array(this.#payload.buffer, at, this.#count(column));
    return view.length === this.#length ? view : new BigUint64Array(this.#length).fill(view[0]!);
  }

  signed(column: number): BigInt64Array<ArrayBuffer> {
    const { buffer, byteOffset, length } = this.longs(column);
    return new BigInt64Array(buffer, byteOffset, length);
  }

  /** Nanoseconds, below 2^53. */
  times(column: number): Float64Array {
    const { buffer, byteOffset, length } = this.longs(column);
    const halves = new Uint32Array(buffer, byteOffset, length * 2);
    const times = new Float64Array(length);
    for (let i = 0; i < length; i++) times[i] = halves[2 * i + 1]! * U32 + halves[2 * i]!;
    return times;
  }

  words(column: number): Uint32Array {
    const at = this.#take(column, 4);
    const view = new Uint32Array(this.#payload.buffer, at, this.#count(column));
    return view.length === this.#length ? view : new Uint32Array(this.#length).fill(view[0]!);
  }

  texts(lengths: Uint32Array, bytes: number): string[] {
    const begun = this.#at;
    if (begun + Math.ceil(bytes / 8) * 8 !== this.#payload.length) throw malformed(`events with ${this.#payload.length - begun} bytes of text`);
    const texts: string[] = [];
    for (const length of lengths) {
      if (length >= WIRE_EVENT_TEXT_SIZE || this.#at + length > begun + bytes) throw malformed('events whose texts are cut');
      texts.push(length === 0 ? '' : decoder.decode(this.#payload.subarray(this.#at, this.#at + length)));
      this.#at += length;
    }
    if (this.#at !== begun + bytes) throw malformed('events with texts left over');
    return texts;
  }

  #count(column: number): number {
    return (this.#varying & (1 << column)) === 0 ? 1 : this.#length;
  }

  /** Where the column begins. */
  #take(column: number, size: number): number {
    const at = this.#at;
    this.#at += Math.ceil((this.#count(column) * size) / 8) * 8;
    if (this.#at > this.#payload.length) throw malformed('events whose columns are cut');
    return at;
  }
}
