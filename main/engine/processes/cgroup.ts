// SPDX-License-Identifier: Apache-2.0
/** Cgroups of version 2: what the kernel numbers them by, and which processes are in them. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { FailureError, probeFailures } from '../failures.ts';

const ROOTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];

/** @param folder below the cgroups' root, or the whole path. @throws FailureError noSuchCgroup */
function placeOf(folder: string, roots: readonly string[]): string {
  const path = normalize(`/${folder}`);
  for (const root of roots) {
    const whole = path === root || path.startsWith(`${root}/`) ? path : join(root, path);
    // Of version 1 there are no controllers, and what is no cgroup has no processes.
    if (existsSync(join(root, 'cgroup.controllers')) && existsSync(join(whole, 'cgroup.procs'))) return whole;
  }
  throw new FailureError(probeFailures.noSuchCgroup(folder));
}

/** By which the kernel knows it: the inode of its folder. @param folder as above @throws FailureError noSuchCgroup */
export function cgroupNumber(folder: string, roots: readonly string[] = ROOTS): bigint {
  return statSync(placeOf(folder, roots), { bigint: true }).ino;
}

/**
 * Processes that are in it now, or in one below it.
 * @param folder as above @param most more are not looked for
 * @throws FailureError noSuchCgroup
 */
export function processesIn(folder: string, most: number, roots: readonly string[] = ROOTS): number[] {
  const found = new Set<number>();
  const waiting = [placeOf(folder, roots)];
  for (let place = waiting.pop(); place !== undefined && found.size <= most; place = waiting.pop()) {
    for (const tgid of numbersIn(join(place, 'cgroup.procs'))) found.add(tgid);
    for (const entry of readdirSync(place, { withFileTypes: true })) if (entry.isDirectory()) waiting.push(join(place, entry.name));
  }
  return [...found];
}

/** One that is threaded, or goes just now, has none to read. 0 is a process that cannot be seen from here. */
function numbersIn(path: string): number[] {
  try {
    return readFileSync(path, 'latin1').split('\n').map(Number).filter((number) => number > 0);
  } catch {
    return [];
  }
}

/** Of a /proc/PID/cgroup: the folder of version 2; "/" is the root of all that can be seen, empty: there is none. */
export function cgroupFolder(text: string): string {
  return /^0::(\/.*)$/m.exec(text)?.[1] ?? '';
}
