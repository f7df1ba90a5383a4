// SPDX-License-Identifier: Apache-2.0
/** Machines that do not let everything be done: little locked memory, no type information, a locked-down kernel. */
import { FailureError } from '../../main/engine/failures.ts';
import { doctorFeature } from './doctor.ts';
import { failed, unavailable, works, type Feature, type Verdict } from './feature.ts';
import type { Guest } from './guest.ts';
import { HelperRun } from './helper-run.ts';
import { GUEST_DEMO } from './initramfs.ts';
import { endProbing, probingUnderLockdown } from './probing.ts';
import { sampleAsRoot } from './sampling.ts';

/** Samples the demo for a moment. @param expected the code with which the helper may refuse */
async function trySampling(guest: Guest, expected: string): Promise<Verdict> {
  const demo = guest.run(GUEST_DEMO);
  try {
    const run = await HelperRun.open(guest, 'profile');
    await run.start([await demo.pid], { onCpu: true });
    await run.until(() => run.ofType('counts').length > 2, 'what it sampled');
    const { failure } = await run.stop();
    if (failure) return failed(failure.message);
    const samples = run.ofType('counts').reduce((sum, counts) => sum + counts.samples.reduce((all, one) => all + one, 0), 0);
    return works(`${samples} samples`);
  } catch (error) {
    if (error instanceof FailureError && error.code === expected) return unavailable(error.message);
    throw error;
  } finally {
    demo.kill();
    await demo.exited;
  }
}

/** The mode can only be raised, until the guest ends. */
async function lockDown(guest: Guest, mode: 'integrity' | 'confidentiality'): Promise<string> {
  return guest.shell(`echo ${mode} > /sys/kernel/security/lockdown && cat /sys/kernel/security/lockdown`);
}

export const limitFeatures: readonly Feature[] = [
  { name: '64 KiB of locked memory: sampling', short: false, run: (guest) => sampleAsRoot(guest, 'ulimit -l 64;') },
  {
    name: 'no type information (BTF): sampling',
    short: true,
    async run(guest) {
      await guest.shell('mount -t tmpfs none /sys/kernel/btf');
      try {
        return await trySampling(guest, 'noBtf');
      } finally {
        await guest.shell('umount /sys/kernel/btf');
      }
    },
  },
];

/** Raises it step by step, so it comes last. */
export const lockdownFeatures: readonly Feature[] = (['integrity', 'confidentiality'] as const).flatMap((mode) => [
  {
    name: `lockdown=${mode}: sampling`,
    // The stricter one is the one that forbids.
    short: mode === 'confidentiality',
    check: 'lockdown',
    async run(guest: Guest) {
      await endProbing(guest);
      const state = await lockDown(guest, mode);
      if (!state.includes(`[${mode}]`)) return failed(`the kernel's lockdown is ${state.trim()}`);
      return trySampling(guest, 'lockdown');
    },
  },
  ...probingUnderLockdown(`lockdown=${mode}: `),
  doctorFeature(`lockdown=${mode}: `, mode === 'confidentiality'),
]);
