// SPDX-License-Identifier: Apache-2.0
/** The frames with which the engine asks for probes. */
import { encodeFrame } from './wire-encoder.ts';
import {
  WIRE_HEADER_SIZE,
  WIRE_MAX_PROBE_FUNCTIONS,
  WIRE_PROBE_NAME_MAX,
  wireAsk,
  wireDetach,
  wireProbe,
  WireType,
  type AskFor,
  type FilterTest,
  type Mechanism,
  type WireMeasure,
  type WireProbeKind,
} from './wire-layout.gen.ts';

/** struct wire_probe, with its names. */
export interface WireProbeRequest {
  probe: number;
  kind: WireProbeKind;
  mechanism: Mechanism;
  /** Bits of `ProbeFlag`. */
  flags: number;
  module: number;
  measure: WireMeasure;
  argument: number;
  filterArgument: number;
  filterTest: FilterTest;
  filterValue: bigint;
  leastNs: number;
  textArgument: number;
  budgetPermille: number;
  mostEvents: number;
  /** Of the six arguments and the return value. */
  widths: readonly number[];
  names: readonly string[];
  /** Inode of a cgroup of version 2; 0: all. */
  cgroup: bigint;
}

const NAME = new RegExp(`^[A-Za-z0-9_.:$@-]{1,${WIRE_PROBE_NAME_MAX}}$`);

/** @throws RangeError for what the helper would refuse: check the request before. */
export function encodeProbe(request: WireProbeRequest): Uint8Array {
  if (request.names.length === 0 || request.names.length > WIRE_MAX_PROBE_FUNCTIONS) throw new RangeError(`${request.names.length} functions`);
  for (const name of request.names) if (!NAME.test(name)) throw new RangeError(`the name ${JSON.stringify(name.slice(0, 40))}`);
  const names = Buffer.from(request.names.map((name) => `${name}\0`).join(''), 'latin1');
  const { bytes, view } = encodeFrame(WireType.probe, wireProbe.size + names.length);
  const at = WIRE_HEADER_SIZE;
  view.setUint32(at + wireProbe.probe, request.probe, true);
  view.setUint16(at + wireProbe.kind, request.kind, true);
  view.setUint16(at + wireProbe.mechanism, request.mechanism, true);
  view.setUint32(at + wireProbe.flags, request.flags, true);
  view.setUint32(at + wireProbe.module, request.module, true);
  view.setUint16(at + wireProbe.measure, request.measure, true);
  view.setUint16(at + wireProbe.argument, request.argument, true);
  view.setUint16(at + wireProbe.filterArgument, request.filterArgument, true);
  view.setUint16(at + wireProbe.filterTest, request.filterTest, true);
  view.setBigUint64(at + wireProbe.filterValue, BigInt.asUintN(64, request.filterValue), true);
  view.setBigUint64(at + wireProbe.leastNs, BigInt(request.leastNs), true);
  view.setUint16(at + wireProbe.textArgument, request.textArgument, true);
  view.setUint16(at + wireProbe.budgetPermille, request.budgetPermille, true);
  view.setUint32(at + wireProbe.mostEvents, request.mostEvents, true);
  bytes.set(request.widths.slice(0, 8), at + wireProbe.widths);
  view.setBigUint64(at + wireProbe.cgroup, request.cgroup, true);
  view.setUint32(at + wireProbe.namesLength, names.length, true);
  bytes.set(names, at + wireProbe.size);
  return bytes;
}

export function encodeDetach(probe: number): Uint8Array {
  const { bytes, view } = encodeFrame(WireType.detach, wireDetach.size);
  view.setUint32(WIRE_HEADER_SIZE + wireDetach.probe, probe, true);
  return bytes;
}

export function encodeAsk(what: AskFor): Uint8Array {
  const { bytes, view } = encodeFrame(WireType.ask, wireAsk.size);
  view.setUint32(WIRE_HEADER_SIZE + wireAsk.what, what, true);
  return bytes;
}
