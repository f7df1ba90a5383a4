// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { countFunctions } from './function-counts.ts';
import { pooled, type Pooled } from './estimates.ts';
import { FrameIdentities, Identities } from './identities.ts';
import { phaseVariance, phasesOf } from './phases.ts';
import { sampledStacks } from './sampled-stacks.ts';
import { drawProgram, record, recordWhole, type Program } from './testing.ts';
import type { Run } from './sides.ts';

function columnsOf(run: Run): Pooled {
  const identities = new Identities();
  const frames = new FrameIdentities(run.tables, identities);
  const counts = countFunctions(run, sampledStacks(run), frames, identities.size);
  return pooled([counts], [counts.all], identities.size);
}

test('long phases are found where they begin', () => {
  const found = phasesOf(columnsOf(recordWhole(drawProgram(1, { share: 0.02, phaseSeconds: 1 }), { seed: 1, rounds: 8, visits: 1 })));
  expect(found).toHaveLength(5);
  expect([...found.slice(1, 4)].every((place, index) => place > [...found][index]! + 3)).toBe(true);
});

test('a steady program has one', () => {
  const steady = (program: Program) => Array.from({ length: 20 }, (_, seed) => phasesOf(columnsOf(record(program, { seed, seconds: 30 }))).length - 1);
  expect(steady(drawProgram(1, { share: 0.02, phases: 1 })).filter((phases) => phases > 1)).toEqual([]);
});

test('few phases move shares by much, many by little', () => {
  const variance = (visits: number): number => {
    const side = columnsOf(recordWhole(drawProgram(1, { share: 0.02, phaseSeconds: 1 }), { seed: 1, rounds: 8, visits }));
    return phaseVariance(side, phasesOf(side));
  };
  expect(variance(1)).toBeGreaterThan(3 * variance(4));
  expect(variance(1)).toBeGreaterThan(0.1);
});
