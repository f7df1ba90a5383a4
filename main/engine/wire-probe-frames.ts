// SPDX-License-Identifier: Apache-2.0
/** The frames about single functions and about waiting, decoded: native/helper/wire_probes.h says what each field means. */
import type { Mechanism, ProbeState } from './wire-layout.gen.ts';

/** What became of a probe. */
export interface ProbeStateFrame {
  type: 'probeState';
  probe: number;
  state: ProbeState;
  /** `Mechanism`; 0 where it was refused. */
  mechanism: Mechanism;
  /** `ProbeReason`, or a value that this version does not know. */
  reason: number;
  functions: number;
  value: number;
  text: string;
}

/** Since the probe was attached. */
export interface ProbeFiguresFrame {
  type: 'probeFigures';
  timeNs: number;
  calls: number;
  measured: number;
  filtered: number;
  missed: number;
  recursed: number;
  /** All of them. */
  dropped: number;
  aboveRate: number;
  unsent: number;
  lost: number;
  bpfNs: number;
  callNs: number;
  probe: number;
  permille: number;
}

/** Columns, each `length` long. */
export interface BucketsFrame {
  type: 'buckets';
  length: number;
  userStack: BigUint64Array;
  kernelStack: BigUint64Array;
  /** Below 2^53. */
  group: Float64Array;
  sum: Float64Array;
  probe: Uint32Array;
  slice: Uint32Array;
  tgid: Uint32Array;
  tid: Uint32Array;
  bucket: Uint32Array;
  count: Uint32Array;
}

/** Columns, each `length` long: single hits, by time within a CPU. */
export interface EventsFrame {
  type: 'events';
  length: number;
  timeNs: Float64Array;
  durationNs: Float64Array;
  userStack: BigUint64Array;
  kernelStack: BigUint64Array;
  value: BigInt64Array;
  /** The six arguments. */
  arguments: BigInt64Array[];
  probe: Uint32Array;
  /** Which of the probe's names, from 0. */
  function: Uint32Array;
  tgid: Uint32Array;
  tid: Uint32Array;
  cpu: Uint32Array;
  /** Bits of `HitFlag`; from bit 16 the depth of disabled preemption. */
  flags: Uint32Array;
  text: string[];
}

export interface CapabilitiesFrame {
  type: 'capabilities';
  /** `kind`: `Capability`, or a value that this version does not know. */
  capabilities: { kind: number; error: number; value: number; text: string }[];
}

export interface ListFrame {
  type: 'list';
  /** `ListKind`, or a value that this version does not know. */
  list: number;
  error: number;
  last: boolean;
  /** Whole lines. */
  text: string;
}

/** Columns, each `length` long. */
export interface WaitsFrame {
  type: 'waits';
  length: number;
  userStack: BigUint64Array;
  kernelStack: BigUint64Array;
  wakerUserStack: BigUint64Array;
  wakerKernelStack: BigUint64Array;
  ns: Float64Array;
  slice: Uint32Array;
  /** `WaitKind` */
  kind: Uint32Array;
  tgid: Uint32Array;
  tid: Uint32Array;
  wakerTgid: Uint32Array;
  wakerTid: Uint32Array;
  state: Uint32Array;
  count: Uint32Array;
}

export type ProbeFrame = ProbeStateFrame | ProbeFiguresFrame | BucketsFrame | EventsFrame | CapabilitiesFrame | ListFrame | WaitsFrame;
