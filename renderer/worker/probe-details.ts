// SPDX-License-Identifier: Apache-2.0
/** Threads, groups and slow callers of one probe, with their names. */
import { quantile, type Counts } from '../../profile/histogram.ts';
import { FrameKeys } from '../../profile/frame-keys.ts';
import { Names } from '../../profile/names.ts';
import { ProbeMeasure } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { NONE, type StackIndex } from '../../profile/units.ts';
import { taskOf } from './event-text.ts';
import type { ProbeFigures, Tally } from './probe-figures.ts';
import type { ProbeDetails, ProbeRow, ProbeView } from './probe-protocol.ts';

/** A list is read, not scrolled through. */
const MOST_ROWS = 12;
/** Slow is what took longer than this share of the calls. */
const SLOW = 0.9;
/** Frames of a caller that are told. */
const FRAMES_TOLD = 3;

export class ProbeDetailsMaker {
  readonly #tables: Tables;
  readonly #keys: FrameKeys;
  readonly #names: Names;
  #symbols = 0;
  /** By probe and group. */
  readonly #groups = new Map<string, string>();
  #groupRows = 0;

  constructor(tables: Tables) {
    this.#tables = tables;
    this.#keys = new FrameKeys(tables);
    this.#names = new Names(tables);
  }

  make(figures: ProbeFigures, recording: number, probe: number, view: ProbeView): ProbeDetails {
    const threads = figures.tallies(probe, 'thread', view);
    const groups = figures.tallies(probe, 'group', view);
    const stacks = figures.tallies(probe, 'stack', view);
    const { keptFrom } = figures.rows;
    const isNarrowed = view.range !== null || view.thread !== null;
    return {
      recording,
      probe,
      threads: largest([...threads].filter(([thread]) => thread !== NONE)).map(([thread, tally]) => row(thread, taskOf(this.#tables, thread), this.#tid(thread), tally)),
      // One group is none.
      groups: groups.size < 2 && groups.has(0) ? [] : largest([...groups]).map(([group, tally]) => row(group, this.#groupName(probe, group), '', tally)),
      ...this.#callers(probe, stacks),
      from: isNarrowed && keptFrom > (view.range?.from ?? 0) ? keptFrom : null,
    };
  }

  #groupName(probe: number, group: number): string {
    const { groups, strings } = this.#tables;
    for (; this.#groupRows < groups.length; this.#groupRows++) {
      const { probe: of, group: number, name } = groups.columns;
      this.#groups.set(`${of[this.#groupRows]} ${number[this.#groupRows]}`, strings.columns.text[name[this.#groupRows]!] ?? '');
    }
    return this.#groups.get(`${probe} ${group}`) ?? String(group);
  }

  #tid(thread: number): string {
    return String(this.#tables.threads.columns.tid[thread] ?? '');
  }

  #callers(probe: number, stacks: ReadonlyMap<number, Tally>): { callers: ProbeRow[]; slowSum: number } {
    this.#takeSymbols();
    const all = new Map<number, number>();
    for (const { counts } of stacks.values()) for (const [bucket, count] of counts) all.set(bucket, (all.get(bucket) ?? 0) + count);
    const isLatency = this.#tables.probes.columns.measure[probe] === ProbeMeasure.latency;
    const slow = isLatency ? slowBucket(all) : -Infinity;
    const byName = new Map<string, { detail: string; key: number; tally: Tally }>();
    const hasSums = [...stacks.values()].some(({ sum }) => sum !== 0);
    let slowSum = 0;
    for (const [stack, { counts, count, sum }] of stacks) {
      const [name, detail] = this.#callerOf(stack, probe);
      const known = byName.get(`${name}\n${detail}`) ?? { detail, key: stack, tally: { count: 0, sum: 0, counts: new Map<number, number>() } };
      byName.set(`${name}\n${detail}`, known);
      let slowCount = 0;
      for (const [bucket, of] of counts) {
        if (bucket < slow) continue;
        slowCount += of;
        known.tally.counts.set(bucket, (known.tally.counts.get(bucket) ?? 0) + of);
      }
      // The sum of a bucket is not known: the slow calls have their part of the stack's by the middles of the buckets.
      const part = isLatency ? sum * slowShare(counts, slow) : hasSums ? sum : count;
      known.tally.count += slowCount;
      known.tally.sum += part;
      slowSum += part;
    }
    const rows = [...byName].filter(([, { tally }]) => tally.count > 0 && tally.sum > 0).sort(([, a], [, b]) => b.tally.sum - a.tally.sum);
    return { slowSum, callers: rows.slice(0, MOST_ROWS).map(([name, { key, detail, tally }]) => row(key, name.split('\n')[0]!, detail, tally)) };
  }

  /** The caller, and who called that one; the probed function itself, at the leaf, is left out. */
  #callerOf(stack: StackIndex, probe: number): [name: string, detail: string] {
    const { stacks, strings, probes } = this.#tables;
    const probed = strings.columns.text[probes.columns.name[probe] ?? 0] ?? '';
    const names: string[] = [];
    for (let at = stack; at !== NONE && names.length < FRAMES_TOLD; at = stacks.columns.prefix[at]!) {
      const name = this.#names.name(this.#keys.own(stacks.columns.frame[at]!));
      if (names.length > 0 || name !== probed) names.push(name);
    }
    const [name = 'no caller was seen', ...outer] = names;
    return [name, outer.length === 0 ? '' : `← ${outer.join(' ← ')}`];
  }

  #takeSymbols(): void {
    const { length } = this.#tables.symbols;
    if (this.#symbols < length) this.#keys.take(this.#symbols, length);
    this.#symbols = length;
  }
}

/** The bucket in which the slowest tenth begins. */
function slowBucket(counts: Counts): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  let below = 0;
  for (const bucket of [...counts.keys()].sort((a, b) => a - b)) {
    below += counts.get(bucket)!;
    if (below > SLOW * total) return bucket;
  }
  return Infinity;
}

/** Of a stack's time that of its slow calls, 0 to 1. */
function slowShare(counts: Counts, slow: number): number {
  let [all, above] = [0, 0];
  for (const [bucket, count] of counts) {
    const weight = count * quantile(new Map([[bucket, 1]]), 0.5);
    all += weight;
    if (bucket >= slow) above += weight;
  }
  return all > 0 ? above / all : 0;
}

function largest(tallies: [number, Tally][]): [number, Tally][] {
  return tallies.sort(([a, x], [b, y]) => y.sum - x.sum || y.count - x.count || a - b).slice(0, MOST_ROWS);
}

function row(key: number, name: string, detail: string, { count, sum, counts }: Tally): ProbeRow {
  return { key, name, detail, count, sum, p50: quantile(counts, 0.5), p99: quantile(counts, 0.99) };
}
