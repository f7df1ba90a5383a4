// SPDX-License-Identifier: Apache-2.0
/** The frames that the engine sends. */
import {
  SampleEvent,
  StartFlag,
  WIRE_HEADER_SIZE,
  WIRE_MAX_FREQUENCY,
  WIRE_MAX_TARGETS,
  WIRE_MIN_FREQUENCY,
  wireHeader,
  wireStart,
  wireTarget,
  WireType,
} from './wire-layout.gen.ts';

export interface StartRequest {
  /** Hz */
  frequency: number;
  system: boolean;
  children: boolean;
  kernelStacks: boolean;
  event: SampleEvent;
  targets: { tgid: number; startTicks: number }[];
}

function frame(type: WireType, payloadSize: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(WIRE_HEADER_SIZE + payloadSize);
  const view = new DataView(bytes.buffer);
  view.setUint32(wireHeader.length, payloadSize, true);
  view.setUint16(wireHeader.type, type, true);
  return { bytes, view };
}

/** @throws RangeError for what the helper would refuse: check the request before. */
export function encodeStart(request: StartRequest): Uint8Array {
  const { frequency, targets } = request;
  if (!Number.isInteger(frequency) || frequency < WIRE_MIN_FREQUENCY || frequency > WIRE_MAX_FREQUENCY) {
    throw new RangeError(`frequency ${frequency}`);
  }
  if (targets.length > WIRE_MAX_TARGETS) throw new RangeError(`${targets.length} targets`);
  const { bytes, view } = frame(WireType.start, wireStart.size + targets.length * wireTarget.size);
  let at = WIRE_HEADER_SIZE;
  view.setUint32(at + wireStart.frequency, frequency, true);
  const flags =
    (request.system ? StartFlag.system : 0) |
    (request.children ? StartFlag.children : 0) |
    (request.kernelStacks ? StartFlag.kernelStacks : 0);
  view.setUint32(at + wireStart.flags, flags, true);
  view.setUint32(at + wireStart.event, request.event, true);
  view.setUint32(at + wireStart.targetCount, targets.length, true);
  at += wireStart.size;
  for (const target of targets) {
    view.setUint32(at + wireTarget.tgid, target.tgid, true);
    view.setBigUint64(at + wireTarget.startTicks, BigInt(target.startTicks), true);
    at += wireTarget.size;
  }
  return bytes;
}

export function encodeStop(): Uint8Array {
  return frame(WireType.stop, 0).bytes;
}

export function encodeHeartbeat(): Uint8Array {
  return frame(WireType.heartbeat, 0).bytes;
}
