// SPDX-License-Identifier: Apache-2.0
/** Latencies of two halves of a recording of probes, from the engine's rows to pictures of one scale. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ProbeInfo } from '../../ipc/contract.ts';
import { bucketOf } from '../../profile/histogram.ts';
import { HistogramColumns } from '../../profile/histogram-columns.ts';
import { seededRandom } from '../../profile/comparison/distributions.ts';
import { NONE } from '../../profile/units.ts';
import { sameScale } from './latency-picture.ts';
import type { CompareView, LatencyView } from './protocol.ts';
import { ConnectedWorker, pause, soon } from './testing/connected-worker.ts';
import { info } from './testing/engine-rows.ts';

const probes: ProbeInfo[] = [
  {
    ...{ probe: 0, title: 'vfs_read', mechanism: 'fentry', state: 'detached', why: '', unit: 'nanoseconds', functions: 1 },
    request: { kind: 'kernel', name: 'vfs_read', module: '', measure: { kind: 'latency' }, byThread: false, byStack: false, events: false, leastNs: 0, filter: null },
    figures: { calls: 0, callsPerSecond: 0, measured: 0, filtered: 0, missed: 0, recursed: 0, dropped: 0, aboveRate: 0, unsent: 0, lost: 0, callNs: 0, cost: 0 },
  },
];
const HALF = 400;
const side = (from: number) => [{ recording: 1, label: 'probed', range: { from, to: from + HALF }, hiddenThreads: [] }];
const view: CompareView = { a: side(0), b: side(HALF), normalisation: 'total' };

let connected: ConnectedWorker;
beforeEach(async () => {
  connected = await ConnectedWorker.open();
});
afterEach(() => connected.close());

/** The second half takes twice as long. */
function sendRows(from: number, to: number): void {
  const random = seededRandom(from + 1);
  for (let slice = from; slice < to; slice++) {
    for (let call = 0; call < 10; call++) {
      const value = Math.floor((slice < HALF ? 10_000 : 20_000) * (1 + random()));
      connected.recording.tables.buckets.append({ slice, probe: 0, thread: NONE, stack: NONE, group: 0, bucket: bucketOf(value), count: 1, sum: value });
    }
  }
  connected.peer.emit('rows', connected.recording.rows(to));
}

test('each probe of both sides, once more when rows came, and not for another normalisation', async () => {
  let asked = 0;
  connected.handlers.probes = () => (asked++, probes);
  connected.peer.emit('recording', { info: { ...info, question: 'probes', state: { kind: 'finished', reason: 'opened', message: '' } } });
  sendRows(0, 2 * HALF);
  await soon(() => expect(connected.all('event')).toHaveLength(1));
  connected.worker.receive({ type: 'compareView', view });
  await soon(() => expect(connected.all('latencies')).toHaveLength(1));
  const [{ latencies, notes }] = connected.all('latencies') as [ReturnType<typeof connected.all<'latencies'>>[0]];
  expect(latencies.compared).toMatchObject([{ title: 'vfs_read', rows: { a: [0], b: [0] }, a: { count: 10 * HALF }, b: { count: 10 * HALF }, perSecond: { verdict: 'unchanged' } }]);
  expect(new Set(latencies.compared[0]!.deciles.map(({ verdict }) => verdict))).toEqual(new Set(['grew']));
  expect(notes).toEqual([expect.stringContaining('One run a side')]);
  // Nothing was sampled: that is said of functions alone.
  await soon(() => expect(connected.all('comparison').at(-1)).toMatchObject({ result: null, failure: { code: 'nothingToCompare' } }));

  connected.worker.receive({ type: 'latencyView', view: { rows: latencies.compared[0]!.rows, columns: 200, part: null } });
  const { picture } = connected.all('latencyPicture').at(-1)!;
  expect([picture.heats.a.firstSlice, picture.heats.b.firstSlice, picture.sliceEnd]).toEqual([0, 0, HALF]);
  expect(picture.histograms.a.buckets).toEqual(picture.histograms.b.buckets);
  expect([picture.histograms.a, picture.histograms.b].map(({ counts }) => counts.reduce((sum, count) => sum + count, 0))).toEqual([10 * HALF, 10 * HALF]);

  connected.worker.receive({ type: 'compareView', view: { ...view, normalisation: 'none' } });
  await pause(400);
  expect(connected.all('latencies')).toHaveLength(1);
  sendRows(2 * HALF, 2 * HALF + 1);
  await soon(() => expect(connected.all('latencies')).toHaveLength(2));
  expect(connected.all('latencyPicture').length).toBeGreaterThan(1);
  expect(asked).toBe(1);
});

test('a recording without probes has no latencies, and nobody is asked', async () => {
  connected.handlers.probes = () => {
    throw new Error('asked');
  };
  connected.sample('main', 1);
  await soon(() => expect(connected.subscriptions).toBe(0));
  connected.worker.receive({ type: 'compareView', view: { ...view, a: [{ ...side(0)[0]!, range: null }], b: [{ ...side(0)[0]!, range: null }] } });
  await soon(() => expect(connected.all('latencies').at(-1)?.latencies).toEqual({ compared: [], onlyA: [], onlyB: [], tests: 0, isSame: false }));
});

test('heat maps of one scale: the same rows, as bright for as many a slice, and nothing beside nothing', () => {
  const columns = (entries: [slice: number, bucket: number, count: number][]) => {
    const found = new HistogramColumns();
    for (const entry of entries) found.add(...entry);
    return found;
  };
  const a = columns([[0, 40, 3], [1, 42, 6]]).heat({ from: 0, to: 2 }, 10);
  const b = columns([[0, 45, 4], [7, 45, 4]]).heat({ from: 0, to: 8 }, 2);
  const scaled = sameScale(a, b);
  expect([scaled.a, scaled.b].map(({ firstBucket, rows }) => [firstBucket, rows])).toEqual([[40, 6], [40, 6]]);
  expect([...scaled.a.counts]).toEqual([3, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0]);
  expect([...scaled.b.counts]).toEqual([0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 4]);
  expect([scaled.a.most, scaled.b.most]).toEqual([6, 24]);
  const empty = new HistogramColumns().heat({ from: 0, to: 2 }, 10);
  expect(sameScale(empty, empty).a.rows).toBe(0);
  expect(sameScale(a, empty).b.counts.every((count) => count === 0)).toBe(true);
});

test('one group or thread is compared alone: by name, whatever its number is, with what is left of the time', async () => {
  connected.handlers.probes = () => probes;
  connected.peer.emit('recording', { info: { ...info, question: 'probes', state: { kind: 'finished', reason: 'opened', message: '' } } });
  const { tables } = connected.recording;
  const text = (value: string) => tables.strings.append({ text: value });
  for (const [group, name] of [[8, 'sda'], [16, 'sdb']] as const) tables.groups.append({ probe: 0, group, name: text(name) });
  const random = seededRandom(9);
  for (let slice = 0; slice < 2 * HALF; slice++) {
    const isLate = slice >= HALF;
    for (const [group, least, calls] of [[8, isLate ? 40_000 : 10_000, 3], [16, 10_000, 20]] as const) {
      for (let call = 0; call < calls; call++) {
        const value = Math.floor(least * (1 + random()));
        tables.buckets.append({ slice, probe: 0, thread: NONE, stack: NONE, group, bucket: bucketOf(value), count: 1, sum: value });
      }
    }
  }
  connected.peer.emit('rows', connected.recording.rows(2 * HALF));
  await soon(() => expect(connected.all('event')).toHaveLength(1));
  connected.worker.receive({ type: 'compareView', view });
  await soon(() => expect(connected.all('latencies')).toHaveLength(1));
  const [{ latencies }] = connected.all('latencies') as [ReturnType<typeof connected.all<'latencies'>>[0]];
  const { rows } = latencies.compared[0]!;
  const draw = (part: LatencyView['part']) => {
    connected.worker.receive({ type: 'latencyView', view: { rows, columns: 200, part } });
    return connected.all('latencyPicture').at(-1)!.picture;
  };
  const all = draw(null);
  expect([all.parts, all.part]).toEqual([[{ kind: 'group', name: 'sdb', a: 20 * HALF, b: 20 * HALF }, { kind: 'group', name: 'sda', a: 3 * HALF, b: 3 * HALF }], null]);
  const sda = draw({ kind: 'group', name: 'sda' });
  expect(sda.part).toMatchObject({ of: { name: 'sda' }, from: 0, compared: { rows, a: { count: 3 * HALF }, b: { count: 3 * HALF }, perSecond: { a: 150, b: 150, verdict: 'unchanged' } } });
  expect(new Set(sda.part!.compared.deciles.map(({ verdict }) => verdict))).toEqual(new Set(['grew']));
  expect([sda.histograms.a, sda.histograms.b].map(({ counts }) => counts.reduce((sum, count) => sum + count, 0))).toEqual([3 * HALF, 3 * HALF]);
  const sdb = draw({ kind: 'group', name: 'sdb' });
  expect(new Set(sdb.part!.compared.deciles.map(({ verdict }) => verdict))).toEqual(new Set(['unchanged']));
});
