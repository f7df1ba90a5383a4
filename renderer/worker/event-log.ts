// SPDX-License-Identifier: Apache-2.0
/**
 * The newest events of a recording, in bounded memory, and those of them that match: a ring of columns, and beside it the
 * ring of matching places, kept up as events come. A list that stands still is a copy: what comes meanwhile overwrites it no more.
 */
import type { Columns, Segment } from '../../profile/tables.ts';
import { RowRing } from './row-ring.ts';

/** 25 MB and the texts; some seconds of the fastest that comes here (main/engine/row-feed.ts), half an hour of a hundred a second. */
export const MOST_EVENTS = 262_144;

export type EventColumns = Columns<'events'>;

/** Does a place of the columns match? */
export type EventTest = (columns: EventColumns, at: number) => boolean;

/** Events that match, the oldest first. */
export interface EventList {
  columns: EventColumns;
  length: number;
  /** Place in the columns of the row at `index`. */
  at(index: number): number;
}

export class EventLog {
  /** All that there were, those too that did not come here. */
  seen = 0;
  readonly #ring: RowRing<'events'>;
  #test: EventTest | null = null;
  /** Rows of the ring that match, as a ring: `#matches` of them in all. */
  #matching = new Float64Array(0);
  #matches = 0;

  constructor(most = MOST_EVENTS) {
    this.#ring = new RowRing('events', most);
  }

  get kept(): number {
    return this.#ring.kept;
  }

  append(segment: Segment<'events'>): void {
    const ring = this.#ring;
    const before = ring.rows;
    ring.append(segment);
    this.seen = Math.max(this.seen, segment.start + segment.length);
    if (this.#test !== null) this.#match(Math.max(before, ring.rows - ring.kept));
  }

  /** Filters from now on, and what is kept; null: no filter. */
  filter(test: EventTest | null): void {
    const { rows, kept, most } = this.#ring;
    this.#test = test;
    this.#matches = 0;
    this.#matching = new Float64Array(test === null ? 0 : most);
    if (test !== null) this.#match(rows - kept);
  }

  /** As it is now; valid until more comes. */
  list(): EventList {
    return this.#listOf(this.#ring.columns, this.#matching);
  }

  /** A list that stands still. */
  copy(): EventList {
    return this.#listOf(this.#ring.copy(), this.#matching.slice());
  }

  #match(from: number): void {
    const { columns, rows, most } = this.#ring;
    const test = this.#test!;
    for (let row = from; row < rows; row++) if (test(columns, row % most)) this.#matching[this.#matches++ % most] = row;
  }

  #listOf(columns: EventColumns, matching: Float64Array): EventList {
    const { rows, kept, most } = this.#ring;
    const first = rows - kept;
    if (this.#test === null) return { columns, length: kept, at: (index) => (first + index) % most };
    const matches = this.#matches;
    // Matches whose events were overwritten are no more.
    let from = Math.max(0, matches - most);
    let [low, high] = [from, matches];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (matching[middle % most]! < first) low = middle + 1;
      else high = middle;
    }
    from = low;
    return { columns, length: matches - from, at: (index) => matching[(from + index) % most]! % most };
  }
}
