// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gripAt, movedRange, rangeBetween, rangeWords, resizedRange, shownSpan, sliceAt, xOf } from './brush.ts';

test('a young recording is not stretched, a finished one fills the width', () => {
  expect(shownSpan(10, 60, true)).toEqual({ from: 10, to: 510 });
  expect(shownSpan(0, 5000, true)).toEqual({ from: 0, to: 5000 });
  expect(shownSpan(10, 60, false)).toEqual({ from: 10, to: 60 });
  expect(shownSpan(0, 0, false)).toEqual({ from: 0, to: 1 });
});

test('places and slices are each other’s inverse', () => {
  const span = shownSpan(100, 1100, true);
  fc.assert(fc.property(fc.double({ min: 0, max: 800, noNaN: true }), (x) => Math.abs(xOf(sliceAt(x, 800, span), 800, span) - x) < 1e-6));
});

test('whatever is dragged gives whole slices within the recording', () => {
  const slice = fc.double({ min: -1e4, max: 1e4, noNaN: true });
  fc.assert(
    fc.property(slice, slice, fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 3000 }), (a, b, first, length) => {
      const { from, to } = rangeBetween(a, b, first, first + length);
      return Number.isInteger(from) && Number.isInteger(to) && from >= first && to <= first + length && to > from;
    }),
  );
});

test('moves as a whole up to the ends', () => {
  expect(movedRange({ from: 10, to: 20 }, 5, 0, 100)).toEqual({ from: 15, to: 25 });
  expect(movedRange({ from: 10, to: 20 }, -50, 0, 100)).toEqual({ from: 0, to: 10 });
  expect(movedRange({ from: 10, to: 20 }, 500, 0, 100)).toEqual({ from: 90, to: 100 });
  expect(resizedRange({ from: 10, to: 20 }, -50, 100)).toEqual({ from: 10, to: 11 });
  expect(resizedRange({ from: 10, to: 20 }, 500, 100)).toEqual({ from: 10, to: 100 });
});

test('takes hold of edges, of the inside, or begins anew', () => {
  const span = { from: 0, to: 1000 };
  const range = { from: 200, to: 400 };
  const grips = [50, 198, 203, 300, 398, 410].map((x) => gripAt(x, range, 1000, span));
  expect(grips).toEqual(['new', 'from', 'from', 'move', 'to', 'new']);
  expect(gripAt(300, null, 1000, span)).toBe('new');
});

test('in words', () => {
  expect(rangeWords({ from: 720, to: 850 }, 100)).toBe('00:12.40 – 00:15.00 (2.6 s)');
  expect(rangeWords({ from: 0, to: 17 }, 0)).toBe('00:00.00 – 00:00.34 (340 ms)');
});
