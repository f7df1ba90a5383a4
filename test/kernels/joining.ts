// SPDX-License-Identifier: Apache-2.0
/** A cgroup as the target, and a program that is moved into it while its waits are measured. */
import { failed, works, type Feature } from './feature.ts';
import type { Guest } from './guest.ts';
import { HelperRun } from './helper-run.ts';
import { KnownCalls } from './known-calls.ts';
import { waitsOf } from './waiting.ts';

const TIMES = 20;
const PLACE = '/groups/ours';

/** What a shell in the guest writes. @throws Error where it fails */
async function shell(guest: Guest, line: string): Promise<string> {
  const program = guest.run('/bin/sh', '-c', line);
  const parts: Uint8Array[] = [];
  for await (const part of program.output) parts.push(part);
  const { code, stderr } = await program.exited;
  if (code !== 0) throw new Error(`${line}: ${stderr}`);
  return Buffer.concat(parts).toString().trim();
}

export const joining: Feature = {
  name: 'a cgroup: who joins it',
  short: true,
  async run(guest) {
    await using first = new KnownCalls(guest);
    await using second = new KnownCalls(guest);
    const [there, late] = [await first.pid, await second.pid];
    const cgroup = BigInt(await shell(guest, `mkdir -p /groups && mount -t cgroup2 none /groups && mkdir ${PLACE} && echo ${there} > ${PLACE}/cgroup.procs && stat -c %i ${PLACE}`));
    const run = await HelperRun.open(guest, 'profile');
    await run.start([there], { cgroup, onCpu: true, offCpu: { leastWaitNs: 0, wakers: false } });
    await second.do('sleep', TIMES, 1_000);
    await shell(guest, `echo ${late} > ${PLACE}/cgroup.procs`);
    await second.do('sleep', TIMES, 10_000);
    const { failure } = await run.stop();
    if (failure) return failed(failure.message);
    const places = Map.groupBy(waitsOf(run, late), ({ stacks }) => stacks);
    const counts = [...places.values()].map((of) => of.reduce((all, { count }) => all + count, 0));
    const names = run.ofType('process').filter(({ tgid }) => tgid === late).map(({ name }) => name);
    const figures = `${TIMES} sleeps of a program that was moved into it, and none before; it is told as ${names.join(', ') || 'nobody'}`;
    // Blocked, and queued after it, on the same stack.
    return counts.includes(2 * TIMES) && names.length > 0 ? works(figures) : failed(`${figures}; waits by stack: ${counts.join(', ')}`);
  },
};
