// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { account, lostSamples } from './accounting.ts';
import { LossCause } from './schema.ts';

it('calls the rest noise up to three standard deviations and a sample a thread', () => {
  // 3 x sqrt(10,000) + 4 threads.
  const noise = 304;
  const found = (stored: number) => account(10_000, stored, 100, 4);
  expect(found(9_900)).toEqual({ expected: 10_000, stored: 9_900, lost: 100, rest: 0, noise, verdict: 'withinNoise' });
  expect(found(9_900 - noise)).toMatchObject({ rest: noise, verdict: 'withinNoise' });
  expect(found(9_900 - noise - 1)).toMatchObject({ verdict: 'missing' });
  expect(found(9_900 + noise)).toMatchObject({ verdict: 'withinNoise' });
  expect(found(9_900 + noise + 1)).toMatchObject({ rest: -noise - 1, verdict: 'surplus' });
});

it('compares with nothing where there are no CPU times', () => {
  expect(account(0, 50, 0, 0).verdict).toBe('noAccounting');
});

it('counts what is lost in samples only', () => {
  const counts = Object.values(LossCause).map((cause) => ({ cause, count: 10 ** cause }));
  // None of sidebandRecords (6), unknownStack (8), pythonFrames (9), waits (10 to 12).
  expect(lostSamples(counts)).toBe(10 + 100 + 1e3 + 1e4 + 1e5 + 1e7);
});
