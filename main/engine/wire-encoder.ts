// SPDX-License-Identifier: Apache-2.0
/** The frames that the engine sends. */
import type { PythonInterpreter } from './symbolication/python-interpreter.ts';
import {
  SampleEvent,
  StartFlag,
  WIRE_HEADER_SIZE,
  WIRE_MAX_FREQUENCY,
  WIRE_MAX_PAYLOAD,
  WIRE_MAX_STACK_DEPTH,
  WIRE_MAX_TARGETS,
  WIRE_MIN_FREQUENCY,
  WIRE_TABLE_MEBIBYTES,
  wireHeader,
  wireInterpreter,
  wireRead,
  wireStart,
  wireTarget,
  WireType,
  wireUnwindRows,
  wireUnwindSame,
} from './wire-layout.gen.ts';

/** struct unwind_row of bpf/records.h. */
export const ROW_BYTES = 8;

export interface StartRequest {
  /** Hz */
  frequency: number;
  system: boolean;
  children: boolean;
  kernelStacks: boolean;
  event: SampleEvent;
  /** Frames of a user stack. */
  stackDepth: number;
  /** Walk by unwind tables, with which the frames of modules are to be answered. */
  unwindTables: boolean;
  targets: { tgid: number; startTicks: number }[];
  /** Number of a cgroup: who comes to be in it is a target, too; 0, or not given: of none. */
  cgroup?: bigint;
  /** Sample what runs. */
  onCpu: boolean;
  /** Measure what waits that long, nanoseconds; null: do not. */
  offCpu: { leastWaitNs: number; wakers: boolean } | null;
}

/** Rows in one frame. */
const ROWS_PER_FRAME = (WIRE_MAX_PAYLOAD - wireUnwindRows.size) / ROW_BYTES;

/** A frame whose payload is still to be filled in. */
export function encodeFrame(type: WireType, payloadSize: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(WIRE_HEADER_SIZE + payloadSize);
  const view = new DataView(bytes.buffer);
  view.setUint32(wireHeader.length, payloadSize, true);
  view.setUint16(wireHeader.type, type, true);
  return { bytes, view };
}

/** @throws RangeError for what the helper would refuse: check the request before. */
export function encodeStart(request: StartRequest): Uint8Array {
  const { frequency, targets, stackDepth } = request;
  if (!Number.isInteger(frequency) || frequency < WIRE_MIN_FREQUENCY || frequency > WIRE_MAX_FREQUENCY) {
    throw new RangeError(`frequency ${frequency}`);
  }
  if (!Number.isInteger(stackDepth) || stackDepth < 1 || stackDepth > WIRE_MAX_STACK_DEPTH) throw new RangeError(`stack depth ${stackDepth}`);
  if (targets.length > WIRE_MAX_TARGETS) throw new RangeError(`${targets.length} targets`);
  const { bytes, view } = encodeFrame(WireType.start, wireStart.size + targets.length * wireTarget.size);
  let at = WIRE_HEADER_SIZE;
  view.setUint32(at + wireStart.frequency, frequency, true);
  const flags =
    (request.system ? StartFlag.system : 0) |
    (request.children ? StartFlag.children : 0) |
    (request.kernelStacks ? StartFlag.kernelStacks : 0) |
    (request.unwindTables ? StartFlag.unwindTables : 0) |
    (request.onCpu ? StartFlag.onCpu : 0) |
    (request.offCpu ? StartFlag.offCpu : 0) |
    (request.offCpu?.wakers ? StartFlag.wakers : 0);
  view.setUint32(at + wireStart.flags, flags, true);
  view.setUint32(at + wireStart.event, request.event, true);
  view.setUint32(at + wireStart.targetCount, targets.length, true);
  view.setUint32(at + wireStart.stackDepth, stackDepth, true);
  view.setUint32(at + wireStart.tableMebibytes, request.unwindTables ? WIRE_TABLE_MEBIBYTES : 0, true);
  view.setBigUint64(at + wireStart.leastWaitNs, BigInt(request.offCpu?.leastWaitNs ?? 0), true);
  view.setBigUint64(at + wireStart.cgroup, request.cgroup ?? 0n, true);
  at += wireStart.size;
  for (const target of targets) {
    view.setUint32(at + wireTarget.tgid, target.tgid, true);
    view.setBigUint64(at + wireTarget.startTicks, BigInt(target.startTicks), true);
    at += wireTarget.size;
  }
  return bytes;
}

export function encodeStop(): Uint8Array {
  return encodeFrame(WireType.stop, 0).bytes;
}

export function encodeHeartbeat(): Uint8Array {
  return encodeFrame(WireType.heartbeat, 0).bytes;
}

/** The rows of a module, in as many frames as they need. @param rows struct unwind_row; empty: nothing describes its code */
export function* encodeUnwindRows(module: number, rows: Uint8Array): Generator<Uint8Array> {
  const total = Math.floor(rows.length / ROW_BYTES);
  for (let first = 0; first < total || first === 0; first += ROWS_PER_FRAME) {
    const count = Math.min(ROWS_PER_FRAME, total - first);
    const { bytes, view } = encodeFrame(WireType.unwindRows, wireUnwindRows.size + count * ROW_BYTES);
    view.setUint32(WIRE_HEADER_SIZE + wireUnwindRows.module, module, true);
    view.setUint32(WIRE_HEADER_SIZE + wireUnwindRows.first, first, true);
    view.setUint32(WIRE_HEADER_SIZE + wireUnwindRows.count, count, true);
    view.setUint32(WIRE_HEADER_SIZE + wireUnwindRows.total, total, true);
    bytes.set(rows.subarray(first * ROW_BYTES, (first + count) * ROW_BYTES), WIRE_HEADER_SIZE + wireUnwindRows.size);
    yield bytes;
  }
}

/** To be sent before the module's rows. */
export function encodeInterpreter(module: number, { version, runtime }: PythonInterpreter): Uint8Array {
  const { bytes, view } = encodeFrame(WireType.interpreter, wireInterpreter.size);
  view.setUint32(WIRE_HEADER_SIZE + wireInterpreter.module, module, true);
  view.setUint32(WIRE_HEADER_SIZE + wireInterpreter.version, version, true);
  view.setBigInt64(WIRE_HEADER_SIZE + wireInterpreter.runtime, runtime, true);
  return bytes;
}

/** The module has the rows of another one. */
export function encodeUnwindSame(module: number, as: number): Uint8Array {
  const { bytes, view } = encodeFrame(WireType.unwindSame, wireUnwindSame.size);
  view.setUint32(WIRE_HEADER_SIZE + wireUnwindSame.module, module, true);
  view.setUint32(WIRE_HEADER_SIZE + wireUnwindSame.as, as, true);
  return bytes;
}

/** Asks for a part of a module's file. */
export function encodeRead(module: number, offset: number, length: number): Uint8Array {
  const { bytes, view } = encodeFrame(WireType.read, wireRead.size);
  view.setUint32(WIRE_HEADER_SIZE + wireRead.module, module, true);
  view.setUint32(WIRE_HEADER_SIZE + wireRead.length, length, true);
  view.setBigUint64(WIRE_HEADER_SIZE + wireRead.offset, BigInt(offset), true);
  return bytes;
}
