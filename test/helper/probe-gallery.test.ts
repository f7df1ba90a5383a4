// SPDX-License-Identifier: Apache-2.0
/** More of the ready questions on real BPF, each beside what the kernel itself or the program counts. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { Mechanism, ProbeFlag, ProbeState, StartFlag, WireMeasure, WireProbeKind } from '../../main/engine/wire-layout.gen.ts';
import { programPath, reasonToSkip } from './helper-client.ts';
import { lowestOf, ProbeSession, total, withProbes, type BucketRow } from './probe-session.ts';

const reason = reasonToSkip();
if (reason) console.log(`test/helper/probe-gallery: skipped, ${reason}`);

const ready = { kind: WireProbeKind.ready, measure: WireMeasure.latency };
const ofGroup = (rows: readonly BucketRow[], group: number): BucketRow[] => rows.filter((row) => row.group === group);

/** A Python program that runs each line that it is sent. */
class Python {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    const loop = 'import os,sys\nprint("ready",flush=True)\nfor line in sys.stdin:\n    exec(line)\n    print("done",flush=True)';
    this.#process = spawn('/usr/bin/python3', ['-c', loop], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface(this.#process.stdout!)[Symbol.asyncIterator]();
  }

  get tgid(): number {
    return this.#process.pid!;
  }

  async ready(): Promise<void> {
    expect((await this.#lines.next()).value).toBe('ready');
  }

  async run(line: string): Promise<void> {
    this.#process.stdin!.write(`${line}\n`);
    expect((await this.#lines.next()).value).toBe('done');
  }

  async end(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }
}

async function withPython(use: (session: ProbeSession, python: Python) => Promise<void>): Promise<void> {
  const python = new Python();
  const session = new ProbeSession();
  try {
    await python.ready();
    await session.start([python.tgid], StartFlag.kernelStacks);
    await use(session, python);
  } finally {
    await session.end();
    await python.end();
  }
}

async function withSystem(use: (session: ProbeSession) => Promise<void>): Promise<void> {
  const session = new ProbeSession();
  try {
    await session.start([], StartFlag.system);
    await use(session);
  } finally {
    await session.end();
  }
}

/** Of all CPUs together, by the first word of the line: of /proc/softirqs or /proc/interrupts. */
function kernelCounts(file: string): Map<string, number> {
  const [head, ...lines] = readFileSync(file, 'utf8').split('\n');
  const cpus = head!.trim().split(/\s+/).length;
  return new Map(lines.map((line) => line.trim().split(/\s+/)).map(([name = '', ...rest]) => [name.replace(':', ''), rest.slice(0, cpus).reduce((sum, count) => sum + Number(count), 0)]));
}

const folder = mkdtempSync(programPath('gallery-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(reason)('ready questions about the CPU', () => {
  test('how long the queue is, where three threads share one CPU', { timeout: 60_000 }, async () => {
    const burners = [0, 1, 2].map(() => spawn('taskset', ['-c', '0', programPath('busy'), '1', '30'], { stdio: 'ignore' }));
    try {
      await withSystem(async (session) => {
        const state = await session.ask('run-queue-length', ready);
        expect(state).toMatchObject({ state: ProbeState.attached, mechanism: Mechanism.perfEvent });
        await wait(2000);
        await session.detach(state.probe);
        const first = ofGroup(session.buckets(state.probe), 0);
        const { count, sum } = total(first);
        console.log(`CPU 0 was looked at ${count} times in about 2 s; ${(sum / count).toFixed(2)} waited on average`);
        expect(count).toBeGreaterThan(150);
        expect(count).toBeLessThan(450);
        // One runs, two wait; others of this machine may, too.
        expect(total(first.filter(({ bucket }) => bucket >= 2)).count).toBeGreaterThan(count * 0.95);
      });
    } finally {
      for (const each of burners) each.kill('SIGKILL');
    }
  });

  test('how long a program has the CPU, by the kernel’s own account', { timeout: 60_000 }, async () => {
    await withProbes(async (session, program) => {
      const account = () => Number(readFileSync(`/proc/${program.tgid}/schedstat`, 'utf8').split(' ')[0]);
      const probe = await session.probe('cpu-time', ready);
      const before = account();
      await program.run('spin', 200, 3000);
      await program.run('sleep', 20, 1000);
      const used = account() - before;
      await session.detach(probe);
      const { count, sum } = total(session.buckets(probe));
      console.log(`on the CPU: ${(sum / 1e6).toFixed(1)} ms in ${count} turns; the kernel says ${(used / 1e6).toFixed(1)} ms`);
      expect(count).toBeGreaterThanOrEqual(20);
      expect(Math.abs(sum - used)).toBeLessThan(used * 0.02 + 2e6);
    });
  });

  test.each([
    ['soft-interrupts', '/proc/softirqs', ['HI', 'TIMER', 'NET_TX', 'NET_RX', 'BLOCK', 'IRQ_POLL', 'TASKLET', 'SCHED', 'HRTIMER', 'RCU']],
    ['interrupts', '/proc/interrupts', null],
  ])('%s: as many as the kernel counts', { timeout: 60_000 }, async (name, file, vectors) => {
    await withSystem(async (session) => {
      const outer = kernelCounts(file);
      const probe = await session.probe(name, ready);
      const inner = kernelCounts(file);
      writeFileSync(join(folder, 'interrupts'), Buffer.alloc(1 << 20), { flush: true });
      await wait(1000);
      const innerEnd = kernelCounts(file);
      await session.detach(probe);
      const outerEnd = kernelCounts(file);
      const rows = session.buckets(probe);
      const groups = new Set(rows.map(({ group }) => group));
      expect(groups.size).toBeGreaterThan(0);
      for (const group of groups) {
        const line = vectors ? vectors[group]! : String(group);
        const { count } = total(ofGroup(rows, group));
        // The kernel counts at the beginning, the probe at the end: each CPU may be in the midst of one.
        expect(count, line).toBeGreaterThanOrEqual(innerEnd.get(line)! - inner.get(line)! - cpus().length);
        expect(count, line).toBeLessThanOrEqual(outerEnd.get(line)! - outer.get(line)!);
      }
      console.log(`${name}: ${total(rows).count} of ${groups.size} kinds`);
    });
  });
});

describe.skipIf(reason)('ready questions about files and memory', () => {
  test('reads that the page cache had, and those that it had not', { timeout: 60_000 }, async () => {
    const path = join(folder, 'pages');
    writeFileSync(path, Buffer.alloc(64 * 4096, 1), { flush: true });
    await withPython(async (session, python) => {
      const read = `fd=os.open(${JSON.stringify(path)},os.O_RDONLY);[os.pread(fd,4096,i*4096) for i in range(64)];os.close(fd)`;
      const cold = `fd=os.open(${JSON.stringify(path)},os.O_RDONLY);os.posix_fadvise(fd,0,0,os.POSIX_FADV_DONTNEED);os.close(fd)`;
      // Once before, so that nothing of the interpreter has to be brought in.
      await python.run(read);
      await python.run(cold);
      const first = await session.probe('page-cache', { ...ready, measure: WireMeasure.count, flags: ProbeFlag.byStack });
      await python.run(read);
      await session.detach(first);
      const second = await session.probe('page-cache', { ...ready, measure: WireMeasure.count });
      await python.run(read);
      // What one writes oneself is there: reading it is no miss.
      await python.run(`fd=os.open(${JSON.stringify(`${path}-new`)},os.O_RDWR|os.O_CREAT);os.pwrite(fd,b"x"*4096,0);os.pread(fd,4096,0);os.close(fd)`);
      await session.detach(second);
      const [found, missed] = [0, 1].map((group) => total(ofGroup(session.buckets(first), group)).count);
      console.log(`64 pages, cold: ${found} reads found theirs, ${missed} did not`);
      expect(found! + missed!).toBe(64);
      expect(missed).toBeGreaterThan(0);
      expect(missed).toBeLessThan(64);
      expect(session.buckets(second).map(({ group, count }) => [group, count])).toEqual([[0, 65]]);
    });
  });

  test('looking at files, and making them safe, by system call', { timeout: 60_000 }, async () => {
    await withPython(async (session, python) => {
      const looks = await session.probe('file-status', ready);
      const syncs = await session.probe('syncs', { ...ready, flags: ProbeFlag.byStack });
      await python.run('[os.stat("/etc/passwd") for i in range(7)]');
      await python.run(`fd=os.open(${JSON.stringify(join(folder, 'synced'))},os.O_RDWR|os.O_CREAT);[os.fsync(fd) for i in range(5)];os.fdatasync(fd);os.close(fd)`);
      for (const probe of [looks, syncs]) await session.detach(probe);
      const [newfstatat, stat, fsync, fdatasync] = [262, 4, 74, 75];
      expect(total(session.buckets(looks).filter(({ group }) => group === newfstatat || group === stat)).count).toBe(7);
      expect(total(ofGroup(session.buckets(syncs), fsync!)).count).toBe(5);
      expect(total(ofGroup(session.buckets(syncs), fdatasync!)).count).toBe(1);
    });
  });

  test('memory that is moved together', { timeout: 60_000 }, async () => {
    await withPython(async (session, python) => {
      const probe = await session.probe('compaction', { ...ready, flags: ProbeFlag.byStack });
      await session.probe('direct-reclaim', ready);
      await python.run('open("/proc/sys/vm/compact_memory","w").write("1")');
      await session.detach(probe);
      const rows = session.buckets(probe);
      expect(total(rows).count).toBeGreaterThan(0);
      expect(lowestOf(rows[0]!.bucket)).toBeGreaterThan(0);
      expect(rows.every(({ kernelStack }) => kernelStack !== 0n)).toBe(true);
    });
  });

  test('locks of the kernel for which somebody waits', { timeout: 60_000 }, async () => {
    await withSystem(async (session) => {
      const state = await session.ask('kernel-locks', ready);
      if (state.state === ProbeState.refused) return void expect(state.text).toBe('contention_end');
      const line = `import os,time\nend=time.time()+2\nfd=os.open(${JSON.stringify(join(folder, 'shared'))},os.O_RDWR|os.O_CREAT)\nwhile time.time()<end: os.pwrite(fd,b"x"*65536,0)`;
      const writers = [0, 1, 2, 3].map(() => once(spawn('/usr/bin/python3', ['-c', line]), 'exit'));
      await Promise.all(writers);
      await session.detach(state.probe);
      const { count } = total(session.buckets(state.probe));
      console.log(`four writers of one file: ${count} waits for a lock`);
      expect(count).toBeGreaterThan(0);
    });
  });
});
