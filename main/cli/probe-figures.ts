// SPDX-License-Identifier: Apache-2.0
/** What a probe of a recording has counted, from the rows of its tables. */
import type { ProbeInfo } from '../../ipc/contract.ts';
import { FrameKeys } from '../../profile/frame-keys.ts';
import { isFreed } from '../engine/functions/ready-questions.ts';
import { bucketRange, quantile } from '../../profile/histogram.ts';
import { Names } from '../../profile/names.ts';
import type { Tables } from '../../profile/tables.ts';
import { NONE } from '../../profile/units.ts';

export interface ProbeCounts {
  all: Map<number, number>;
  /** By group of a ready question. */
  groups: Map<number, Map<number, number>>;
  /** What its groups are called. */
  names: Map<number, string>;
  /** Sums of values, and their number, by stack; of memory what is not yet freed. */
  stacks: Map<number, { sum: number; count: number }>;
}

/** Adds up rows as they come. */
export class ProbeTotals {
  readonly #tables: Tables;
  readonly #probes: ProbeCounts[] = [];
  #seen = 0;
  #named = 0;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  of(probe: number): ProbeCounts {
    this.#take();
    return this.#counts(probe);
  }

  #counts(probe: number): ProbeCounts {
    return (this.#probes[probe] ??= { all: new Map(), groups: new Map(), names: new Map(), stacks: new Map() });
  }

  #take(): void {
    const { buckets, groups: named, probes, strings } = this.#tables;
    for (; this.#named < named.length; this.#named++) {
      const row = this.#named;
      this.#counts(named.columns.probe[row]!).names.set(named.columns.group[row]!, strings.columns.text[named.columns.name[row]!]!);
    }
    const { probe, bucket, group, stack, count, sum } = buckets.columns;
    for (; this.#seen < buckets.length; this.#seen++) {
      const row = this.#seen;
      const { all, groups, stacks } = this.#counts(probe[row]!);
      const freed = isFreed(strings.columns.text[probes.columns.name[probe[row]!]!]!, group[row]!);
      if (!freed) add(all, bucket[row]!, count[row]!);
      let grouped = groups.get(group[row]!);
      if (!grouped) groups.set(group[row]!, (grouped = new Map()));
      add(grouped, bucket[row]!, count[row]!);
      const known = stacks.get(stack[row]!) ?? { sum: 0, count: 0 };
      stacks.set(stack[row]!, { sum: known.sum + (freed ? -sum[row]! : sum[row]!), count: known.count + (freed ? 0 : count[row]!) });
    }
  }
}

function add(counts: Map<number, number>, bucket: number, count: number): void {
  counts.set(bucket, (counts.get(bucket) ?? 0) + count);
}

export interface Quantiles {
  p50: number;
  p90: number;
  p99: number;
  /** The end of the last bucket: no value was above it. */
  max: number;
}

/** NaN where nothing was counted. */
export function quantilesOf(counts: ReadonlyMap<number, number>): Quantiles {
  const used = [...counts].filter(([, count]) => count > 0).map(([bucket]) => bucket);
  const max = used.length === 0 ? Number.NaN : bucketRange(Math.max(...used)).high;
  return { p50: quantile(counts, 0.5), p90: quantile(counts, 0.9), p99: quantile(counts, 0.99), max };
}

/** By system call, device…, the most first; none of what has one group only. */
export function largestGroups({ request }: ProbeInfo, { groups, names }: ProbeCounts): { name: string; counts: ReadonlyMap<number, number>; calls: number }[] {
  if (request.kind !== 'ready' || groups.size < 2) return [];
  const total = (counts: ReadonlyMap<number, number>): number => [...counts.values()].reduce((sum, each) => sum + each, 0);
  const rows = [...groups].map(([group, counts]) => ({ name: names.get(group) ?? String(group), counts, calls: total(counts) }));
  return rows.sort((a, b) => b.calls - a.calls);
}

/** Those with the largest sums first, where nothing is summed with the most calls. */
export function largestStacks({ stacks }: ProbeCounts): { stack: number; sum: number; calls: number }[] {
  const known = [...stacks].filter(([stack]) => stack !== NONE);
  return known.map(([stack, { sum, count }]) => ({ stack, sum, calls: count })).sort((a, b) => b.sum - a.sum || b.calls - a.calls);
}

/** A probe as `latency --json` tells it: scripts depend on these keys. */
export interface ProbeJson {
  name: string;
  mechanism: string;
  calls: number;
  p50Ns: number | null;
  p90Ns: number | null;
  p99Ns: number | null;
  maxNs: number | null;
  /** [low, high, count]: low <= value < high. */
  buckets: [number, number, number][];
  /** What a call costs the target more, nanoseconds; null: not measured. */
  costNs: number | null;
  /** "nanoseconds", or what else the values are: then those ending in Ns are these. */
  unit: string;
  /** Of a ready question: by system call, device…, the most first. */
  groups: { name: string; calls: number }[];
  /** With --by-stack: the most first. `sum` of the values, `frames` from the leaf. */
  stacks: { calls: number; sum: number; frames: string[] }[];
}

/** @param namesOf of `stackNames` */
export function probeJson(info: ProbeInfo, counts: ProbeCounts, namesOf: (stack: number) => string[]): ProbeJson {
  const { title, mechanism, figures, unit } = info;
  const { all } = counts;
  // What is only counted has no values.
  const { p50, p90, p99, max } = quantilesOf(unit === 'count' ? new Map() : all);
  const orNull = (value: number): number | null => (Number.isNaN(value) ? null : Math.round(value));
  const sorted = [...all].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  return {
    name: title,
    mechanism,
    calls: figures.calls,
    ...{ p50Ns: orNull(p50), p90Ns: orNull(p90), p99Ns: orNull(p99), maxNs: orNull(max) },
    buckets: sorted.map(([bucket, count]) => [bucketRange(bucket).low, bucketRange(bucket).high, count]),
    costNs: figures.callNs > 0 ? figures.callNs : null,
    unit,
    groups: largestGroups(info, counts).map(({ name, calls }) => ({ name, calls })),
    stacks: largestStacks(counts).map(({ stack, sum, calls }) => ({ calls, sum, frames: namesOf(stack) })),
  };
}

/** Of a stack. */
const MOST_FRAMES = 64;

/** Names of a stack's functions, leaf first. */
export function stackNames(tables: Tables): (stack: number) => string[] {
  const names = new Names(tables);
  const keys = new FrameKeys(tables);
  keys.take(0, tables.symbols.length);
  return (stack) => {
    const found: string[] = [];
    for (let row = stack; row !== NONE && found.length < MOST_FRAMES; row = tables.stacks.columns.prefix[row]!) {
      found.push(names.name(keys.own(tables.stacks.columns.frame[row]!)));
    }
    return found;
  };
}
