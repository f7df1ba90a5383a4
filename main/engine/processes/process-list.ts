// SPDX-License-Identifier: Apache-2.0
/**
 * All processes of /proc, for the picker. What cannot change without an exec is read once a process; a scan
 * reads one small file for each and gives way to others now and then.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HelperStatus, ProcessSummary } from '../../../ipc/contract.ts';
import { safeText } from '../../../profile/safe-text.ts';
import { cgroupFolder } from './cgroup.ts';
import { readName } from './process-name.ts';
import { containerOf, parseCommandLine, readBounded, readStat, type Stat } from './proc-files.ts';

/** USER_HZ, the unit of /proc/PID/stat: 100 on every architecture that Linux and Node run on. */
const TICKS_PER_SECOND = 100;
const AT_ONCE = 128;

interface Known {
  startTicks: number;
  /** The kernel's, by which an exec is noticed. */
  name: string;
  shownName: string;
  commandLine: string;
  uid: number;
  container: string | null;
  cgroup: string;
  cpuTicks: number;
  seenAt: number;
  /** Scans until command line and user are read again: they change by exec and setuid. */
  stale: number;
}

const RESCAN = 10;

export class ProcessList {
  readonly #known = new Map<number, Known>();
  #users = new Map<number, string>();
  #usersChanged = 0;
  #running: Promise<ProcessSummary[]> | null = null;

  /** Joined when one is under way. @param helper decides what may be profiled */
  scan(helper: HelperStatus): Promise<ProcessSummary[]> {
    this.#running ??= this.#scan(helper).finally(() => (this.#running = null));
    return this.#running;
  }

  async #scan(helper: HelperStatus): Promise<ProcessSummary[]> {
    this.#readUsers();
    const found: ProcessSummary[] = [];
    const alive = new Set<number>();
    let read = 0;
    for (const entry of readdirSync('/proc')) {
      const tgid = Number(entry);
      if (!Number.isInteger(tgid)) continue;
      if (++read % AT_ONCE === 0) await nextTurn();
      const stat = readStat(tgid);
      if (!stat) continue;
      alive.add(tgid);
      found.push(this.#summary(stat, helper));
    }
    for (const tgid of this.#known.keys()) if (!alive.has(tgid)) this.#known.delete(tgid);
    return found;
  }

  #summary(stat: Stat, helper: HelperStatus): ProcessSummary {
    const now = performance.now();
    const before = this.#known.get(stat.tgid);
    const same = before?.startTicks === stat.startTicks;
    const known = same && before.name === stat.name && before.stale > 0 ? before : this.#read(stat);
    known.stale--;
    const seconds = same ? (now - before.seenAt) / 1000 : 0;
    const cpu = seconds > 0.05 ? Math.max(0, (stat.cpuTicks - before!.cpuTicks) / TICKS_PER_SECOND / seconds) : 0;
    this.#known.set(stat.tgid, Object.assign(known, { cpuTicks: stat.cpuTicks, seenAt: now }));
    const user = this.#users.get(known.uid) ?? String(known.uid);
    return {
      tgid: stat.tgid,
      parentTgid: stat.parentTgid,
      startTicks: stat.startTicks,
      name: known.shownName,
      commandLine: known.commandLine,
      user,
      uid: known.uid,
      threads: stat.threads,
      cpu,
      container: known.container,
      cgroup: known.cgroup,
      refusal: refusalOf(stat, known.uid, user, helper),
    };
  }

  #read(stat: Stat): Known {
    const base = `/proc/${stat.tgid}`;
    const commandLine = stat.kernelThread ? '' : safeText(parseCommandLine(readBounded(`${base}/cmdline`) ?? ''));
    const groups = stat.kernelThread ? '' : (readBounded(`${base}/cgroup`) ?? '');
    const folder = cgroupFolder(groups);
    const uid = /^Uid:\s*\d+\s+(\d+)/m.exec(readBounded(`${base}/status`) ?? '')?.[1];
    return {
      startTicks: stat.startTicks,
      name: stat.name,
      shownName: safeText(readName(stat).full),
      commandLine,
      uid: Number(uid ?? 0),
      container: containerOf(groups),
      cgroup: folder === '/' ? '' : folder,
      cpuTicks: stat.cpuTicks,
      seenAt: 0,
      stale: RESCAN,
    };
  }

  #readUsers(): void {
    try {
      const { mtimeMs } = statSync('/etc/passwd');
      if (mtimeMs === this.#usersChanged) return;
      this.#usersChanged = mtimeMs;
      const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
      this.#users = new Map(lines.map((line) => line.split(':')).map(([name, , uid]) => [Number(uid), name ?? '']));
    } catch {
      // Then users show as numbers.
    }
  }
}

/** Why a process cannot be profiled; null: it can. */
function refusalOf(stat: Stat, uid: number, user: string, helper: HelperStatus): string | null {
  if (stat.state === 'Z' || stat.state === 'X') return 'It has ended; only its exit code is left.';
  if (helper.kind === 'direct' || helper.kind === 'pkexec') return null;
  if (uid === process.getuid?.()) return null;
  if (stat.kernelThread) return 'It is a part of the kernel: profiling it needs the privileged helper.';
  return `It belongs to ${user}: profiling other users' processes needs the privileged helper.`;
}
