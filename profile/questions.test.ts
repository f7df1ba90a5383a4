// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { LiveTree } from './live-tree.ts';
import { kindsOf, QUESTIONS, unitOf, weighing, weightPerSecond, writtenWeights } from './questions.ts';
import { SampleKind } from './schema.ts';
import { Statistics } from './statistics.ts';
import { ProfileWriter } from './testing.ts';
import { NONE } from './units.ts';
import { ROOT } from './call-tree.ts';

/** 99 samples (a second) on a CPU, 2 s blocked, 1 s in the run queue, half of one interrupted. */
function waits(): ProfileWriter {
  const writer = new ProfileWriter();
  const stack = writer.stack([writer.frame(NONE, 1)]);
  const row = (kind: SampleKind, weight: number) => writer.tables.samples.append({ slice: 0, thread: 0, stack, kind, weight });
  row(SampleKind.onCpu, 99);
  row(SampleKind.blocked, 2e9);
  row(SampleKind.runQueue, 1e9);
  row(SampleKind.preempted, 0.5e9);
  return writer;
}

describe('what a question shows', () => {
  it.each([
    ['on-cpu', 99],
    ['off-cpu', 3.5e9],
    ['wakeups', 2e9],
    ['wall', 4.5e9],
    ['memory', 0],
  ] as const)('%s: %s', (question, total) => {
    const live = new LiveTree(waits().tables, undefined, weighing(question, 99));
    live.advance();
    expect(live.tree.total(ROOT)).toBeCloseTo(total, 3);
  });

  it('may be any part of its kinds, and no other', () => {
    const total = (shown: SampleKind[]) => {
      const live = new LiveTree(waits().tables, undefined, weighing('wall', 99, shown));
      live.advance();
      return live.tree.total(ROOT);
    };
    expect(total([SampleKind.onCpu])).toBeCloseTo(1e9, 3);
    expect(total([SampleKind.blocked, SampleKind.runQueue])).toBe(3e9);
    expect(total([SampleKind.memory])).toBe(0);
  });

  it('has one unit, of which a thread that does nothing else weighs so much a second', () => {
    for (const question of QUESTIONS) expect(kindsOf(question).length).toBeGreaterThan(0);
    expect(unitOf('wall')).toBe('nanoseconds');
    expect([weightPerSecond('on-cpu', 99), weightPerSecond('wall', 99)]).toEqual([99, 1e9]);
    expect(writtenWeights('off-cpu', 99)).toMatchObject({ unit: 'µs' });
    expect(writtenWeights('off-cpu', 99).scale[SampleKind.blocked]).toBe(1e-3);
  });

  it('counts samples as samples and waits as time, whatever is asked', () => {
    for (const question of ['on-cpu', 'wall'] as const) {
      const statistics = new Statistics(waits().tables, 99, weighing(question, 99));
      statistics.advance();
      expect(statistics.figures()).toMatchObject({ samples: 99, waits: { blockedNs: 2e9, runQueueNs: 1e9, preemptedNs: 0.5e9 } });
    }
  });
});
