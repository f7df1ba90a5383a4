// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { compare, type FunctionDifference } from './comparison.ts';
import { seededRandom } from './distributions.ts';
import { LoadNoise, loadOf } from './load.ts';
import { recordLoad, recordWaits, roundsPerSecond, type Load } from './load-testing.ts';
import { loadPhasesOf } from './phases.ts';
import { drawProgram, normal, without, type Program } from './testing.ts';

const BLOCKS = 64;
const over = new Float64Array(BLOCKS).fill(0.5);
/** Blocks of 100 samples, of a hundredth each, times what the load is there. */
function blocks(seed: number, load: (block: number) => number): Float64Array {
  const random = seededRandom(seed);
  return Float64Array.from({ length: BLOCKS }, (_, block) => load(block) + 0.1 * normal(random));
}
const one = Uint32Array.of(0, BLOCKS);
const steady = (seed: number) => loadOf(blocks(seed, () => 1), over, 0.01, one);
const inStretches = (seed: number) => loadOf(blocks(seed, (block) => (block < 20 || block >= 50 ? 1 : 2)), over, 0.01, one);

test('where everything becomes more is found, and chance is none', () => {
  const found = loadPhasesOf(blocks(1, (block) => (block < 20 || block >= 50 ? 1 : 2)), over, 0.01);
  expect([...found]).toEqual([0, 20, 50, BLOCKS]);
  const phases = Array.from({ length: 50 }, (_, seed) => loadPhasesOf(blocks(seed, () => 1), over, 0.01).length - 1);
  expect(phases.filter((count) => count > 1).length).toBeLessThanOrEqual(1);
  // A CPU that is always busy has as many samples in each block.
  expect([...loadPhasesOf(new Float64Array(BLOCKS).fill(0.5), over, 0.01)]).toEqual([0, BLOCKS]);
});

describe('how far loads may be apart', () => {
  const [quiet, restless] = [new LoadNoise(steady(1), steady(2)), new LoadNoise(steady(1), inStretches(2))];

  test('little where they are steady, much where one goes through few stretches', () => {
    expect(Math.exp(quiet.reach)).toBeLessThan(1.1);
    expect(Math.exp(restless.reach)).toBeGreaterThan(2);
  });

  test('counts are compared as if they were, but no further than to be alike', () => {
    const counts = (count: number) => ({ count, of: 1000 });
    const more = restless.favoured(counts(100), counts(120));
    expect(more.b.count / more.b.of).toBeCloseTo(more.a.count / more.a.of, 9);
    const fewer = quiet.favoured(counts(300), counts(100));
    expect(fewer.a.of).toBeCloseTo(1000 * Math.exp(quiet.reach), 9);
    expect(fewer.b.of).toBe(1000);
    // Of what only one side has no load makes anything on the other.
    expect(restless.favoured(counts(0), counts(50)).b.of).toBeCloseTo(1000 * Math.exp(restless.reach), 9);
  });

  test('intervals become wider by a factor: what was surely there stays above nothing', () => {
    const { low, high } = restless.widened({ value: 10, low: 8, high: 12 }, 'b');
    expect(low).toBeGreaterThan(0);
    expect(low).toBeLessThan(8);
    expect(high).toBeGreaterThan(12);
    expect(restless.widened({ value: 0, low: 0, high: 1 }, 'b').low).toBe(0);
  });
});

/** A short draw of what `npm run comparing:truth` measures at length. */
describe('by what was asked of a program for seconds at a time', () => {
  const load: Load = { cpus: 4, busy: [0.4], varies: 0.5, stretchSeconds: 5 };
  const program = (seed: number): Program => drawProgram(seed, { share: 0.05, phases: 1 });
  const isSure = ({ total }: FunctionDifference): boolean => total.verdict !== 'unchanged' && total.verdict !== 'unclear';

  test.each([
    ['duration', recordLoad],
    ['cpu', recordWaits],
  ] as const)('%s: nobody is accused, and what is gone is found', (normalisation, record) => {
    const served = (of: Program, seed: number, before: Program) => ({ runs: [record(of, load, { seed, seconds: 30, phaseSeconds: 1, perSecond: roundsPerSecond(before, load) })] });
    let [accused, found] = [0, 0];
    for (let seed = 1; seed <= 8; seed++) {
      const before = program(seed);
      if (compare(served(before, 2 * seed, before), served(before, 2 * seed + 1, before), { normalisation }).functions.some(isSure)) accused++;
      const gone = compare(served(before, 2 * seed, before), served(without(before, 'subject'), 2 * seed + 1, before), { normalisation });
      if (gone.functions.find(({ name }) => name === 'subject')!.total.verdict === 'vanished') found++;
    }
    expect(accused).toBeLessThanOrEqual(1);
    expect(found).toBeGreaterThanOrEqual(7);
  }, 60_000);
});
