// SPDX-License-Identifier: Apache-2.0
/** A helper in a container: processes have other numbers there than in the kernel's own books. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { WireType } from '../../main/engine/wire-layout.gen.ts';
import { encodeFrame, HelperClient, helperPath, programPath, reasonToSkip } from './helper-client.ts';
import { ObservedProfile } from './observed-profile.ts';
import { sleep } from './target-program.ts';

const reason = reasonToSkip();
if (reason) console.log(`test/helper/namespace: skipped, ${reason}`);

/** Entries of the map of targets that the helper in this pid namespace holds. */
function targetsIn(namespace: string): number {
  for (const tgid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${tgid}/comm`, 'utf8').startsWith('emberscope-help')) continue;
      if (readlinkSync(`/proc/${tgid}/ns/pid`) !== namespace) continue;
      for (const fd of readdirSync(`/proc/${tgid}/fdinfo`)) {
        const id = /^map_id:\s*(\d+)$/m.exec(readFileSync(`/proc/${tgid}/fdinfo/${fd}`, 'utf8'))?.[1];
        if (id === undefined) continue;
        const { name } = JSON.parse(execFileSync('bpftool', ['-j', 'map', 'show', 'id', id], { encoding: 'utf8' })) as { name: string };
        if (name === 'targets') return (JSON.parse(execFileSync('bpftool', ['-j', 'map', 'dump', 'id', id], { encoding: 'utf8' })) as unknown[]).length;
      }
    } catch {
      // it ended while we looked
    }
  }
  throw new Error('no helper runs in that namespace');
}

describe.skipIf(reason)('another pid namespace', () => {
  const folder = mkdtempSync(join(tmpdir(), 'emberscope-namespace-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('children are followed, and forgotten when they are gone', { timeout: 30_000 }, async () => {
    const container = spawn('unshare', ['--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', `${programPath('short-children')} 5 & echo $!; wait`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const tgid = Number((await createInterface({ input: container.stdout })[Symbol.asyncIterator]().next()).value);
    const inside = readFileSync(`/proc/${container.pid}/task/${container.pid}/children`, 'utf8').trim();
    const namespace = readlinkSync(`/proc/${inside}/ns/pid`);
    // Through cat: a socket whose other end has no number in the namespace is refused.
    const path = join(folder, 'helper');
    writeFileSync(path, `#!/bin/sh\ncat | nsenter -t ${inside} -p -m ${helperPath} "$@"\n`, { mode: 0o755 });
    const client = new HelperClient({ path });
    try {
      client.start({ frequency: 199, tgids: [tgid] });
      await client.expect('started');
      await sleep(3000);
      const targets = targetsIn(namespace);
      client.send(encodeFrame(WireType.stop));
      client.process.stdin!.end();
      await client.exited;
      const profile = new ObservedProfile(client.frames);
      expect(profile.errors).toEqual([]);
      expect(profile.processes.size).toBeGreaterThan(20);
      expect(profile.processes.has(tgid)).toBe(true);
      // The parent, one child, and the few that the kernel has not freed yet.
      expect(targets).toBeLessThan(15);
      const expected = ([...profile.cpuNs.values()].reduce((sum, ns) => sum + ns, 0) * 199) / 1e9;
      expect(Math.abs(profile.total + profile.lost - expected)).toBeLessThan(0.05 * expected + 4 * Math.sqrt(expected));
    } finally {
      container.kill('SIGKILL');
      await client.kill();
    }
  });
});
