// SPDX-License-Identifier: Apache-2.0
/** Which processes the picker lists, and in which order. */
import type { ProcessSummary } from '../../ipc/contract.ts';
import { processKey } from './cpu-history.ts';

/** Every word must be found in name, command line, user, container or number. */
function matchesFilter(process: ProcessSummary, filter: string): boolean {
  const text = `${process.name} ${process.commandLine} ${process.user} ${process.container ?? ''} ${process.tgid}`.toLowerCase();
  return filter.split(/\s+/).every((word) => text.includes(word));
}

/** Below 0: what was typed is the whole number or name, and not a part of something. */
function exactness(process: ProcessSummary, filter: string): number {
  if (String(process.tgid) === filter) return -2;
  return process.name.toLowerCase() === filter ? -1 : 0;
}

/** Those that match, in their order, but for the ones whose number or name is just what was typed: these come first. */
export function filtered(processes: readonly ProcessSummary[], typed: string): readonly ProcessSummary[] {
  const filter = typed.trim().toLowerCase();
  if (filter === '') return processes;
  return processes
    .filter((process) => matchesFilter(process, filter))
    .sort((a, b) => exactness(a, filter) - exactness(b, filter));
}

/** Busiest first, then by name and number. */
export function byCpu(processes: readonly ProcessSummary[], mean: (process: ProcessSummary) => number): ProcessSummary[] {
  return processes
    .map((process) => ({ process, cpu: Math.round(mean(process) * 200) }))
    .sort(
      (a, b) => b.cpu - a.cpu || a.process.name.localeCompare(b.process.name) || a.process.tgid - b.process.tgid,
    )
    .map(({ process }) => process);
}

/** The order of `before` kept, new processes at the end in their own order: nothing moves under the hand. */
export function keepOrder(before: readonly string[], processes: readonly ProcessSummary[]): ProcessSummary[] {
  const places = new Map(before.map((key, place) => [key, place]));
  const placeOf = (process: ProcessSummary) => places.get(processKey(process)) ?? Infinity;
  return processes
    .map((process, index) => ({ process, index, place: placeOf(process) }))
    .sort((a, b) => (a.place === b.place ? a.index - b.index : a.place - b.place))
    .map(({ process }) => process);
}
