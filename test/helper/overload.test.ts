// SPDX-License-Identifier: Apache-2.0
/** An engine that does not read, and a helper that is killed. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LossCause } from '../../main/engine/wire-layout.gen.ts';
import { HelperClient, reasonToSkip } from './helper-client.ts';
import { ObservedProfile } from './observed-profile.ts';
import { residentKiB, sleep, withProgram } from './target-program.ts';

const reason = reasonToSkip();
if (reason) console.log(`test/helper/overload: skipped, ${reason}`);

/** BPF objects that this process holds, as "prog 12" or "map 34". */
function bpfObjectsOf(tgid: number): string[] {
  return readdirSync(`/proc/${tgid}/fdinfo`).flatMap((fd) => {
    const info = readFileSync(`/proc/${tgid}/fdinfo/${fd}`, 'utf8');
    if (info.includes('link_id:')) return [];
    return [...info.matchAll(/^(prog|map)_id:\s*(\d+)$/gm)].map((match) => `${match[1]} ${match[2]}`);
  });
}

function bpfObjects(): Set<string> {
  return new Set(
    ['prog', 'map'].flatMap((kind) =>
      (JSON.parse(execFileSync('bpftool', ['-j', kind, 'show'], { encoding: 'utf8', maxBuffer: 1 << 26 })) as { id: number }[]).map(
        (one) => `${kind} ${one.id}`,
      ),
    ),
  );
}

describe.skipIf(reason)('overload', () => {
  test('an engine that does not read: memory stays flat, and what is dropped is counted', { timeout: 60_000 }, async () => {
    await withProgram('branches', ['60', '2'], async ({ tgid }) => {
      const client = new HelperClient();
      client.start({ tgids: [tgid], frequency: 9999 });
      await client.expect('started');
      await sleep(500);
      client.process.stdout!.pause();
      await sleep(6000);
      const before = residentKiB(client.process.pid!);
      await sleep(5000);
      const after = residentKiB(client.process.pid!);
      client.process.stdout!.resume();
      await sleep(2000);
      const end = await client.stop();
      expect(end.type).toBe('end');
      const profile = new ObservedProfile(client.frames);
      expect(profile.errors).toEqual([]);
      console.log(`not read for 11 s: ${before} KiB, then ${after} KiB; ${profile.losses.get(LossCause.sendQueueFull)} samples dropped`);
      expect(after - before).toBeLessThan(4096);
      expect(profile.losses.get(LossCause.sendQueueFull) ?? 0).toBeGreaterThan(0);
      expect(profile.total).toBeGreaterThan(1000);
    });
  });

  test('EOF while nobody reads still ends it within a second', { timeout: 20_000 }, async () => {
    await withProgram('branches', ['100', '2'], async ({ tgid }) => {
      const client = new HelperClient();
      client.start({ tgids: [tgid], frequency: 9999 });
      await client.expect('started');
      client.process.stdout!.pause();
      await sleep(2000);
      const closed = performance.now();
      const exited = once(client.process, 'exit').then(() => performance.now());
      client.process.stdin!.end();
      expect((await exited) - closed).toBeLessThan(1000);
      client.process.stdout!.resume();
      await client.exited;
    });
  });

  test('kill -9 leaves no BPF object behind', { timeout: 20_000 }, async () => {
    await withProgram('demo', [], async ({ tgid }) => {
      const client = new HelperClient();
      client.start({ tgids: [tgid] });
      await client.expect('started');
      const held = bpfObjectsOf(client.process.pid!);
      expect(held.filter((name) => name.startsWith('prog')).length).toBeGreaterThanOrEqual(5);
      expect(held.filter((name) => name.startsWith('map')).length).toBeGreaterThanOrEqual(8);
      await client.kill();
      const end = performance.now() + 2000;
      let left = held;
      while (left.length > 0 && performance.now() < end) {
        await sleep(100);
        const all = bpfObjects();
        left = held.filter((name) => all.has(name));
      }
      expect(left).toEqual([]);
    });
  });
});
