// SPDX-License-Identifier: Apache-2.0
/** The newest rows of `buckets`, in bounded memory: for what histograms over time do not know, threads, groups and stacks of a range. */
import type { Segment } from '../../profile/tables.ts';

/** 11 MB; some minutes of ten busy probes that tell threads apart. */
const MOST_ROWS = 250_000;

export interface BucketRow {
  slice: number;
  thread: number;
  stack: number;
  group: number;
  bucket: number;
  count: number;
  sum: number;
}

interface Rings {
  slice: Uint32Array;
  probe: Uint32Array;
  thread: Int32Array;
  stack: Int32Array;
  group: Float64Array;
  bucket: Int32Array;
  count: Float64Array;
  sum: Float64Array;
}

function emptyRings(most: number): Rings {
  return {
    slice: new Uint32Array(most),
    probe: new Uint32Array(most),
    thread: new Int32Array(most),
    stack: new Int32Array(most),
    group: new Float64Array(most),
    bucket: new Int32Array(most),
    count: new Float64Array(most),
    sum: new Float64Array(most),
  };
}

export class ProbeRows {
  readonly #most: number;
  /** Null: none came, as in most recordings. */
  #rings: Rings | null = null;
  /** All that ever came. */
  #rows = 0;

  constructor(most = MOST_ROWS) {
    this.#most = most;
  }

  /** Slice of the oldest row that is kept; 0: all are. */
  get keptFrom(): number {
    return this.#rows <= this.#most ? 0 : this.#rings!.slice[this.#rows % this.#most]!;
  }

  append({ columns, length }: Segment<'buckets'>): void {
    const rings = (this.#rings ??= emptyRings(this.#most));
    for (let row = 0; row < length; row++) {
      const at = this.#rows++ % this.#most;
      rings.slice[at] = columns.slice[row]!;
      rings.probe[at] = columns.probe[row]!;
      rings.thread[at] = columns.thread[row]!;
      rings.stack[at] = columns.stack[row]!;
      rings.group[at] = columns.group[row]!;
      rings.bucket[at] = columns.bucket[row]!;
      rings.count[at] = columns.count[row]!;
      rings.sum[at] = columns.sum[row]!;
    }
  }

  /** The row that is handed over is used again for the next one. */
  forEach(wanted: number, { from, to }: { from: number; to: number }, visit: (row: BucketRow) => void): void {
    if (this.#rings === null) return;
    const { slice, probe, thread, stack, group, bucket, count, sum } = this.#rings;
    const row: BucketRow = { slice: 0, thread: 0, stack: 0, group: 0, bucket: 0, count: 0, sum: 0 };
    const kept = Math.min(this.#rows, this.#most);
    for (let at = 0; at < kept; at++) {
      row.slice = slice[at]!;
      if (probe[at] !== wanted || row.slice < from || row.slice >= to) continue;
      row.thread = thread[at]!;
      row.stack = stack[at]!;
      row.group = group[at]!;
      row.bucket = bucket[at]!;
      row.count = count[at]!;
      row.sum = sum[at]!;
      visit(row);
    }
  }
}
