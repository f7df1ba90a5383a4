// SPDX-License-Identifier: Apache-2.0
/** Which probe of a comparison is looked at, and what its pictures show: pure. */
import type { ComparedProbe, ShareDifference } from '../../profile/comparison/latencies.ts';
import { isSamePart, type PartChoice, type ProbePart } from '../../profile/comparison/probe-parts.ts';
import { whereWords } from '../../profile/comparison/latency-words.ts';
import type { ComparedPart, Histogram, LatencyView } from '../worker/protocol.ts';
import type { Comparing, CompareTab } from './comparing.ts';

/** By which a probe is found again when its place in the list is another. */
export function probeKey({ rows }: Pick<ComparedProbe, 'rows'>): string {
  return JSON.stringify(rows);
}

/** What is not in the picture of functions may be in that of latencies: recordings of probes without stacks have nothing else. */
export function shownTab({ tab, result, latencies }: Pick<Comparing, 'tab' | 'result' | 'latencies'>): CompareTab {
  const isProbed = latencies !== null && latencies.compared.length + latencies.onlyA.length + latencies.onlyB.length > 0;
  return result === null && isProbed ? 'latencies' : tab;
}

/** With all words of the query in title, file or measure. */
export function shownProbes({ latencies, query }: Pick<Comparing, 'latencies' | 'query'>): ComparedProbe[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return (latencies?.compared ?? []).filter((probe) => {
    const text = `${probe.title} ${whereWords(probe)}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** null: there is none. */
export function chosenProbe(comparing: Pick<Comparing, 'latencies' | 'query' | 'probe'>): ComparedProbe | null {
  const shown = shownProbes(comparing);
  return shown.find((probe) => probeKey(probe) === comparing.probe) ?? shown[0] ?? null;
}

/** A part of a probe that was chosen. */
export interface ShownPart extends ProbePart {
  /** Key of its probe. */
  probe: string;
}

/** What the worker told of a probe's parts last. */
export interface KnownParts {
  /** Key of their probe. */
  probe: string;
  choices: readonly PartChoice[];
  /** What was compared of the one that is looked at; null: all calls are. */
  part: ComparedPart | null;
}

/** The part that is asked for; null: all calls. */
export function wantedPart({ part }: Pick<Comparing, 'part'>, probe: ComparedProbe): ShownPart | null {
  return part?.probe === probeKey(probe) ? part : null;
}

/** As it is looked at: the chosen part of the probe, where it has come. */
export function lookedAt(comparing: Pick<Comparing, 'part' | 'parts'>, probe: ComparedProbe): { probe: ComparedProbe; part: ComparedPart | null } {
  const [wanted, { parts }] = [wantedPart(comparing, probe), comparing];
  const part = wanted !== null && parts?.probe === wanted.probe && parts.part !== null && isSamePart(parts.part.of, wanted) ? parts.part : null;
  return { probe: part?.compared ?? probe, part };
}

/** null: nothing is drawn. @param columns CSS pixels of a heat map */
export function latencyViewOf(comparing: Comparing, columns: number): LatencyView | null {
  const chosen = shownTab(comparing) === 'latencies' && columns > 0 ? chosenProbe(comparing) : null;
  if (chosen === null) return null;
  const wanted = wantedPart(comparing, chosen);
  return { rows: chosen.rows, columns, part: wanted && { kind: wanted.kind, name: wanted.name } };
}

/** Counts as parts of all calls, or as calls a second: durations are divided out. */
export function scaledHistogram({ buckets, counts }: Histogram, { count, perSecond }: { count: number; perSecond: number }, heights: Comparing['heights']): Histogram {
  const scale = count > 0 ? (heights === 'share' ? 1 : perSecond) / count : 0;
  return { buckets, counts: counts.map((each) => each * scale) };
}

/** Of a share, as it is drawn. */
export interface ShiftPoint {
  /** "p10" */
  label: string;
  at: number;
  /** NaN: nothing is known of the interval. */
  low: number;
  high: number;
  verdict: ShareDifference['verdict'];
}

export interface ShiftPoints {
  /** percent: of what it was in A. unit: some of A's values are not above 0. */
  scale: 'percent' | 'unit';
  points: ShiftPoint[];
  /** Ends of the axis; 0 lies between. */
  least: number;
  most: number;
}

export function shiftPoints({ deciles, p99 }: Pick<ComparedProbe, 'deciles' | 'p99'>): ShiftPoints {
  const shares = [...deciles, ...(p99 ? [p99] : [])];
  const isRelative = shares.every(({ a }) => a > 0);
  const points = shares.map(({ share, a, delta, low, high, verdict }): ShiftPoint => {
    const of = (value: number): number => (Number.isFinite(value) ? (isRelative ? (100 * value) / a : value) : Number.NaN);
    return { label: `p${Math.round(100 * share)}`, at: of(delta), low: of(low), high: of(high), verdict };
  });
  const ends = points.flatMap(({ at, low, high }) => [at, low, high]).filter((value) => Number.isFinite(value));
  const [least, most] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  // Nothing that moves is no reason to make much of a thousandth.
  const room = Math.max((most - least) * 0.08, isRelative ? 1 : 0.5);
  return { scale: isRelative ? 'percent' : 'unit', points, least: least - room, most: most + room };
}
