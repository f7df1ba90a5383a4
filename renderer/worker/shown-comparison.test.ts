// SPDX-License-Identifier: Apache-2.0
/** When the samples of two sides are looked at, and when what was found is told again. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RecordingState } from '../../ipc/contract.ts';
import { CountedRuns } from '../../profile/comparison/counted-runs.ts';
import type { CompareView } from './protocol.ts';
import { ConnectedWorker, soon } from './testing/connected-worker.ts';
import { info } from './testing/engine-rows.ts';

const part = (from: number) => [{ recording: 1, label: 'program', range: { from, to: from + 20 }, hiddenThreads: [] }];
const view: CompareView = { a: part(0), b: part(25), normalisation: 'total' };

let connected: ConnectedWorker;
const counted = vi.spyOn(CountedRuns.prototype, 'of');
/** Ranges that were asked for by each call. */
const asked = (): number[][] => counted.mock.calls.map(([runs]) => runs.map(({ filter }) => filter.range!.from));

beforeEach(async () => {
  counted.mockClear();
  connected = await ConnectedWorker.open();
});
afterEach(() => connected.close());

async function sendRecording(state: RecordingState): Promise<void> {
  connected.peer.emit('recording', { info: { ...info, state } });
  for (let slice = 0; slice < 50; slice++) connected.recording.samples(slice % 3 === 0 ? 'main;parse' : 'main;draw', 1, slice);
  connected.peer.emit('rows', connected.recording.rows(50));
  await soon(() => expect(connected.all('event').length).toBeGreaterThan(0));
}

test('a finished side is counted while the other is still to be chosen', async () => {
  await sendRecording({ kind: 'finished', reason: 'opened', message: '' });
  connected.worker.receive({ type: 'compareView', view: { ...view, b: [] } });
  await soon(() => expect(asked()).toEqual([[0]]));
  const [first] = counted.mock.results[0]!.value as ReturnType<CountedRuns['of']>;
  connected.worker.receive({ type: 'compareView', view });
  await soon(() => expect(connected.all('comparison').at(-1)).toMatchObject({ result: { noise: 'within', matched: 3 }, failure: null }));
  expect(asked()).toEqual([[0], [0, 25]]);
  expect((counted.mock.results[1]!.value as unknown[])[0]).toBe(first);
});

test('one that goes on is not, since it will be another', async () => {
  await sendRecording({ kind: 'live' });
  connected.worker.receive({ type: 'compareView', view: { ...view, b: [] } });
  await soon(() => expect(asked()).toEqual([[]]));
});

test('another normalisation looks at no sample again', async () => {
  await sendRecording({ kind: 'finished', reason: 'opened', message: '' });
  for (const normalisation of ['total', 'duration'] as const) {
    connected.worker.receive({ type: 'compareView', view: { ...view, normalisation } });
    await soon(() => expect(connected.all('comparison').at(-1)?.result?.normalisation).toBe(normalisation));
  }
  const [first, second] = counted.mock.results.map(({ value }) => value as unknown[]);
  expect(second!.map((run, at) => run === first![at])).toEqual([true, true]);
});
