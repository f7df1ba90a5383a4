// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { seededRandom } from './distributions.ts';
import { UNCORRELATED, correlationOf, spreadOf } from './spread.ts';
import { normal } from './testing.ts';

const BLOCKS = 64;
const ones = new Float64Array(BLOCKS).fill(1);

/** Functions whose blocks resemble their neighbours by `memory`, 0 to 1; of variance 1 each. */
function columns(seed: number, functions: number, memory: number): Float64Array {
  const random = seededRandom(seed);
  const values = new Float64Array(functions * BLOCKS);
  for (let row = 0; row < functions; row++) {
    let state = normal(random);
    for (let block = 0; block < BLOCKS; block++) {
      values[row * BLOCKS + block] = 10 + state;
      state = memory * state + Math.sqrt(1 - memory ** 2) * normal(random);
    }
  }
  return values;
}

/** What the variance of a mean truly is, against what is said of it, on average over 400 recordings of eight functions. */
function saidToTrue(memory: number): number {
  let said = 0;
  let squares = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const values = columns(seed, 8, memory);
    const correlation = correlationOf([{ values, over: ones }]);
    const { ratio, variance } = spreadOf(values, 0, ones, correlation);
    said += variance;
    squares += (ratio - 10) ** 2;
  }
  return said / squares;
}

test('blocks that know nothing of each other', () => {
  expect(correlationOf([{ values: columns(1, 40, 0), over: ones }])).toHaveLength(0);
  expect(saidToTrue(0)).toBeGreaterThan(0.85);
  expect(saidToTrue(0)).toBeLessThan(1.25);
});

test('what comes in phases varies more, and it is said by how much', () => {
  expect(correlationOf([{ values: columns(1, 40, 0.7), over: ones }])[0]).toBeCloseTo(0.7, 1);
  // Without it the variance would be a sixth of what it is.
  expect(saidToTrue(0.7)).toBeGreaterThan(0.75);
  expect(saidToTrue(0.7)).toBeLessThan(1.4);
});

test('a ratio varies only as far as values do not follow their divisors', () => {
  const over = Float64Array.from(ones, (_, block) => 1 + (block % 7));
  const values = over.map((each) => each * 0.25);
  expect(spreadOf(values, 0, over, UNCORRELATED)).toMatchObject({ ratio: 0.25, variance: 0 });
  // Whatever their ratio: what rounding leaves is no spread.
  for (let share = 1; share < 400; share++) expect(spreadOf(over.map((each) => (each * share) / 999), 0, over, UNCORRELATED).variance).toBe(0);
});

test('a variance that one block makes is hardly known', () => {
  const burst = new Float64Array(BLOCKS);
  burst[10] = 50;
  const even = columns(3, 1, 0);
  expect(spreadOf(burst, 0, ones, UNCORRELATED).degrees).toBe(3);
  expect(spreadOf(even, 0, ones, UNCORRELATED).degrees).toBeGreaterThan(30);
});

test('few blocks and nothing at all say nothing', () => {
  expect(spreadOf(new Float64Array(3), 0, new Float64Array(3).fill(1), UNCORRELATED)).toMatchObject({ variance: 0, ratio: 0 });
  expect(spreadOf(new Float64Array(BLOCKS), 0, new Float64Array(BLOCKS), UNCORRELATED)).toMatchObject({ variance: 0, ratio: 0 });
  expect(correlationOf([{ values: new Float64Array(BLOCKS), over: ones }])).toHaveLength(0);
});
