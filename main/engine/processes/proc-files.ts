// SPDX-License-Identifier: Apache-2.0
/** Files of /proc/PID, read with a bound and parsed. Format: man 5 proc. */
import { closeSync, openSync, readSync } from 'node:fs';

const buffer = Buffer.alloc(64 * 1024);

/** The first `limit` bytes (at most 64 KiB), null when it is gone or not ours to read. */
export function readBounded(path: string, limit = 4096): string | null {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    let length = 0;
    while (length < limit) {
      const bytes = readSync(descriptor, buffer, length, Math.min(limit, buffer.length) - length, null);
      if (bytes <= 0) break;
      length += bytes;
    }
    return buffer.toString('utf8', 0, length);
  } catch {
    return null;
  } finally {
    closeSync(descriptor);
  }
}

export interface Stat {
  tgid: number;
  name: string;
  state: string;
  parentTgid: number;
  /** User and system, clock ticks. */
  cpuTicks: number;
  threads: number;
  startTicks: number;
  /** PF_KTHREAD is set. */
  kernelThread: boolean;
}

const PF_KTHREAD = 0x0020_0000;

export function parseStat(text: string): Stat | null {
  // The name may hold anything, parentheses and blanks included: it ends at the last one.
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  const fields = text.slice(close + 2).split(' ');
  if (fields.length < 20) return null;
  return {
    tgid: Number.parseInt(text, 10),
    name: text.slice(open + 1, close),
    state: fields[0]!,
    parentTgid: Number(fields[1]),
    cpuTicks: Number(fields[11]) + Number(fields[12]),
    threads: Number(fields[17]),
    startTicks: Number(fields[19]),
    kernelThread: (Number(fields[6]) & PF_KTHREAD) !== 0,
  };
}

export function readStat(tgid: number): Stat | null {
  const text = readBounded(`/proc/${tgid}/stat`, 2048);
  return text === null ? null : parseStat(text);
}

/** The process that a number belongs to, which is another one for a thread; null when there is none. */
export function tgidOf(tid: number): number | null {
  const found = /^Tgid:\s*(\d+)$/m.exec(readBounded(`/proc/${tid}/status`) ?? '');
  return found ? Number(found[1]) : null;
}

/** Arguments joined by blanks, at most 4,096 bytes of them; empty for kernel threads. */
export function parseCommandLine(text: string): string {
  return text.replace(/\0+$/, '').replaceAll('\0', ' ');
}

const containers: readonly [RegExp, string][] = [
  [/kubepods|kubelet/, 'kubernetes'],
  [/libpod|(^|\/)conmon/m, 'podman'],
  [/docker[-/]|\/docker$/m, 'docker'],
  [/\/lxc[./]|lxc\.payload/, 'lxc'],
  [/\/machine\.slice\/(systemd-nspawn@|machine-)/, 'systemd-nspawn'],
  [/(cri-containerd|crio)-/, 'containerd'],
];

/** A short name of the container manager in whose cgroup a process is; null: none. */
export function containerOf(cgroup: string): string | null {
  return containers.find(([pattern]) => pattern.test(cgroup))?.[1] ?? null;
}
