// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Mappings, MappingSet } from './mappings.ts';

const range = (start: number, end: number, name = '') => ({ start: BigInt(start), end: BigInt(end), fileOffset: 0, name });

describe('MappingSet', () => {
  it('finds by start inclusive and end exclusive', () => {
    const set = MappingSet.empty<ReturnType<typeof range>>();
    set.add(range(20, 30, 'b'));
    set.add(range(10, 20, 'a'));
    expect([9n, 10n, 19n, 20n, 29n, 30n].map((address) => set.find(address)?.name ?? null)).toEqual([null, 'a', 'a', 'b', 'b', null]);
  });

  it('gives what a new mapping covers to it and leaves the rest, whatever the order', () => {
    const ranges = fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 20 })), { maxLength: 12 });
    fc.assert(
      fc.property(ranges, (list) => {
        const set = MappingSet.empty<ReturnType<typeof range>>();
        const truth = new Array<string | null>(100).fill(null);
        list.forEach(([start, length], i) => {
          set.add(range(start, start + length, `${i}`));
          truth.fill(`${i}`, start, start + length);
        });
        expect(truth.map((_, address) => set.find(BigInt(address))?.name ?? null)).toEqual(truth);
      }),
    );
  });
});

describe('Mappings', () => {
  it('copies on fork without either side seeing the other', () => {
    const mappings = new Mappings<ReturnType<typeof range>>();
    mappings.begin(1, 0, 0, 0);
    mappings.add(1, 0, range(10, 20, 'exe'));
    mappings.begin(2, 0, 1, 0);
    mappings.add(2, 0, range(30, 40, 'child'));
    mappings.add(1, 0, range(50, 60, 'parent'));
    expect(mappings.find(2, 0)!.find(15n)?.name).toBe('exe');
    expect(mappings.find(2, 0)!.find(55n)).toBeNull();
    expect(mappings.find(1, 0)!.find(35n)).toBeNull();
  });

  it('keeps older generations for stacks that are still under way, begins empty on exec, and is bounded', () => {
    const mappings = new Mappings<ReturnType<typeof range>>();
    mappings.begin(1, 0, 0, 0);
    mappings.add(1, 0, range(10, 20, 'old'));
    mappings.begin(1, 1, 0, 0);
    mappings.add(1, 1, range(10, 20, 'new'));
    expect(mappings.find(1, 0)!.find(10n)?.name).toBe('old');
    expect(mappings.find(1, 1)!.find(10n)?.name).toBe('new');
    for (let generation = 2; generation < 100; generation++) mappings.begin(1, generation, 1, generation - 1);
    expect(mappings.find(1, 0)).toBeNull();
    expect(mappings.find(1, 99)!.find(10n)?.name).toBe('new');
    mappings.forget(1);
    expect(mappings.find(1, 99)).toBeNull();
  });
});
