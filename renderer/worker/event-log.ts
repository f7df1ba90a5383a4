// SPDX-License-Identifier: Apache-2.0
/**
 * The newest events of a recording, in bounded memory, and those of them that match: a ring of columns, and beside it the
 * ring of matching places, kept up as events come. A list that stands still is a copy: what comes meanwhile overwrites it no more.
 */
import type { Segment } from '../../profile/tables.ts';

/** 12 MB and the messages; two seconds of the fastest that the helper sends, half an hour of a hundred a second. */
export const MOST_EVENTS = 262_144;

export interface EventColumns {
  time: Float64Array;
  probe: Uint32Array;
  thread: Uint32Array;
  cpu: Uint32Array;
  flags: Uint32Array;
  duration: Float64Array;
  message: string[];
}

function emptyColumns(rows: number): EventColumns {
  return {
    time: new Float64Array(rows),
    probe: new Uint32Array(rows),
    thread: new Uint32Array(rows),
    cpu: new Uint32Array(rows),
    flags: new Uint32Array(rows),
    duration: new Float64Array(rows),
    message: [],
  };
}

function copied(columns: EventColumns): EventColumns {
  const { time, probe, thread, cpu, flags, duration, message } = columns;
  return { time: time.slice(), probe: probe.slice(), thread: thread.slice(), cpu: cpu.slice(), flags: flags.slice(), duration: duration.slice(), message: message.slice() };
}

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
  /** All that ever came. */
  seen = 0;
  readonly #most: number;
  #columns: EventColumns | null = null;
  #test: EventTest | null = null;
  /** Numbers (by `seen`) of the events that match, as a ring: `#matches` of them in all. */
  #matching = new Float64Array(0);
  #matches = 0;

  constructor(most = MOST_EVENTS) {
    this.#most = most;
  }

  get kept(): number {
    return Math.min(this.seen, this.#most);
  }

  append({ columns, length }: Segment<'events'>): void {
    // Most recordings have none.
    const target = (this.#columns ??= emptyColumns(this.#most));
    for (let row = 0; row < length; row++) {
      const at = this.seen % this.#most;
      target.time[at] = columns.time[row]!;
      target.probe[at] = columns.probe[row]!;
      target.thread[at] = columns.thread[row]!;
      target.cpu[at] = columns.cpu[row]!;
      target.flags[at] = columns.flags[row]!;
      target.duration[at] = columns.duration[row]!;
      target.message[at] = columns.message[row]!;
      if (this.#test?.(target, at) === true) this.#matching[this.#matches++ % this.#most] = this.seen;
      this.seen++;
    }
  }

  /** Filters from now on, and what is kept; null: no filter. */
  filter(test: EventTest | null): void {
    this.#test = test;
    this.#matches = 0;
    if (test === null || this.#columns === null) {
      this.#matching = new Float64Array(test === null ? 0 : this.#most);
      return;
    }
    if (this.#matching.length === 0) this.#matching = new Float64Array(this.#most);
    for (let event = this.seen - this.kept; event < this.seen; event++) {
      if (test(this.#columns, event % this.#most)) this.#matching[this.#matches++ % this.#most] = event;
    }
  }

  /** As it is now; valid until more comes. */
  list(): EventList {
    return this.#listOf(this.#columns ?? emptyColumns(0), this.#matching);
  }

  /** A list that stands still. */
  copy(): EventList {
    return this.#listOf(this.#columns === null ? emptyColumns(0) : copied(this.#columns), this.#matching.slice());
  }

  #listOf(columns: EventColumns, matching: Float64Array): EventList {
    const most = this.#most;
    const first = this.seen - this.kept;
    if (this.#test === null) return { columns, length: this.kept, at: (index) => (first + index) % most };
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
