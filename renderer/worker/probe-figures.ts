// SPDX-License-Identifier: Apache-2.0
/**
 * What is known of each probe: its histogram over time, and its values by thread, group and stack. Rows of `buckets` are
 * counted as they come and not kept, but for the newest (probe-rows.ts), so that a session may go on for hours.
 */
import { BUCKETS, bucketRange, quantile, type Counts } from '../../profile/histogram.ts';
import { HistogramColumns } from '../../profile/histogram-columns.ts';
import type { Segment } from '../../profile/tables.ts';
import { NONE } from '../../profile/units.ts';
import type { Histogram, ProbePicture, ProbeView } from './probe-protocol.ts';
import { ProbeRows, type BucketRow } from './probe-rows.ts';

export interface Tally {
  count: number;
  sum: number;
  counts: Map<number, number>;
}

export type TallyKind = 'thread' | 'group' | 'stack';

/** Distinct groups or stacks that are told apart of one probe; what comes later is counted under the first. */
const MOST_TALLIES = 20_000;

/** Was a group's memory given back? Then its bytes count against those that were taken. */
export type IsFreed = (probe: number, group: number) => boolean;

class Probe {
  readonly columns = new HistogramColumns();
  readonly whole: Tally = emptyTally();
  readonly tallies: Record<TallyKind, Map<number, Tally>> = { thread: new Map(), group: new Map(), stack: new Map() };
}

export class ProbeFigures {
  readonly rows: ProbeRows;
  readonly #isFreed: IsFreed;
  readonly #probes = new Map<number, Probe>();

  constructor(isFreed: IsFreed = () => false, rows = new ProbeRows()) {
    this.#isFreed = isFreed;
    this.rows = rows;
  }

  append(segment: Segment<'buckets'>): void {
    const { slice, probe, thread, stack, group, bucket, count, sum } = segment.columns;
    for (let row = 0; row < segment.length; row++) {
      const of = this.#probe(probe[row]!);
      const at = Math.max(-BUCKETS, Math.min(bucket[row]!, BUCKETS - 1));
      const isFreed = this.#isFreed(probe[row]!, group[row]!);
      const signed = isFreed ? -sum[row]! : sum[row]!;
      // What was given back is no call of its own.
      if (!isFreed) of.columns.add(slice[row]!, at, count[row]!);
      addTo(of.whole, at, isFreed ? 0 : count[row]!, signed);
      tally(of.tallies.thread, thread[row]!, at, count[row]!, signed);
      tally(of.tallies.group, group[row]!, at, count[row]!, sum[row]!);
      if (stack[row] !== NONE) tally(of.tallies.stack, stack[row]!, at, count[row]!, signed);
    }
    this.rows.append(segment);
  }

  /** Its values over time; undefined: it has none. */
  columns(probe: number): HistogramColumns | undefined {
    return this.#probes.get(probe)?.columns;
  }

  /**
   * Which part of a stack's time is a probe's, 0 to 1. Stacks of functions end in these and are of one probe; only ready
   * questions about the same moment share theirs, which are then divided as all of the recording is.
   */
  shareOf(probe: number, stack: number): number {
    const own = this.#probes.get(probe)?.tallies.stack.get(stack)?.sum ?? 0;
    if (own === 0) return 0;
    let all = 0;
    for (const { tallies } of this.#probes.values()) all += tallies.stack.get(stack)?.sum ?? 0;
    return own / all;
  }

  picture(probe: number, view: ProbeView, sliceEnd: number): ProbePicture {
    const of = this.#probes.get(probe);
    const from = view.newest === null ? 0 : Math.max(0, sliceEnd - view.newest);
    const { counts, sum } = of === undefined ? emptyTally() : this.#counted(probe, of, view);
    const histogram = histogramOf(counts);
    const measured = histogram.counts.reduce((all, count) => all + count, 0);
    const largest = histogram.buckets.at(-1);
    return {
      probe,
      histogram,
      measured,
      sum,
      mean: measured > 0 ? sum / measured : Number.NaN,
      p50: quantile(counts, 0.5),
      p90: quantile(counts, 0.9),
      p99: quantile(counts, 0.99),
      max: largest === undefined ? Number.NaN : bucketRange(largest).high,
      heat: (of?.columns ?? new HistogramColumns()).heat({ from, to: Math.max(sliceEnd, from + 1) }, view.columns),
    };
  }

  /** Slices of a column where a range begins. */
  precision(probe: number, from: number): number {
    return this.#probes.get(probe)?.columns.precision(from) ?? 1;
  }

  /** By thread, group or stack (NONE: threads are not told apart). */
  tallies(probe: number, kind: TallyKind, { range, thread }: Pick<ProbeView, 'range' | 'thread'>): ReadonlyMap<number, Tally> {
    const of = this.#probes.get(probe);
    if (of === undefined) return new Map();
    if (range === null && (thread === null || kind === 'thread')) return of.tallies[kind];
    const tallies = new Map<number, Tally>();
    this.rows.forEach(probe, range ?? { from: 0, to: Infinity }, (row) => {
      if (thread !== null && kind !== 'thread' && row.thread !== thread) return;
      const signed = kind !== 'group' && this.#isFreed(probe, row.group) ? -row.sum : row.sum;
      if (kind !== 'stack' || row.stack !== NONE) tally(tallies, row[kind], row.bucket, row.count, signed);
    });
    return tallies;
  }

  #counted(probe: number, of: Probe, { range, thread }: ProbeView): { counts: Counts; sum: number } {
    if (thread === null) {
      if (range === null) return of.whole;
      const counts = of.columns.counts(range);
      return { counts, sum: middleSum(counts) };
    }
    if (range === null) return of.tallies.thread.get(thread) ?? emptyTally();
    const tally = emptyTally();
    this.rows.forEach(probe, range, (row: BucketRow) => {
      if (row.thread === thread) addTo(tally, row.bucket, row.count, row.sum);
    });
    return tally;
  }

  #probe(probe: number): Probe {
    let known = this.#probes.get(probe);
    if (known === undefined) this.#probes.set(probe, (known = new Probe()));
    return known;
  }
}

function emptyTally(): Tally {
  return { count: 0, sum: 0, counts: new Map() };
}

function addTo(tally: Tally, bucket: number, count: number, sum: number): void {
  tally.count += count;
  tally.sum += sum;
  tally.counts.set(bucket, (tally.counts.get(bucket) ?? 0) + count);
}

function tally(tallies: Map<number, Tally>, key: number, bucket: number, count: number, sum: number): void {
  let known = tallies.get(key);
  if (known === undefined) {
    if (tallies.size >= MOST_TALLIES) known = tallies.values().next().value!;
    else tallies.set(key, (known = emptyTally()));
  }
  addTo(known, bucket, count, sum);
}

/** By the middles of the buckets, where the values themselves are no longer known. */
function middleSum(counts: Counts): number {
  let sum = 0;
  for (const [bucket, count] of counts) {
    const { low, high } = bucketRange(bucket);
    sum += count * (high - low <= 1 ? low : (low + high) / 2);
  }
  return sum;
}

function histogramOf(counts: Counts): Histogram {
  const entries = [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  return { buckets: Int32Array.from(entries, ([bucket]) => bucket), counts: Float64Array.from(entries, ([, count]) => count) };
}
