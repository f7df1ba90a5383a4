// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JitDump } from './jitdump.ts';
import { DumpBuilder } from './testing/dump-builder.ts';

function read(bytes: Uint8Array, portion = bytes.length): JitDump {
  const dump = new JitDump();
  // As files are read: into one buffer, over and over.
  const buffer = Buffer.alloc(portion);
  for (let at = 0; at < bytes.length; at += portion) {
    const part = bytes.subarray(at, at + portion);
    buffer.fill(0).set(part);
    dump.push(buffer.subarray(0, part.length));
  }
  return dump;
}

const file = (dump: JitDump, address: number) => {
  const found = dump.find(address);
  return found && `${found.name} ${found.file}:${found.line}`;
};

describe.each([true, false])('JitDump, little endian: %s', (little) => {
  const builder = () => new DumpBuilder(little);

  it('names code, the later one first, and knows its lines', () => {
    const bytes = builder()
      .load('old', 0x1000, 0x100)
      .lines(0x1080, [[0x1080, 'a.c', 3], [0x1090, '\xff', 7], [0x10a0, 'b.h', 1]])
      .load('new', 0x1080, 0x40)
      .bytes();
    for (const portion of [1, 7, 40, bytes.length]) {
      const dump = read(bytes, portion);
      expect([0x107f, 0x1080, 0x1095, 0x10bf, 0x10c0, 0x1100].map((address) => file(dump, address))).toEqual(['old :0', 'new a.c:3', 'new a.c:7', 'new b.h:1', 'old :0', null]);
      expect(dump.entries).toBe(2);
    }
  });

  it('follows code that is moved, with its lines', () => {
    const bytes = builder()
      .lines(0x1000, [[0x1000, 'a.c', 3], [0x1008, 'a.c', 4]])
      .load('moved', 0x1000, 0x10, { index: 5 })
      .load('other', 0x1000, 0x10, { index: 6 })
      .move(0x1000, 0x9000, 0x10, 5)
      .move(0x9000, 0xa000, 0x10, 5)
      .bytes();
    const dump = read(bytes, 13);
    expect([0x1008, 0x9007, 0x9008, 0xa008].map((address) => file(dump, address))).toEqual(['other :0', 'moved a.c:3', 'moved a.c:4', 'moved a.c:4']);
  });

  it('passes over what it does not know, and ends where it is closed', () => {
    const bytes = builder().record(4, new Uint8Array(100)).record(77, new Uint8Array(3)).load('a', 0x10, 1).record(3, new Uint8Array(0)).load('b', 0x20, 1).bytes();
    const dump = read(bytes, 9);
    expect([dump.find(0x10)?.name, dump.find(0x20)]).toEqual(['a', null]);
  });

  it('takes no lines that are none', () => {
    const evil = builder()
      .lines(0x1000, [[0x1000, '\x04\x1b[31m', 3]])
      .load('a', 0x1000, 16)
      .lines(0x2000, [[0x9999, 'far.c', 3]])
      .load('b', 0x2000, 16)
      .lines(0x3000, [[0x3000, 'x.c', 1]], { count: 2 ** 31 })
      .load('c', 0x3000, 16)
      .lines(0x4444, [[0x4000, 'other.c', 1]])
      .load('d', 0x4000, 16);
    const dump = read(evil.bytes());
    expect([0x1000, 0x2000, 0x3000, 0x4000].map((address) => file(dump, address))).toEqual(['a :0', 'b :0', 'c :0', 'd :0']);
  });

  it("counts V8's lines from where its code begins", () => {
    const dump = read(builder().lines(0x1000, [[0x1040, '/a.js', 1], [0x1050, '/a.js', 2]]).load('JS:*fn /a.js:1:1', 0x1000, 0x30).bytes());
    expect([0x1000, 0x100f, 0x1010].map((address) => dump.find(address)?.line)).toEqual([1, 1, 2]);
  });
});

describe('a damaged jitdump', () => {
  it('says where', () => {
    expect(() => read(new Uint8Array(64))).toThrow('another file than a jitdump');
    expect(() => read(new DumpBuilder(true).raw(Uint8Array.of(0, 0, 0, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)).bytes())).toThrow('a record of 15 bytes at byte 40');
    expect(() => read(new DumpBuilder(true).load('a', 1, 1).record(0, new Uint8Array(8)).bytes())).toThrow(/a code record of 24 bytes at byte \d+/);
    expect(() => read(new DumpBuilder(true).record(1, new Uint8Array(8)).bytes())).toThrow('a move of 24 bytes at byte 40');
  });

  it('keeps what came before', () => {
    const dump = new JitDump();
    expect(() => dump.push(new DumpBuilder(true).load('a', 0x10, 8).record(1, new Uint8Array(8)).bytes())).toThrow(RangeError);
    expect(dump.find(0x10)?.name).toBe('a');
  });

  it('never does worse than to say so, whatever is changed or cut: the kept ones', () => {
    const corpus = join(import.meta.dirname, 'corpus');
    const seeds = readdirSync(corpus).filter((name) => name.endsWith('.dump')).map((name) => readFileSync(join(corpus, name)));
    expect(seeds.length).toBeGreaterThan(1);
    expect(seeds.every((seed) => read(seed).entries > 3)).toBe(true);
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 12 }), fc.nat(), fc.integer({ min: 1, max: 4000 }), (seed, changes, cut, portion) => {
        const bytes = Uint8Array.from(seed.subarray(0, cut % (seed.length + 1)));
        for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
        try {
          const dump = read(bytes, portion);
          for (const address of [0, 0x1000, 0x7f25cd90d000, Number.MAX_SAFE_INTEGER]) dump.find(address);
          expect(dump.entries).toBeLessThanOrEqual(bytes.length / 56);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          expect((error as Error).message).toMatch(/^(another file than a jitdump|a (header|record|code record|move) of \d+ bytes)/);
        }
      }),
      { numRuns: 400 },
    );
  });
});
