// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Btf } from './btf.ts';

const VMLINUX = '/sys/kernel/btf/vmlinux';

/** BTF with the types and strings given. */
function btf(types: number[][], strings: string[]): Uint8Array {
  const text = Buffer.from(`\0${strings.join('\0')}\0`);
  const words = Uint32Array.from(types.flat());
  const bytes = Buffer.alloc(24 + words.byteLength + text.length);
  bytes.writeUInt16LE(0xeb9f, 0);
  bytes[2] = 1;
  for (const [i, value] of [24, 0, words.byteLength, words.byteLength, text.length].entries()) bytes.writeUInt32LE(value, 4 + 4 * i);
  Buffer.from(words.buffer).copy(bytes, 24);
  text.copy(bytes, 24 + words.byteLength);
  return bytes;
}
const info = (kind: number, members = 0): number => ((kind << 24) | members) >>> 0;
const strings = ['int', 'f', 'count', 'char', 'name', 'size_t', 'node'];
const at = (name: string): number => 1 + strings.slice(0, strings.indexOf(name)).reduce((sum, each) => sum + each.length + 1, 0);
const small = btf(
  [
    [at('int'), info(1), 4, (1 << 24) | 32], // 1
    [at('char'), info(1), 1, (1 << 24) | 8], // 2
    [0, info(10), 2], // 3: const char
    [0, info(2), 3], // 4: const char *
    [at('size_t'), info(8), 6], // 5
    [at('int'), info(1), 8, 64], // 6
    [at('node'), info(4), 8], // 7
    [0, info(2), 7], // 8: struct node *
    [0, info(13, 3), 1, at('count'), 5, at('name'), 4, 0, 8], // 9
    [at('f'), info(12), 9], // 10
  ],
  strings,
);

describe('BTF', () => {
  it('describes functions', () => {
    expect(Btf.read(small).prototype('f')).toEqual({
      arguments: [
        { name: 'count', type: 'size_t', bytes: 8, signed: false, form: 'integer' },
        { name: 'name', type: 'const char *', bytes: 8, signed: false, form: 'text' },
        { name: 'argument 3', type: 'struct node *', bytes: 8, signed: false, form: 'pointer' },
      ],
      returns: { type: 'int', bytes: 4, signed: true, form: 'integer' },
    });
    expect(Btf.read(small).prototype('g')).toBeNull();
  });

  it('goes on from the one it stands on', () => {
    const module = btf([[1 + small.length, info(12), 9]], []);
    // Its only string is the kernel's: "f".
    new DataView(module.buffer, module.byteOffset).setUint32(24, at('f'), true);
    expect(Btf.read(module, Btf.read(small)).prototype('f')?.arguments.length).toBe(3);
  });

  it('has chains that end', () => {
    const cycle = btf([[0, info(2), 1], [0, info(13, 1), 1, at('count'), 1], [at('f'), info(12), 2]], strings);
    expect(Btf.read(cycle).prototype('f')?.arguments[0]?.bytes).toBe(8);
  });

  it('is refused or read, and never hangs, whatever is changed in it', () => {
    fc.assert(
      fc.property(fc.nat(small.length - 1), fc.nat(255), fc.nat(small.length), (place, value, length) => {
        const bytes = small.slice(0, length);
        if (place < length) bytes[place] = value;
        try {
          const types = Btf.read(bytes);
          for (const name of types.functionNames()) types.prototype(name);
          types.tracepoint('x');
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

const bpftool = ['/usr/sbin/bpftool', '/usr/bin/bpftool'].find(existsSync);
const absent = !existsSync(VMLINUX) ? 'this kernel has no BTF' : bpftool === undefined ? 'bpftool is not installed' : null;
if (absent) console.warn(`BTF of the kernel is not compared with bpftool's: ${absent}`);

describe.skipIf(absent !== null)('BTF of this kernel', () => {
  let dump = '';
  let types: Btf;
  beforeAll(() => {
    dump = spawnSync(bpftool!, ['btf', 'dump', 'file', VMLINUX], { encoding: 'latin1', maxBuffer: 2 ** 30 }).stdout;
    types = Btf.read(readFileSync(VMLINUX));
  }, 60_000);

  it('has the functions and arguments that bpftool finds', () => {
    const prototypes = new Map<string, { names: string[]; returnsNothing: boolean }>();
    let last: string[] = [];
    for (const line of dump.split('\n')) {
      const prototype = /^\[(\d+)\] FUNC_PROTO '\(anon\)' ret_type_id=(\d+)/.exec(line);
      const argument = /^\t'(.*)' type_id=/.exec(line);
      if (prototype) prototypes.set(prototype[1]!, { names: (last = []), returnsNothing: prototype[2] === '0' });
      else if (argument) last.push(argument[1]!);
      else last = [];
    }
    const functions = [...dump.matchAll(/^\[\d+\] FUNC '(.*)' type_id=(\d+)/gm)];
    expect(functions.length).toBeGreaterThan(1000);
    expect(new Set(types.functionNames())).toEqual(new Set(functions.map((found) => found[1])));
    // The same name may stand twice: the last one counts here.
    const wanted = new Map(functions.map((found) => [found[1]!, prototypes.get(found[2]!)!]));
    const wrong = [...wanted].filter(([name, { names, returnsNothing }]) => {
      const found = types.prototype(name);
      const same = found?.arguments.map((each) => each.name).every((each, i) => each === names[i] || names[i] === '(anon)');
      return !same || found?.arguments.length !== names.length || (found.returns === null) !== returnsNothing;
    });
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  it('knows what is in a register', () => {
    const read = types.prototype('vfs_read');
    expect(read?.arguments.map(({ name, type, bytes, signed }) => [name, type, bytes, signed])).toEqual([
      ['file', 'struct file *', 8, false],
      ['buf', 'char *', 8, false],
      ['count', 'size_t', 8, false],
      ['pos', 'loff_t *', 8, false],
    ]);
    expect(read?.returns).toMatchObject({ type: 'ssize_t', bytes: 8, signed: true });
  });
});
