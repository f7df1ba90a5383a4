// SPDX-License-Identifier: Apache-2.0
/** Makes the bytes that a helper would send, for tests. Everything has a default; a test names what it is about. */
import {
  WIRE_HEADER_SIZE,
  WIRE_MAGIC,
  WIRE_PROTOCOL,
  wireFields,
  WireType,
  type WireStruct,
  Mechanism,
  ProbeState,
} from '../wire-layout.gen.ts';
import { eventsPayload, type EventEntry } from './event-columns.ts';

type FieldValue = number | bigint | string | Uint8Array;
export interface CountEntry {
  userStack?: bigint;
  kernelStack?: bigint;
  slice?: number;
  tgid?: number;
  tid?: number;
  samples?: number;
}

const encoder = new TextEncoder();

function concatenate(parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** One struct with its fields set, the others zero. */
export function struct(name: WireStruct, values: Record<string, FieldValue | undefined>): Uint8Array {
  const fields = wireFields[name] as Record<string, { type: string; offset: number; length: number }>;
  const size = Math.max(...Object.values(fields).map((field) => field.offset + field.length));
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const [field, value] of Object.entries(values)) {
    const place = fields[field];
    if (!place) throw new Error(`${name} has no field ${field}`);
    if (value === undefined) continue;
    if (value instanceof Uint8Array) bytes.set(value, place.offset);
    else if (typeof value === 'string') bytes.set(encoder.encode(value), place.offset);
    else if (place.type === 'u8') view.setUint8(place.offset, Number(value));
    else if (place.type === 'u16') view.setUint16(place.offset, Number(value), true);
    else if (place.type === 'u32') view.setUint32(place.offset, Number(value), true);
    else if (place.type === 'i64') view.setBigInt64(place.offset, BigInt(value), true);
    else view.setBigUint64(place.offset, BigInt(value), true);
  }
  return bytes;
}

/** A frame with any type and payload, right or wrong. */
export function frame(type: number, ...payload: Uint8Array[]): Uint8Array {
  const body = concatenate(payload);
  const header = new Uint8Array(WIRE_HEADER_SIZE);
  const view = new DataView(header.buffer);
  view.setUint32(0, body.length, true);
  view.setUint16(4, type, true);
  return concatenate([header, body]);
}

export class StreamBuilder {
  readonly #parts: Uint8Array[] = [];

  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  bytes(): Uint8Array {
    return concatenate(this.#parts);
  }

  hello(version: string, fields: Record<string, FieldValue> = {}): this {
    const values = {
      magic: WIRE_MAGIC,
      protocol: WIRE_PROTOCOL,
      features: 17,
      cpus: 2,
      maxFrequency: 9999,
      maxTargets: 1024,
      maxStackDepth: 127,
      version,
      release: '6.18.0-test',
    };
    return this.raw(frame(WireType.hello, struct('wireHello', { ...values, ...fields })));
  }

  /** Sampling begins at 1,000 s since boot, which is the beginning of slice 50,000. */
  started(fields: Record<string, FieldValue> = {}): this {
    const values = { monotonicNs: 1_000_000_000_000, realtimeNs: 1_700_000_000_000_000_000n, frequency: 99, cpus: 2 };
    return this.raw(frame(WireType.started, struct('wireStarted', { ...values, ...fields })));
  }

  process(tgid: number, name: string, fields: Record<string, FieldValue> = {}): this {
    const text = encoder.encode(name);
    const values = { tgid, timeNs: 999_000_000_000, nameLength: text.length };
    return this.raw(frame(WireType.process, struct('wireProcess', { ...values, ...fields }), text));
  }

  thread(tgid: number, tid: number, name: string, fields: Record<string, FieldValue> = {}): this {
    const text = encoder.encode(name);
    const values = { tgid, tid, timeNs: 999_000_000_000, nameLength: text.length };
    return this.raw(frame(WireType.thread, struct('wireThread', { ...values, ...fields }), text));
  }

  generation(tgid: number, generation: number, fields: Record<string, FieldValue> = {}): this {
    return this.raw(frame(WireType.generation, struct('wireGeneration', { tgid, generation, ...fields })));
  }

  mapping(tgid: number, generation: number, start: bigint, end: bigint, path: string, fields: Record<string, FieldValue> = {}): this {
    const text = encoder.encode(path);
    const values = { tgid, generation, start, end, inode: 7, deviceMajor: 8, deviceMinor: 1, pathLength: text.length };
    return this.raw(frame(WireType.mapping, struct('wireMapping', { ...values, ...fields }), text));
  }

  kernelSymbols(module: string, base: bigint, end: bigint, symbols: [offset: number, name: string][]): this {
    const name = encoder.encode(module);
    const fixed = struct('wireKernelSymbols', { base, end, moduleLength: name.length, symbolCount: symbols.length });
    const list = symbols.map(([offset, text]) => {
      const bytes = encoder.encode(text);
      const head = new DataView(new ArrayBuffer(6));
      head.setUint32(0, offset, true);
      head.setUint16(4, bytes.length, true);
      return concatenate([new Uint8Array(head.buffer), bytes]);
    });
    return this.raw(frame(WireType.kernelSymbols, fixed, name, ...list));
  }

  /** Latin-1 texts. */
  pythonCode(id: bigint, tgid: number, name: string, file: string, firstLine: number, lines: Uint8Array, fields: Record<string, FieldValue> = {}): this {
    const values = {
      ...{ id, tgid, version: 311, firstLine, linesLength: lines.length },
      ...{ name: Buffer.from(name, 'latin1'), nameLength: name.length, nameWidth: 1 },
      ...{ file: Buffer.from(file, 'latin1'), fileLength: file.length, fileWidth: 1 },
    };
    return this.raw(frame(WireType.pythonCode, struct('wirePythonCode', { ...values, ...fields }), lines));
  }

  /** @param addresses leaf first */
  stack(hash: bigint, tgid: number, generation: number, addresses: bigint[], fields: Record<string, FieldValue> = {}): this {
    const fixed = struct('wireStack', { hash, tgid, generation, frameCount: addresses.length, ...fields });
    return this.raw(frame(WireType.stack, fixed, new Uint8Array(BigUint64Array.from(addresses).buffer)));
  }

  counts(entries: CountEntry[]): this {
    const fixed = struct('wireCounts', { entryCount: entries.length });
    return this.raw(frame(WireType.counts, fixed, ...entries.map((entry) => struct('wireCount', { samples: 1, ...entry }))));
  }

  waits(entries: Record<string, number | bigint>[]): this {
    const fixed = struct('wireWaits', { entryCount: entries.length });
    return this.raw(frame(WireType.waits, fixed, ...entries.map((entry) => struct('wireWait', entry))));
  }

  cpuTime(slice: number, entries: { tgid: number; tid: number; cpuNs: number }[]): this {
    const fixed = struct('wireCpuTime', { entryCount: entries.length, slice });
    return this.raw(frame(WireType.cpuTime, fixed, ...entries.map((entry) => struct('wireCpuTimeEntry', { ...entry }))));
  }

  loss(slice: number, cause: number, count: number): this {
    return this.raw(frame(WireType.loss, struct('wireLossEntry', { slice, cause, count })));
  }

  ledger(fields: Record<string, FieldValue> = {}): this {
    return this.raw(frame(WireType.ledger, struct('wireLedger', { timeNs: 1_000_200_000_000, completeSlice: 50_010, ...fields })));
  }

  note(kind: number, tgid: number, text: string, fields: Record<string, FieldValue> = {}): this {
    const bytes = encoder.encode(text);
    const values = { timeNs: 1_000_100_000_000, kind, tgid, textLength: bytes.length };
    return this.raw(frame(WireType.note, struct('wireNote', { ...values, ...fields }), bytes));
  }

  /** By default it is attached by a uprobe. */
  probeState(probe: number, fields: Record<string, FieldValue> = {}, text = ''): this {
    const bytes = encoder.encode(text);
    const values = { probe, state: ProbeState.attached, mechanism: Mechanism.uprobe, functions: 1, textLength: bytes.length };
    return this.raw(frame(WireType.probeState, struct('wireProbeState', { ...values, ...fields }), bytes));
  }

  probeFigures(probe: number, fields: Record<string, FieldValue> = {}): this {
    return this.raw(frame(WireType.probeFigures, struct('wireProbeFigures', { probe, timeNs: 1_000_100_000_000, ...fields })));
  }

  buckets(entries: Record<string, FieldValue>[]): this {
    const fixed = struct('wireBuckets', { entryCount: entries.length });
    return this.raw(frame(WireType.buckets, fixed, ...entries.map((entry) => struct('wireBucket', { probe: 1, slice: 50_001, count: 1, ...entry }))));
  }

  events(entries: EventEntry[]): this {
    return this.raw(frame(WireType.events, eventsPayload(entries.map((entry) => ({ probe: 1, timeNs: 1_000_100_000_000, tgid: 10, tid: 10, ...entry })))));
  }

  /** A file that the helper asks about. */
  module(module: number, path: string, fields: Record<string, FieldValue> = {}): this {
    const text = encoder.encode(path);
    return this.raw(frame(WireType.module, struct('wireModule', { module, tgid: 10, pathLength: text.length, ...fields }), text));
  }

  refused(error: number, value = 0, text = ''): this {
    const bytes = encoder.encode(text);
    return this.raw(frame(WireType.refused, struct('wireRefused', { error, value, textLength: bytes.length }), bytes));
  }

  end(reason: number, timeNs = 1_001_000_000_000): this {
    return this.raw(frame(WireType.end, struct('wireEnd', { reason, timeNs })));
  }
}
