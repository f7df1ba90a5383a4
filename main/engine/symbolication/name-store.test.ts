// SPDX-License-Identifier: Apache-2.0
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NameStore } from './name-store.ts';
import { nameOnly, PlaceListBuilder, placesAt, type Place } from './place-list.ts';

let folder: string;
let path: string;
let store: NameStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberscope-names-'));
  path = join(folder, 'cache', 'names.sqlite');
  store = new NameStore(path);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const inlined: Place[] = [
  { name: 'outer', file: '/src/a.c', line: 7, declaredFile: '/src/a.c', declaredLine: 5 },
  { name: 'inner', file: '/src/a.h', line: 3, declaredFile: '/src/a.h', declaredLine: 2 },
];
const chains: [number, Place[]][] = [
  [0x1000, inlined],
  [0x1234, [nameOnly('main')]],
  [2 ** 40, []],
];

function list(places: readonly Place[][]) {
  const builder = new PlaceListBuilder();
  for (const each of places) builder.add(each);
  return builder.take();
}
const keep = (into: NameStore, key: string, entries: readonly [number, Place[]][] = chains) =>
  into.store(key, '{"x":1}', Float64Array.from(entries, ([offset]) => offset), list(entries.map(([, places]) => places)));
/** Offset -> places; undefined: not known. */
function ask(of: NameStore, key: string, offsets: number[]) {
  const found = of.find(key, Float64Array.from(offsets));
  return found && offsets.map((_, i) => (found.known[i] ? placesAt(found.places, i) : undefined));
}

describe('NameStore', () => {
  it('gives back what was stored, and says what was not', () => {
    expect(ask(store, 'libc', [1])).toBeNull();
    keep(store, 'libc');
    expect(ask(store, 'libc', [2 ** 40, 1, 0x1000, 0x1234])).toEqual([[], undefined, inlined, [nameOnly('main')]]);
    expect(ask(store, 'other', [0x1000])).toBeNull();
    expect(store.find('libc', new Float64Array())!.about).toBe('{"x":1}');
  });

  it('is there in the next process, and in two at a time', () => {
    keep(store, 'libc');
    const second = new NameStore(path);
    expect(ask(second, 'libc', [0x1000])).toEqual([inlined]);
    keep(second, 'libc', [[8, [nameOnly('from the second')]]]);
    keep(store, 'libc', [[9, [nameOnly('from the first')]], [0x1234, inlined]]);
    second.close();
    expect(ask(store, 'libc', [8, 9, 0x1234])).toEqual([[nameOnly('from the second')], [nameOnly('from the first')], inlined]);
  });

  it('is for its user alone', () => {
    keep(store, 'libc');
    expect([statSync(join(folder, 'cache')).mode & 0o777, statSync(path).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  it('forgets what was not used for longest when it grows too large', () => {
    const small = new NameStore(path, 100_000);
    const many = (from: number): [number, Place[]][] => Array.from({ length: 400 }, (_, i) => [from + i, [nameOnly(`function ${from + i}`)]]);
    for (let object = 0; object < 40; object++) keep(small, `object ${object}`, many(object * 1000));
    expect(ask(small, 'object 0', [0])).toBeNull();
    expect(ask(small, 'object 39', [39_000])).toEqual([[nameOnly('function 39000')]]);
    small.close();
    expect(statSync(path).size).toBeLessThan(400_000);
  });

  it.each([
    ['rubbish', (file: string) => writeFileSync(file, 'x'.repeat(10_000))],
    ['another program’s database', (file: string) => {
      rmSync(file);
      const other = new DatabaseSync(file);
      other.exec('CREATE TABLE t (a)');
      other.close();
    }],
    ['one of another version', (file: string) => {
      const database = new DatabaseSync(file);
      database.exec('PRAGMA user_version = 99');
      database.close();
    }],
    ['one without a table', (file: string) => {
      const database = new DatabaseSync(file);
      database.exec('DROP TABLE texts');
      database.close();
    }],
    ['pages that were written over', (file: string) => {
      const bytes = readFileSync(file);
      bytes.fill(0xa5, 4096);
      writeFileSync(file, bytes);
    }],
  ])('begins anew after %s', (_, damage) => {
    keep(store, 'libc');
    store.close();
    damage(path);
    const again = new NameStore(path);
    expect(ask(again, 'libc', [0x1000])).toBeNull();
    keep(again, 'libc');
    expect(ask(again, 'libc', [0x1000])).toEqual([inlined]);
    again.close();
  });

  it('does not believe rows that point nowhere', () => {
    keep(store, 'libc');
    store.close();
    const database = new DatabaseSync(path);
    database.exec("DELETE FROM texts WHERE text = 'inner'; UPDATE places SET places = x'0102' WHERE offset = 4660");
    database.close();
    expect(ask(store, 'libc', [0x1000, 0x1234, 2 ** 40])).toEqual([undefined, undefined, []]);
  });

  it('is as if empty while another process holds it, and when it cannot be written', () => {
    keep(store, 'libc');
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    keep(store, 'libc', [[77, inlined]]);
    expect(ask(store, 'libc', [0x1000, 77])).toEqual([inlined, undefined]);
    other.exec('COMMIT');
    other.close();
    keep(store, 'libc', [[77, inlined]]);
    expect(ask(store, 'libc', [77])).toEqual([inlined]);

    writeFileSync(join(folder, 'file'), '');
    const nowhere = new NameStore(join(folder, 'file', 'names.sqlite'));
    keep(nowhere, 'libc');
    expect(ask(nowhere, 'libc', [0x1000])).toBeNull();
    expect(existsSync(join(folder, 'file', 'names.sqlite'))).toBe(false);
    if (process.getuid!() === 0) return;
    chmodSync(folder, 0o500);
    const readOnly = new NameStore(join(folder, 'new', 'names.sqlite'));
    keep(readOnly, 'libc');
    expect(ask(readOnly, 'libc', [0x1000])).toBeNull();
    chmodSync(folder, 0o700);
  });
});
