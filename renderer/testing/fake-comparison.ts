// SPDX-License-Identifier: Apache-2.0
/** Test only. What the worker says of two sides: a real comparison of made-up recordings. */
import { compare, ComparisonError, type Comparison } from '../../profile/comparison/comparison.ts';
import { sureOf } from '../../profile/comparison/difference-colours.ts';
import { DifferenceTree } from '../../profile/comparison/difference-tree.ts';
import { compareLatencies, type ProbeRun } from '../../profile/comparison/latencies.ts';
import { latencyNotes, sideNotes } from '../../profile/comparison/latency-words.ts';
import type { ProbePart } from '../../profile/comparison/probe-parts.ts';
import type { Run, Side } from '../../profile/comparison/sides.ts';
import { askedProbe, drawProgram, probedRun, record, slowed, without } from '../../profile/comparison/testing.ts';
import { bucketOf } from '../../profile/histogram.ts';
import { COLUMNS, HistogramColumns } from '../../profile/histogram-columns.ts';
import { differencePicture } from '../worker/difference-picture.ts';
import { comparePart, latencyPicture, partRuns, partsOf, type PartedRun } from '../worker/latency-picture.ts';
import type { CompareView, DifferenceView, FromCompareWorker, LatencyView } from '../worker/protocol.ts';

const HOSTILE = '<img src=x onerror=alert(3)>\u202e';

/** A and B of which a function grew, one came and one went. */
function madeUp(hostile: boolean): { before: Run; after: Run } {
  const drawn = drawProgram(3, { share: 0.09, leaves: 24 });
  const subject = hostile ? HOSTILE : 'subject';
  const before = { ...drawn, leaves: drawn.leaves.map((leaf) => (leaf.name === 'subject' ? { ...leaf, name: subject } : leaf)) };
  const gone = before.leaves[3]!.name;
  const added = { ...before, leaves: [...before.leaves, { name: 'added_later', caller: 'caller_0', costs: before.leaves[1]!.costs.map((cost) => cost * 2) }] };
  const after = without(slowed(added, subject, 2.2), gone);
  return { before: record(before, { seed: 7, seconds: 120, cpus: 2 }), after: record(after, { seed: 8, seconds: 120, cpus: 2 }) };
}

/** What is compared: samples; samples and, it seems, probes; probes alone; probes of other functions. */
export type FakeSides = 'sampled' | 'both' | 'probed' | 'disjoint';

/** A tenth of the reads waits for the disk, in B three times as long. */
function madeUpProbes(hostile: boolean): { before: ProbeRun; after: ProbeRun } {
  const bell = (random: () => number): number => random() + random() + random() - 1.5;
  const reads = (disk: number) => (random: () => number): number => (random() < 0.13 ? disk * 2 ** (0.8 * bell(random)) : 2_800 * 2 ** (0.6 * bell(random)));
  const around = (middle: number, width: number) => (random: () => number): number => middle * 2 ** (width * bell(random));
  const name = hostile ? HOSTILE : 'ExecHashJoin';
  const user = { kind: 'user', module: '/usr/lib/postgresql/15/bin/postgres' };
  const probes = (disk: number, join: number) => [
    { asked: askedProbe('vfs_read'), value: reads(disk) },
    { asked: askedProbe(name, { ...user, ...(join < 41_000 ? { filter: { argument: 2, test: 'above', value: '4096' } } : {}) }, { mechanism: 'uprobe' }), value: around(join, 0.7) },
    { asked: askedProbe('futex_wait_queue'), value: around(180_000, 1.3) },
    { asked: askedProbe('sched:sched_switch', { kind: 'tracepoint', measure: { kind: 'count' } }, { unit: 'count', mechanism: 'tracepoint' }), value: () => 0 },
  ];
  const only = (other: string) => ({ asked: askedProbe(other), value: around(9_000, 0.4) });
  return {
    before: probedRun([...probes(390_000, 41_000), only('vfs_write')], { seed: 5, perSlice: 12, slices: 900 }),
    after: probedRun([...probes(1_200_000, 33_000), only('vfs_fsync')], { seed: 6, perSlice: 18, slices: 600 }),
  };
}

/** Of what takes longer than a tenth of a ms one thread's, of the rest another's. */
function parted(run: ProbeRun): PartedRun {
  const columns = (probe: number, { name }: ProbePart): HistogramColumns => {
    const found = new HistogramColumns();
    const heat = (run.columns(probe) ?? found).heat(run.range, COLUMNS);
    heat.counts.forEach((count, at) => {
      const bucket = heat.firstBucket + (at % heat.rows);
      const isSlow = bucket >= bucketOf(100_000);
      if (count > 0 && isSlow === (name === 'walwriter')) found.add(heat.firstSlice + Math.floor(at / heat.rows) * heat.slicesPerColumn, bucket, count);
    });
    return found;
  };
  const all = (probe: number) =>
    ['postgres', 'walwriter'].map((name) => ({ kind: 'thread' as const, name, calls: [...columns(probe, { kind: 'thread', name }).all.values()].reduce((sum, count) => sum + count, 0) }));
  return { ...run, parts: { from: 0, all: (probe) => all(probe).filter(({ calls }) => calls > 0), columns } };
}

export class FakeComparison {
  readonly #emit: (message: FromCompareWorker) => void;
  readonly #hostile: boolean;
  #comparison: Comparison | null = null;
  /** Nodes keep their numbers, as the worker's do. */
  #tree: DifferenceTree | null = null;
  #view: DifferenceView | null = null;
  readonly #sides: FakeSides;
  #probed: { a: ProbeRun[]; b: ProbeRun[] } | null = null;
  #latencyView: LatencyView | null = null;

  constructor(emit: (message: FromCompareWorker) => void, hostile: boolean, sides: FakeSides) {
    this.#emit = emit;
    this.#hostile = hostile;
    this.#sides = sides;
  }

  show(view: CompareView | null): void {
    if (view === null || view.a.length === 0 || view.b.length === 0) return;
    const { before, after } = madeUp(this.#hostile);
    const isSame = view.a[0]!.recording === view.b[0]!.recording;
    const [a, b] = [{ runs: [before] }, { runs: [isSame ? before : after] }];
    this.#showLatencies(a, b, isSame);
    if (this.#sides === 'probed' || this.#sides === 'disjoint') {
      const failure = { code: 'nothingToCompare', message: 'before holds no samples, so there is nothing to compare.', remedy: 'Recordings of probes have histograms: compare those.' };
      return this.#emit({ type: 'comparison', result: null, failure });
    }
    try {
      const comparison = compare(a, b, { normalisation: view.normalisation });
      this.#comparison = comparison;
      this.#tree = new DifferenceTree(comparison, { inverted: this.#tree?.inverted ?? false, like: this.#tree });
      const { identities: _identities, sampled: _sampled, ...result } = comparison;
      this.#emit({ type: 'comparison', result: { ...result, matched: result.functions.length }, failure: null });
      this.draw(this.#view);
    } catch (error) {
      if (!(error instanceof ComparisonError)) throw error;
      const { code, message, remedy } = error;
      this.#emit({ type: 'comparison', result: null, failure: { code, message, remedy } });
    }
  }

  draw(view: DifferenceView | null): void {
    this.#view = view;
    if (view === null || this.#comparison === null || this.#tree === null) return;
    const tree = this.#tree.inverted === view.inverted ? this.#tree : new DifferenceTree(this.#comparison, { inverted: view.inverted });
    this.#tree = tree;
    const sure = view.noise ? null : sureOf(this.#comparison);
    this.#emit({ type: 'differencePictures', pictures: view.widths.map((widths) => ({ widths, picture: differencePicture(tree, sure, view, widths, view.width, 1) })) });
  }

  #showLatencies(a: Side, b: Side, isSame: boolean): void {
    const { before, after } = madeUpProbes(this.#hostile);
    const disjoint = { a: [{ ...before, probes: before.probes.slice(4) }], b: [{ ...after, probes: after.probes.slice(4) }] };
    const none = { a: [{ ...before, probes: [] }], b: [{ ...after, probes: [] }] };
    this.#probed = this.#sides === 'sampled' ? none : this.#sides === 'disjoint' ? disjoint : { a: [before], b: [isSame ? before : after] };
    const latencies = compareLatencies(this.#probed.a, this.#probed.b);
    this.#emit({ type: 'latencies', latencies, notes: [...sideNotes(a, b), ...latencyNotes(latencies, a, b)] });
    this.drawLatency(this.#latencyView);
  }

  drawLatency(view: LatencyView | null): void {
    this.#latencyView = view;
    if (view === null || this.#probed === null) return;
    const runs = { a: this.#probed.a.map(parted), b: this.#probed.b.map(parted) };
    const narrowed = view.part && partRuns(view.part, view.rows, runs);
    const part = narrowed && comparePart(view.part!, runs, narrowed);
    this.#emit({ type: 'latencyPicture', picture: { ...latencyPicture(view, narrowed ?? runs), parts: partsOf(view, runs), part } });
  }
}
