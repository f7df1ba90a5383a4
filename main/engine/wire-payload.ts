// SPDX-License-Identifier: Apache-2.0
/** One payload to its frame: every length, count and enum is checked against wire.h. */
import type { CountsFrame, CpuTimeFrame, KernelSymbolsFrame, StackFrame, WireFrame } from './wire-frames.ts';
import { WireStreamError } from './wire-stream-error.ts';
import {
  LossCause,
  WalkEnd,
  WIRE_BUILD_ID_MAX,
  WIRE_MAGIC,
  wireCount,
  wireCounts,
  wireCpuTime,
  wireCpuTimeEntry,
  wireFields,
  wireKernelSymbols,
  wireMapping,
  WireNoteKind,
  wireNote,
  wireProcess,
  wireRefused,
  wireStack,
  wireThread,
  WireType,
} from './wire-layout.gen.ts';

// Kernel text "as the kernel gave it": what is not UTF-8 becomes U+FFFD.
const decoder = new TextDecoder();

type Fields = (typeof wireFields)[keyof typeof wireFields];

function malformed(detail: string): WireStreamError {
  return new WireStreamError('malformed', detail);
}

/** The fixed part of a payload: numbers by field name, read as wireFields says. */
class Fixed<F extends Fields> {
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
function variable(payload: Uint8Array, fixedSize: number, length: number, what: string): Uint8Array {
  if (payload.length !== fixedSize + length) {
    throw malformed(`${what} that announces ${length} bytes but has ${payload.length - fixedSize}`);
  }
  return payload.subarray(fixedSize);
}

function exactly(payload: Uint8Array, fixedSize: number, what: string): void {
  variable(payload, fixedSize, 0, what);
}

function oneOf<T extends number>(values: Record<string, T>, value: number, what: string): T {
  if (!Object.values(values).includes(value as T)) throw malformed(`${what} with the unknown value ${value}`);
  return value as T;
}

/**
 * @param payload owned by the frame from now on; at least as long as the fixed part of its type.
 * @throws WireStreamError
 */
export function decodePayload(type: number, payload: Uint8Array<ArrayBuffer>): WireFrame {
  switch (type as WireType) {
    case WireType.hello: {
      const fixed = new Fixed(payload, wireFields.wireHello);
      if (fixed.number('magic') !== WIRE_MAGIC) throw malformed('a hello without its magic number');
      // Later protocols may say more: whoever waits for the hello compares protocol and version.
      return {
        type: 'hello',
        protocol: fixed.number('protocol'),
        features: fixed.number('features'),
        cpus: fixed.number('cpus'),
        uid: fixed.number('uid'),
        maxFrequency: fixed.number('maxFrequency'),
        maxTargets: fixed.number('maxTargets'),
        maxStackDepth: fixed.number('maxStackDepth'),
        version: fixed.text('version'),
        release: fixed.text('release'),
      };
    }
    case WireType.started: {
      const fixed = new Fixed(payload, wireFields.wireStarted);
      exactly(payload, 32, 'a started frame');
      return {
        type: 'started',
        monotonicNs: fixed.number('monotonicNs'),
        realtimeNs: fixed.number('realtimeNs'),
        frequency: fixed.number('frequency'),
        event: fixed.number('event'),
        sampling: fixed.number('sampling'),
        cpus: fixed.number('cpus'),
      };
    }
    case WireType.process: {
      const fixed = new Fixed(payload, wireFields.wireProcess);
      const name = variable(payload, wireProcess.size, fixed.number('nameLength'), 'a process');
      return {
        type: 'process',
        tgid: fixed.number('tgid'),
        parentTgid: fixed.number('parentTgid'),
        timeNs: fixed.number('timeNs'),
        flags: fixed.number('flags'),
        name: decoder.decode(name),
      };
    }
    case WireType.thread: {
      const fixed = new Fixed(payload, wireFields.wireThread);
      const name = variable(payload, wireThread.size, fixed.number('nameLength'), 'a thread');
      return {
        type: 'thread',
        tgid: fixed.number('tgid'),
        tid: fixed.number('tid'),
        timeNs: fixed.number('timeNs'),
        name: decoder.decode(name),
      };
    }
    case WireType.generation: {
      const fixed = new Fixed(payload, wireFields.wireGeneration);
      exactly(payload, 24, 'a generation');
      return {
        type: 'generation',
        tgid: fixed.number('tgid'),
        generation: fixed.number('generation'),
        fromTgid: fixed.number('fromTgid'),
        fromGeneration: fixed.number('fromGeneration'),
        timeNs: fixed.number('timeNs'),
      };
    }
    case WireType.mapping: {
      const fixed = new Fixed(payload, wireFields.wireMapping);
      const path = variable(payload, wireMapping.size, fixed.number('pathLength'), 'a mapping');
      const buildIdLength = fixed.number('buildIdLength');
      if (buildIdLength > WIRE_BUILD_ID_MAX) throw malformed(`a build id of ${buildIdLength} bytes`);
      const start = fixed.bigint('start');
      const end = fixed.bigint('end');
      if (end <= start) throw malformed('a mapping that ends before it begins');
      return {
        type: 'mapping',
        tgid: fixed.number('tgid'),
        generation: fixed.number('generation'),
        start,
        end,
        fileOffset: fixed.number('fileOffset'),
        inode: fixed.bigint('inode'),
        deviceMajor: fixed.number('deviceMajor'),
        deviceMinor: fixed.number('deviceMinor'),
        flags: fixed.number('flags'),
        path: decoder.decode(path),
        buildId: Buffer.from(fixed.bytes('buildId').subarray(0, buildIdLength)).toString('hex'),
      };
    }
    case WireType.kernelSymbols:
      return decodeKernelSymbols(payload);
    case WireType.stack:
      return decodeStack(payload);
    case WireType.counts:
      return decodeCounts(payload);
    case WireType.cpuTime:
      return decodeCpuTime(payload);
    case WireType.loss: {
      const fixed = new Fixed(payload, wireFields.wireLossEntry);
      exactly(payload, 16, 'a loss');
      const cause = oneOf(LossCause, fixed.number('cause'), 'a loss');
      return { type: 'loss', slice: fixed.number('slice'), cause, count: fixed.number('count') };
    }
    case WireType.ledger: {
      const fixed = new Fixed(payload, wireFields.wireLedger);
      exactly(payload, 56, 'a ledger');
      return {
        type: 'ledger',
        timeNs: fixed.number('timeNs'),
        fired: fixed.number('fired'),
        notOurs: fixed.number('notOurs'),
        stored: fixed.number('stored'),
        bpfNs: fixed.number('bpfNs'),
        helperNs: fixed.number('helperNs'),
        completeSlice: fixed.number('completeSlice'),
      };
    }
    case WireType.note: {
      const fixed = new Fixed(payload, wireFields.wireNote);
      const text = variable(payload, wireNote.size, fixed.number('textLength'), 'a note');
      const kind = oneOf(WireNoteKind, fixed.number('kind'), 'a note');
      return {
        type: 'note',
        timeNs: fixed.number('timeNs'),
        kind,
        tgid: fixed.number('tgid'),
        text: decoder.decode(text),
      };
    }
    case WireType.refused: {
      const fixed = new Fixed(payload, wireFields.wireRefused);
      const text = variable(payload, wireRefused.size, fixed.number('textLength'), 'a refusal');
      return {
        type: 'refused',
        error: fixed.number('error'),
        value: fixed.number('value'),
        text: decoder.decode(text),
      };
    }
    case WireType.end: {
      const fixed = new Fixed(payload, wireFields.wireEnd);
      exactly(payload, 16, 'an end');
      return { type: 'end', reason: fixed.number('reason'), timeNs: fixed.number('timeNs') };
    }
    case WireType.start:
    case WireType.stop:
    case WireType.heartbeat:
    default:
      throw new WireStreamError('unknownType', `a frame of the unknown type ${type}`);
  }
}

function decodeKernelSymbols(payload: Uint8Array<ArrayBuffer>): KernelSymbolsFrame {
  const fixed = new Fixed(payload, wireFields.wireKernelSymbols);
  const moduleLength = fixed.number('moduleLength');
  const count = fixed.number('symbolCount');
  let at = wireKernelSymbols.size + moduleLength;
  // Six bytes a symbol at least, so `count` is bounded by the payload before arrays are made.
  if (at + count * 6 > payload.length) throw malformed(`kernel symbols that announce ${count} in ${payload.length} bytes`);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const offsets = new Uint32Array(count);
  const names: string[] = [];
  for (let i = 0; i < count; i++) {
    if (at + 6 > payload.length) throw malformed('kernel symbols that are cut');
    offsets[i] = view.getUint32(at, true);
    if (i > 0 && offsets[i]! < offsets[i - 1]!) throw malformed('kernel symbols that are not sorted');
    const length = view.getUint16(at + 4, true);
    at += 6;
    if (at + length > payload.length) throw malformed('a kernel symbol whose name is cut');
    names.push(decoder.decode(payload.subarray(at, at + length)));
    at += length;
  }
  if (at !== payload.length) throw malformed('kernel symbols with bytes left over');
  const base = fixed.bigint('base');
  const end = fixed.bigint('end');
  if (end < base) throw malformed('a kernel module that ends before it begins');
  const module = decoder.decode(payload.subarray(wireKernelSymbols.size, wireKernelSymbols.size + moduleLength));
  return { type: 'kernelSymbols', module, base, end, offsets, names };
}

function decodeStack(payload: Uint8Array<ArrayBuffer>): StackFrame {
  const fixed = new Fixed(payload, wireFields.wireStack);
  const count = fixed.number('frameCount');
  variable(payload, wireStack.size, count * 8, 'a stack');
  const hash = fixed.bigint('hash');
  if (hash === 0n) throw malformed('a stack without its hash');
  const space = fixed.number('space');
  if (space > 1) throw malformed(`a stack of the unknown space ${space}`);
  return {
    type: 'stack',
    hash,
    tgid: fixed.number('tgid'),
    generation: fixed.number('generation'),
    kernel: space === 1,
    end: oneOf(WalkEnd, fixed.number('end'), 'the end of a stack'),
    addresses: new BigUint64Array(payload.buffer, wireStack.size, count),
  };
}

function decodeCounts(payload: Uint8Array<ArrayBuffer>): CountsFrame {
  const length = new Fixed(payload, wireFields.wireCounts).number('entryCount');
  variable(payload, wireCounts.size, length * wireCount.size, 'counts');
  const words = new Uint32Array(payload.buffer, wireCounts.size, (length * wireCount.size) / 4);
  const longs = new BigUint64Array(payload.buffer, wireCounts.size, (length * wireCount.size) / 8);
  const frame: CountsFrame = {
    type: 'counts',
    length,
    userStack: new BigUint64Array(length),
    kernelStack: new BigUint64Array(length),
    slice: new Uint32Array(length),
    tgid: new Uint32Array(length),
    tid: new Uint32Array(length),
    samples: new Uint32Array(length),
  };
  for (let i = 0; i < length; i++) {
    const word = i * (wireCount.size / 4);
    const long = i * (wireCount.size / 8);
    frame.userStack[i] = longs[long + wireCount.userStack / 8]!;
    frame.kernelStack[i] = longs[long + wireCount.kernelStack / 8]!;
    frame.slice[i] = words[word + wireCount.slice / 4]!;
    frame.tgid[i] = words[word + wireCount.tgid / 4]!;
    frame.tid[i] = words[word + wireCount.tid / 4]!;
    frame.samples[i] = words[word + wireCount.samples / 4]!;
  }
  return frame;
}

function decodeCpuTime(payload: Uint8Array<ArrayBuffer>): CpuTimeFrame {
  const fixed = new Fixed(payload, wireFields.wireCpuTime);
  const length = fixed.number('entryCount');
  variable(payload, wireCpuTime.size, length * wireCpuTimeEntry.size, 'CPU times');
  const view = new DataView(payload.buffer, wireCpuTime.size);
  const frame: CpuTimeFrame = {
    type: 'cpuTime',
    slice: fixed.number('slice'),
    length,
    tgid: new Uint32Array(length),
    tid: new Uint32Array(length),
    cpuNs: new Float64Array(length),
  };
  for (let i = 0; i < length; i++) {
    const at = i * wireCpuTimeEntry.size;
    frame.tgid[i] = view.getUint32(at + wireCpuTimeEntry.tgid, true);
    frame.tid[i] = view.getUint32(at + wireCpuTimeEntry.tid, true);
    frame.cpuNs[i] = Number(view.getBigUint64(at + wireCpuTimeEntry.cpuNs, true));
  }
  return frame;
}
