// SPDX-License-Identifier: Apache-2.0
/** Payloads about single functions and about waiting to their frames: every length, count and enum is checked. */
import { decodeEvents } from './wire-events.ts';
import type { BucketsFrame, CapabilitiesFrame, ListFrame, ProbeFiguresFrame, ProbeFrame, ProbeStateFrame, WaitsFrame } from './wire-probe-frames.ts';
import {
  Mechanism,
  ProbeState,
  WaitKind,
  wireBucket,
  wireBuckets,
  wireCapabilities,
  wireCapability,
  wireEvents,
  wireFields,
  wireList,
  wireProbeFigures,
  wireProbeState,
  WireType,
  wireWait,
  wireWaits,
} from './wire-layout.gen.ts';
import { decoder, exactly, Fixed, oneOf, variable } from './wire-struct.ts';

type Payload = Uint8Array<ArrayBuffer>;

/** Null: the type is none of these. @throws WireStreamError */
export function decodeProbePayload(type: number, payload: Payload): ProbeFrame | null {
  switch (type) {
    case WireType.probeState:
      return probeState(payload);
    case WireType.probeFigures:
      return probeFigures(payload);
    case WireType.buckets:
      return buckets(payload);
    case WireType.events:
      return decodeEvents(payload);
    case WireType.capabilities:
      return capabilities(payload);
    case WireType.list:
      return list(payload);
    case WireType.waits:
      return waits(payload);
    default:
      return null;
  }
}

/** Bytes of the fixed part of each. */
export const probeFixedSizes: readonly (readonly [type: number, size: number])[] = [
  [WireType.probeState, wireProbeState.size],
  [WireType.probeFigures, wireProbeFigures.size],
  [WireType.buckets, wireBuckets.size],
  [WireType.events, wireEvents.size],
  [WireType.capabilities, wireCapabilities.size],
  [WireType.list, wireList.size],
  [WireType.waits, wireWaits.size],
];

function probeState(payload: Payload): ProbeStateFrame {
  const fixed = new Fixed(payload, wireFields.wireProbeState);
  const text = variable(payload, wireProbeState.size, fixed.number('textLength'), 'the state of a probe');
  return {
    type: 'probeState',
    probe: fixed.number('probe'),
    state: oneOf(ProbeState, fixed.number('state'), 'the state of a probe'),
    mechanism: oneOf(Mechanism, fixed.number('mechanism'), 'the mechanism of a probe'),
    reason: fixed.number('reason'),
    functions: fixed.number('functions'),
    value: fixed.number('value'),
    text: decoder.decode(text),
  };
}

function probeFigures(payload: Payload): ProbeFiguresFrame {
  const fixed = new Fixed(payload, wireFields.wireProbeFigures);
  exactly(payload, wireProbeFigures.size, 'the figures of a probe');
  const field = (name: keyof typeof wireFields.wireProbeFigures): number => fixed.number(name);
  return {
    type: 'probeFigures',
    timeNs: field('timeNs'),
    calls: field('calls'),
    measured: field('measured'),
    filtered: field('filtered'),
    missed: field('missed'),
    recursed: field('recursed'),
    dropped: field('dropped'),
    aboveRate: field('aboveRate'),
    unsent: field('unsent'),
    lost: field('lost'),
    bpfNs: field('bpfNs'),
    callNs: field('callNs'),
    probe: field('probe'),
    permille: field('permille'),
  };
}

/** The entries of a frame as rows of words: `u32`, `u64` and `number` (of 64 bits) read one by offset. */
function entries(payload: Payload, fixed: number, size: number, length: number, what: string) {
  variable(payload, fixed, length * size, what);
  const view = new DataView(payload.buffer, payload.byteOffset + fixed);
  return {
    u32: (entry: number, offset: number): number => view.getUint32(entry * size + offset, true),
    u64: (entry: number, offset: number): bigint => view.getBigUint64(entry * size + offset, true),
    i64: (entry: number, offset: number): bigint => view.getBigInt64(entry * size + offset, true),
    bytes: (entry: number, offset: number, count: number): Uint8Array => payload.subarray(fixed + entry * size + offset, fixed + entry * size + offset + count),
  };
}

function buckets(payload: Payload): BucketsFrame {
  const length = new Fixed(payload, wireFields.wireBuckets).number('entryCount');
  const rows = entries(payload, wireBuckets.size, wireBucket.size, length, 'buckets');
  const frame: BucketsFrame = {
    type: 'buckets',
    length,
    userStack: new BigUint64Array(length),
    kernelStack: new BigUint64Array(length),
    group: new Float64Array(length),
    sum: new Float64Array(length),
    probe: new Uint32Array(length),
    slice: new Uint32Array(length),
    tgid: new Uint32Array(length),
    tid: new Uint32Array(length),
    bucket: new Uint32Array(length),
    count: new Uint32Array(length),
  };
  for (let i = 0; i < length; i++) {
    frame.userStack[i] = rows.u64(i, wireBucket.userStack);
    frame.kernelStack[i] = rows.u64(i, wireBucket.kernelStack);
    frame.group[i] = Number(rows.u64(i, wireBucket.group));
    frame.sum[i] = Number(rows.i64(i, wireBucket.sum));
    frame.probe[i] = rows.u32(i, wireBucket.probe);
    frame.slice[i] = rows.u32(i, wireBucket.slice);
    frame.tgid[i] = rows.u32(i, wireBucket.tgid);
    frame.tid[i] = rows.u32(i, wireBucket.tid);
    frame.bucket[i] = rows.u32(i, wireBucket.bucket);
    frame.count[i] = rows.u32(i, wireBucket.count);
  }
  return frame;
}

function padded(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function capabilities(payload: Payload): CapabilitiesFrame {
  const length = new Fixed(payload, wireFields.wireCapabilities).number('entryCount');
  const rows = entries(payload, wireCapabilities.size, wireCapability.size, length, 'capabilities');
  const found: CapabilitiesFrame['capabilities'] = [];
  for (let i = 0; i < length; i++) {
    found.push({
      kind: rows.u32(i, wireCapability.kind),
      error: rows.u32(i, wireCapability.error),
      value: Number(rows.i64(i, wireCapability.value)),
      text: padded(rows.bytes(i, wireCapability.text, wireFields.wireCapability.text.length)),
    });
  }
  return { type: 'capabilities', capabilities: found };
}

function list(payload: Payload): ListFrame {
  const fixed = new Fixed(payload, wireFields.wireList);
  const text = variable(payload, wireList.size, fixed.number('textLength'), 'a list');
  return { type: 'list', list: fixed.number('list'), error: fixed.number('error'), last: fixed.number('last') !== 0, text: decoder.decode(text) };
}

function waits(payload: Payload): WaitsFrame {
  const length = new Fixed(payload, wireFields.wireWaits).number('entryCount');
  const rows = entries(payload, wireWaits.size, wireWait.size, length, 'waits');
  const frame: WaitsFrame = {
    type: 'waits',
    length,
    userStack: new BigUint64Array(length),
    kernelStack: new BigUint64Array(length),
    wakerUserStack: new BigUint64Array(length),
    wakerKernelStack: new BigUint64Array(length),
    ns: new Float64Array(length),
    slice: new Uint32Array(length),
    kind: new Uint32Array(length),
    tgid: new Uint32Array(length),
    tid: new Uint32Array(length),
    wakerTgid: new Uint32Array(length),
    wakerTid: new Uint32Array(length),
    state: new Uint32Array(length),
    count: new Uint32Array(length),
  };
  for (let i = 0; i < length; i++) {
    frame.userStack[i] = rows.u64(i, wireWait.userStack);
    frame.kernelStack[i] = rows.u64(i, wireWait.kernelStack);
    frame.wakerUserStack[i] = rows.u64(i, wireWait.wakerUserStack);
    frame.wakerKernelStack[i] = rows.u64(i, wireWait.wakerKernelStack);
    frame.ns[i] = Number(rows.u64(i, wireWait.ns));
    frame.slice[i] = rows.u32(i, wireWait.slice);
    frame.kind[i] = oneOf(WaitKind, rows.u32(i, wireWait.kind), 'the kind of a wait');
    frame.tgid[i] = rows.u32(i, wireWait.tgid);
    frame.tid[i] = rows.u32(i, wireWait.tid);
    frame.wakerTgid[i] = rows.u32(i, wireWait.wakerTgid);
    frame.wakerTid[i] = rows.u32(i, wireWait.wakerTid);
    frame.state[i] = rows.u32(i, wireWait.state);
    frame.count[i] = rows.u32(i, wireWait.count);
  }
  return frame;
}
