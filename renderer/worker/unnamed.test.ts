// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { detailsOf } from './details.ts';
import type { NodeDetails } from './protocol.ts';
import { Replica } from './replica.ts';
import { GrowingRecording } from './testing/engine-rows.ts';
import { UnnamedReasons } from './unnamed.ts';

let replica: Replica;
let unnamed: number;
let named: number;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const recording = new GrowingRecording();
  replica = new Replica(1);
  recording.samples('main;x+0x10', 1);
  recording.symbol(recording.frameOf('main'), 'main', 0, recording.module('/lib/program'));
  recording.symbol(recording.frameOf('x+0x10'), null);
  replica.append(recording.rows(1), 0);
  replica.fold();
  const { tree } = replica;
  const nodes = Array.from({ length: tree.size }, (_, node) => node);
  unnamed = nodes.find((node) => tree.name(node) === 'x+0x10')!;
  named = nodes.find((node) => tree.name(node) === 'main')!;
});
afterEach(() => void vi.useRealTimers());

test("the guess stands until the engine's reason comes, which is then known for a while", async () => {
  const asked: number[][] = [];
  let says = 'x is stripped. Install x-dbgsym.';
  const improved: (NodeDetails | null)[] = [];
  const reasons = new UnnamedReasons((...of) => (asked.push(of), Promise.resolve(says)), (details) => improved.push(details));
  const details = detailsOf(replica, unnamed);
  expect(reasons.tell(details, replica)).toEqual(details);
  await vi.waitFor(() => expect(improved).toHaveLength(1));
  expect(improved[0]).toEqual({ ...details, unnamedReason: says });
  expect(reasons.tell(details, replica)).toEqual(improved[0]);
  const module = replica.tables.frames.columns.module[1]!;
  expect(asked).toEqual([[1, module]]);
  vi.setSystemTime(Date.now() + 6000);
  says = 'x was replaced.';
  reasons.tell(details, replica);
  await vi.waitFor(() => expect(improved.at(-1)!.unnamedReason).toBe(says));
});

test('what has a name, or is shown no more, is not told about', async () => {
  const improved: NodeDetails[] = [];
  const answer = Promise.withResolvers<string>();
  const ask = vi.fn(() => answer.promise);
  const reasons = new UnnamedReasons(ask, (details) => improved.push(details));
  expect(reasons.tell(detailsOf(replica, named), replica)).toMatchObject({ unnamedReason: '' });
  expect(reasons.tell(null, replica)).toBeNull();
  expect(ask).not.toHaveBeenCalled();
  reasons.tell(detailsOf(replica, unnamed), replica);
  reasons.tell(detailsOf(replica, named), replica);
  answer.resolve('late');
  await answer.promise;
  expect(improved).toEqual([]);
});
