// SPDX-License-Identifier: Apache-2.0
/**
 * A histogram over time, in bounded memory however long the session: columns of slices at several precisions, each a
 * ring of the newest ones. The finest keeps every slice of the last ten seconds, the next four slices a column, then
 * 16, 64…; a coarser one is made when the one before begins to forget, so that the coarsest always reaches back to the
 * beginning.
 */
import type { Counts } from './histogram.ts';
import type { SliceIndex } from './units.ts';

/** Columns of a ring: as wide as a heat map is drawn, and even. */
export const COLUMNS = 512;
const STEP = 4;
/** Rows are added by so many buckets, a power of two of values. */
const ROWS_AT_ONCE = 8;

/** Slices [from, to). */
export interface SliceRange {
  readonly from: SliceIndex;
  readonly to: SliceIndex;
}

/** Counts by time and bucket: `columns` x `rows`, the rows of a column side by side. */
export interface HeatMap {
  firstSlice: SliceIndex;
  slicesPerColumn: number;
  columns: number;
  /** Of row 0; the rows are buckets that follow each other. */
  firstBucket: number;
  rows: number;
  counts: Uint32Array<ArrayBuffer>;
  /** The largest count. */
  most: number;
}

class Ring {
  readonly slicesPerColumn: number;
  /** Number of the newest column, counted from the first slice. */
  newest = 0;
  #firstBucket = 0;
  #rows = 0;
  #counts = new Uint32Array(0);

  constructor(slicesPerColumn: number) {
    this.slicesPerColumn = slicesPerColumn;
  }

  get oldest(): number {
    return Math.max(0, this.newest - COLUMNS + 1);
  }
  get firstBucket(): number {
    return this.#firstBucket;
  }
  get rows(): number {
    return this.#rows;
  }

  add(slice: SliceIndex, bucket: number, count: number): void {
    const column = Math.floor(slice / this.slicesPerColumn);
    if (column > this.newest) this.#advance(column);
    if (column < this.oldest) return;
    this.#reserve(bucket);
    this.#counts[(column % COLUMNS) * this.#rows + bucket - this.#firstBucket]! += count;
  }

  /** The counts of a column from its first bucket on; a view that is valid until the next `add`. */
  column(column: number): Uint32Array {
    const at = (column % COLUMNS) * this.#rows;
    return this.#counts.subarray(at, at + this.#rows);
  }

  /** The same, with several columns in one. */
  coarser(): Ring {
    const coarser = new Ring(this.slicesPerColumn * STEP);
    for (let column = this.oldest; column <= this.newest; column++) {
      this.column(column).forEach((count, row) => {
        if (count > 0) coarser.add(column * this.slicesPerColumn, this.#firstBucket + row, count);
      });
    }
    return coarser;
  }

  #advance(column: number): void {
    const cleared = Math.min(COLUMNS, column - this.newest);
    for (let back = 0; back < cleared; back++) this.column(column - back).fill(0);
    this.newest = column;
  }

  #reserve(bucket: number): void {
    const first = Math.floor(bucket / ROWS_AT_ONCE) * ROWS_AT_ONCE;
    if (this.#rows > 0 && bucket >= this.#firstBucket && bucket < this.#firstBucket + this.#rows) return;
    const from = this.#rows === 0 ? first : Math.min(first, this.#firstBucket);
    const end = Math.max(first + ROWS_AT_ONCE, this.#rows === 0 ? 0 : this.#firstBucket + this.#rows);
    const rows = end - from;
    const counts = new Uint32Array(COLUMNS * rows);
    if (this.#rows > 0) for (let column = 0; column < COLUMNS; column++) counts.set(this.column(column), column * rows + this.#firstBucket - from);
    [this.#firstBucket, this.#rows, this.#counts] = [from, rows, counts];
  }
}

export class HistogramColumns {
  /** The finest first. */
  readonly #rings: Ring[] = [new Ring(1)];
  readonly #all = new Map<number, number>();
  #first: SliceIndex = Infinity;

  /** Slice of the first value; Infinity: there is none. */
  get first(): SliceIndex {
    return this.#first;
  }

  add(slice: SliceIndex, bucket: number, count: number): void {
    let coarsest = this.#rings.at(-1)!;
    while (slice >= COLUMNS * coarsest.slicesPerColumn) this.#rings.push((coarsest = coarsest.coarser()));
    for (const ring of this.#rings) ring.add(slice, bucket, count);
    this.#all.set(bucket, (this.#all.get(bucket) ?? 0) + count);
    this.#first = Math.min(this.#first, slice);
  }

  /** Of everything, exactly. */
  get all(): Counts {
    return this.#all;
  }

  /** Slices of a column where slices from `from` on are still known: how exact `counts` of a range is. */
  precision(from: SliceIndex): number {
    return this.#reaching(from).slicesPerColumn;
  }

  /** Of the columns that a range touches. */
  counts({ from, to }: SliceRange): Counts {
    const ring = this.#reaching(from);
    const counts = new Map<number, number>();
    const first = Math.max(ring.oldest, Math.floor(from / ring.slicesPerColumn));
    const end = Math.min(ring.newest + 1, Math.ceil(to / ring.slicesPerColumn));
    for (let column = first; column < end; column++) {
      ring.column(column).forEach((count, row) => {
        if (count > 0) counts.set(ring.firstBucket + row, (counts.get(ring.firstBucket + row) ?? 0) + count);
      });
    }
    return counts;
  }

  /** What lies in a range, in at most `most` columns (and COLUMNS); costs what it shows. Rows without any count at both ends are left out. */
  heat({ from, to }: SliceRange, most: number): HeatMap {
    const ring = this.#rings.find((each) => this.#reaches(each, from) && columnsOf(each, from, to) <= Math.min(most, COLUMNS)) ?? this.#rings.at(-1)!;
    const first = Math.floor(from / ring.slicesPerColumn);
    const join = Math.max(1, Math.ceil(columnsOf(ring, from, to) / Math.max(1, most)));
    const columns = Math.max(1, Math.ceil(columnsOf(ring, from, to) / join));
    const { rows } = ring;
    const joined = new Uint32Array(columns * rows);
    let [lowest, highest, largest] = [rows, -1, 0];
    for (let column = Math.max(first, ring.oldest); column <= Math.min(ring.newest, first + columns * join - 1); column++) {
      const at = Math.floor((column - first) / join) * rows;
      ring.column(column).forEach((count, row) => {
        if (count === 0) return;
        const sum = (joined[at + row]! += count);
        if (row < lowest) lowest = row;
        if (row > highest) highest = row;
        if (sum > largest) largest = sum;
      });
    }
    const slicesPerColumn = ring.slicesPerColumn * join;
    const shape = { firstSlice: first * ring.slicesPerColumn, slicesPerColumn, columns };
    if (highest < 0) return { ...shape, firstBucket: 0, rows: 0, counts: new Uint32Array(0), most: 0 };
    const kept = highest - lowest + 1;
    const counts = new Uint32Array(columns * kept);
    for (let column = 0; column < columns; column++) counts.set(joined.subarray(column * rows + lowest, column * rows + highest + 1), column * kept);
    return { ...shape, firstBucket: ring.firstBucket + lowest, rows: kept, counts, most: largest };
  }

  #reaching(from: SliceIndex): Ring {
    return this.#rings.find((ring) => this.#reaches(ring, from)) ?? this.#rings.at(-1)!;
  }

  #reaches(ring: Ring, from: SliceIndex): boolean {
    return Math.floor(from / ring.slicesPerColumn) >= ring.oldest;
  }
}

function columnsOf({ slicesPerColumn }: Ring, from: SliceIndex, to: SliceIndex): number {
  return Math.ceil(to / slicesPerColumn) - Math.floor(from / slicesPerColumn);
}
