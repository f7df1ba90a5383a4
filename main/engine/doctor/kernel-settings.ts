// SPDX-License-Identifier: Apache-2.0
/** What the kernel tells everybody of itself. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { release as ownRelease } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { readBounded } from '../processes/proc-files.ts';
import type { Lockdown, Machine } from './machine.ts';

/** Real ones have some 300 KB. */
const MAX_CONFIGURATION = 8 * 2 ** 20;

/** Options that are built in or modules; null: the configuration cannot be read. */
export function kernelOptions(release: string): ReadonlySet<string> | null {
  // A helper may run elsewhere: this kernel's configuration says nothing of that one.
  const own = release === ownRelease() ? ['/proc/config.gz'] : [];
  for (const path of [...own, `/boot/config-${release}`, `/lib/modules/${release}/config`, `/lib/modules/${release}/build/.config`]) {
    try {
      if (statSync(path).size > MAX_CONFIGURATION) continue;
      const bytes = readFileSync(path);
      const text = path.endsWith('.gz') ? gunzipSync(bytes, { maxOutputLength: MAX_CONFIGURATION }) : bytes;
      return optionsIn(text.toString('latin1'));
    } catch {
      // The next place.
    }
  }
  return null;
}

/** Of lines like "CONFIG_KPROBES=y" and "# CONFIG_FPROBE is not set". */
export function optionsIn(configuration: string): ReadonlySet<string> {
  return new Set([...configuration.matchAll(/^(CONFIG_\w+)=[ym]$/gm)].map((match) => match[1]!));
}

/** Of "none [integrity] confidentiality". */
export function lockdownIn(text: string | null): Lockdown | null {
  const found = /\[(none|integrity|confidentiality)\]/.exec(text ?? '');
  return found ? (found[1] as Lockdown) : null;
}

function setting(name: string): number | null {
  const text = readBounded(`/proc/sys/kernel/${name}`, 32)?.trim();
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : null;
}

/** Bytes; null: no limit. Of /proc/self/limits. */
export function memlockIn(limits: string): number | null {
  const found = /^Max locked memory\s+(\d+|unlimited)/m.exec(limits);
  return found && found[1] !== 'unlimited' ? Number(found[1]) : null;
}

function eventSources(): string[] {
  try {
    return readdirSync('/sys/bus/event_source/devices');
  } catch {
    return [];
  }
}

type KernelFacts = Pick<
  Machine,
  'options' | 'btf' | 'lockdown' | 'paranoid' | 'kptrRestrict' | 'unprivilegedBpf' | 'ptraceScope' | 'memlock' | 'tracefs' | 'eventSources'
>;

export function kernelFacts(release: string): KernelFacts {
  return {
    options: kernelOptions(release),
    btf: existsSync('/sys/kernel/btf/vmlinux'),
    lockdown: lockdownIn(readBounded('/sys/kernel/security/lockdown', 64)),
    paranoid: setting('perf_event_paranoid'),
    kptrRestrict: setting('kptr_restrict'),
    unprivilegedBpf: setting('unprivileged_bpf_disabled'),
    ptraceScope: setting('yama/ptrace_scope'),
    memlock: memlockIn(readBounded('/proc/self/limits') ?? ''),
    tracefs: /^\S+ \S+ tracefs /m.test(readBounded('/proc/self/mounts', 64 * 1024) ?? ''),
    eventSources: eventSources(),
  };
}
