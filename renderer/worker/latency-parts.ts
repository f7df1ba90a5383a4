// SPDX-License-Identifier: Apache-2.0
/** The threads and groups of a probe of a recording: which there are, and the values of one over time. */
import type { PartCalls, PartKind, ProbePart } from '../../profile/comparison/probe-parts.ts';
import { HistogramColumns, type SliceRange } from '../../profile/histogram-columns.ts';
import type { Tables } from '../../profile/tables.ts';
import { NONE } from '../../profile/units.ts';
import { taskOf } from './event-text.ts';
import type { ProbeFigures } from './probe-figures.ts';

const KINDS: readonly PartKind[] = ['group', 'thread'];

export class LatencyParts {
  readonly #tables: Tables;
  readonly #figures: ProbeFigures;
  /** null: all of it. */
  readonly #range: SliceRange | null;

  constructor(tables: Tables, figures: ProbeFigures, range: SliceRange | null) {
    this.#tables = tables;
    this.#figures = figures;
    this.#range = range;
  }

  /** Slice from which on parts are known; 0: all of it. */
  get from(): number {
    return Math.max(this.#range?.from ?? 0, this.#figures.rows.keptFrom);
  }

  all(probe: number): PartCalls[] {
    return KINDS.flatMap((kind) => {
      const nameOf = this.#names(probe, kind);
      const tallies = this.#figures.tallies(probe, kind, { range: this.#range, thread: null });
      return [...tallies].flatMap(([key, { count }]): PartCalls[] => {
        const name = nameOf(key);
        return name === '' ? [] : [{ kind, name, calls: count }];
      });
    });
  }

  columns(probe: number, { kind, name }: ProbePart): HistogramColumns {
    const nameOf = this.#names(probe, kind);
    const found = new HistogramColumns();
    this.#figures.rows.forEach(probe, this.#range ?? { from: 0, to: Infinity }, (row) => {
      if (nameOf(row[kind]) === name) found.add(row.slice, row.bucket, row.count);
    });
    return found;
  }

  /** Empty: it is no part. */
  #names(probe: number, kind: PartKind): (key: number) => string {
    if (kind === 'thread') return (thread) => (thread === NONE ? '' : taskOf(this.#tables, thread));
    const { groups, strings } = this.#tables;
    const names = new Map<number, string>();
    for (let row = 0; row < groups.length; row++) {
      if (groups.columns.probe[row] === probe) names.set(groups.columns.group[row]!, strings.columns.text[groups.columns.name[row]!] ?? '');
    }
    // Only what was named is a group: 0 stands for everything where nothing is told apart.
    return (group) => names.get(group) ?? (group === 0 ? '' : String(group));
  }
}
