// SPDX-License-Identifier: Apache-2.0
/**
 * The worker's time for one live update of the picture, by step, and what the main thread gets of it: bytes, and
 * milliseconds to take them over. Trees of 10 k and 1 M call nodes, 1,600 px, 1,000 new samples in 50 new stacks an update.
 */
import { decodeMessage, encodeMessage } from '../ipc/codec.ts';
import type { Events } from '../ipc/contract.ts';
import { ROOT } from '../profile/call-tree.ts';
import { createTables, rowCounts, segmentsSince, type Tables } from '../profile/tables.ts';
import { rowBatches } from '../ipc/row-batches.ts';
import { detailsOf } from '../renderer/worker/details.ts';
import { PictureMaker, transferables } from '../renderer/worker/picture.ts';
import type { Picture, View } from '../renderer/worker/protocol.ts';
import { Replica } from '../renderer/worker/replica.ts';
import { statusOf } from '../renderer/worker/status.ts';
import { threadsOf } from '../renderer/worker/threads.ts';
import { median, printTable } from './table.ts';

const FUNCTIONS = 5000;
const UPDATES = 40;
const SAMPLES = 1000;
/** Slices before the first update: ten minutes. */
const BEFORE = 30_000;
const NEW_STACKS = 50;
const DEEPEST = 45;
const figures = { durationNs: 1, ledger: { fired: 1, notOurs: 0, stored: 1, lost: 0 }, overhead: { bpfNs: 0, helperCpuNs: 0 } };

let state = 1;
/** The same numbers in every run, 0 to 1. */
function random(): number {
  state = (state + 0x6d2b79f5) | 0; // mulberry32
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** A recording whose stacks lie on each other like a program's: mostly one frame deeper, at times from further out. */
class Program {
  readonly tables: Tables = createTables();
  readonly #depth: number[] = [];
  #slice = 0;

  constructor(stacks: number) {
    const { strings, modules, frames, functions, symbols, processes, threads } = this.tables;
    strings.append({ text: '/usr/bin/program' });
    modules.append({ path: 1, buildId: 0, kind: 0 });
    processes.append({ tgid: 1, parent: -1, name: 1, start: 0 });
    for (let tid = 1; tid <= 8; tid++) threads.append({ process: 0, tid, name: 1 });
    for (let index = 0; index < FUNCTIONS; index++) {
      const name = strings.append({ text: `namespace_${index % 40}::function_${index}(int, char const*)` });
      functions.append({ name, module: 0, file: 0, line: 0 });
      frames.append({ module: 0, offset: 4096 + index * 64, category: index % 3 });
      symbols.append({ frame: index, depth: 0, function: index, file: 0, line: 0 });
    }
    for (let index = 0; index < stacks; index++) this.#stack();
    // Every node has samples, some of them many.
    for (let stack = 0; stack < stacks; stack++) {
      this.#slice = Math.floor((stack / stacks) * BEFORE);
      this.#sample(stack, 1 + Math.floor(random() ** 200 * 100_000));
    }
  }

  update(): void {
    for (let index = 0; index < NEW_STACKS; index++) this.#stack();
    this.#slice += 10;
    for (let index = 0; index < SAMPLES; index++) this.#sample(Math.floor(random() * this.tables.stacks.length), 1);
  }

  #stack(): void {
    const { stacks } = this.tables;
    const last = stacks.length - 1;
    let prefix = random() < 0.9 ? last : Math.floor(random() * stacks.length);
    while (prefix >= 0 && this.#depth[prefix]! >= DEEPEST) prefix = Math.floor(random() * stacks.length);
    const row = stacks.append({ prefix, frame: Math.floor(random() * FUNCTIONS), end: 0 });
    this.#depth[row] = prefix < 0 ? 1 : this.#depth[prefix]! + 1;
  }

  #sample(stack: number, weight: number): void {
    this.tables.samples.append({ slice: this.#slice + (stack % 10), thread: stack % 8, stack, kind: 0, weight });
  }
}

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
  const program = new Program(stacks);
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
  const view: View = { recording: 1, width: 1600, zoom: ROOT, range: null, hiddenThreads: [], search: null, paused: false, selection: null };
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
