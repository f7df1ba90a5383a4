// SPDX-License-Identifier: Apache-2.0
/**
 * The window's copy of one recording's tables, and what is computed from them row by row.
 *
 * The tables themselves are bounded (received-tables.ts); the call tree grows with distinct stacks, not with time. The call
 * tree, thread shares and figures stay exact when tables are compacted; a brush over the older part has the precision of a
 * second, a minute or more.
 */
import type { Events, RecordingFigures, RecordingId, RecordingInfo } from '../../ipc/contract.ts';
import { CallTree } from '../../profile/call-tree.ts';
import type { Collapse } from '../../profile/collapse.ts';
import { EVERYTHING, SampleIndex, sampleTest, type SampleFilter } from '../../profile/filter.ts';
import type { Key } from '../../profile/frame-keys.ts';
import { Statistics } from '../../profile/statistics.ts';
import { kindsOf, SAMPLES_ONLY, weighing, weightPerSecond, weightsOf, type Weighing } from '../../profile/questions.ts';
import { weightsByThread } from '../../profile/timeline.ts';
import { Table, type Tables } from '../../profile/tables.ts';
import { SampleKind } from '../../profile/schema.ts';
import type { StackIndex, ThreadIndex } from '../../profile/units.ts';
import { WaitWeights } from '../../profile/wait-weights.ts';
import type { Coarseness, TimedTable } from './compaction.ts';
import type { EventLog } from './event-log.ts';
import { FollowedNodes } from './followed-nodes.ts';
import type { ProbeFigures } from './probe-figures.ts';
import { MOST_ROWS, ReceivedTables } from './received-tables.ts';
import { SampleSums } from './sample-sums.ts';

export class Replica {
  readonly recording: RecordingId;
  readonly tree: CallTree;
  readonly followed: FollowedNodes;
  /** Of what the tree holds. */
  readonly waits = new WaitWeights();
  figures: RecordingFigures | null = null;
  sliceEnd = 0;
  /** Milliseconds on `performance.timeOrigin + now()`. */
  newestRowAt = 0;
  /** Of the rows that the tree holds. */
  newestFoldedAt = 0;

  readonly #received: ReceivedTables;
  readonly #tables: Tables;
  #index: SampleIndex;
  #statistics: Statistics;
  readonly #sums = new SampleSums();
  #info: RecordingInfo | null = null;
  /** Of all that the question asks about, and of what of it is shown. */
  #scale: Weighing = SAMPLES_ONLY;
  #shownScale: Weighing = SAMPLES_ONLY;
  #kinds: readonly SampleKind[] = kindsOf('on-cpu');
  #filter: SampleFilter = EVERYTHING;
  #probe: number | null = null;
  #foldedSamples = 0;
  #foldedSymbols = 0;

  constructor(recording: RecordingId, mostRows = MOST_ROWS) {
    this.recording = recording;
    this.#received = new ReceivedTables(mostRows);
    this.#tables = this.#received.tables;
    this.tree = new CallTree(this.#tables);
    this.followed = new FollowedNodes(this.tree, this.#tables);
    this.#index = new SampleIndex(this.#tables);
    this.#statistics = new Statistics(this.#tables, 1);
  }

  /** Null until the engine has said what the rows are about. */
  get info(): RecordingInfo | null {
    return this.#info;
  }
  set info(info: RecordingInfo | null) {
    this.#info = info;
    if (info === null) return;
    const scale = weighing(info.question, info.frequencyHz);
    if (scale.every((one, kind) => one === this.#scale[kind])) return;
    this.#scale = scale;
    this.#statistics = new Statistics(this.#tables, 1, scale);
    this.show();
  }

  /** What one thread weighs a second, as `weightPerSecond`. */
  get perSecond(): number {
    return this.#info ? weightPerSecond(this.#info.question, this.#info.frequencyHz) : 1;
  }
  /** Shown of the question's. */
  get kinds(): readonly SampleKind[] {
    return this.#kinds;
  }
  get scale(): Weighing {
    return this.#shownScale;
  }

  /** Which kinds of the question's rows count. */
  show(shown?: readonly SampleKind[]): void {
    if (this.#info === null) return;
    const kinds = shown ?? kindsOf(this.#info.question);
    this.#kinds = kinds;
    const scale = weighing(this.#info.question, this.#info.frequencyHz, kinds);
    if (scale.every((one, kind) => one === this.#shownScale[kind])) return;
    this.#shownScale = scale;
    this.#forgetSums();
  }

  /** Rows weigh otherwise from now on. */
  #forgetSums(): void {
    this.#sums.clear();
    if (this.#foldedSamples > 0) this.weigh({ ...this.#filter });
  }

  /** Of a row of `samples`, of what is shown. Valid until rows are added. */
  #weightOf(): (row: number) => number {
    const weightOf = weightsOf(this.#tables.samples, this.#shownScale);
    const probe = this.#probe;
    if (probe === null) return weightOf;
    const { stack } = this.#tables.samples.columns;
    const shares = new Map<StackIndex, number>();
    return (row) => {
      let share = shares.get(stack[row]!);
      if (share === undefined) shares.set(stack[row]!, (share = this.buckets.shareOf(probe, stack[row]!)));
      return share * weightOf(row);
    };
  }

  /** Of a recording of probes, the one whose stacks count; null: all. */
  get probe(): number | null {
    return this.#probe;
  }
  set probe(probe: number | null) {
    if (probe === this.#probe) return;
    this.#probe = probe;
    this.#forgetSums();
  }

  get tables(): Tables {
    return this.#tables;
  }
  get buckets(): ProbeFigures {
    return this.#received.buckets;
  }
  get events(): EventLog {
    return this.#received.events;
  }
  /** Finds samples by slice; replaced when they are compacted. */
  get index(): SampleIndex {
    return this.#index;
  }
  get filter(): SampleFilter {
    return this.#filter;
  }
  get samplesCoarseness(): Coarseness {
    return this.#received.coarsenessOf('samples');
  }

  /** Takes a `rows` event that came at `at`. @throws RowsMissing as `ReceivedTables.append` */
  append({ segments, sliceEnd, figures }: Events['rows'], at: number): void {
    if (!this.#received.append(segments)) return;
    this.sliceEnd = Math.max(this.sliceEnd, sliceEnd);
    this.figures = figures;
    this.newestRowAt = at;
    this.#bound('samples');
    this.#bound('expected');
    this.#bound('losses');
  }

  /** Folds the rows that came since into the tree: names first, so that new stacks are folded but once. */
  fold(): void {
    const { samples, symbols } = this.#tables;
    this.#applySymbols(symbols.length);
    const meant = sampleTest(samples, this.#filter);
    const { stack, thread } = samples.columns;
    const weightOf = this.#weightOf();
    const { processes } = this.tree;
    // Many rows hold the same few stacks, and folding walks to the root.
    const byProcess = new Map<Key, Map<StackIndex, number>>();
    for (; this.#foldedSamples < samples.length; this.#foldedSamples++) {
      const row = this.#foldedSamples;
      if (!(samples.columns.weight[row]! !== 0)) continue;
      const process = processes.ofThread(thread[row]!);
      let weights = byProcess.get(process);
      if (!weights) byProcess.set(process, (weights = new Map()));
      if (!meant(row)) continue;
      weights.set(stack[row]!, (weights.get(stack[row]!) ?? 0) + weightOf(row));
      this.#addWait(row, process, weightOf(row));
    }
    for (const [process, weights] of byProcess) {
      // Also of a process that the filter leaves out: whether processes are shown does not hang on it.
      this.tree.meet(process);
      for (const [row, sum] of weights) this.tree.fold(row, sum, process);
    }
    this.newestFoldedAt = this.newestRowAt;
  }

  /** Weighs the tree by another filter: the rows that it holds already, not those that came since. */
  weigh(filter: SampleFilter): void {
    this.#filter = filter;
    const { stack, thread } = this.#tables.samples.columns;
    const weightOf = this.#weightOf();
    const { processes } = this.tree;
    const end = this.#foldedSamples;
    this.waits.clear();
    this.tree.reweigh((add) =>
      this.#index.forEach(filter, (row) => {
        if (row >= end) return;
        const process = processes.ofThread(thread[row]!);
        add(stack[row]!, weightOf(row), process);
        this.#addWait(row, process, weightOf(row));
      }),
    );
  }

  /** Shows stacks by other rules, as `CallTree.collapseInSteps`: meanwhile nothing may be folded or weighed. */
  *collapseInSteps(collapse: Collapse): Generator<void, void, void> {
    this.followed.hold();
    yield* this.tree.collapseInSteps(collapse);
    this.followed.follow();
    // For whoever asks whether the tree was weighed anew.
    this.#filter = { ...this.#filter };
  }

  /** Threads left out of `cpus`. */
  hide(threads: readonly number[]): void {
    this.#sums.hide(threads);
  }

  /** Figures of all rows, whatever is shown. `expected` is CPU time in seconds: times the frequency it is samples. */
  statistics(): ReturnType<Statistics['figures']> {
    this.#statistics.advance();
    return this.#statistics.figures();
  }

  /** Samples of all rows whose walk could not go on from this code, by how it ended. */
  brokenAt(key: Key): ReturnType<Statistics['brokenAt']> {
    this.#statistics.advance();
    return this.#statistics.brokenAt((frame) => this.tree.keyOf(frame) === key);
  }

  /** Over time, how many threads that are not hidden did what is asked about: CPUs, or threads that waited. */
  cpus(perSecond = this.perSecond): { slicesPerColumn: number; cpus: Float32Array<ArrayBuffer> } {
    const columns = this.#sums.overTime(this.#tables.samples, this.#weightOf(), this.samplesCoarseness);
    const cpus = columns.cpus(this.sliceEnd, perSecond);
    return { slicesPerColumn: columns.slicesPerColumn, cpus };
  }

  /** The tables without the samples and names that the tree does not hold yet: those that came during a pause. */
  foldedTables(): Tables {
    const { samples, symbols } = this.#tables;
    const isWhole = this.#foldedSamples === samples.length && this.#foldedSymbols === symbols.length;
    if (isWhole && this.#probe === null) return this.#tables;
    const foldedSamples = new Table('samples');
    foldedSamples.appendSegment(samples.segment(0, this.#foldedSamples));
    if (this.#probe !== null) {
      const { stack, weight } = foldedSamples.columns;
      for (let row = 0; row < foldedSamples.length; row++) weight[row]! *= this.buckets.shareOf(this.#probe, stack[row]!);
    }
    const foldedSymbols = new Table('symbols');
    foldedSymbols.appendSegment(symbols.segment(0, this.#foldedSymbols));
    return { ...this.#tables, samples: foldedSamples, symbols: foldedSymbols };
  }

  /** Weights in range by thread, hidden ones too. */
  weightsByThread(): ReadonlyMap<ThreadIndex, number> {
    const { range } = this.#filter;
    if (range !== null) return weightsByThread(this.#tables, this.#index, { range, hiddenThreads: [] }, this.#shownScale);
    return this.#sums.byThread(this.#tables.samples, this.#weightOf());
  }

  #addWait(row: number, process: Key, weight: number): void {
    const { kind, stack } = this.#tables.samples.columns;
    if (weight > 0 && kind[row] !== SampleKind.onCpu) this.waits.add(kind[row]!, process, stack[row]!, weight);
  }

  #applySymbols(to: number): void {
    const from = this.#foldedSymbols;
    if (from === to) return;
    this.followed.hold();
    this.tree.applySymbols(from, to);
    this.followed.follow(from, to);
    this.#foldedSymbols = to;
  }

  /** Compacts a table that has grown over its limit. */
  #bound(name: TimedTable): void {
    if (!this.#received.isOverLimit(name)) return;
    this.#statistics.advance();
    this.#sums.overTime(this.#tables.samples, this.#weightOf(), this.samplesCoarseness);
    this.#sums.byThread(this.#tables.samples, this.#weightOf());
    const split = this.#received.compact(name, name === 'samples' ? this.#foldedSamples : 0);
    // Sums over rows are the same; cursors into the old table are not.
    this.#statistics = new Statistics(this.#tables, 1, this.#scale);
    if (name !== 'samples') return;
    this.#index = new SampleIndex(this.#tables);
    this.#foldedSamples = split;
    this.#sums.goOnFrom(this.#tables.samples.length);
  }
}
