// SPDX-License-Identifier: Apache-2.0
/**
 * What crosses between the window's main thread and its worker.
 *
 * The worker ends the transport to the engine, holds the replica of the tables, folds the call tree and
 * answers "what is visible". The main thread only draws. Call nodes are numbered in order of creation
 * and keep their number for as long as the recording is shown, so zoom, selection and hover survive
 * every update, filter, late name and collapsing. Where a recording has samples of several processes, these stand on the root, by
 * name; a second one that comes later moves everything up by a row.
 */
import type { WrittenFormat } from '../../formats/write/format-names.ts';
import type { CallName, Events, Failure, RecordingFigures, RecordingId } from '../../ipc/contract.ts';
import type { Accounting } from '../../profile/accounting.ts';
import type { Collapse } from '../../profile/collapse.ts';
import type { Unit } from '../../profile/questions.ts';
import type { WaitFigures } from '../../profile/statistics.ts';
import type { WaitReason } from '../../profile/wait-reasons.ts';
import type { FrameCategory, LossCause, SampleKind, StackEnd } from '../../profile/schema.ts';
import type { FromCompareWorker, ToCompareWorker } from './compare-protocol.ts';
import type { FromProbeWorker, ToProbeWorker } from './probe-protocol.ts';

export type * from './compare-protocol.ts';
export type * from './probe-protocol.ts';

/** A call node of the shown recording; 0 is the root, "all". */
export type NodeIndex = number;

/** Everything that decides what is drawn. Sent whole whenever any of it changes. */
export interface View {
  recording: RecordingId;
  /** Width of the picture in CSS pixels; frames below a pixel are merged. */
  width: number;
  /** Fills the width; its ancestors are drawn above it, faded. 0: everything. */
  zoom: NodeIndex;
  /** Slices [from, to) that count; null: all. */
  range: { from: number; to: number } | null;
  /** Thread indexes (rows of `threads`) left out. */
  hiddenThreads: number[];
  /** What of the stacks is not shown frame by frame. */
  collapse: Collapse;
  /** Kinds that count, of those that the question shows; null: all. */
  kinds: SampleKind[] | null;
  /** Of a recording of probes, the one whose stacks count; absent: all of them together. */
  probe?: number;
  /** null: no search. */
  search: { pattern: string; ignoreCase: boolean } | null;
  /** The picture stays; rows go on arriving. */
  paused: boolean;
  selection: NodeIndex | null;
}

export type ToWorker =
  | ToCompareWorker
  | ToProbeWorker
  | { type: 'connect'; transport: { kind: 'socket'; url: string } | { kind: 'port'; port: MessagePort } }
  | { type: 'call'; call: number; name: CallName; arguments: unknown[] }
  | { type: 'view'; view: View }
  /** A file of what is shown (range, threads, zoom and what is collapsed as in the view); refused as a call is. */
  | { type: 'export'; request: number; format: WrittenFormat; title: string }
  /** Of an export that nobody waits for any more: it has no answer. */
  | { type: 'cancelExport'; request: number }
  /** Main thread has drawn picture `revision`: the worker may send the next. */
  | { type: 'drawn'; revision: number };

/** Visible frames as columns, `count` long, sorted by (depth, x). Transferred, not copied. */
export interface Picture {
  revision: number;
  recording: RecordingId;
  count: number;
  /** CSS pixels from the left. */
  x: Float32Array;
  width: Float32Array;
  /** Rows from the root; ancestors of the zoomed node included. */
  depth: Uint16Array;
  /** The call node; for a merged block the first of the merged siblings. */
  node: Uint32Array;
  /** Row of `names`; MERGED for a block of siblings that are each below a pixel. */
  name: Int32Array;
  /** FrameCategory */
  category: Uint8Array;
  /** Within range, in `unit`. */
  total: Float64Array;
  self: Float64Array;
  /** bit 0: matches the search; bit 1: ancestor of the zoomed node; bit 2: a process, which has no category; bit 3: no name. */
  flags: Uint8Array;
  /** Row of `names` with the short name of the module, for the tooltip; -1: not known. Absent: never known. */
  module?: Int32Array;
  /** Which of the colours by module its module has (profile/module-colours.ts). */
  slot: Uint8Array;
  /** What most of a frame's time is (enum Tint); absent: all of it is CPU time. */
  tint?: Uint8Array;
  /** Of a comparison: the step of what changed (difference-colours.ts); 0: the same, or noise. Absent: nothing is compared. */
  change?: Int8Array;
  /** Of a comparison: what is said of each frame; of a merged block nothing. */
  words?: string[];
  /** Names of `name` (and `module`), each once. */
  names: string[];
  /** Rows needed, root included. */
  rows: number;
  /** Of the whole tree within range. */
  rootTotal: number;
  /** Of all weights. */
  unit: Unit;
  zoomTotal: number;
  /** Root to zoomed node, for the breadcrumb. */
  path: { node: NodeIndex; name: string }[];
  /**
   * Nodes once sent as zoom or selection whose weight is another node's now: a name came late, or something was
   * collapsed. The worker goes on understanding the old number, and only that one comes back when nothing is collapsed
   * any more; a window that highlights a node looks for the new one (`shownNode`). Absent: none.
   */
  moved?: { from: NodeIndex; to: NodeIndex }[];
  /** null: no search. `share` of the zoomed node's samples, nested matches counted once, 0 to 1. */
  search: { share: number; matches: number; error: string | null } | null;
  /** Milliseconds on `performance.timeOrigin + now()` when the newest row in it left the transport. */
  newestRowAt: number;
}
/** The number that a node of the view has in the picture. */
export function shownNode({ moved }: Pick<Picture, 'moved'>, node: NodeIndex): NodeIndex {
  return moved?.find(({ from }) => from === node)?.to ?? node;
}

export { Tint } from '../../profile/tints.ts';

export const MERGED = -1;
export const FLAG_MATCH = 1;
export const FLAG_ANCESTOR = 2;
export const FLAG_PROCESS = 4;
export const FLAG_UNNAMED = 8;

/** CPU, or threads that wait, per slice, for the timeline: coarsened by the worker to at most ~2,000 columns. */
export interface Timeline {
  recording: RecordingId;
  /** First slice and slices per column. */
  firstSlice: number;
  slicesPerColumn: number;
  /** Mean CPUs busy in each column, or threads that did what is asked about; visible ones only. */
  cpus: Float32Array;
  counts: 'CPUs' | 'threads' | 'MiB/s';
  /** End of the complete slices. */
  sliceEnd: number;
}

export interface ThreadRow {
  thread: number;
  tgid: number;
  tid: number;
  name: string;
  /** Of all samples in range, 0 to 1. */
  share: number;
  /** Recent CPU use, up to 24 values, 0 to 1 of one CPU. */
  recent: number[];
}

export interface Status {
  recording: RecordingId;
  figures: RecordingFigures;
  /** Samples stored. */
  samples: number;
  waits: WaitFigures;
  /** Of everything that the question asks about, in `unit`; `stacks`, `frames` and what follows are parts of it. */
  weight: number;
  unit: Unit;
  /** What was due against what came. */
  accounting: Accounting;
  /** The kernel said that it throttled sampling. */
  throttled: boolean;
  lost: { cause: LossCause; count: number }[];
  stacks: { complete: number; truncated: number; broken: number };
  /** Broken and truncated by how the walk ended; `stackless` are broken, too. */
  ends: { end: StackEnd; samples: number }[];
  stackless: number;
  /** Where walks could not go on; the path is empty where that is in no module. The largest MOST_MODULES of `brokenPlaces`. */
  brokenIn: { path: string; end: StackEnd; samples: number }[];
  brokenPlaces: number;
  frames: { named: number; all: number };
  /** Frames without a name by module (a row of `modules`, -1: none), looked up in vain or not yet. The largest of `unnamedModules`. */
  unnamedIn: { module: number; path: string; unnamed: number; waiting: number }[];
  unnamedModules: number;
  callNodes: number;
}

/** A list of modules is read, not scrolled through. */
export const MOST_MODULES = 8;

export interface NodeDetails {
  /** As sent in `View.selection`, also where a late name has moved it (`Picture.moved`). */
  node: NodeIndex;
  name: string;
  category: FrameCategory;
  /** A process: `category` says nothing. Absent: no. */
  isProcess?: boolean;
  /** A library whose frames are collapsed. Absent: no. */
  isLibrary?: boolean;
  module: string;
  buildId: string;
  /** Row of `modules`; -1: none. */
  moduleRow: number;
  /** The function into which it was inlined here; empty: into none. */
  inlinedInto: string;
  /** "dynahash.c:964", or empty. */
  source: string;
  /**
   * Of a function, the file of its hottest lines: `file` is its row of `strings`, `line` the hottest one, or where
   * it is defined. `lines`, by number: samples of the function wherever it is, under the filter that counts now; `self`
   * ended on the line, `total` have it in their stack. Null: no line is known.
   */
  place: { file: number; path: string; line: number; lines: { line: number; self: number; total: number }[] } | null;
  /** Why it has no name; empty when it has one. */
  unnamedReason: string;
  /** Of an outermost frame: samples of the whole recording whose walk could not go on from there, by how it ended. */
  brokenHere: { end: StackEnd; samples: number }[];
  self: number;
  total: number;
  rootTotal: number;
  /** Of the function, wherever it is called from: name, samples. The ten largest. */
  callers: { name: string; total: number; node: NodeIndex }[];
  callees: { name: string; total: number; node: NodeIndex }[];
  /** Outermost first, for "Copy stack". */
  stack: string[];
  /** Time off a CPU of what passed here, by why, the longest first; null: of those that could have run. Absent: none. */
  waits?: { reason: WaitReason | 'queued' | 'other'; total: number }[];
}

export type FromWorker =
  | FromCompareWorker
  | FromProbeWorker
  | { type: 'connected' }
  | { type: 'disconnected'; reason: string }
  | { type: 'answer'; call: number; result: unknown }
  | { type: 'refusal'; call: number; failure: Failure }
  | { type: 'event'; event: { [N in Exclude<keyof Events, 'rows'>]: { name: N; payload: Events[N] } }[Exclude<keyof Events, 'rows'>] }
  | { type: 'picture'; picture: Picture }
  | { type: 'timeline'; timeline: Timeline }
  | { type: 'threads'; recording: RecordingId; threads: ThreadRow[] }
  | { type: 'status'; status: Status }
  | { type: 'details'; details: NodeDetails | null }
  | { type: 'exported'; request: number; content: string | Uint8Array<ArrayBuffer> };
