// SPDX-License-Identifier: Apache-2.0
/** The part of protocol.ts that is about probes and events. A recording of probes can be looked at beside the shown one. */
import type { RecordingId } from '../../ipc/contract.ts';
import type { HeatMap } from '../../profile/histogram-columns.ts';

/** What of a recording of probes is looked at. Sent whole whenever any of it changes. */
export interface ProbeView {
  recording: RecordingId;
  /** Rows of `probes` whose pictures are wanted. */
  probes: number[];
  /** Most columns of a heat map. */
  columns: number;
  /** The heat maps show so many of the newest slices; null: all. */
  newest: number | null;
  /** Slices [from, to) that count in histograms and tables; null: all. */
  range: { from: number; to: number } | null;
  /** Row of `threads` that counts alone; null: all. The heat maps show all. */
  thread: number | null;
  /** Whose threads, groups and callers are wanted; null: nobody's. */
  selected: number | null;
  /** Pictures stay; rows go on arriving. */
  paused: boolean;
  /** null: the events are not on the screen. */
  events: EventsView | null;
}

export interface EventsView {
  /** null: of all probes. */
  probe: number | null;
  /** Of task, message and probe, as the search's patterns; empty: all. */
  pattern: string;
  ignoreCase: boolean;
  /** The newest are shown as they come. Else the list stands still as it was. */
  follow: boolean;
  /** Place of the first wanted row in the list that stands still. */
  first: number;
  count: number;
}

/** Counts by bucket, the smallest values first. */
export interface Histogram {
  buckets: Int32Array;
  counts: Float64Array;
}

export interface ProbePicture {
  probe: number;
  /** Under range and thread. */
  histogram: Histogram;
  measured: number;
  /** Of the values; of memory the bytes that are not given back. */
  sum: number;
  /** Of the values; NaN where nothing was measured. */
  mean: number;
  p50: number;
  p90: number;
  p99: number;
  /** Upper end of the largest value's bucket. */
  max: number;
  heat: HeatMap;
}

export interface ProbePictures {
  recording: RecordingId;
  probes: ProbePicture[];
  /** End of the complete slices. */
  sliceEnd: number;
  /** Slices of a column where the range begins: how exact it is. 1: exact. */
  precision: number;
  /** Processes of the recording: whose files a search looks through. */
  tgids: number[];
}

/** One thread, group or caller. */
export interface ProbeRow {
  key: number;
  name: string;
  /** Of a thread its number, of a caller the functions that called it; else empty. */
  detail: string;
  count: number;
  /** Of the values. */
  sum: number;
  p50: number;
  p99: number;
}

export interface ProbeDetails {
  recording: RecordingId;
  probe: number;
  /** The largest sums, or counts where nothing is summed. */
  threads: ProbeRow[];
  groups: ProbeRow[];
  /** Who calls it slowly: by their part of the slowest tenth's time, `sum`. Empty where stacks were not asked for. */
  callers: ProbeRow[];
  /** The slowest tenth's time. */
  slowSum: number;
  /** Rows of the range were let go: the tables are of its newer part, from this slice on; null: whole. */
  from: number | null;
}

export interface EventRow {
  /** Nanoseconds since the recording began. */
  time: number;
  probe: number;
  task: string;
  tid: number;
  cpu: number;
  /** As ftrace writes them. */
  flags: string;
  /** Nanoseconds since the entry; -1: it is none of a return. */
  duration: number;
  message: string;
}

export interface EventsPage {
  recording: RecordingId;
  /** Rows that match, of those kept. */
  matched: number;
  kept: number;
  /** All that came. */
  seen: number;
  /** Came since the list stands still. */
  since: number;
  first: number;
  rows: EventRow[];
  /** What is wrong with the pattern. */
  error: string | null;
}

export type ToProbeWorker =
  | { type: 'probeView'; view: ProbeView | null }
  /** The matching events as a text, in bcc's order, or as CSV. */
  | { type: 'exportEvents'; request: number; format: 'text' | 'csv' };

export type FromProbeWorker =
  | { type: 'probePictures'; pictures: ProbePictures }
  | { type: 'probeDetails'; details: ProbeDetails }
  | { type: 'events'; page: EventsPage };
