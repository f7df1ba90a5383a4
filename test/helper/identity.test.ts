// SPDX-License-Identifier: Apache-2.0
/** A process is meant, not its number: the number may be given to another one at any moment. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { EndReason, WireError } from '../../main/engine/wire-layout.gen.ts';
import { HelperClient, programPath, reasonToSkip } from './helper-client.ts';
import { ObservedProfile } from './observed-profile.ts';
import { sleep } from './target-program.ts';

const reason = reasonToSkip();
if (reason) console.log(`test/helper/identity: skipped, ${reason}`);

function startTicksOf(tgid: number): number {
  const stat = readFileSync(`/proc/${tgid}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

describe.skipIf(reason)('a number that is used again', () => {
  test('while a session starts: the stranger is never sampled', { timeout: 60_000 }, async () => {
    const outcomes: string[] = [];
    for (let delay = 0; delay <= 300; delay += 20) {
      const numbers = spawn(programPath('reused-number'), { stdio: ['pipe', 'pipe', 'inherit'] });
      const lines = createInterface({ input: numbers.stdout })[Symbol.asyncIterator]();
      const tgid = Number((await lines.next()).value);
      const startTicks = startTicksOf(tgid);
      // Ticks of 10 ms: the stranger must not have begun within the same one.
      await sleep(30);
      const client = new HelperClient();
      await client.expect('hello');
      client.start({ frequency: 399, tgids: [tgid], startTicks });
      await sleep(delay);
      numbers.stdin.write('x');
      const answer = (await lines.next()).value as string;
      await Promise.race([client.exited, sleep(400)]);
      if (client.exitedAt === 0) await client.stop();
      const profile = new ObservedProfile(client.frames);
      expect(profile.errors).toEqual([]);
      if (answer === 'reused') {
        expect(profile.count((sample) => sample.user.includes('stranger')), `after ${delay} ms`).toBe(0);
        const { reason: how } = client.end();
        expect([EndReason.targetGone, EndReason.targetExited]).toContain(how);
        if (how === EndReason.targetGone) expect(client.refused()).toMatchObject({ error: WireError.noSuchProcess, value: tgid });
        outcomes.push(how === EndReason.targetGone ? 'refused' : 'ended');
      }
      numbers.stdin.end();
      numbers.kill('SIGKILL');
    }
    console.log(`reused numbers: ${outcomes.join(' ')}`);
    expect(outcomes.length).toBeGreaterThan(4);
  });
});
