// SPDX-License-Identifier: Apache-2.0
/**
 * The worker's time for one live update of the picture, by step, and what the main thread gets of it: bytes, and
 * milliseconds to take them over. Trees of 10 k and 1 M call nodes, 1,600 px, 1,000 new samples in 50 new stacks an update.
 */
import { decodeMessage, encodeMessage } from '../ipc/codec.ts';
import type { Events } from '../ipc/contract.ts';
import { ROOT } from '../profile/call-tree.ts';
import { NOTHING_COLLAPSED } from '../profile/collapse.ts';
import { createTables, rowCounts, segmentsSince } from '../profile/tables.ts';
import { rowBatches } from '../ipc/row-batches.ts';
import { detailsOf } from '../renderer/worker/details.ts';
import { PictureMaker, transferables } from '../renderer/worker/picture.ts';
import type { Picture, View } from '../renderer/worker/protocol.ts';
import { Replica } from '../renderer/worker/replica.ts';
import { statusOf } from '../renderer/worker/status.ts';
import { threadsOf } from '../renderer/worker/threads.ts';
import { BEFORE, SyntheticProgram } from './synthetic-program.ts';
import { median, printTable } from './table.ts';

const UPDATES = 40;
const figures = { durationNs: 1, ledger: { fired: 1, notOurs: 0, stored: 1, lost: 0 }, overhead: { bpfNs: 0, helperCpuNs: 0 } };

type Times = Record<string, number[]>;

function timed<T>(times: Times, step: string, run: () => T): T {
  const began = performance.now();
  const result = run();
  (times[step] ??= []).push(performance.now() - began);
  return result;
}

/** What the main thread gets: the columns, and the names as UTF-8. */
function bytesOf(picture: Picture): number {
  const columns = transferables(picture).reduce((sum, buffer) => sum + buffer.byteLength, 0);
  return columns + picture.names.reduce((sum, name) => sum + Buffer.byteLength(name), 0);
}

function measure(stacks: number) {
  const program = new SyntheticProgram(stacks);
  const replica = new Replica(1);
  let sent = rowCounts(createTables());
  for (const segments of rowBatches(segmentsSince(program.tables, sent))) {
    replica.append({ id: 1, segments, sliceEnd: BEFORE, figures }, 0);
  }
  sent = rowCounts(program.tables);
  replica.fold();
  replica.statistics();
  replica.cpus(99);
  threadsOf(replica, 99);
  const maker = new PictureMaker(replica);
  const view: View = { recording: 1, width: 1600, zoom: ROOT, range: null, hiddenThreads: [], collapse: NOTHING_COLLAPSED, kinds: null, search: null, paused: false, selection: null };
  const searching: View = { ...view, search: { pattern: 'function_1.*7', ignoreCase: true } };
  const times: Times = {};
  const taken: number[] = [];
  let picture = maker.make(view, 0);
  for (let update = 1; update <= UPDATES; update++) {
    program.update();
    const segments = segmentsSince(program.tables, sent);
    sent = rowCounts(program.tables);
    const payload: Events['rows'] = { id: 1, segments, sliceEnd: BEFORE + update * 10, figures };
    const bytes = encodeMessage({ type: 'event', name: 'rows', payload });
    const began = performance.now();
    const message = timed(times, 'decode', () => decodeMessage(bytes)) as { payload: Events['rows'] };
    timed(times, 'append', () => replica.append(message.payload, 0));
    timed(times, 'fold', () => replica.fold());
    picture = timed(times, 'cull and describe', () => maker.make(view, update));
    timed(times, 'timeline', () => replica.cpus(99));
    timed(times, 'status', () => statusOf(replica));
    (times['one update'] ??= []).push(performance.now() - began);
    timed(times, 'the same picture with a search', () => maker.make(searching, update));
    if (update % 10 === 0) {
      timed(times, 'threads (once a second)', () => threadsOf(replica, 99));
      timed(times, 'details (once a second)', () => detailsOf(replica, Math.floor(replica.tree.size / 2)));
      timed(times, 'brush over half of it', () => replica.weigh({ range: { from: BEFORE / 2, to: BEFORE }, hiddenThreads: [] }));
      replica.weigh({ range: null, hiddenThreads: [] });
    }
    const began2 = performance.now();
    structuredClone(picture, { transfer: transferables(picture) });
    taken.push(performance.now() - began2);
    picture = maker.make(view, update);
  }
  return { nodes: replica.tree.size - 1, times, frames: picture.count, bytes: bytesOf(picture), taken };
}

const [small, large] = [measure(10_000), measure(1_000_000)] as const;
const cells = (values: readonly number[]): string[] => [median(values).toFixed(2), Math.max(...values).toFixed(2)];
const rows = Object.keys(small.times).map((step) => {
  const [few, many] = [small.times[step]!, large.times[step]!];
  return [step, ...cells(few), ...cells(many), (median(many) / median(few)).toFixed(1)];
});
printTable(
  `The worker's milliseconds, ${UPDATES} updates`,
  ['step', `${small.nodes} nodes: median`, 'worst', `${large.nodes} nodes: median`, 'worst', 'ratio'],
  rows,
);
printTable('The main thread, for one picture', ['', `${small.nodes} nodes`, `${large.nodes} nodes`], [
  ['frames', `${small.frames}`, `${large.frames}`],
  ['bytes, columns moved and not copied', `${small.bytes}`, `${large.bytes}`],
  ['bytes a frame', (small.bytes / small.frames).toFixed(0), (large.bytes / large.frames).toFixed(0)],
  ['milliseconds to send and take over, median', median(small.taken).toFixed(2), median(large.taken).toFixed(2)],
]);
