// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { errnoNames } from './errno-names.ts';
import { EventWords, toText } from './event-words.ts';
import { prototypeOfJson, type NamedValue, type Prototype } from './prototype.ts';
import { EventFlag, type Row } from './schema.ts';
import { createTables } from './tables.ts';
import { worded } from './testing.ts';

const integer = (name: string, bytes = 4, signed = true): NamedValue => ({ name, type: 'int', bytes, signed, form: 'integer' });
const pointer = (name: string): NamedValue => ({ name, type: 'void *', bytes: 8, signed: false, form: 'pointer' });
const path: NamedValue = { name: 'filename', type: 'const char *', bytes: 8, signed: false, form: 'text' };
const openat: Prototype = { arguments: [integer('dfd'), path, integer('flags'), integer('mode', 2, false)], returns: integer('', 8) };

/** Of one event of a function `f`. */
function message(prototype: Prototype | null, change: Partial<Row<'events'>>, textArgument = 0, name = 'f'): string {
  const tables = createTables();
  const text = (each: string): number => tables.strings.append({ text: each });
  const signature = tables.signatures.append({ name: text(name), types: prototype === null ? 0 : text(JSON.stringify(prototype)), textArgument });
  // Not the first row: places in the columns are counted.
  tables.events.append(worded('before'));
  tables.events.append(worded('', { signature, ...change }));
  return new EventWords(tables).message(tables.events.columns, 1);
}

describe('the message of a hit', () => {
  it('has arguments by name and type, and what was returned', () => {
    const words = { argument1: 0xffff_ff9cn, argument2: 0x7fff_1234n, argument3: 0x8_0000n, argument4: 0o644n, argument5: 9n };
    expect(message(openat, { ...words, text: '/etc/passwd' }, 2)).toBe('f(dfd=-100, filename="/etc/passwd", flags=0x80000, mode=0644)');
    expect(message(openat, { ...words, flags: EventFlag.returned, value: -2n })).toBe('f(dfd=-100, filename=0x7fff1234, flags=0x80000, mode=0644) = -2 ENOENT');
    expect(message({ arguments: [pointer('ptr')], returns: null }, { flags: EventFlag.returned })).toBe('f(ptr=NULL)');
    expect(message({ arguments: [integer('size', 8, false)], returns: pointer('') }, { flags: EventFlag.returned, value: 0x7f00_0000_1000n })).toBe('f(size=0) = 0x7f0000001000');
  });

  it('says no more than is known', () => {
    expect(message(null, { argument1: 1n })).toBe('f()');
    expect(message(null, { text: 'x' }, 1)).toBe('f("x")');
    expect(message(null, { flags: EventFlag.returned, value: -1n })).toBe('f() = -1');
    expect(message({ arguments: ['a', 'b', 'c', 'd', 'e', 'g', 'h'].map((name) => integer(name)), returns: null }, {})).toBe('f(a=0, b=0, c=0, d=0, e=0, g=0, …)');
  });

  it('makes hostile text harmless, and tells one that was cut', () => {
    const named: Prototype = { arguments: [{ ...path, name: 'name' }], returns: integer('') };
    expect(message(named, { text: 'a"\n\x1b[2J\u202e' }, 1)).toBe('f(name="a\\"\\n\\u001b[2J\ufffd")');
    expect(message(named, { text: 'x'.repeat(63) }, 1)).toMatch(/x"…\)$/);
    expect(message(named, { text: 'ä'.repeat(32) }, 1)).toMatch(/ä"…\)$/);
    expect(message(named, {}, 0, 'a\nb')).not.toContain('\n');
    expect(new EventWords(createTables()).message({ ...createTables().events.columns, signature: new Int32Array([-1]), text: ['a\nb'] }, 0)).toBe('a␊b');
  });

  it('is the function alone where a file holds no sound types', () => {
    for (const bad of ['{', '{}', '{"arguments":[1],"returns":null}', '{"arguments":[],"returns":{"bytes":99}}', 'null']) expect(prototypeOfJson(bad)).toBeNull();
  });
});

describe('a value of 64 bits in halves', () => {
  const words = (value: bigint): [number, number] => [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
  const values = [0n, 1n, -1n, 2n ** 31n, -(2n ** 31n), 2n ** 32n - 1n, 2n ** 32n, -(2n ** 32n), -(2n ** 32n) - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), 0x1234_5678_9abc_def0n];

  it.each([1, 2, 4, 8])('is cut to %i bytes, as BigInt would have it', (bytes) => {
    for (const value of values) {
      const text = (of: Partial<NamedValue>): string => toText({ ...integer('n', bytes, true), ...of })(...words(value));
      expect(text({ signed: true })).toBe(String(BigInt.asIntN(bytes * 8, value)));
      expect(text({ signed: false })).toBe(String(BigInt.asUintN(bytes * 8, value)));
      expect(text({ name: 'flags' })).toBe(`0x${BigInt.asUintN(bytes * 8, value).toString(16)}`);
      const octal = BigInt.asUintN(bytes * 8, value).toString(8);
      expect(text({ name: 'mode' })).toBe(octal === '0' ? '0' : `0${octal}`);
      expect(text({ form: 'pointer' })).toBe(value === 0n ? 'NULL' : `0x${BigInt.asUintN(64, value).toString(16)}`);
      const small = value > -(2n ** 32n) && value < 2n ** 32n;
      expect(text({ form: 'other' })).toBe(small ? String(value) : `0x${BigInt.asUintN(64, value).toString(16)}`);
    }
    expect(toText({ ...integer('n', 1, false), form: 'boolean' })(256, 0)).toBe('false');
  });
});

it('errors have the names that this system has', () => {
  for (const [name, number] of Object.entries(constants.errno)) if (name !== 'EWOULDBLOCK' && name !== 'ENOTSUP') expect(errnoNames[number]).toBe(name);
});
