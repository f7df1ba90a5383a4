// SPDX-License-Identifier: Apache-2.0
/** The ready questions on real BPF, of a program that does known things. */
import { createServer, connect } from 'node:net';
import { once } from 'node:events';
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Mechanism, ProbeFlag, ProbeState, StartFlag, WireMeasure, WireProbeKind } from '../../main/engine/wire-layout.gen.ts';
import { programPath, reasonToSkip } from './helper-client.ts';
import { lowestOf, ProbeSession, total, withProbes, type BucketRow } from './probe-session.ts';

const reason = reasonToSkip();
if (reason) console.log(`test/helper/probe-questions: skipped, ${reason}`);

const ready = { kind: WireProbeKind.ready, measure: WireMeasure.latency };
const ofGroup = (rows: readonly BucketRow[], group: number): BucketRow[] => rows.filter((row) => row.group === group);

describe.skipIf(reason)('ready questions', () => {
  test('what a program asks the kernel for, and how long it waits', { timeout: 60_000 }, async () => {
    await withProbes(async (session, program) => {
      const calls = await session.probe('syscalls', ready);
      const queue = await session.probe('run-queue', ready);
      const switches = await session.probe('switches', { ...ready, flags: ProbeFlag.byStack });
      const reads = await session.probe('file-reads', { ...ready, flags: ProbeFlag.byThread, measure: WireMeasure.return, widths: [8, 8, 8, 8, 8, 8, 0x88] });
      const futex = await session.probe('futex', ready);
      await program.run('sleep', 50, 3000);
      await program.run('open', 40);
      // Long enough that they are waited for.
      await program.run('threads', 5_000_000, 2);
      for (const probe of [calls, queue, switches, reads, futex]) await session.detach(probe);
      const openat = 257;
      const nanosleep = 230;
      expect(total(ofGroup(session.buckets(calls), openat)).count).toBe(40);
      const slept = ofGroup(session.buckets(calls), nanosleep);
      expect(total(slept).count).toBe(50);
      expect(lowestOf(slept[0]!.bucket + 1)).toBeGreaterThan(3e6);
      expect(total(session.buckets(queue)).count).toBeGreaterThanOrEqual(50);
      // Each sleep is a switch of its own will.
      expect(total(ofGroup(session.buckets(switches), 0)).count).toBeGreaterThanOrEqual(50);
      const stacks = new Set(session.client.ofType('stack').map(({ hash }) => hash));
      expect(session.buckets(switches).every(({ userStack }) => userStack === 0n || stacks.has(userStack))).toBe(true);
      // The lines that say what to do; values up to 15 have a bucket each. The first of them was waited for before.
      expect(ofGroup(session.buckets(reads), 0).filter(({ tid }) => tid === program.tgid)).toMatchObject([
        { bucket: 'open 40 0\n'.length, count: 1, sum: 'open 40 0\n'.length },
        { count: 1, sum: 'threads 5000000 2\n'.length },
      ]);
      expect(total(session.buckets(futex)).count).toBeGreaterThan(0);
    }, StartFlag.kernelStacks);
  });

  test('memory that is allocated and not freed', { timeout: 60_000 }, async () => {
    await withProbes(async (session, program) => {
      const libc = await session.module('/libc.so.6');
      const state = await session.ask('allocations', { ...ready, module: libc, flags: ProbeFlag.byStack });
      expect(state).toMatchObject({ state: ProbeState.attached });
      await program.run('grow', 100, 1000);
      await session.detach(state.probe);
      const of1000 = session.buckets(state.probe).filter(({ sum, count }) => sum === 1000 * count);
      expect(total(ofGroup(of1000, 0))).toEqual({ count: 100, sum: 100_000 });
      expect(total(ofGroup(of1000, 1))).toEqual({ count: 50, sum: 50_000 });
      // By the stack that allocated, both of them.
      expect(new Set(ofGroup(of1000, 0).map(({ userStack }) => userStack))).toEqual(new Set(ofGroup(of1000, 1).map(({ userStack }) => userStack)));
    });
  });

  test('growth of the heap', { timeout: 60_000 }, async () => {
    await withProbes(async (session, program) => {
      const probe = await session.probe('heap-growth', ready);
      await program.run('grow', 20, 1 << 20);
      await session.detach(probe);
      const { count, sum } = total(session.buckets(probe));
      expect(count).toBeGreaterThan(0);
      // Ten of them are kept.
      expect(sum).toBeGreaterThan(10 << 20);
      expect(sum).toBeLessThan(25 << 20);
    });
  });

  test('page faults', { timeout: 60_000 }, async () => {
    await withProbes(async (session, program) => {
      const state = await session.ask('page-faults', { ...ready, measure: WireMeasure.count });
      // Not every kernel has its tracepoint: then it is said which.
      if (state.state === ProbeState.refused) return void expect(state.text).toBe('page_fault_user');
      await program.run('fork', 20);
      await session.detach(state.probe);
      expect(total(session.buckets(state.probe)).count).toBeGreaterThanOrEqual(20);
    });
  });

  test('TCP connects', { timeout: 60_000 }, async () => {
    const session = new ProbeSession();
    await session.start([process.pid]);
    const probe = await session.probe('tcp-connects', ready);
    const server = createServer((socket) => socket.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    for (let i = 0; i < 10; i++) {
      const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
      await once(socket, 'close');
    }
    server.close();
    await session.detach(probe);
    await session.end();
    expect(total(session.buckets(probe)).count).toBe(10);
  });

  test('requests to a device', { timeout: 60_000 }, async () => {
    const session = new ProbeSession();
    await session.start([], StartFlag.system);
    const state = await session.ask('block-io', ready);
    expect(state).toMatchObject({ state: ProbeState.attached, mechanism: Mechanism.rawTracepoint });
    const path = programPath('block-io-test');
    const file = openSync(path, 'w');
    for (let i = 0; i < 10; i++) {
      writeSync(file, Buffer.alloc(65536, i));
      fsyncSync(file);
    }
    closeSync(file);
    rmSync(path);
    await session.detach(state.probe);
    await session.end();
    const rows = session.buckets(state.probe);
    console.log(`10 writes to disk: ${total(rows).count} requests`);
    for (const { group, bucket } of rows) {
      expect(group).toBeGreaterThan(1 << 20);
      expect(lowestOf(bucket)).toBeLessThan(10e9);
    }
  });
});
