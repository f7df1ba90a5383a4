// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frame, StreamBuilder, struct } from './testing/stream-builder.ts';
import { WireDecoder } from './wire-decoder.ts';
import type { WireFrame } from './wire-frames.ts';
import { encodeHeartbeat, encodeStart, encodeStop, encodeUnwindRows } from './wire-encoder.ts';
import { WIRE_MAX_PAYLOAD, WireType } from './wire-layout.gen.ts';
import { WireStreamError } from './wire-stream-error.ts';

/** One frame of every type. */
const everyFrame = new StreamBuilder()
  .hello('1.2.3')
  .kernelSymbols('[kernel]', 0xffffffff81000000n, 0xffffffff82000000n, [[0, '_stext'], [4096, 'do_syscall_64']])
  .process(10, 'postgres', { parentTgid: 1 })
  .thread(10, 11, 'näme')
  .generation(10, 1)
  .mapping(10, 1, 0x5000n, 0x9000n, '/bin/postgres', { fileOffset: 4096, buildId: Uint8Array.of(0xab, 0xcd), buildIdLength: 2 })
  .started()
  .stack(0xfedcba9876543210n, 10, 1, [0x5001n, 0xffffffffffffffffn], { end: 4 })
  .counts([{ userStack: 0xfedcba9876543210n, slice: 50_001, tgid: 10, tid: 11, samples: 3 }, { samples: 1 }])
  .cpuTime(50_002, [{ tgid: 10, tid: 11, cpuNs: 12_345 }])
  .loss(50_003, 2, 5)
  .ledger({ fired: 9, notOurs: 0, stored: 4 })
  .note(2, 10, 'exit 0')
  .refused(3, 4711, 'gone')
  .end(2)
  .bytes();

function decode(bytes: Uint8Array, cut: (left: number) => number = (left) => left): WireFrame[] {
  const decoder = new WireDecoder();
  const frames: WireFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = cut(bytes.length - at);
    frames.push(...decoder.push(bytes.subarray(at, at + size)));
    at += size;
  }
  decoder.finish();
  return frames;
}

function errorOf(action: () => unknown): WireStreamError {
  try {
    action();
  } catch (error) {
    if (error instanceof WireStreamError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('WireDecoder', () => {
  it('reads every frame', () => {
    const frames = decode(everyFrame);
    expect(frames.map(({ type }) => type)).toEqual([
      'hello', 'kernelSymbols', 'process', 'thread', 'generation', 'mapping', 'started', 'stack', 'counts', 'cpuTime',
      'loss', 'ledger', 'note', 'refused', 'end',
    ]);
    expect(frames[0]).toMatchObject({ version: '1.2.3', release: '6.18.0-test', cpus: 2 });
    expect(frames[1]).toMatchObject({ module: '[kernel]', names: ['_stext', 'do_syscall_64'], offsets: Uint32Array.of(0, 4096) });
    expect(frames[3]).toMatchObject({ tgid: 10, tid: 11, name: 'näme' });
    expect(frames[5]).toMatchObject({ start: 0x5000n, path: '/bin/postgres', buildId: 'abcd', fileOffset: 4096 });
    expect(frames[7]).toMatchObject({ hash: 0xfedcba9876543210n, kernel: false, end: 4, addresses: BigUint64Array.of(0x5001n, 0xffffffffffffffffn) });
    expect(frames[8]).toMatchObject({ length: 2, tid: Uint32Array.of(11, 0), samples: Uint32Array.of(3, 1) });
    expect(frames[13]).toMatchObject({ error: 3, value: 4711, text: 'gone' });
  });

  it('reads the same byte by byte and in any chunks', () => {
    const whole = decode(everyFrame);
    expect(decode(everyFrame, () => 1)).toEqual(whole);
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer({ min: 1, max: 40 })), (sizes) => {
        expect(decode(everyFrame, () => sizes.next().value as number)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps nothing of the chunks it was given', () => {
    const bytes = everyFrame.slice();
    const frames = [...new WireDecoder().push(bytes)];
    bytes.fill(0xff);
    expect(frames).toEqual(decode(everyFrame));
  });

  it('refuses a length of 4 GiB before anything is kept', () => {
    const header = new Uint8Array(8).fill(0xff);
    new DataView(header.buffer).setUint16(4, WireType.counts, true);
    expect(errorOf(() => [...new WireDecoder().push(header)])).toMatchObject({ code: 'tooLong', message: 'a frame of 4294967295 bytes' });
    new DataView(header.buffer).setUint32(0, WIRE_MAX_PAYLOAD + 1, true);
    expect(errorOf(() => [...new WireDecoder().push(header)]).code).toBe('tooLong');
  });

  it('refuses unknown types, the engine\'s own frames, and short ones', () => {
    expect(errorOf(() => decode(frame(999))).code).toBe('unknownType');
    expect(errorOf(() => decode(encodeStop())).code).toBe('unknownType');
    expect(errorOf(() => decode(encodeHeartbeat())).code).toBe('unknownType');
    expect(errorOf(() => decode(encodeStart({ frequency: 99, system: true, children: true, kernelStacks: true, event: 0, stackDepth: 127, unwindTables: false, onCpu: true, offCpu: null, targets: [] }))).code).toBe('unknownType');
    expect(errorOf(() => decode(frame(WireType.ledger, new Uint8Array(8)))).code).toBe('tooShort');
  });

  it('refuses counts and lengths that do not match', () => {
    const counts = (entryCount: number): Uint8Array => frame(WireType.counts, struct('wireCounts', { entryCount }), new Uint8Array(32));
    expect(decode(counts(1))).toHaveLength(1);
    for (const count of [0, 2, 0x08000001, 0xffffffff]) expect(errorOf(() => decode(counts(count))).code).toBe('malformed');
    const process = frame(WireType.process, struct('wireProcess', { nameLength: 0xffffffff }), new Uint8Array(3));
    expect(errorOf(() => decode(process)).code).toBe('malformed');
    const symbols = frame(WireType.kernelSymbols, struct('wireKernelSymbols', { symbolCount: 0xffffffff, end: 1 }));
    expect(errorOf(() => decode(symbols)).code).toBe('malformed');
    const stack = new StreamBuilder().stack(0n, 1, 1, []).bytes();
    expect(errorOf(() => decode(stack)).message).toBe('a stack without its hash');
  });

  it('stays failed, and says when the stream was cut', () => {
    const decoder = new WireDecoder();
    expect(() => [...decoder.push(frame(999))]).toThrow(WireStreamError);
    expect(() => [...decoder.push(everyFrame)]).toThrow(WireStreamError);
    for (const length of [1, 7, 9, everyFrame.length - 1]) {
      expect(errorOf(() => decode(everyFrame.subarray(0, length))).code).toBe('cut');
    }
  });

  it('answers garbage with a WireStreamError and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(everyFrame.length - 1), fc.nat(255), (garbage, at, value) => {
        const damaged = everyFrame.slice();
        damaged[at] = value;
        for (const bytes of [garbage, damaged, new Uint8Array([...everyFrame.subarray(0, at), ...garbage])]) {
          try {
            decode(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(WireStreamError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the encoder', () => {
  it('writes a start with its targets', () => {
    const bytes = encodeStart({
      frequency: 997, system: false, children: true, kernelStacks: false, event: 0, stackDepth: 127, unwindTables: false,
      onCpu: true, offCpu: { leastWaitNs: 5000, wakers: false },
      targets: [{ tgid: 7, startTicks: 123_456_789_012 }],
      cgroup: 0x1234_5678_9abcn,
    });
    const view = new DataView(bytes.buffer);
    expect([view.getUint32(0, true), view.getUint16(4, true)]).toEqual([56, WireType.start]);
    expect([8, 12, 16, 20, 24, 28, 32, 48].map((at) => view.getUint32(at, true))).toEqual([997, 50, 0, 1, 127, 0, 5000, 7]);
    expect([view.getBigUint64(40, true), view.getBigUint64(56, true)]).toEqual([0x1234_5678_9abcn, 123_456_789_012n]);
  });

  it('refuses what the helper would refuse', () => {
    const request = { system: true, children: true, kernelStacks: true, event: 0 as const, frequency: 99, stackDepth: 127, unwindTables: true, onCpu: true, offCpu: null, targets: [] };
    for (const frequency of [0, 10_000, 1.5, NaN]) expect(() => encodeStart({ ...request, frequency })).toThrow(RangeError);
    for (const stackDepth of [0, 1024, 1.5, NaN]) expect(() => encodeStart({ ...request, stackDepth })).toThrow(RangeError);
  });

  it('cuts the rows of a module into frames that the helper takes', () => {
    const rows = new Uint8Array(300_000 * 8);
    for (let i = 0; i < rows.length; i += 8) rows[i] = i % 251;
    const frames = [...encodeUnwindRows(7, rows)];
    const heads = frames.map((bytes) => {
      const view = new DataView(bytes.buffer);
      expect(view.getUint32(0, true)).toBeLessThanOrEqual(1 << 20);
      return [0, 4, 8, 12].map((at) => view.getUint32(8 + at, true));
    });
    expect(heads.map(([module, first, count, total]) => ({ module, first, count, total }))).toEqual([
      { module: 7, first: 0, count: 131_070, total: 300_000 },
      { module: 7, first: 131_070, count: 131_070, total: 300_000 },
      { module: 7, first: 262_140, count: 37_860, total: 300_000 },
    ]);
    expect(Buffer.concat(frames.map((bytes) => bytes.subarray(24)))).toEqual(Buffer.from(rows));
    expect([...encodeUnwindRows(7, new Uint8Array(0))]).toHaveLength(1);
  });
});
