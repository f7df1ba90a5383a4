// SPDX-License-Identifier: Apache-2.0
/**
 * What of a recording is looked at: zoom and its history, selection, brush, threads, what is collapsed, search, pause.
 *
 * Pure functions from one state to the next; everything is kept by call node, slice or thread index, so
 * that it survives every update.
 */
import type { RecordingId } from '../../ipc/contract.ts';
import { NOTHING_COLLAPSED, type Collapse } from '../../profile/collapse.ts';
import type { SampleKind } from '../../profile/schema.ts';
import type { NodeIndex, View } from '../worker/protocol.ts';

export interface Navigation {
  zoom: NodeIndex;
  /** Zooms before this one, the newest last. */
  zoomsBefore: readonly NodeIndex[];
  selection: NodeIndex | null;
  range: { from: number; to: number } | null;
  hiddenThreads: readonly number[];
  collapse: Collapse;
  /** Kinds of time that count; null: all that the question asks about. */
  kinds: readonly SampleKind[] | null;
  /** As typed; empty: no search. */
  pattern: string;
  ignoreCase: boolean;
  paused: boolean;
}

export const ROOT: NodeIndex = 0;
/** As many steps back as anybody takes. */
const ZOOMS_KEPT = 100;

export const startNavigation: Navigation = {
  zoom: ROOT,
  zoomsBefore: [],
  selection: null,
  range: null,
  hiddenThreads: [],
  collapse: NOTHING_COLLAPSED,
  kinds: null,
  pattern: '',
  ignoreCase: true,
  paused: false,
};

export function viewOf(navigation: Navigation, recording: RecordingId, width: number): View {
  const { zoom, range, hiddenThreads, collapse, kinds, pattern, ignoreCase, paused, selection } = navigation;
  return {
    recording,
    width,
    zoom,
    range,
    hiddenThreads: [...hiddenThreads],
    collapse,
    kinds: kinds === null ? null : [...kinds],
    search: pattern === '' ? null : { pattern, ignoreCase },
    paused,
    selection,
  };
}

/** Zooms to a node; the zoom before it can be had back. */
export function zoomTo(navigation: Navigation, node: NodeIndex): Navigation {
  if (node === navigation.zoom) return navigation;
  return { ...navigation, zoom: node, zoomsBefore: [...navigation.zoomsBefore, navigation.zoom].slice(-ZOOMS_KEPT) };
}

export function undoZoom(navigation: Navigation): Navigation {
  const last = navigation.zoomsBefore.at(-1);
  if (last === undefined) return navigation;
  return { ...navigation, zoom: last, zoomsBefore: navigation.zoomsBefore.slice(0, -1) };
}

/** What Esc does: takes back the search, else the brush, else the zoom, else the selection. */
export function backOut(navigation: Navigation): Navigation {
  if (navigation.pattern !== '') return { ...navigation, pattern: '' };
  if (navigation.range !== null) return { ...navigation, range: null };
  if (navigation.zoom !== ROOT) return zoomTo(navigation, ROOT);
  return navigation.selection === null ? navigation : { ...navigation, selection: null };
}

export function toggleThread(navigation: Navigation, thread: number): Navigation {
  const { hiddenThreads } = navigation;
  return {
    ...navigation,
    hiddenThreads: hiddenThreads.includes(thread)
      ? hiddenThreads.filter((hidden) => hidden !== thread)
      : [...hiddenThreads, thread],
  };
}
