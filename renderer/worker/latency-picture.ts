// SPDX-License-Identifier: Apache-2.0
/** One probe of two sides as it is drawn: histograms over the same buckets, heat maps over the same values, time and brightness. */
import { heatDifference } from '../../profile/comparison/heat-difference.ts';
import { compareLatencies, type ProbeRun } from '../../profile/comparison/latencies.ts';
import { partChoices, type PartChoice, type ProbePart } from '../../profile/comparison/probe-parts.ts';
import { attachedRange, countsOf, pooledValues, valuesIn, type ProbeValues } from '../../profile/comparison/probe-values.ts';
import { HistogramColumns, type HeatMap } from '../../profile/histogram-columns.ts';
import { NONE } from '../../profile/units.ts';
import type { ComparedPart, LatencyPicture, LatencyView } from './compare-protocol.ts';
import type { LatencyParts } from './latency-parts.ts';
import type { Histogram } from './probe-protocol.ts';

interface Sides<T> {
  a: T;
  b: T;
}

/** A run whose probes' threads and groups are known. */
export interface PartedRun extends ProbeRun {
  readonly parts: Pick<LatencyParts, 'from' | 'all' | 'columns'>;
}

/** A probe's parts on both sides. */
export function partsOf({ rows }: Pick<LatencyView, 'rows'>, runs: Sides<readonly PartedRun[]>): PartChoice[] {
  const callsOf = (side: 'a' | 'b') => runs[side].flatMap((run, index) => (rows[side][index] === NONE ? [] : run.parts.all(rows[side][index]!)));
  return partChoices(callsOf('a'), callsOf('b'));
}

/** The runs as if the probe had measured one part alone, and no other had been asked. */
export function partRuns(part: ProbePart, rows: LatencyView['rows'], runs: Sides<readonly PartedRun[]>): Sides<ProbeRun[]> {
  const narrowed = (side: 'a' | 'b'): ProbeRun[] =>
    runs[side].map((run, index): ProbeRun => {
      const row = rows[side][index]!;
      const whole = run.columns(row);
      const from = Math.max(whole ? attachedRange(whole, run.range).from : 0, run.range.from, run.parts.from);
      return { ...run, range: { from, to: Math.max(run.range.to, from + 1) }, probes: run.probes.filter(({ probe }) => probe === row), columns: (probe) => (row === NONE ? undefined : run.parts.columns(probe, part)) };
    });
  return { a: narrowed('a'), b: narrowed('b') };
}

export function comparePart(part: ProbePart, runs: Sides<readonly PartedRun[]>, narrowed: Sides<ProbeRun[]>): ComparedPart | null {
  const [compared] = compareLatencies(narrowed.a, narrowed.b).compared;
  return compared ? { of: part, compared, from: Math.max(...[...runs.a, ...runs.b].map((run) => (run.parts.from > run.range.from ? run.parts.from : 0))) } : null;
}

/** @param runs of the part that is wanted */
export function latencyPicture({ rows, columns }: LatencyView, runs: Sides<readonly ProbeRun[]>): Omit<LatencyPicture, 'parts' | 'part'> {
  const columnsOf = (side: 'a' | 'b') => runs[side].map((run, index) => ({ run, columns: (rows[side][index] ?? NONE) === NONE ? undefined : run.columns(rows[side][index]!) }));
  const valuesOf = (side: 'a' | 'b'): ProbeValues => pooledValues(columnsOf(side).map((of) => valuesIn(of.columns ?? new HistogramColumns(), of.run.range)));
  const [a, b] = [valuesOf('a'), valuesOf('b')];
  const buckets = [...new Set([...a.buckets, ...b.buckets])].sort((one, other) => one - other);
  // Of several runs the first that has it: their times have nothing to do with each other.
  const shown = { a: columnsOf('a').find((of) => of.columns) ?? columnsOf('a')[0]!, b: columnsOf('b').find((of) => of.columns) ?? columnsOf('b')[0]! };
  const sliceEnd = Math.max(1, ...[shown.a, shown.b].map(({ run: { range } }) => range.to - range.from));
  const heatOf = ({ run: { range }, columns: of }: (typeof shown)['a']): HeatMap => {
    const heat = (of ?? new HistogramColumns()).heat({ from: range.from, to: range.from + sliceEnd }, columns);
    return { ...heat, firstSlice: heat.firstSlice - range.from };
  };
  const measured = (side: 'a' | 'b') => columnsOf(side).flatMap(({ run: { range }, columns: of }) => (of ? [{ range, columns: of }] : []));
  const difference = heatDifference(measured('a'), measured('b'));
  return { rows, histograms: { a: over(buckets, a), b: over(buckets, b) }, heats: sameScale(heatOf(shown.a), heatOf(shown.b)), difference, sliceEnd };
}

function over(buckets: readonly number[], values: ProbeValues): Histogram {
  const counts = countsOf(values);
  return { buckets: Int32Array.from(buckets), counts: Float64Array.from(buckets, (bucket) => counts.get(bucket) ?? 0) };
}

/** The same rows, and as bright for as many in a slice. */
export function sameScale(a: HeatMap, b: HeatMap): Sides<HeatMap> {
  const used = [a, b].filter(({ rows }) => rows > 0);
  const first = Math.min(...used.map(({ firstBucket }) => firstBucket));
  const end = Math.max(...used.map(({ firstBucket, rows }) => firstBucket + rows));
  const perSlice = Math.max(...[a, b].map(({ most, slicesPerColumn }) => most / slicesPerColumn));
  const scaled = (heat: HeatMap): HeatMap => {
    if (used.length === 0) return heat;
    const rows = end - first;
    const counts = new Uint32Array(heat.columns * rows);
    for (let column = 0; column < heat.columns && heat.rows > 0; column++) {
      counts.set(heat.counts.subarray(column * heat.rows, (column + 1) * heat.rows), column * rows + heat.firstBucket - first);
    }
    return { ...heat, firstBucket: first, rows, counts, most: Math.max(1, Math.ceil(perSlice * heat.slicesPerColumn)) };
  };
  return { a: scaled(a), b: scaled(b) };
}
