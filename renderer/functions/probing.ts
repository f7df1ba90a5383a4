// SPDX-License-Identifier: Apache-2.0
/** What of a recording of probes is looked at, and what is asked of the next probe. Pure functions from one state to the next. */
import type { Failure, ProbeInfo, ProbeTarget, RecordingInfo } from '../../ipc/contract.ts';
import type { NodeIndex, EventsPage, ProbeDetails, ProbeView } from '../worker/protocol.ts';

export type FunctionsTab = 'latency' | 'arguments' | 'stack' | 'events';

/** What the inspector of the live screen asked of a frame. */
export type FrameQuestion = 'latency' | 'count' | 'trace' | 'callers';

export interface Companion {
  node: NodeIndex;
  question: FrameQuestion;
  /** null: not attached yet. */
  probe: number | null;
  /** Why it could not be attached. */
  failure: Failure | null;
}

/** What every new probe is asked for, beside its measure. */
export interface ProbeOptions {
  measure: 'latency' | 'count' | 'returned';
  byThread: boolean;
  byStack: boolean;
  /** As typed: "1 ms"; empty: everything. */
  slowerThan: string;
  /** As typed: "arg3 > 4096"; empty: every call. */
  onlyWhere: string;
}

export interface EventsFilter {
  /** Only of the selected probe. */
  selectedOnly: boolean;
  pattern: string;
  ignoreCase: boolean;
  follow: boolean;
  first: number;
  count: number;
}

export interface Probing {
  recording: RecordingInfo | null;
  /** It came from a file. */
  opened: boolean;
  /** What the recording looks at, or the next one will. Null: what the live screen shows, else the whole system. */
  target: { request: ProbeTarget; title: string } | null;
  probes: readonly ProbeInfo[];
  selected: number | null;
  /** Whose stacks the flame graph shows: of the selected probe where it has some, of one, or (null) of all together. */
  stacksOf: number | 'selected' | null;
  tab: FunctionsTab;
  options: ProbeOptions;
  /** Slices that the heat maps show; null: all. */
  newest: number | null;
  range: { from: number; to: number } | null;
  thread: number | null;
  paused: boolean;
  /** Cards on the screen, and the width of their heat maps in CSS pixels. */
  visible: readonly number[];
  columns: number;
  events: EventsFilter;
  page: EventsPage | null;
  details: ProbeDetails | null;
  /** Slices of a column where the range begins. */
  precision: number;
  /** Nanoseconds recorded. */
  durationNs: number;
  /** Processes that the recording has seen. */
  tgids: readonly number[];
  /** A probe is being attached, or a recording started: what is said meanwhile. */
  busy: string | null;
  failure: Failure | null;
  companion: Companion | null;
}

/** A minute of 20 ms slices. */
export const MINUTE = 3000;

export const startProbing: Probing = {
  recording: null,
  opened: false,
  target: null,
  probes: [],
  selected: null,
  stacksOf: 'selected',
  tab: 'latency',
  options: { measure: 'latency', byThread: true, byStack: false, slowerThan: '', onlyWhere: '' },
  newest: MINUTE,
  range: null,
  thread: null,
  paused: false,
  visible: [],
  columns: 300,
  events: { selectedOnly: false, pattern: '', ignoreCase: true, follow: true, first: 0, count: 60 },
  page: null,
  details: null,
  precision: 1,
  durationNs: 0,
  tgids: [],
  busy: null,
  failure: null,
  companion: null,
};

/** What the worker is to send; null: nothing. @param isShown the Functions screen is; else only the inspector's companion. */
export function probeViewOf(probing: Probing, isShown: boolean): ProbeView | null {
  const { recording, selected, columns, newest, range, thread, paused, companion, tab } = probing;
  if (recording === null) return null;
  const base = { recording: recording.id, columns };
  if (!isShown) {
    if (companion?.probe == null) return null;
    const { probe, question } = companion;
    const events = { probe, pattern: '', ignoreCase: true, follow: true, first: 0, count: COMPANION_EVENTS };
    return { ...base, probes: [probe], newest: MINUTE, range: null, thread: null, selected: probe, paused: false, events: question === 'trace' ? events : null };
  }
  const { selectedOnly, pattern, ignoreCase, first, count } = probing.events;
  const events = { probe: selectedOnly ? selected : null, pattern, ignoreCase, follow: isFollowing(probing), first, count };
  // The inspector's figures are of the selected one, wherever its card is.
  const probes = [...new Set(selected === null ? probing.visible : [...probing.visible, selected])].sort((a, b) => a - b);
  return { ...base, probes, newest, range, thread, selected, paused, events: tab === 'events' ? events : null };
}

/** Those whose time is in the flame graph. */
export function withStacks(probes: readonly ProbeInfo[]): ProbeInfo[] {
  return probes.filter(({ request, unit, state }) => request.byStack && request.measure.kind === 'latency' && unit === 'nanoseconds' && state !== 'refused');
}

/** The probe whose stacks are shown; null: all of them together. */
export function stacksShown({ stacksOf, selected, probes }: Probing): number | null {
  const wanted = stacksOf === 'selected' ? selected : stacksOf;
  return withStacks(probes).some(({ probe }) => probe === wanted) ? wanted : null;
}

/** The newest events are shown as they come; of a recording that has ended, and while it is paused, all can be scrolled through. */
export function isFollowing({ events, paused, recording }: Probing): boolean {
  return events.follow && !paused && recording?.state.kind !== 'finished';
}

/** Newest hits beside the frame. */
export const COMPANION_EVENTS = 8;

/** Figures came: the probe that was chosen stays chosen, else the newest one is. */
export function withProbes(probing: Probing, probes: readonly ProbeInfo[]): Probing {
  const known = probes.some(({ probe }) => probe === probing.selected);
  return { ...probing, probes, selected: known ? probing.selected : (probes.at(-1)?.probe ?? null) };
}

/** What Esc does: takes back the range, else the thread. */
export function backOutOfProbes(probing: Probing): Probing {
  if (probing.range !== null) return { ...probing, range: null };
  return { ...probing, thread: null };
}

/** Share of one CPU that all probes together cost, 0 to 1. */
export function costOf(probes: readonly ProbeInfo[]): number {
  return probes.reduce((sum, { state, figures }) => sum + (state === 'attached' ? figures.cost : 0), 0);
}
