// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NO_PLACE, Places } from './places.ts';

it('finds the place of each (stack, process), over many blocks', () => {
  // Stacks of three blocks; few of them, so that several processes meet in one.
  const stack = fc.integer({ min: 0, max: 40 }).map((n) => n * 257);
  const process = fc.integer({ min: -6, max: -2 });
  fc.assert(
    fc.property(fc.array(fc.tuple(stack, process), { maxLength: 200 }), (asked) => {
      const places = new Places();
      const model = new Map<string, number>();
      for (const [row, key] of asked) {
        places.reserveStacks(row + 1);
        const found = places.find(row, key);
        expect(found).toBe(model.get(`${row} ${key}`) ?? NO_PLACE);
        if (found === NO_PLACE) model.set(`${row} ${key}`, places.add(row, key, NO_PLACE, 0));
      }
      expect(new Set(model.values()).size).toBe(model.size);
      for (const [each, place] of model) expect(`${places.stack(place)} ${places.process(place)}`).toBe(each);
    }),
  );
});

it('gives each of ten thousand processes of one stack a place', () => {
  const places = new Places();
  places.reserveStacks(9000);
  const made = Array.from({ length: 10_000 }, (_, at) => places.add(8_999, -2 - at, NO_PLACE, 0));
  expect(new Set(made).size).toBe(10_000);
  for (const at of [0, 1, 5_000, 9_999]) expect(places.find(8_999, -2 - at)).toBe(made[at]);
  expect(places.find(8_998, -2)).toBe(NO_PLACE);
});
