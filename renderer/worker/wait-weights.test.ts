// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { RecordingInfo } from '../../ipc/contract.ts';
import { FrameCategory, SampleKind } from '../../profile/schema.ts';
import { createTables, rowCounts, segmentsSince } from '../../profile/tables.ts';
import { ProfileWriter } from '../../profile/testing.ts';
import { NONE } from '../../profile/units.ts';
import { detailsOf } from './details.ts';
import { PictureMaker } from './picture.ts';
import { Tint, type Picture, type View } from './protocol.ts';
import { Replica } from './replica.ts';
import { statusOf } from './status.ts';
import { NOTHING_COLLAPSED } from '../../profile/collapse.ts';

const figures = { durationNs: 1e9, ledger: { fired: 0, notOurs: 0, stored: 0, lost: 0 }, overhead: { bpfNs: 0, helperCpuNs: 0 } };
const view: View = { recording: 1, width: 1000, zoom: 0, range: null, hiddenThreads: [], collapse: NOTHING_COLLAPSED, kinds: null, search: null, paused: false, selection: null };

/** main computes 1 s itself; it reads 3 s from a pipe; spin is 1 s on a CPU and 2 s without one. */
function replicaOf(question: RecordingInfo['question']): Replica {
  const writer = new ProfileWriter();
  const frame = (name: string, offset: number, category: FrameCategory = FrameCategory.user) => {
    const made = writer.frame(NONE, offset, category);
    writer.symbol(made, name);
    return made;
  };
  const main = frame('main', 1);
  const spin = frame('spin', 2);
  const kernel = ['pipe_read', 'schedule'].map((name, at) => frame(name, 10 + at, FrameCategory.kernel));
  const thread = writer.thread(7, 'app');
  const row = (stack: number, kind: SampleKind, weight: number) => writer.tables.samples.append({ slice: 0, thread, stack, kind, weight });
  row(writer.stack([main]), SampleKind.onCpu, 100);
  row(writer.stack([main, ...kernel]), SampleKind.blocked, 3e9);
  row(writer.stack([main, spin]), SampleKind.onCpu, 100);
  row(writer.stack([main, spin, kernel[1]!]), SampleKind.preempted, 2e9);
  const replica = new Replica(1);
  replica.info = { id: 1, question, frequencyHz: 100 } as RecordingInfo;
  replica.append({ id: 1, segments: segmentsSince(writer.tables, rowCounts(createTables())), sliceEnd: 1, figures }, 0);
  replica.fold();
  return replica;
}

function tints(replica: Replica): Record<string, [tint: number | undefined, total: number]> {
  const picture: Picture = new PictureMaker(replica).make(view, 1);
  const names = [...picture.name].map((name) => picture.names[name]!);
  return Object.fromEntries(names.map((name, frame) => [name, [picture.tint?.[frame], picture.total[frame]!]]));
}

it('says of each frame what most of its time is, in nanoseconds', () => {
  const found = tints(replicaOf('wall'));
  expect(found['all']).toEqual([Tint.blocked, 7e9]);
  // 1 s of 7 is its own, and on a CPU.
  expect(found['main']).toEqual([Tint.onCpu, 7e9]);
  expect(found['pipe_read']).toEqual([Tint.blocked, 3e9]);
  expect(found['spin']).toEqual([Tint.onCpu, 3e9]);
});

it('counts only what is shown of it', () => {
  const replica = replicaOf('wall');
  replica.show([SampleKind.preempted]);
  expect(tints(replica)['spin']).toEqual([Tint.queued, 2e9]);
  replica.show([SampleKind.onCpu]);
  expect(tints(replica)['spin']).toEqual([undefined, 1e9]);
  expect(replica.weightsByThread().get(0)).toBe(2e9);
});

it('leaves samples alone where they are what is asked about', () => {
  const replica = replicaOf('on-cpu');
  expect(tints(replica)['main']).toEqual([undefined, 200]);
  expect(statusOf(replica)).toMatchObject({ samples: 200, weight: 200, unit: 'samples', waits: { blockedNs: 3e9 } });
});

it('says why one waited below a frame', () => {
  const replica = replicaOf('off-cpu');
  const picture = new PictureMaker(replica).make(view, 1);
  const main = picture.node[[...picture.name].findIndex((name) => picture.names[name] === 'main')]!;
  expect(detailsOf(replica, main).waits).toEqual([{ reason: 'pipe', total: 3e9 }, { reason: 'queued', total: 2e9 }]);
  expect(statusOf(replica)).toMatchObject({ samples: 200, weight: 5e9, unit: 'nanoseconds', accounting: { verdict: 'noAccounting' } });
});
