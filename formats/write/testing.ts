// SPDX-License-Identifier: Apache-2.0
/** For tests only: profiles to be written, and a strict reader of protocol buffers. */
import { FrameCategory, ModuleKind, SampleKind } from '../../profile/schema.ts';
import { ProfileWriter } from '../../profile/testing.ts';
import type { Tables } from '../../profile/tables.ts';
import { HOSTILE_NAMES } from '../hostile-names.ts';
import type { Origin } from './origin.ts';

export const ORIGIN: Origin = {
  target: 'program 1',
  question: 'on-cpu',
  frequencyHz: 100,
  startedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  durationNs: 10e9,
  host: 'host',
  kernel: '6.18',
};

/** Every hostile name as process, thread, module, function and source file; 10 samples of each. */
export function hostileProfile(): Tables {
  const writer = new ProfileWriter();
  HOSTILE_NAMES.forEach((name, index) => {
    const module = writer.module(name);
    const frames = [writer.frame(module, 2 * index), writer.frame(module, 2 * index + 1)];
    const row = writer.symbol(frames[0]!, name, 0, module);
    writer.tables.symbols.columns.file[row] = writer.string(name);
    writer.tables.symbols.columns.line[row] = index + 1;
    writer.sample(writer.stack(frames), 10, index, writer.thread(index + 1, name));
  });
  return writer.tables;
}

/** Two threads; an inlined function with lines, kernel code, an unnamed frame; waits beside samples. */
export function smallProfile(): Tables {
  const writer = new ProfileWriter();
  const program = writer.module('/usr/bin/program', ModuleKind.executable);
  const library = writer.module('/lib/libc.so.6');
  const kernel = writer.module('[kernel]', ModuleKind.kernel);
  writer.tables.modules.columns.buildId[program] = writer.string('abcdef01');
  const [main, read, bare] = [writer.frame(program, 0x1010), writer.frame(kernel, 0x20, FrameCategory.kernel), writer.frame(library, 0x1f, FrameCategory.library)];
  const source = writer.string('/src/main.c');
  const name = (frame: number, text: string, depth: number, module: number, line: number) => {
    const row = writer.symbol(frame, text, depth, module);
    writer.tables.symbols.columns.file[row] = source;
    writer.tables.symbols.columns.line[row] = line;
  };
  name(main, 'main', 0, program, 12);
  name(main, 'fast', 1, program, 7);
  writer.symbol(read, 'vfs_read', 0, kernel);
  const [one, two] = [writer.thread(1, 'program'), writer.thread(2, 'worker', 1, 'program')];
  writer.sample(writer.stack([main, read]), 3, 0, one);
  writer.sample(writer.stack([main, bare]), 2, 5, two);
  writer.sample(writer.stack([main, read]), 4, 5, one);
  writer.sample(writer.stack([main]), 1, 2, two);
  writer.tables.samples.append({ slice: 3, thread: one, stack: writer.stack([main, read]), kind: SampleKind.blocked, weight: 1_500_000 });
  return writer.tables;
}

export type Field = bigint | Uint8Array;

/** Fields of a message by number, in order. @throws Error where it is none. */
export function readMessage(bytes: Uint8Array): Map<number, Field[]> {
  const fields = new Map<number, Field[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63n) throw new Error(`no varint at byte ${at}`);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    let value: Field;
    if ((tag & 7) === 0) value = varint();
    else if ((tag & 7) === 2) {
      const length = Number(varint());
      if (at + length > bytes.length) throw new Error(`cut short at byte ${at}`);
      value = bytes.subarray(at, (at += length));
    } else throw new Error(`wire type ${tag & 7} at byte ${at}`);
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}

/** A packed list. */
export function readIntegers(bytes: Uint8Array): bigint[] {
  const values: bigint[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte < 0x80) {
      values.push(BigInt.asIntN(64, value));
      value = shift = 0n;
    }
  }
  return values;
}
