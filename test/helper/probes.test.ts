// SPDX-License-Identifier: Apache-2.0
/** Probes of a program's functions on real BPF: counts are exact, and durations those that the program itself saw. */
import { describe, expect, test } from 'vitest';
import { Mechanism, ProbeState, WireMeasure } from '../../main/engine/wire-layout.gen.ts';
import { reasonToSkip } from './helper-client.ts';
import { lowestOf, total, withProbes } from './probe-session.ts';

const reason = reasonToSkip();
if (reason) console.log(`test/helper/probes: skipped, ${reason}`);

describe.skipIf(reason)('probes of functions', () => {
  test.each([
    ['spin', 200, 300],
    ['sleep', 60, 2000],
  ] as const)('the latency of %s', { timeout: 30_000 }, async (what, count, us) => {
    await withProbes(async (session, program) => {
      const state = await session.ask(`probed_${what}`);
      expect(state).toMatchObject({ state: ProbeState.attached, functions: 1, reason: 0 });
      expect([Mechanism.uprobe, Mechanism.uprobeMulti]).toContain(state.mechanism);
      const { shortest, longest } = await program.run(what, count, us);
      await session.detach(state.probe);
      const buckets = session.buckets(state.probe);
      expect(total(buckets).count).toBe(count);
      expect(session.figures(state.probe)).toMatchObject({ calls: count, measured: count, filtered: 0, missed: 0, recursed: 0, lost: 0, dropped: 0 });
      // Around the probed function the program sees the two traps as well: it can only have seen longer calls.
      expect(lowestOf(buckets[0]!.bucket + 1)).toBeGreaterThan(us * 1000);
      expect(lowestOf(buckets[0]!.bucket)).toBeLessThanOrEqual(shortest);
      expect(lowestOf(buckets.at(-1)!.bucket)).toBeLessThanOrEqual(longest);
      expect(total(buckets).sum / count).toBeGreaterThan(us * 1000);
    });
  });

  test('how often, without the return', { timeout: 30_000 }, async () => {
    await withProbes(async (session, program) => {
      const probe = await session.probe('probed_value', { flags: 1, measure: WireMeasure.count });
      await program.run('value', 12_345);
      await session.detach(probe);
      expect(session.buckets(probe)).toMatchObject([{ bucket: 0, count: 12_345, sum: 0 }]);
      expect(session.figures(probe)).toMatchObject({ calls: 12_345, measured: 12_345, missed: 0 });
    });
  });
});
