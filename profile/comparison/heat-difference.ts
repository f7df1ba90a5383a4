// SPDX-License-Identifier: Apache-2.0
/**
 * The difference of two heat maps: of what a side's calls took, and when in its run, which share B has more or less than A. Runs
 * are cut into the same number of parts, so that the middle of one meets the middle of the other however long they were.
 */
import type { HistogramColumns, SliceRange } from '../histogram-columns.ts';
import { countingProbability } from './counting-noise.ts';
import { changeStep } from './difference-colours.ts';
import { attachedRange } from './probe-values.ts';
import { corrected, LEVEL } from './verdicts.ts';

/** A probe in one run: what it measured. */
export interface HeatRun {
  readonly columns: HistogramColumns;
  readonly range: SliceRange;
}

/** Cells by part of the run and value: of part p the rows stand side by side, from p * rows on. */
export interface HeatDifference {
  parts: number;
  /** Of row 0. */
  firstBucket: number;
  bucketsPerRow: number;
  rows: number;
  /** Of all calls of the side, 0 to 1. */
  a: Float64Array<ArrayBuffer>;
  b: Float64Array<ArrayBuffer>;
  /** `changeStep` of what is more than noise; else 0. */
  steps: Int8Array<ArrayBuffer>;
}

/** Of a side, by part and row. */
interface Cells {
  readonly counts: Float64Array;
  readonly total: number;
  /** By row: how many times as much as by chance alone its counts vary. */
  readonly effects: Float64Array;
  /** Of freedom, with which that is known. */
  readonly degrees: number;
}

/** A quarter of a power of two: finer cells would hold too few calls to tell. */
const BUCKETS_PER_ROW = 2;
const LEAST_PARTS = 8;
const MOST_PARTS = 32;
/** Calls that a cell should have, were all alike. */
const CALLS_A_CELL = 25;
/** Columns of time that are known of a run. */
const COLUMNS = 512;

/** null: a side has no calls. */
export function heatDifference(a: readonly HeatRun[], b: readonly HeatRun[]): HeatDifference | null {
  const [inA, inB] = [a.map(timed), b.map(timed)];
  const used = [...inA, ...inB].filter(({ rows }) => rows > 0);
  if (used.length === 0) return null;
  const first = Math.floor(Math.min(...used.map(({ firstBucket }) => firstBucket)) / BUCKETS_PER_ROW);
  const rows = Math.ceil(Math.max(...used.map(({ firstBucket, rows: each }) => firstBucket + each)) / BUCKETS_PER_ROW) - first;
  const calls = Math.min(...[inA, inB].map((runs) => runs.reduce((sum, { total }) => sum + total, 0)));
  if (calls === 0) return null;
  const parts = Math.max(1, Math.min(MOST_PARTS, Math.max(LEAST_PARTS, Math.floor(calls / (rows * CALLS_A_CELL))), ...used.map(({ columns }) => columns)));
  const [before, after] = [cellsOf(inA, first, rows, parts), cellsOf(inB, first, rows, parts)];
  const shares = (cells: Cells): Float64Array<ArrayBuffer> => Float64Array.from(cells.counts, (count) => count / cells.total);
  const shown = { a: shares(before), b: shares(after) };
  const p = probabilities(before, after, rows);
  const steps = Int8Array.from(p, (each, cell) => (each <= LEVEL ? changeStep((shown.b[cell]! - shown.a[cell]!) / Math.max(shown.a[cell]!, shown.b[cell]!)) : 0));
  return { parts, firstBucket: first * BUCKETS_PER_ROW, bucketsPerRow: BUCKETS_PER_ROW, rows, ...shown, steps };
}

/** By cell, corrected for all of them. */
function probabilities(a: Cells, b: Cells, rows: number): Float64Array {
  const estimates = Array.from(a.counts, (inA, cell) => {
    const inB = b.counts[cell]!;
    const observations = inA + inB;
    if (observations === 0) return { observations, test: '', p: 1 };
    const row = cell % rows;
    // Where a side has none of it, only the other tells how it comes.
    const effect = (a.effects[row]! * inA + b.effects[row]! * inB) / observations;
    const degrees = effect > 1 ? (a.degrees * inA + b.degrees * inB) / observations : Infinity;
    const p = countingProbability({ count: inA / effect, of: a.total / effect }, { count: inB / effect, of: b.total / effect }, true, degrees);
    return { observations, test: String(cell), p };
  });
  return corrected(estimates).p;
}

/** A run's counts over time. */
interface Timed {
  readonly range: SliceRange;
  readonly firstSlice: number;
  readonly slicesPerColumn: number;
  readonly columns: number;
  readonly firstBucket: number;
  readonly rows: number;
  readonly counts: Uint32Array;
  readonly total: number;
}

function timed({ columns, range }: HeatRun): Timed {
  const attached = attachedRange(columns, range);
  const heat = columns.heat({ from: attached.from, to: Math.max(attached.to, attached.from + 1) }, COLUMNS);
  return { ...heat, range: attached, total: heat.counts.reduce((sum, count) => sum + count, 0) };
}

/** Runs of a side together, and how unevenly what they counted came: from one part to the next, and from run to run. */
function cellsOf(runs: readonly Timed[], first: number, rows: number, parts: number): Cells {
  const ofRuns = runs.map((run) => cellsOfRun(run, first, rows, parts));
  const counts = new Float64Array(parts * rows).map((_, cell) => ofRuns.reduce((sum, ofRun) => sum + ofRun[cell]!, 0));
  const total = runs.reduce((sum, each) => sum + each.total, 0);
  const effects = new Float64Array(rows).map((_, row) => {
    let [all, neighbours, between] = [0, 0, 0];
    for (let cell = row; cell < counts.length; cell += rows) {
      all += counts[cell]!;
      ofRuns.forEach((ofRun, run) => {
        if (cell >= rows) neighbours += (ofRun[cell]! - ofRun[cell - rows]!) ** 2;
        between += (ofRun[cell]! - (counts[cell]! * runs[run]!.total) / total) ** 2;
      });
    }
    if (all === 0) return 1;
    // By chance alone the variance is what came; neighbours differ by twice that.
    const inParts = parts > 1 ? neighbours / ((2 * all * (parts - 1)) / parts) : 1;
    const inRuns = runs.length > 1 ? between / ((all * (runs.length - 1)) / runs.length) : 1;
    return Math.max(1, inParts, inRuns);
  });
  // Differences that follow each other share a part: they are worth two thirds of their number.
  return { counts, total, effects, degrees: Math.max(1, (2 / 3) * runs.length * (parts - 1)) };
}

/** A column that lies in two parts is in each by how much of it does. */
function cellsOfRun({ range, firstSlice, slicesPerColumn, columns, firstBucket, rows: own, counts }: Timed, first: number, rows: number, parts: number): Float64Array {
  const cells = new Float64Array(parts * rows);
  const perPart = Math.max(1, range.to - range.from) / parts;
  for (let column = 0; column < columns; column++) {
    const begin = Math.max(range.from, firstSlice + column * slicesPerColumn);
    const end = Math.min(range.to, firstSlice + (column + 1) * slicesPerColumn);
    const [from, to] = [(begin - range.from) / perPart, (end - range.from) / perPart];
    for (let part = Math.floor(from); part < Math.min(parts, Math.ceil(to)); part++) {
      const share = (Math.min(to, part + 1) - Math.max(from, part)) / (to - from);
      for (let row = 0; row < own; row++) {
        cells[part * rows + Math.floor((firstBucket + row) / BUCKETS_PER_ROW) - first]! += share * counts[column * own + row]!;
      }
    }
  }
  return cells;
}
