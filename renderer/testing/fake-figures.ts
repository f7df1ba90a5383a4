// SPDX-License-Identifier: Apache-2.0
/** Test only. What stands around the flame graph of a recording that was updated `updates` times, ten slices each. */
import { account } from '../../profile/accounting.ts';
import { LossCause, StackEnd } from '../../profile/schema.ts';
import type { Status, ThreadRow, Timeline } from '../worker/protocol.ts';
import { hostileNames, type FakeTree } from './fake-tree.ts';

/** @param waits the target does nothing */
export function fakeTimeline(recording: number, updates: number, waits: boolean): Timeline {
  const sliceEnd = updates * 10;
  const cpus = Float32Array.from({ length: sliceEnd }, (_, slice) =>
    waits ? 0 : Math.max(0, 2.6 + 2 * Math.sin(slice / 31) + Math.sin(slice / 7) + Math.sin(slice * 2.3)),
  );
  return { recording, firstSlice: 0, slicesPerColumn: 1, cpus, counts: 'CPUs', sliceEnd };
}

const threadNames = ['postgres', 'checkpointer', 'bgwriter', 'walwriter', 'autovacuum', 'parallel worker'];

export function fakeThreads(count: number, updates: number, hostile: boolean): ThreadRow[] {
  return Array.from({ length: count }, (_, thread) => ({
    thread,
    tgid: 4121,
    tid: 4121 + thread,
    name: hostile && thread < hostileNames.length ? hostileNames[thread]!.slice(0, 60) : threadNames[thread % threadNames.length]!,
    share: 0.5 ** (thread + 1),
    recent: Array.from({ length: 24 }, (_, at) => Math.abs(Math.sin(at / (2 + (thread % 3)) + updates / 5 + thread)) * 0.5 ** (thread / 3)),
  }));
}

export function fakeStatus(recording: number, updates: number, tree: FakeTree, threads: number): Status {
  const samples = tree.nodes[0]!.total;
  const [truncated, broken] = [Math.round(samples * 0.001), Math.round(samples * 0.003)];
  return {
    recording,
    figures: {
      durationNs: updates * 200e6,
      ledger: { fired: samples + 3, notOurs: 0, stored: samples, lost: 3 },
      overhead: { bpfNs: updates * 200e3, helperCpuNs: updates * 400e3 },
    },
    samples,
    waits: { blockedNs: 0, preemptedNs: 0, runQueueNs: 0 },
    weight: samples,
    unit: 'samples',
    accounting: account(samples + 5, samples, samples === 0 ? 0 : 1, threads),
    throttled: false,
    lost: samples === 0 ? [] : [{ cause: LossCause.recursion, count: 1 }, { cause: LossCause.sidebandRecords, count: 2 }],
    stacks: { complete: samples - truncated - broken, truncated, broken },
    ends: [
      { end: StackEnd.depthLimit, samples: truncated },
      { end: StackEnd.noRow, samples: broken },
    ].filter((entry) => entry.samples > 0),
    stackless: 0,
    brokenIn: broken === 0 ? [] : [{ path: '/usr/lib/x86_64-linux-gnu/libcrypto.so.3', end: StackEnd.noRow, samples: broken }],
    brokenPlaces: broken === 0 ? 0 : 1,
    frames: { named: samples * 989, all: samples * 1000 },
    unnamedIn: [
      { module: 3, path: '/usr/lib/postgresql/15/lib/vector.so', unnamed: samples * 8, waiting: 0 },
      { module: 5, path: '[anonymous]', unnamed: 0, waiting: samples * 3 },
    ],
    unnamedModules: 2,
    callNodes: tree.nodes.length,
  };
}
