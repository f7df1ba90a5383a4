// SPDX-License-Identifier: Apache-2.0
/** The flame graph of one of several probes. */
import { expect, it } from 'vitest';
import type { RecordingInfo } from '../../ipc/contract.ts';
import { ROOT } from '../../profile/call-tree.ts';
import { SampleKind } from '../../profile/schema.ts';
import { createTables, rowCounts, segmentsSince } from '../../profile/tables.ts';
import { ProfileWriter } from '../../profile/testing.ts';
import { NONE } from '../../profile/units.ts';
import { Replica } from './replica.ts';

const figures = { durationNs: 1e9, ledger: { fired: 0, notOurs: 0, stored: 0, lost: 0 }, overhead: { bpfNs: 0, helperCpuNs: 0 } };

/** Probe 0 took 300 in f, probe 1 took 500 in g; both took time at the end of the same call: 100 and 300. */
function replicaOf(): Replica {
  const writer = new ProfileWriter();
  const stackOf = (name: string, offset: number) => {
    const frame = writer.frame(NONE, offset);
    writer.symbol(frame, name);
    return writer.stack([frame]);
  };
  const thread = writer.thread(7, 'app');
  const [f, g, both] = [stackOf('f', 1), stackOf('g', 2), stackOf('syscall', 3)];
  for (const [probe, stack, sum] of [[0, f, 300], [1, g, 500], [0, both, 100], [1, both, 300]] as const) {
    writer.tables.buckets.append({ slice: 0, probe, thread, stack, group: 0, bucket: 10, count: 1, sum });
    writer.tables.samples.append({ slice: 0, thread, stack, kind: SampleKind.latency, weight: sum });
  }
  const replica = new Replica(1);
  replica.info = { question: 'probes', frequencyHz: 99 } as RecordingInfo;
  replica.append({ id: 1, sliceEnd: 1, segments: segmentsSince(writer.tables, rowCounts(createTables())), figures }, 0);
  replica.fold();
  return replica;
}

it('holds its stacks alone, and its part of those that another one shares', () => {
  const replica = replicaOf();
  const total = (name: string) => {
    for (let node = 1; node < replica.tree.size; node++) if (replica.tree.name(node) === name) return replica.tree.total(node);
    return NaN;
  };
  expect([replica.tree.total(ROOT), total('f'), total('g'), total('syscall')]).toEqual([1200, 300, 500, 400]);
  replica.probe = 0;
  expect([replica.tree.total(ROOT), total('f'), total('g'), total('syscall')]).toEqual([400, 300, 0, 100]);
  const { samples } = replica.foldedTables();
  expect([...samples.columns.weight.slice(0, samples.length)].reduce((sum, weight) => sum + weight, 0)).toBe(400);
  replica.probe = 1;
  expect([replica.tree.total(ROOT), total('f'), total('syscall')]).toEqual([800, 0, 300]);
  replica.probe = null;
  expect(replica.tree.total(ROOT)).toBe(1200);
});
