// SPDX-License-Identifier: Apache-2.0
/** The same waits, measured by bpftrace as bcc's offcputime does, in one run. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { StartFlag, WaitKind } from '../../main/engine/wire-layout.gen.ts';
import { HelperClient, programPath, reasonToSkip } from './helper-client.ts';
import { ObservedProfile } from './observed-profile.ts';
import { sleep } from './target-program.ts';

// From leaving a CPU to being back on one. Kernels are about that do not trace every switch: of a thread that leaves
// twice, or comes back and had not left, bpftrace lacks a wait. Without its end we tell it until the thread was woken.
const SCRIPT = `
BEGIN { printf("ready\\n"); }
tracepoint:sched:sched_switch /pid == $1/ {
  if (@left[tid]) { @untold[tid] = count(); }
  @left[tid] = nsecs;
  @known[tid] = 1;
}
tracepoint:sched:sched_switch /@known[args->next_pid]/ {
  if (@left[args->next_pid]) {
    $ns = nsecs - @left[args->next_pid];
    @ns[args->next_pid] = sum($ns);
    @longest[args->next_pid] = max($ns);
    @waits[args->next_pid] = count();
    delete(@left[args->next_pid]);
  } else {
    @untold[args->next_pid] = count();
  }
}
END { clear(@left); clear(@known); }`;

const reason = reasonToSkip() ?? (spawnSync('bpftrace', ['-e', 'BEGIN { exit(); }']).status === 0 ? null : 'bpftrace is not installed, or does not work here');
if (reason) console.log(`test/helper/waits-bpftrace: skipped, ${reason}`);

/** @name[12]: 34 */
function mapOf(output: string, name: string): Map<number, number> {
  return new Map([...output.matchAll(new RegExp(`^@${name}\\[(\\d+)\\]: (\\d+)$`, 'gm'))].map((match) => [Number(match[1]), Number(match[2])]));
}

describe.skipIf(reason)('waits against bpftrace', () => {
  test('the time of each thread, and how often it waited', { timeout: 60_000 }, async () => {
    const program = spawn(programPath('waiting'), ['30'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const client = new HelperClient();
    client.start({ tgids: [program.pid!], flags: StartFlag.children | StartFlag.kernelStacks | StartFlag.offCpu });
    await client.expect('started');
    const bpftrace = spawn('bpftrace', ['-e', SCRIPT, `${program.pid}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(bpftrace.stdout, 'data');
    // BEGIN runs before the others are attached.
    await sleep(2000);
    const said = text(bpftrace.stdout);
    program.stdin.write('\n');
    program.stdout.resume();
    await client.exited;
    bpftrace.kill('SIGINT');
    const output = await said;
    const profile = new ObservedProfile(client.frames);
    expect(profile.errors).toEqual([]);
    const [ns, waits, longest, untold] = [mapOf(output, 'ns'), mapOf(output, 'waits'), mapOf(output, 'longest'), mapOf(output, 'untold')];
    let compared = 0;
    for (const [tid, name] of profile.threads) {
      // The first thread slept when both began, and what a thread waits before it first runs only we count.
      if (tid === program.pid || !ns.has(tid)) continue;
      const ours = profile.waits.filter((wait) => wait.tid === tid && (wait.kernel.length > 0 || wait.user.length > 0));
      const oursNs = ours.reduce((sum, wait) => sum + wait.ns, 0);
      const oursWaits = ours.filter(({ kind }) => kind !== WaitKind.runQueue).reduce((sum, wait) => sum + wait.count, 0);
      const [theirWaits, theirNs, holes] = [waits.get(tid)!, ns.get(tid)!, untold.get(tid) ?? 0];
      console.log(`${name}: ${oursWaits} waits of ${theirWaits}, ${(oursNs / 1e6).toFixed(1)} ms of ${(theirNs / 1e6).toFixed(1)}${holes > 0 ? `, ${holes} that bpftrace saw half of` : ''}`);
      expect(oursWaits, name).toBeGreaterThanOrEqual(theirWaits);
      expect(oursWaits, name).toBeLessThanOrEqual(theirWaits + holes);
      expect(oursNs, name).toBeGreaterThan(0.99 * theirNs);
      expect(oursNs, name).toBeLessThan(1.01 * theirNs + holes * longest.get(tid)!);
      compared++;
    }
    expect(compared).toBe(8);
  });
});
