// SPDX-License-Identifier: Apache-2.0
/** What is added up over the rows of `samples`, each row once: weights over time, and by thread. Compacting changes none of it. */
import type { Table } from '../../profile/tables.ts';
import type { ThreadIndex } from '../../profile/units.ts';
import { slicesOfRow, type Coarseness } from './compaction.ts';
import { CpuColumns } from './cpu-columns.ts';

export class SampleSums {
  readonly #columns = new CpuColumns();
  readonly #byThread = new Map<ThreadIndex, number>();
  #hidden: ReadonlySet<number> = new Set();
  /** Rows before these are in the sums. */
  #timed = 0;
  #counted = 0;

  /** Rows weigh otherwise from now on. */
  clear(): void {
    this.#clearColumns();
    this.#byThread.clear();
    this.#counted = 0;
  }

  /** Threads left out over time. */
  hide(threads: readonly number[]): void {
    this.#hidden = new Set(threads);
    this.#clearColumns();
  }

  /** The table was replaced by one of the same sums, and all of its rows are in. */
  goOnFrom(row: number): void {
    this.#timed = row;
    this.#counted = row;
  }

  /** Of the threads that are not hidden. */
  overTime({ length, columns }: Table<'samples'>, weightOf: (row: number) => number, coarseness: Coarseness): CpuColumns {
    const { slice, thread } = columns;
    for (; this.#timed < length; this.#timed++) {
      const row = this.#timed;
      if (this.#hidden.has(thread[row]!)) continue;
      this.#columns.add(slice[row]!, slicesOfRow(slice[row]!, coarseness), weightOf(row));
    }
    return this.#columns;
  }

  /** Hidden threads too. */
  byThread({ length, columns }: Table<'samples'>, weightOf: (row: number) => number): ReadonlyMap<ThreadIndex, number> {
    const { thread } = columns;
    const sums = this.#byThread;
    for (; this.#counted < length; this.#counted++) {
      const row = this.#counted;
      sums.set(thread[row]!, (sums.get(thread[row]!) ?? 0) + weightOf(row));
    }
    return sums;
  }

  #clearColumns(): void {
    this.#columns.clear();
    this.#timed = 0;
  }
}
