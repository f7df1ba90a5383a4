// SPDX-License-Identifier: Apache-2.0
/** The helper on real BPF against programs whose profile is known. */
import { describe, expect, test } from 'vitest';
import { LossCause, Sampling, StartFlag, WalkEnd } from '../../main/engine/wire-layout.gen.ts';
import { HelperClient, reasonToSkip, systemFlags } from './helper-client.ts';
import { ObservedProfile } from './observed-profile.ts';
import { withProgram } from './target-program.ts';

const reason = reasonToSkip();
if (reason) console.log(`test/helper/sampling: skipped, ${reason}`);

const demoShares = {
  serve_requests: { parse_request: 30, compress_body: 45, render_page: 25, find_matches: 27, read_tokens: 18, load_texture: 10 },
  index_documents: { scan_corpus: 60, write_index: 40, split_words: 40 },
};

function expectedSamples(profile: ObservedProfile, frequency: number): number {
  return ([...profile.cpuNs.values()].reduce((sum, ns) => sum + ns, 0) * frequency) / 1e9;
}

describe.skipIf(reason)('sampling', () => {
  // Long enough that a burst in which the hypervisor takes the CPUs away weighs little.
  test('two sessions on the demo: shares of its functions, whole stacks, an exact ledger', { timeout: 60_000 }, async () => {
    await withProgram('demo', [], async ({ tgid }) => {
      const slow = new HelperClient();
      const fast = new HelperClient();
      await Promise.all([slow.record({ frequency: 99, tgids: [tgid] }, 12_000), fast.record({ frequency: 999, tgids: [tgid] }, 12_000)]);
      for (const [client, frequency] of [[slow, 99], [fast, 999]] as const) {
        const profile = new ObservedProfile(client.frames);
        expect(profile.errors).toEqual([]);
        expect(client.ofType('started')[0]!.sampling).toBe(frequency === 99 ? Sampling.perCpu : Sampling.perThread);
        expect(profile.count((sample) => sample.userStack?.end === WalkEnd.outermost) / profile.total).toBeGreaterThan(0.99);
        expect(new Set(profile.threads.values())).toEqual(new Set(['demo', 'indexer']));
        // CPU time in which no sample came due, since the hypervisor had the CPU: it may have been any function's.
        const unseen = Math.max(0, 100 * (1 - profile.total / expectedSamples(profile, frequency)));
        console.log(`the demo at ${frequency} Hz: ${profile.total} samples, ${unseen.toFixed(2)} % of its CPU time not seen`);
        for (const [thread, shares] of Object.entries(demoShares)) {
          const samples = profile.count((sample) => sample.user.includes(thread));
          expect(samples).toBeGreaterThan(frequency === 99 ? 20 : 200);
          for (const [name, share] of Object.entries(shares)) {
            // 3 points, or what chance alone does to so few samples (3.5 standard deviations).
            const chance = 350 * Math.sqrt(((share / 100) * (1 - share / 100)) / samples);
            expect(Math.abs(profile.share(name, thread) - share), `${name} at ${frequency} Hz`).toBeLessThan(Math.max(3, chance) + unseen);
          }
        }
        // load_texture reads /dev/zero: its time is the kernel's.
        const texture = profile.samples.filter((sample) => sample.user.includes('load_texture'));
        const inKernel = texture.filter((sample) => sample.kernelStack);
        if (frequency === 999) expect(inKernel.length / texture.length).toBeGreaterThan(0.7);
      }
      const symbols = fast.ofType('kernelSymbols');
      expect(symbols.some((frame) => frame.module === '[kernel]' && frame.names.includes('schedule'))).toBe(true);
    });
  });

  test('the CPU time is that of the time sampled: short sessions have no tail', { timeout: 30_000 }, async () => {
    await withProgram('busy', ['2'], async ({ tgid }) => {
      let stored = 0;
      let expected = 0;
      for (let i = 0; i < 8; i++) {
        const client = new HelperClient();
        await client.record({ frequency: 999, tgids: [tgid] }, 250);
        const profile = new ObservedProfile(client.frames);
        stored += profile.total + profile.lost;
        expected += expectedSamples(profile, 999);
      }
      console.log(`8 sessions of 250 ms: ${stored} stored, ${expected.toFixed(1)} expected`);
      // Loading at the start and two drains at the end would be more than a tenth.
      expect(Math.abs(stored / expected - 1)).toBeLessThan(0.04);
    });
  });

  test.skipIf(process.arch !== 'x64')('a program of 32 bits: whole stacks, and no frame that is not one', { timeout: 20_000 }, async () => {
    await withProgram('narrow', [], async ({ tgid }) => {
      const client = new HelperClient();
      await client.record({ frequency: 999, tgids: [tgid] }, 1500);
      const profile = new ObservedProfile(client.frames);
      expect(profile.errors).toEqual([]);
      expect(profile.total).toBeGreaterThan(100);
      // Its innermost function has no frame of its own.
      const functions = ['inner', 'middle', 'outer', '_start'];
      const known = (names: string[]) => names.length >= 2 && names.at(-1) === '_start' && names.every((name) => functions.includes(name));
      const whole = profile.count((sample) => sample.userStack?.end === WalkEnd.outermost && known(sample.user));
      expect(whole / profile.total).toBeGreaterThan(0.97);
    });
  });

  test('the same stacks have other hashes in every session', { timeout: 20_000 }, async () => {
    await withProgram('busy', ['1'], async ({ tgid }) => {
      const sessions = [new HelperClient(), new HelperClient()];
      await Promise.all(sessions.map((client) => client.record({ frequency: 199, tgids: [tgid] }, 1000)));
      const [one, other] = sessions.map((client) => new Map(client.ofType('stack').map(({ hash, addresses }) => [addresses.join(), hash])));
      const common = [...one!.keys()].filter((addresses) => other!.has(addresses));
      expect(common.length).toBeGreaterThan(0);
      for (const addresses of common) expect(one!.get(addresses)).not.toBe(other!.get(addresses));
    });
  });

  test('what is stored is what the CPU time says', { timeout: 20_000 }, async () => {
    await withProgram('busy', ['2'], async ({ tgid }) => {
      for (const frequency of [99, 9999]) {
        const client = new HelperClient();
        await client.record({ frequency, tgids: [tgid] }, 3000);
        const profile = new ObservedProfile(client.frames);
        expect(profile.errors).toEqual([]);
        const expected = expectedSamples(profile, frequency);
        expect(Math.abs(profile.total + profile.lost - expected)).toBeLessThan(0.03 * expected + 4 * Math.sqrt(expected));
        expect(client.stderr).toBe('');
      }
    });
  });

  test('children that live 5 ms keep their share at 99 Hz', { timeout: 30_000 }, async () => {
    await withProgram('short-children', ['5'], async ({ tgid }) => {
      const client = new HelperClient();
      await client.record({ frequency: 99, tgids: [tgid] }, 6000);
      const profile = new ObservedProfile(client.frames);
      expect(profile.errors).toEqual([]);
      const children = [...profile.cpuNs].filter(([process]) => process !== tgid);
      const expected = (children.reduce((sum, [, ns]) => sum + ns, 0) * 99) / 1e9;
      expect(children.length).toBeGreaterThan(30);
      expect(Math.abs(profile.count((sample) => sample.tgid !== tgid) - expected)).toBeLessThan(4 * Math.sqrt(expected) + 3);
      expect(profile.count((sample) => sample.user.includes('child_work')) / profile.total).toBeGreaterThan(0.8);
    });
  });

  test('above 400 Hz, what short-lived children miss is lost by that name', { timeout: 20_000 }, async () => {
    await withProgram('short-children', ['1'], async ({ tgid }) => {
      const client = new HelperClient();
      await client.record({ frequency: 499, tgids: [tgid] }, 3000);
      const profile = new ObservedProfile(client.frames);
      expect(profile.errors).toEqual([]);
      const expected = expectedSamples(profile, 499);
      const short = profile.losses.get(LossCause.shortLived) ?? 0;
      expect(short).toBeGreaterThan(expected * 0.3);
      expect(Math.abs(profile.total + short - expected)).toBeLessThan(0.1 * expected + 10);
    });
  });

  test('the whole system', { timeout: 20_000 }, async () => {
    await withProgram('busy', [], async ({ tgid }) => {
      const client = new HelperClient();
      await client.record({ frequency: 199, flags: systemFlags }, 2000);
      const profile = new ObservedProfile(client.frames);
      expect(profile.errors).toEqual([]);
      expect(profile.processes.get(tgid)).toBe('busy');
      expect(profile.count((sample) => sample.tgid === tgid && sample.user.includes('spin'))).toBeGreaterThan(20);
      expect(profile.count((sample) => sample.tgid === 0)).toBe(0);
      const expected = ((profile.cpuNs.get(0) ?? 0) * 199) / 1e9;
      expect(profile.total).toBeGreaterThan(expected * 0.8);
      expect(profile.total).toBeLessThan(expected * 1.2);
    });
  });

  test('a stack deeper than the limit says so', async () => {
    await withProgram('deep-recursion', ['1000'], async ({ tgid }) => {
      const client = new HelperClient();
      await client.record({ frequency: 299, tgids: [tgid] }, 1500);
      const profile = new ObservedProfile(client.frames);
      const deep = profile.samples.filter((sample) => sample.userStack?.end === WalkEnd.depthLimit);
      expect(deep.length).toBeGreaterThan(0);
      for (const sample of deep) expect(sample.userStack!.addresses).toHaveLength(127);
    });
  });

  test('without the kernel’s stacks there are none', async () => {
    await withProgram('demo', [], async ({ tgid }) => {
      const client = new HelperClient();
      await client.record({ frequency: 499, tgids: [tgid], flags: StartFlag.onCpu }, 1000);
      const profile = new ObservedProfile(client.frames);
      expect(profile.total).toBeGreaterThan(0);
      expect(profile.count((sample) => sample.kernelStack !== null)).toBe(0);
      expect(client.ofType('kernelSymbols')).toEqual([]);
    });
  });
});
