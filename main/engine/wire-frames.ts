// SPDX-License-Identifier: Apache-2.0
/**
 * The frames that the helper sends, decoded: native/helper/wire.h says what each field means.
 * Times and counts are numbers (exact below 2^53); addresses and hashes are bigints. Frames own their
 * bytes and may be kept.
 */
import type { LossCause, WalkEnd, WireNoteKind } from './wire-layout.gen.ts';
import type { ProbeFrame } from './wire-probe-frames.ts';

export interface HelloFrame {
  type: 'hello';
  protocol: number;
  /** Bits of `Feature`. */
  features: number;
  cpus: number;
  uid: number;
  maxFrequency: number;
  maxTargets: number;
  maxStackDepth: number;
  version: string;
  release: string;
}

export interface StartedFrame {
  type: 'started';
  monotonicNs: number;
  realtimeNs: number;
  frequency: number;
  event: number;
  sampling: number;
  cpus: number;
}

export interface ProcessFrame {
  type: 'process';
  tgid: number;
  parentTgid: number;
  timeNs: number;
  /** Bits of `ProcessFlag`. */
  flags: number;
  name: string;
}

export interface ThreadFrame {
  type: 'thread';
  tgid: number;
  tid: number;
  timeNs: number;
  name: string;
}

export interface GenerationFrame {
  type: 'generation';
  tgid: number;
  generation: number;
  fromTgid: number;
  fromGeneration: number;
  timeNs: number;
}

export interface MappingFrame {
  type: 'mapping';
  tgid: number;
  generation: number;
  start: bigint;
  end: bigint;
  fileOffset: number;
  inode: bigint;
  deviceMajor: number;
  deviceMinor: number;
  /** Bits of `MappingFlag`. */
  flags: number;
  path: string;
  /** Hexadecimal; empty: none, or not read. */
  buildId: string;
}

/** A file with code of a target, whose unwind rows the engine is asked for. */
export interface ModuleFrame {
  type: 'module';
  /** The helper's number of it, from 1. */
  module: number;
  tgid: number;
  /** One of its mappings. */
  start: bigint;
  end: bigint;
  inode: bigint;
  deviceMajor: number;
  deviceMinor: number;
  /** Bits of `MappingFlag`. */
  flags: number;
  path: string;
  /** Hexadecimal; empty: none, or not read. */
  buildId: string;
}

/** The answer to a request for bytes of a module's file. */
export interface BytesFrame {
  type: 'bytes';
  module: number;
  /** errno; 0: none. */
  error: number;
  offset: number;
  fileSize: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** The unwind tables in the kernel. */
export interface TablesFrame {
  type: 'tables';
  bytes: number;
  tables: number;
  refused: number;
  evicted: number;
}

export interface KernelSymbolsFrame {
  type: 'kernelSymbols';
  module: string;
  base: bigint;
  end: bigint;
  /** Bytes from `base`, ascending. */
  offsets: Uint32Array;
  names: string[];
}

/** A code object of a Python program; frames of stacks name it. */
export interface PythonCodeFrame {
  type: 'pythonCode';
  id: bigint;
  tgid: number;
  /** Qualified; a long one is cut. */
  name: string;
  /** As Python says it: not always absolute, not always a file. A long one lacks its beginning. */
  file: string;
  firstLine: number;
  /** co_linetable; a long one is cut. */
  lines: Uint8Array<ArrayBuffer>;
}

export interface StackFrame {
  type: 'stack';
  hash: bigint;
  tgid: number;
  generation: number;
  kernel: boolean;
  end: WalkEnd;
  /** Leaf first; those with the bit WIRE_FRAME_PYTHON are no addresses (python/python-frames.ts). */
  addresses: BigUint64Array;
}

/** Columns, each `length` long. */
export interface CountsFrame {
  type: 'counts';
  length: number;
  userStack: BigUint64Array;
  kernelStack: BigUint64Array;
  slice: Uint32Array;
  tgid: Uint32Array;
  tid: Uint32Array;
  samples: Uint32Array;
}

export interface CpuTimeFrame {
  type: 'cpuTime';
  slice: number;
  length: number;
  tgid: Uint32Array;
  tid: Uint32Array;
  cpuNs: Float64Array;
}

export interface LossFrame {
  type: 'loss';
  slice: number;
  cause: LossCause;
  count: number;
}

export interface LedgerFrame {
  type: 'ledger';
  timeNs: number;
  fired: number;
  notOurs: number;
  stored: number;
  bpfNs: number;
  helperNs: number;
  completeSlice: number;
  /** Of those stored, samples that lack a frame of the Python program. */
  pythonCut: number;
}

export interface NoteFrame {
  type: 'note';
  timeNs: number;
  kind: WireNoteKind;
  tgid: number;
  text: string;
}

export interface RefusedFrame {
  type: 'refused';
  /** `WireError`, or a value that this version does not know. */
  error: number;
  value: number;
  text: string;
}

export interface EndFrame {
  type: 'end';
  reason: number;
  timeNs: number;
}

export type WireFrame =
  | HelloFrame
  | StartedFrame
  | ProcessFrame
  | ThreadFrame
  | GenerationFrame
  | MappingFrame
  | ModuleFrame
  | BytesFrame
  | TablesFrame
  | KernelSymbolsFrame
  | PythonCodeFrame
  | StackFrame
  | CountsFrame
  | CpuTimeFrame
  | LossFrame
  | LedgerFrame
  | NoteFrame
  | RefusedFrame
  | EndFrame
  | ProbeFrame;
