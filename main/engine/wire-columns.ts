// SPDX-License-Identifier: Apache-2.0
/** Payloads that hold many of something: read as columns, their counts checked before arrays are made. */
import { pythonText } from './python/text.ts';
import type { CountsFrame, CpuTimeFrame, KernelSymbolsFrame, PythonCodeFrame, StackFrame } from './wire-frames.ts';
import {
  WalkEnd,
  WIRE_PYTHON_FILE_MAX,
  WIRE_PYTHON_NAME_MAX,
  wireCount,
  wireCounts,
  wireCpuTime,
  wireCpuTimeEntry,
  wireFields,
  wireKernelSymbols,
  wirePythonCode,
  wireStack,
} from './wire-layout.gen.ts';
import { decoder, Fixed, malformed, oneOf, variable } from './wire-struct.ts';

export function decodeKernelSymbols(payload: Uint8Array<ArrayBuffer>): KernelSymbolsFrame {
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

export function decodePythonCode(payload: Uint8Array<ArrayBuffer>): PythonCodeFrame {
  const fixed = new Fixed(payload, wireFields.wirePythonCode);
  const lines = variable(payload, wirePythonCode.size, fixed.number('linesLength'), 'Python code');
  const text = (what: 'name' | 'file', most: number): { text: string; cut: boolean } => {
    const length = fixed.number(`${what}Length`);
    const width = fixed.number(`${what}Width`);
    if (width !== 1 && width !== 2 && width !== 4) throw malformed(`Python text with characters of ${width} bytes`);
    if (length > most) throw malformed(`Python text of ${length} bytes`);
    return { text: pythonText(fixed.bytes(what).subarray(0, length), width), cut: length === most };
  };
  const name = text('name', WIRE_PYTHON_NAME_MAX - 4);
  const file = text('file', WIRE_PYTHON_FILE_MAX - 4);
  return {
    type: 'pythonCode',
    id: fixed.bigint('id'),
    tgid: fixed.number('tgid'),
    name: name.cut ? `${name.text}…` : name.text,
    file: file.cut ? `…${file.text}` : file.text,
    firstLine: fixed.number('firstLine'),
    lines,
  };
}

export function decodeStack(payload: Uint8Array<ArrayBuffer>): StackFrame {
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

export function decodeCounts(payload: Uint8Array<ArrayBuffer>): CountsFrame {
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

export function decodeCpuTime(payload: Uint8Array<ArrayBuffer>): CpuTimeFrame {
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
