// SPDX-License-Identifier: Apache-2.0
/** Cgroups of version 2, which the kernel numbers by the inode of their folder. */
import { existsSync, statSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { FailureError, probeFailures } from '../failures.ts';

const ROOTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];

/** @param folder below the cgroups' root, or the whole path. @throws FailureError noSuchCgroup */
export function cgroupNumber(folder: string, roots: readonly string[] = ROOTS): bigint {
  const path = normalize(`/${folder}`);
  for (const root of roots) {
    const whole = path === root || path.startsWith(`${root}/`) ? path : join(root, path);
    // Of version 1 there are no controllers, and what is no cgroup has no processes.
    if (existsSync(join(root, 'cgroup.controllers')) && existsSync(join(whole, 'cgroup.procs'))) return statSync(whole, { bigint: true }).ino;
  }
  throw new FailureError(probeFailures.noSuchCgroup(folder));
}
