// SPDX-License-Identifier: Apache-2.0
/** The newest rows of `buckets`, in bounded memory: for what histograms over time do not know, threads, groups and stacks of a range. */
import type { Segment } from '../../profile/tables.ts';
import { RowRing } from './row-ring.ts';

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

export class ProbeRows {
  readonly #ring: RowRing<'buckets'>;

  constructor(most = MOST_ROWS) {
    this.#ring = new RowRing('buckets', most);
  }

  /** Slice of the oldest row that is kept; 0: all are. */
  get keptFrom(): number {
    const { rows, most, columns } = this.#ring;
    return rows <= most ? 0 : columns.slice[rows % most]!;
  }

  append(segment: Segment<'buckets'>): void {
    this.#ring.append(segment);
  }

  /** The row that is handed over is used again for the next one. */
  forEach(wanted: number, { from, to }: { from: number; to: number }, visit: (row: BucketRow) => void): void {
    const { slice, probe, thread, stack, group, bucket, count, sum } = this.#ring.columns;
    const row: BucketRow = { slice: 0, thread: 0, stack: 0, group: 0, bucket: 0, count: 0, sum: 0 };
    for (let at = 0; at < this.#ring.kept; at++) {
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
