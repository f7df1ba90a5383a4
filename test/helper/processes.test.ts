// SPDX-License-Identifier: Apache-2.0
/** fork, exec, exit, mappings and names while they happen. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EndReason, ProcessFlag, StartFlag, WireNoteKind } from '../../main/engine/wire-layout.gen.ts';
import { HelperClient, reasonToSkip } from './helper-client.ts';
import { ObservedProfile } from './observed-profile.ts';
import { sleep, startProgram, withProgram } from './target-program.ts';

const reason = reasonToSkip();
if (reason) console.log(`test/helper/processes: skipped, ${reason}`);

describe.skipIf(reason)('processes', () => {
  test('exec: each program’s stacks are named by its own mappings', { timeout: 20_000 }, async () => {
    await withProgram('exec-storm', ['20'], async ({ tgid }) => {
      const client = new HelperClient();
      await client.record({ frequency: 399, tgids: [tgid] }, 4000);
      const profile = new ObservedProfile(client.frames);
      expect(profile.errors).toEqual([]);
      const generations = client.ofType('generation').filter((frame) => frame.tgid === tgid);
      expect(generations.length).toBeGreaterThan(20);
      expect(generations.every((frame) => frame.fromTgid === 0)).toBe(true);
      expect(client.ofType('note').filter((frame) => frame.kind === WireNoteKind.exec).length).toBeGreaterThan(20);
      const odd = profile.count((sample) => sample.user.includes('odd_work'));
      const even = profile.count((sample) => sample.user.includes('even_work'));
      expect(odd).toBeGreaterThan(10);
      expect(even).toBeGreaterThan(10);
      // Only what was caught between the old program and the new one has no mapping.
      expect(profile.count((sample) => sample.user[0] === '?') / profile.total).toBeLessThan(0.05);
    });
  });

  test('fork: children are followed, or not, as asked', { timeout: 20_000 }, async () => {
    await withProgram('short-children', ['5'], async ({ tgid }) => {
      const following = new HelperClient();
      const alone = new HelperClient();
      await Promise.all([
        following.record({ frequency: 199, tgids: [tgid] }, 2000),
        alone.record({ frequency: 199, tgids: [tgid], flags: StartFlag.onCpu | StartFlag.kernelStacks }, 2000),
      ]);
      const children = following.ofType('process').filter((frame) => frame.flags & ProcessFlag.child);
      expect(children.length).toBeGreaterThan(10);
      expect(children.every((frame) => frame.parentTgid === tgid && frame.name === 'short-children')).toBe(true);
      expect(new ObservedProfile(following.frames).errors).toEqual([]);
      const profile = new ObservedProfile(alone.frames);
      expect(profile.errors).toEqual([]);
      expect([...profile.processes.keys()]).toEqual([tgid]);
      expect(profile.count((sample) => sample.tgid !== tgid)).toBe(0);
    });
  });

  test('a mapping that replaces another one starts a generation', { timeout: 20_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'emberscope-remap-'));
    const target = await startProgram('remap', ['600'], { cwd: folder });
    try {
      const client = new HelperClient();
      await client.record({ frequency: 299, tgids: [target.tgid] }, 4000);
      const profile = new ObservedProfile(client.frames);
      expect(profile.errors).toEqual([]);
      const generations = client.ofType('generation');
      expect(generations.slice(1).every((frame) => frame.fromTgid === target.tgid)).toBe(true);
      expect(generations.length).toBeGreaterThan(3);
      const inPlugin = (name: string) => profile.count((sample) => sample.user.some((frame) => frame.includes(`plugin-${name}+`)));
      const a = inPlugin('a');
      const b = inPlugin('b');
      expect(a + b).toBeGreaterThan(profile.total * 0.8);
      expect(a / (a + b)).toBeGreaterThan(0.2);
      expect(b / (a + b)).toBeGreaterThan(0.2);
    } finally {
      await target.end();
      rmSync(folder, { recursive: true });
    }
  });

  test('names pass as they are', async () => {
    await withProgram('names', [], async ({ tgid }) => {
      await sleep(200);
      const client = new HelperClient();
      await client.record({ frequency: 199, tgids: [tgid] }, 1000);
      const profile = new ObservedProfile(client.frames);
      expect(profile.errors).toEqual([]);
      const names = new Set(profile.threads.values());
      for (const name of ['<script>x', '"\'&;`$(x)', 'a\nb\tc', '\x1b[31mred', ') R 1 1 1', '', '../../etc']) {
        expect(names).toContain(name);
      }
      expect(profile.processes.get(tgid)).toBe('<script>x');
    });
  });

  test('the end of the target ends the session', { timeout: 15_000 }, async () => {
    const target = await startProgram('demo', ['2']);
    const client = new HelperClient();
    client.start({ frequency: 199, tgids: [target.tgid] });
    await client.exited;
    expect(client.end().reason).toBe(EndReason.targetExited);
    const profile = new ObservedProfile(client.frames);
    expect(profile.errors).toEqual([]);
    expect(profile.total).toBeGreaterThan(0);
    expect(client.ofType('note').some((frame) => frame.kind === WireNoteKind.exit && frame.tgid === target.tgid)).toBe(true);
    await target.end();
  });

  test('10,000 threads', { timeout: 60_000 }, async () => {
    const target = await startProgram('many-threads', ['10000']);
    try {
      const ready = new Promise<void>((resolve) => target.process.stdout!.once('data', () => resolve()));
      await Promise.race([ready, sleep(20_000)]);
      for (const frequency of [99, 499]) {
        const client = new HelperClient();
        const begun = performance.now();
        client.start({ frequency, tgids: [target.tgid] });
        await client.expect('started', 20_000);
        const startMs = performance.now() - begun;
        await sleep(2500);
        await client.stop();
        const profile = new ObservedProfile(client.frames);
        console.log(`10,000 threads at ${frequency} Hz: started in ${startMs.toFixed(0)} ms`);
        expect(profile.errors).toEqual([]);
        expect(profile.threads.size).toBe(10_000);
        expect(profile.total).toBeGreaterThan(3);
        if (frequency === 499) expect(client.ofType('started')[0]!.cpus).toBe(10_000);
      }
    } finally {
      await target.end();
    }
  });
});
