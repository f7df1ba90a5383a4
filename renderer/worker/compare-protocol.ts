// SPDX-License-Identifier: Apache-2.0
/** What crosses between the main thread and the worker about two sides that are compared. */
import type { Failure, RecordingId } from '../../ipc/contract.ts';
import type { Comparison } from '../../profile/comparison/comparison.ts';
import type { ComparedProbe, Latencies } from '../../profile/comparison/latencies.ts';
import type { HeatDifference } from '../../profile/comparison/heat-difference.ts';
import type { HeatMap } from '../../profile/histogram-columns.ts';
import type { DifferencePalette } from '../../profile/comparison/difference-colours.ts';
import type { Width } from '../../profile/comparison/difference-tree.ts';
import type { PartChoice, ProbePart } from '../../profile/comparison/probe-parts.ts';
import type { Normalisation } from '../../profile/comparison/normalisation.ts';
import type { Histogram } from './probe-protocol.ts';
import type { NodeIndex, Picture } from './protocol.ts';
import type { SliceIndex, ThreadIndex } from '../../profile/units.ts';

/** A recording, or a part of one, that is compared. */
export interface ComparedRun {
  recording: RecordingId;
  label: string;
  /** Slices [from, to); null: all. */
  range: { from: SliceIndex; to: SliceIndex } | null;
  hiddenThreads: ThreadIndex[];
}

/** A side without runs is still to be chosen. */
export interface CompareView {
  a: ComparedRun[];
  b: ComparedRun[];
  normalisation: Normalisation;
}

export type DifferenceFormat = 'html' | 'svg';

/** How the flame graph of the difference is looked at. */
export interface DifferenceView {
  /** The pictures that are wanted: one, or A's and B's beside each other. */
  widths: Width[];
  inverted: boolean;
  /** CSS pixels of one picture. */
  width: number;
  /** Node of the merged tree that fills the width; 0: everything. */
  zoom: NodeIndex;
  /** Pattern whose frames are marked; empty: none. */
  query: string;
  /** What may be noise is coloured as well. */
  noise: boolean;
}

/** Functions that are sent, the most telling first. */
export const MOST_FUNCTIONS = 5000;

/** Without what stays in the worker. `matched`: functions of both sides together, of which `functions` are the first. */
export type ComparisonResult = Omit<Comparison, 'identities' | 'sampled'> & { matched: number };

/** The probe whose pictures are wanted. */
export interface LatencyView {
  /** By which a compared probe is found: its row in each run. */
  rows: ComparedProbe['rows'];
  /** Most columns of a heat map. */
  columns: number;
  /** null: all of its calls. */
  part: ProbePart | null;
}

/** One part of a probe on both sides, compared by itself. */
export interface ComparedPart {
  of: ProbePart;
  compared: ComparedProbe;
  /** Slice from which on parts are told apart, of the side of which the most is missing; 0: all of it. */
  from: SliceIndex;
}

export interface LatencyPicture {
  rows: ComparedProbe['rows'];
  /** Its threads and groups. */
  parts: PartChoice[];
  /** What all of this is of; null: all calls. */
  part: ComparedPart | null;
  /** Over the same buckets; a count may be 0. */
  histograms: { a: Histogram; b: Histogram };
  /** Over the same values, time and brightness; of several runs the first. */
  heats: { a: HeatMap; b: HeatMap };
  /** Of all runs; null: a side has no calls. */
  difference: HeatDifference | null;
  /** Of the longer one. */
  sliceEnd: number;
}

export type ToCompareWorker =
  /** null: nothing is compared any more. */
  | { type: 'compareView'; view: CompareView | null }
  /** null: the picture is not looked at. */
  | { type: 'differenceView'; view: DifferenceView | null }
  /** null: no probe is looked at. */
  | { type: 'latencyView'; view: LatencyView | null }
  /** The flame graph of the difference as a file; answered by `exported`. */
  | { type: 'exportDifference'; request: number; format: DifferenceFormat; palette: DifferencePalette };

export type FromCompareWorker =
  /** null and no failure: rows are still coming. */
  | { type: 'comparison'; result: ComparisonResult | null; failure: Failure | null }
  /** One for each of `widths`. */
  | { type: 'differencePictures'; pictures: { widths: Width; picture: Picture }[] }
  /** What the probes of both sides measured, and what to know before believing it; not sent before all of it is here. */
  | { type: 'latencies'; latencies: Latencies; notes: string[] }
  | { type: 'latencyPicture'; picture: LatencyPicture };
