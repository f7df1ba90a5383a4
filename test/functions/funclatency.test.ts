// SPDX-License-Identifier: Apache-2.0
/** The same calls, measured by bcc's funclatency at the same time. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { reasonToSkip } from '../helper/helper-client.ts';
import { lowestOf, withProbes } from '../helper/probe-session.ts';

const reason = reasonToSkip() ?? (spawnSync('funclatency', ['--version']).status === 0 ? null : 'funclatency is not installed (package libbpf-tools)');
if (reason) console.log(`test/functions/funclatency: skipped, ${reason}`);

/** Counts by powers of two nanoseconds: "     16384 -> 32767      : 1734     |***" */
function rowsOf(output: string): Map<number, number> {
  const rows = [...output.matchAll(/^\s*(\d+) -> \d+\s*: (\d+)/gm)].map(([, low, count]) => [Number(low), Number(count)] as const);
  return new Map(rows.filter(([, count]) => count > 0));
}

const sum = (counts: Iterable<number>): number => [...counts].reduce((all, one) => all + one, 0);

/** Its last row has whatever took longer, too. */
const LONGEST = 2 ** 24;
/** What is near a power of two may be on either side of it: each measures what the other one costs. */
const AT_AN_EDGE = 3;

describe.skipIf(reason)('latency against funclatency', () => {
  test('all calls, each within the same power of two', { timeout: 60_000 }, async () => {
    await withProbes(async (session, program) => {
      const probe = await session.probe('probed_spin');
      // Line by line: it says that it traces once it does.
      const tracer = spawn('stdbuf', ['-oL', 'funclatency', '-p', `${program.tgid}`, ':probed_spin'], { stdio: ['ignore', 'pipe', 'inherit'] });
      let output = '';
      tracer.stdout.on('data', (chunk) => (output += String(chunk)));
      await once(tracer.stdout, 'data');
      await program.run('spin', 300, 150);
      await program.run('spin', 100, 700);
      await program.run('spin', 30, 3000);
      tracer.kill('SIGINT');
      await once(tracer, 'close');
      await session.detach(probe);

      const theirs = rowsOf(output);
      const ours = new Map<number, number>();
      for (const { bucket, count } of session.buckets(probe)) {
        const power = Math.min(LONGEST, 2 ** Math.floor(Math.log2(lowestOf(bucket))));
        ours.set(power, (ours.get(power) ?? 0) + count);
      }
      console.log([...theirs].map(([low, count]) => `${low} ns: ${ours.get(low) ?? 0} of ${count}`).join(', '));
      expect([sum(ours.values()), sum(theirs.values())]).toEqual([430, 430]);
      for (const low of new Set([...ours.keys(), ...theirs.keys()])) {
        expect(Math.abs((ours.get(low) ?? 0) - (theirs.get(low) ?? 0)), `from ${low} ns`).toBeLessThanOrEqual(AT_AN_EDGE);
      }
      expect(ours.size).toBeGreaterThanOrEqual(3);
    });
  });
});
