// SPDX-License-Identifier: Apache-2.0
/** The same waits, measured by offcputime of bcc's libbpf-tools, in one run. */
import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { LossCause, StartFlag } from '../../main/engine/wire-layout.gen.ts';
import { HelperClient, programPath, reasonToSkip } from './helper-client.ts';
import { ObservedProfile } from './observed-profile.ts';
import { sleep } from './target-program.ts';

/** What `waiting` sleeps at once, and what it then waits for a CPU on a busy machine. */
const LONGEST_NS = 60e6;

/** Where it cannot trace it says so and ends with 1. */
function reasonWithout(): string | null {
  const { status } = spawnSync('offcputime', ['-p', `${process.pid}`, '1'], { stdio: 'ignore' });
  return status === 0 ? null : 'offcputime of libbpf-tools is not installed, or does not work here';
}

const reason = reasonToSkip() ?? reasonWithout();
if (reason) console.log(`test/helper/waits-offcputime: skipped, ${reason}`);

/** Microseconds by thread: a stack, then `- name (tid)`, then how long. */
function timesOf(output: string): Map<number, number> {
  const times = new Map<number, number>();
  for (const [, tid, time] of output.matchAll(/^ +- +.* \((\d+)\)\n +(\d+)$/gm)) {
    times.set(Number(tid), (times.get(Number(tid)) ?? 0) + Number(time));
  }
  return times;
}

describe.skipIf(reason)('waits against offcputime', () => {
  test('the time of each thread', { timeout: 60_000 }, async () => {
    const program = spawn(programPath('waiting'), ['30'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const client = new HelperClient();
    client.start({ tgids: [program.pid!], flags: StartFlag.children | StartFlag.kernelStacks | StartFlag.offCpu });
    await client.expect('started');
    const offcputime = spawn('offcputime', ['-p', `${program.pid}`], { stdio: ['ignore', 'pipe', 'ignore'] });
    // It does not say when it begins.
    await sleep(3000);
    const said = text(offcputime.stdout);
    program.stdin.write('\n');
    program.stdout.resume();
    await client.exited;
    offcputime.kill('SIGINT');
    const times = timesOf(await said);
    const profile = new ObservedProfile(client.frames);
    expect(profile.errors).toEqual([]);
    // Kernels are about that do not trace every switch. We tell a wait without its end until the thread was woken,
    // offcputime does not tell it: so many threads may differ, each by less than so many of the longest waits.
    const untold = profile.losses.get(LossCause.untoldEnds) ?? 0;
    if (untold > 0) console.log(`${untold} ends were not traced by the kernel`);
    let [compared, differing] = [0, 0];
    for (const [tid, name] of profile.threads) {
      // The first thread slept when both began, and what a thread waits before it first runs only we count.
      if (tid === program.pid || !times.has(tid)) continue;
      const ours = profile.waits.filter((wait) => wait.tid === tid && (wait.kernel.length > 0 || wait.user.length > 0));
      const oursNs = ours.reduce((sum, wait) => sum + wait.ns, 0);
      const theirNs = times.get(tid)! * 1000;
      console.log(`${name}: ${(oursNs / 1e6).toFixed(1)} ms of ${(theirNs / 1e6).toFixed(1)}`);
      expect(oursNs, name).toBeGreaterThan(0.98 * theirNs);
      expect(oursNs, name).toBeLessThan(1.02 * theirNs + untold * LONGEST_NS);
      if (oursNs > 1.02 * theirNs) differing++;
      compared++;
    }
    expect(compared).toBe(8);
    expect(differing).toBeLessThanOrEqual(untold);
  });
});
