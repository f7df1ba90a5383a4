// SPDX-License-Identifier: Apache-2.0
/** Targets that do what the kernel allows and no sane program does. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MappingFrame } from '../../main/engine/wire-frames.ts';
import { LossCause } from '../../main/engine/wire-layout.gen.ts';
import { HelperClient, reasonToSkip } from './helper-client.ts';
import { ObservedProfile } from './observed-profile.ts';
import { residentKiB, sleep, startProgram, type TargetProgram } from './target-program.ts';

const reason = reasonToSkip();
if (reason) console.log(`test/helper/hostile-target: skipped, ${reason}`);

const COUNT = 60_000;

describe.skipIf(reason)('hostile targets', () => {
  async function observe(children: number, use: (client: HelperClient, target: TargetProgram) => Promise<void>): Promise<MappingFrame[]> {
    const folder = mkdtempSync(join(tmpdir(), 'emberscope-mappings-'));
    const deep = join(folder, 'd'.repeat(200), 'e'.repeat(200));
    mkdirSync(deep, { recursive: true });
    const file = join(deep, 'f'.repeat(200));
    writeFileSync(file, new Uint8Array(4096));
    const target = await startProgram('many-mappings', [file, String(COUNT), String(children)]);
    const client = new HelperClient();
    try {
      await once(target.process.stdout!, 'data');
      await use(client, target);
      return client.ofType('mapping').filter((frame) => frame.path === file);
    } finally {
      await client.kill();
      await target.end();
      rmSync(folder, { recursive: true });
    }
  }

  test('60,000 mappings with long paths: more than the queue holds, and still sent once', { timeout: 60_000 }, async () => {
    const mappings = await observe(0, async (client, { tgid }) => {
      client.start({ frequency: 199, tgids: [tgid] });
      await client.until(() => client.ofType('counts').length > 3, 30_000, 'counts');
      await sleep(1000);
      const resident = residentKiB(client.process.pid!);
      await client.stop();
      const profile = new ObservedProfile(client.frames.filter((frame) => frame.type !== 'mapping'));
      console.log(`60,000 mappings: ${profile.total} samples, ${profile.lost} lost, ${resident} KiB`);
      expect(profile.errors).toEqual([]);
      expect(profile.total).toBeGreaterThan(20);
      expect(resident).toBeLessThan(64 * 1024);
    });
    expect(mappings.length).toBe(COUNT);
  });

  test('25 children with as many: memory has a limit, and what is over it is counted', { timeout: 60_000 }, async () => {
    await observe(25, async (client, { tgid }) => {
      await sleep(1500);
      client.start({ frequency: 199, tgids: [tgid] });
      await client.until(() => client.ofType('loss').some((frame) => frame.cause === LossCause.sidebandRecords), 30_000, 'a loss');
      const resident = residentKiB(client.process.pid!);
      console.log(`1.5 million mappings: ${resident} KiB`);
      expect(resident).toBeLessThan(256 * 1024);
    });
  });
});
