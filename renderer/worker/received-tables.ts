// SPDX-License-Identifier: Apache-2.0
/**
 * The tables of one recording as its rows come, in order and bounded.
 *
 * Memory: most tables grow with distinct stacks, not with time. `samples`, `expected` and `losses` are compacted when they are
 * longer than `mostRows` (compaction.ts), so that an open window does not grow for hours. Of `buckets` and `events` no table is kept.
 */
import type { TableName } from '../../profile/schema.ts';
import { createTables, rowCounts, Table, type RowCounts, type Segment, type Tables } from '../../profile/tables.ts';
import { compact, FINE, type Coarseness, type TimedTable } from './compaction.ts';
import { EventLog } from './event-log.ts';
import { ProbeFigures } from './probe-figures.ts';

/** 1.5 M samples: 32 MB, an hour of four busy threads at 99 Hz, compacted in about 0.3 s. */
export const MOST_ROWS = 1_500_000;

/** Group of `allocations` (native/helper/wire_probes.h) whose bytes were given back. */
const FREED = 1;

/** Rows that do not continue what is here; subscribing again brings them from the beginning. */
export class RowsMissing extends Error {
  override readonly name = 'RowsMissing';
}

type MutableTables = { -readonly [N in TableName]: Table<N> };

export class ReceivedTables {
  /** Rows of `buckets` and `events` are counted or let go there: their tables here stay empty. */
  readonly buckets = new ProbeFigures((probe, group) => group === FREED && this.#probeName(probe) === 'allocations');
  readonly events = new EventLog();
  /** Samples, expected and losses are replaced when compacted; everybody reads through this object. */
  readonly #tables: MutableTables = createTables();
  readonly #received: RowCounts = rowCounts(this.#tables);
  #hasRows = false;
  readonly #mostRows: number;
  readonly #limits: Record<TimedTable, number>;
  readonly #coarseness: Record<TimedTable, Coarseness> = { samples: FINE, expected: FINE, losses: FINE };

  constructor(mostRows: number) {
    this.#mostRows = mostRows;
    this.#limits = { samples: mostRows, expected: mostRows, losses: mostRows };
  }

  get tables(): Tables {
    return this.#tables;
  }

  coarsenessOf(name: TimedTable): Coarseness {
    return this.#coarseness[name];
  }

  /**
   * @returns false for rows of an earlier subscription, which come before the beginning and are passed over
   * @throws RowsMissing when rows are missing or come twice; the tables are then of no more use.
   */
  append(segments: readonly Segment[]): boolean {
    for (const [index, segment] of segments.entries()) {
      // Row 0 of strings is here already; an engine may send it or not.
      const sent = segment.table === 'strings' && segment.start === 0 ? withoutFirst(segment) : segment;
      const expected = this.#received[sent.table];
      // Of events only the newest come.
      if (sent.start !== expected && !(sent.table === 'events' && sent.start > expected)) {
        if (!this.#hasRows && index === 0) return false;
        throw new RowsMissing(`${sent.table}: rows from ${sent.start} came where ${expected} were expected`);
      }
      if (sent.table === 'buckets') this.buckets.append(sent as Segment<'buckets'>);
      else if (sent.table === 'events') this.events.append(sent as Segment<'events'>);
      else {
        const table = this.#tables[sent.table] as Table<TableName>;
        table.appendSegment({ ...sent, start: table.length });
      }
      this.#received[sent.table] = sent.start + sent.length;
      this.#hasRows = true;
    }
    return true;
  }

  isOverLimit(name: TimedTable): boolean {
    return this.#tables[name].length > this.#limits[name];
  }

  /** Replaces a table by a shorter one of the same sums. @returns where the row `splitAt` now begins: rows around it are not mixed */
  compact(name: TimedTable, splitAt: number): number {
    const target = this.#mostRows * 0.75;
    const { table, coarseness, split } = compact(this.#tables[name], this.#coarseness[name], splitAt, target);
    (this.#tables as Record<TimedTable, unknown>)[name] = table;
    this.#coarseness[name] = coarseness;
    // Where even the distinct rows are many, twice as many must come before it is worth while again.
    this.#limits[name] = table.length <= target ? this.#mostRows : table.length * 2;
    return split;
  }

  #probeName(probe: number): string {
    const { probes, strings } = this.#tables;
    return strings.columns.text[probes.columns.name[probe] ?? 0] ?? '';
  }
}

function withoutFirst(segment: Segment): Segment {
  const { text } = (segment as Segment<'strings'>).columns;
  return { table: 'strings', start: 1, length: segment.length - 1, columns: { text: text.slice(1) } };
}
