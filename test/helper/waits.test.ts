// SPDX-License-Identifier: Apache-2.0
/** Waits on real BPF, of a program that knows how long it waits, and of several at once. */
import { text } from 'node:stream/consumers';
import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { LossCause, StartFlag, WaitKind } from '../../main/engine/wire-layout.gen.ts';
import { compiled, Engine } from './answering-engine.ts';
import { HelperClient, programPath, reasonToSkip, systemFlags, type StartOptions } from './helper-client.ts';
import { ObservedProfile } from './observed-profile.ts';
import { withProgram } from './target-program.ts';

const reason = reasonToSkip();
if (reason) console.log(`test/helper/waits: skipped, ${reason}`);

const flags = StartFlag.children | StartFlag.kernelStacks | StartFlag.offCpu;

interface Truth {
  /** `waits`: how often it went to sleep, as the kernel counts it. `ns`: also what it then waited for a CPU. */
  functions: Map<string, { waits: number; ns: number }>;
  /** Nanoseconds of CLOCK_MONOTONIC, by name. */
  threads: Map<string, { began: number; ended: number }>;
}

/** Records all that the program waits, from its beginning to its end. */
async function recordWaiting(rounds: number, options: StartOptions): Promise<{ profile: ObservedProfile; client: HelperClient; truth: Truth }> {
  const program = spawn(programPath('waiting'), [String(rounds)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const client = new HelperClient();
  try {
    client.start({ ...options, tgids: [program.pid!] });
    await client.expect('started');
    program.stdin.write('\n');
    const said = await text(program.stdout);
    await client.exited;
    const lines = said.trim().split('\n').map((line) => line.split(' '));
    const truth: Truth = {
      functions: new Map(lines.filter(([what]) => what === 'function').map(([, name, waits, ns]) => [name!, { waits: Number(waits), ns: Number(ns) }])),
      threads: new Map(lines.filter(([what]) => what === 'thread').map(([, name, began, ended]) => [name!, { began: Number(began), ended: Number(ended) }])),
    };
    return { profile: new ObservedProfile(client.frames), client, truth };
  } finally {
    program.kill('SIGKILL');
    if (client.process.exitCode === null) await client.kill();
  }
}

function sum(profile: ObservedProfile, accept: (wait: ObservedProfile['waits'][number]) => boolean): { ns: number; waits: number } {
  const waits = profile.waits.filter(accept);
  return { ns: waits.reduce((all, { ns }) => all + ns, 0), waits: waits.reduce((all, { count }) => all + count, 0) };
}

describe.skipIf(reason)('waits', () => {
  test('blocked time by function, and how often, as the program measured it', { timeout: 60_000 }, async () => {
    const { profile, client, truth } = await recordWaiting(40, { flags });
    expect(profile.errors).toEqual([]);
    expect(client.stderr).toBe('');
    expect(profile.losses.get(LossCause.waitMapFull) ?? 0).toBe(0);
    // Kernels are about that do not trace every switch: what is missing is in the ledger, and nothing else is missing.
    const untold = profile.losses.get(LossCause.untoldEnds) ?? 0;
    let allMissing = 0;
    for (const [name, known] of truth.functions) {
      const blocked = sum(profile, ({ user, kind }) => user[0] === name && kind === WaitKind.blocked);
      const away = sum(profile, ({ user }) => user[0] === name);
      console.log(`${name}: ${blocked.waits} waits of ${known.waits}, ${(away.ns / 1e6).toFixed(1)} ms of ${(known.ns / 1e6).toFixed(1)}, ${((away.ns - blocked.ns) / 1e6).toFixed(1)} of them for a CPU`);
      const missing = known.waits - blocked.waits;
      allMissing += missing;
      expect(missing, name).toBeGreaterThanOrEqual(0);
      expect(Math.abs(away.ns / known.ns - blocked.waits / known.waits), name).toBeLessThan(0.02);
    }
    if (untold > 0) console.log(`${untold} ends were not traced by the kernel, ${allMissing} of those waits are missing`);
    expect(allMissing).toBeLessThanOrEqual(untold);
    // Its own time, without what it then waited for a CPU.
    const long = sum(profile, ({ user, kind }) => user[0] === 'sleep_long' && kind === WaitKind.blocked);
    expect(long.ns / long.waits / 1e6).toBeGreaterThan(49);
    expect(long.ns / long.waits / 1e6).toBeLessThan(52);
    // No row is of more than a slice.
    expect(Math.max(...profile.waits.map(({ ns, count }) => (count > 1 ? 0 : ns)))).toBeLessThanOrEqual(20_000_000);
  });

  test('running, blocked and waiting for a CPU are all of the time of all threads', { timeout: 60_000 }, async () => {
    const { profile, client, truth } = await recordWaiting(30, { flags: flags | StartFlag.onCpu, frequency: 199 });
    const started = client.ofType('started')[0]!.monotonicNs;
    let lived = 0;
    for (const { began, ended } of truth.threads.values()) lived += ended - Math.max(began, started);
    const onCpu = [...profile.cpuNs.values()].reduce((all, ns) => all + ns, 0);
    const waited = sum(profile, () => true).ns;
    const preempted = sum(profile, ({ kind }) => kind === WaitKind.preempted);
    console.log(`${(lived / 1e6).toFixed(0)} ms of threads: ${(onCpu / 1e6).toFixed(0)} on a CPU, ${(waited / 1e6).toFixed(0)} not, ${(preempted.ns / 1e6).toFixed(0)} of them preempted`);
    expect(Math.abs((onCpu + waited) / lived - 1)).toBeLessThan(0.02);
    // Three threads on fewer CPUs than threads, or on a busy machine: they are interrupted, and it is theirs.
    expect(sum(profile, ({ kind, user }) => kind === WaitKind.preempted && user.includes('spin')).ns).toBeGreaterThan(0);
    expect(profile.total).toBeGreaterThan(0);
  });

  test('short waits are left out and counted, and who ends a wait is told', { timeout: 60_000 }, async () => {
    const { profile, truth } = await recordWaiting(20, { flags: flags | StartFlag.wakers, leastWaitNs: 5_000_000 });
    expect(profile.errors).toEqual([]);
    // 2 ms each, but for those that then waited for a CPU.
    const short = sum(profile, ({ user, kind }) => user[0] === 'sleep_short' && kind === WaitKind.blocked);
    const queued = sum(profile, ({ user, kind }) => user[0] === 'sleep_short' && kind === WaitKind.runQueue);
    expect(short.ns + queued.ns).toBeGreaterThanOrEqual(short.waits * 5_000_000);
    expect(short.waits + profile.losses.get(LossCause.shortWaits)!).toBeGreaterThan(truth.functions.get('sleep_short')!.waits - 5);
    const untold = profile.losses.get(LossCause.untoldEnds) ?? 0;
    expect(sum(profile, ({ user, kind }) => user[0] === 'sleep_long' && kind === WaitKind.blocked).waits).toBeGreaterThanOrEqual(truth.functions.get('sleep_long')!.waits - untold);
    expect(profile.losses.get(LossCause.shortWaits)).toBeGreaterThan(50);
    for (const [waits, wakes, waker] of [['wait_for_lock', 'let_go', 'holder'], ['read_pipe', 'write_pipe', 'writer']] as const) {
      const ended = profile.waits.filter(({ user, kind, count }) => user[0] === waits && kind === WaitKind.blocked && count > 0);
      expect(ended.length).toBeGreaterThan(20);
      const right = ended.filter(({ wakerUser, wakerTid }) => wakerUser[0] === wakes && profile.threads.get(wakerTid) === waker);
      console.log(`${waits}: woken by ${wakes} ${right.length} times of ${ended.length}`);
      expect(right.length / ended.length).toBeGreaterThan(0.95);
    }
    // The kernel's side of a wait: where it sleeps, and from where it was entered.
    const inFutex = profile.waits.find(({ user, kind }) => user[0] === 'wait_for_lock' && kind === WaitKind.blocked)!;
    expect(inFutex.kernel.filter((name) => !name.startsWith('__traceiter'))[0]).toBe('__schedule');
    expect(inFutex.kernel.some((name) => name.startsWith('futex_wait'))).toBe(true);
  });

  test('threads that sleep all the time are told of while they do', { timeout: 30_000 }, async () => {
    await withProgram('many-threads', ['100'], async ({ tgid }) => {
      const client = new HelperClient();
      await client.record({ flags, tgids: [tgid] }, 2000);
      const profile = new ObservedProfile(client.frames);
      expect(profile.errors).toEqual([]);
      const end = client.end().timeNs;
      const lived = end - client.ofType('started')[0]!.monotonicNs;
      const byThread = new Map<number, number>();
      for (const { tid, ns } of profile.waits) byThread.set(tid, (byThread.get(tid) ?? 0) + ns);
      console.log(`${byThread.size} threads, ${[...byThread.values()].map((ns) => (ns / lived).toFixed(3)).slice(0, 5).join(' ')}`);
      expect(byThread.size).toBeGreaterThan(90);
      // A thread that was awake when it began is told of from its next wait on: of most it is nearly all of the time.
      const sorted = [...byThread.values()].sort((a, b) => a - b);
      expect(sorted[sorted.length >> 1]! / lived).toBeGreaterThan(0.8);
    });
  });

  // What a thread's last walk from there found is remembered; one word of the stack says that it is another.
  test('waits at the same place of the stack belong to whoever called', { timeout: 60_000 }, async () => {
    const program = spawn(programPath('same-place'), ['2000'], { stdio: ['pipe', 'ignore', 'inherit'] });
    const engine = new Engine(compiled);
    try {
      engine.client.start({ flags: flags | StartFlag.unwindTables, tableMebibytes: 16, tgids: [program.pid!] });
      await engine.client.expect('started');
      program.stdin.end('\n');
      await engine.client.exited;
      const profile = new ObservedProfile(engine.client.frames);
      expect(profile.errors).toEqual([]);
      const wrong: string[] = [];
      const found = new Map<string, number>();
      for (const { user, kernel, kind, count } of profile.waits) {
        const caller = user[3]!;
        if (kind !== WaitKind.blocked || user[1] !== 'wait_here') continue;
        found.set(caller, (found.get(caller) ?? 0) + count);
        const call = caller === 'left' ? 'nanosleep' : 'poll';
        if (user[2] !== 'middle' || !kernel.some((name) => name.includes(call))) wrong.push(`${user.join(';')} ${kernel.join(';')}`);
      }
      console.log(`${[...found].map(([name, count]) => `${count} by ${name}`).join(', ')}`);
      expect(wrong).toEqual([]);
      expect([...found.keys()].sort()).toEqual(['left', 'right']);
      for (const count of found.values()) expect(count).toBeGreaterThan(900);
    } finally {
      program.kill('SIGKILL');
      await engine.end();
    }
  });

  test('the whole system beside it, without the idle one', { timeout: 30_000 }, async () => {
    const client = new HelperClient();
    await client.record({ flags: systemFlags | StartFlag.offCpu }, 2000);
    const profile = new ObservedProfile(client.frames);
    expect(profile.errors).toEqual([]);
    expect(new Set(profile.waits.map(({ tgid }) => tgid)).size).toBeGreaterThan(3);
    expect(profile.waits.some(({ tid }) => tid === 0)).toBe(false);
  });
});
