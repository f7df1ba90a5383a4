// SPDX-License-Identifier: Apache-2.0
/** Polkit, its agent, and whether this is a container. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import { isExecutable } from '../executable.ts';
import { containerOf, readBounded, readStat } from '../processes/proc-files.ts';

const run = promisify(execFile);

const ACTIONS = '/usr/share/polkit-1/actions';
const PKCHECK = '/usr/bin/pkcheck';
const PKCHECK_MS = 3000;

export const hasPkexec = (): boolean => isExecutable('/usr/bin/pkexec');

export function installedActions(folder = ACTIONS): { profile: boolean; trace: boolean } {
  const has = (mode: string): boolean => (readBounded(`${folder}/org.emberscope.${mode}.policy`, 16 * 1024) ?? '').includes(`<action id="org.emberscope.${mode}"`);
  return { profile: has('profile'), trace: has('trace') };
}

/** Programs that show polkit's dialogs; names as the kernel has them, 15 bytes. */
const AGENTS = new Set([
  'gnome-shell',
  'polkit-gnome-au',
  'polkit-kde-auth',
  'polkit-mate-aut',
  'mate-polkit',
  'lxpolkit',
  'lxqt-policykit-',
  'xfce-polkit',
  'cinnamon',
  'cosmic-osd',
  'hyprpolkitagent',
  'io.elementary.d',
  'pantheon-agent-',
  'budgie-polkit-d',
  'pkttyagent',
]);

/** The first one that is found among this user's processes; null: none. */
export function runningAgent(): string | null {
  const uid = process.getuid?.() ?? 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const found = readStat(Number(name))?.name;
    if (found === undefined || !AGENTS.has(found)) continue;
    if (Number(/^Uid:\s*(\d+)/m.exec(readBounded(`/proc/${name}/status`) ?? '')?.[1]) === uid) return found;
  }
  return null;
}

/** Whether polkit would allow it now without asking anybody: a rule says so, or an earlier answer still counts. */
export async function isAuthorised(mode: 'profile' | 'trace'): Promise<boolean> {
  if (!isExecutable(PKCHECK)) return false;
  const start = readStat(process.pid)?.startTicks ?? 0;
  const subject = `${process.pid},${start},${process.getuid?.() ?? 0}`;
  return run(PKCHECK, ['--action-id', `org.emberscope.${mode}`, '--process', subject], { timeout: PKCHECK_MS, env: { LC_ALL: 'C' } }).then(
    () => true,
    () => false,
  );
}

/** The kernel's name for its first pid namespace (linux/proc_ns.h). */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';

export function isInFirstPidNamespace(): boolean {
  try {
    return readlinkSync('/proc/self/ns/pid') === FIRST_PID_NAMESPACE;
  } catch {
    return false;
  }
}

/** Name of the manager in whose container this process runs; null: none that can be told. */
export function ownContainer(): string | null {
  const said = /^container=(.*)$/m.exec((readBounded('/proc/1/environ', 16 * 1024) ?? '').replaceAll('\0', '\n'))?.[1];
  if (said) return said;
  if (existsSync('/.dockerenv')) return 'docker';
  if (existsSync('/run/.containerenv')) return 'podman';
  return containerOf(readBounded('/proc/self/cgroup') ?? '');
}
