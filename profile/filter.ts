// SPDX-License-Identifier: Apache-2.0
/** Which samples count: a range of slices, and threads left out. */
import type { Table, Tables } from './tables.ts';
import type { SliceIndex, ThreadIndex } from './units.ts';

export interface SampleFilter {
  /** Slices [from, to); null: all. */
  readonly range: { readonly from: SliceIndex; readonly to: SliceIndex } | null;
  readonly hiddenThreads: readonly ThreadIndex[];
}

export const EVERYTHING: SampleFilter = { range: null, hiddenThreads: [] };

/** Is a row of `samples` meant? Valid for as long as the filter is; threads that come later are shown. */
export function sampleTest(samples: Table<'samples'>, filter: SampleFilter): (row: number) => boolean {
  const from = filter.range?.from ?? -Infinity;
  const to = filter.range?.to ?? Infinity;
  const hidden = new Set(filter.hiddenThreads);
  if (hidden.size === 0 && filter.range === null) return () => true;
  return (row) => {
    const { slice, thread } = samples.columns;
    return slice[row]! >= from && slice[row]! < to && (hidden.size === 0 || !hidden.has(thread[row]!));
  };
}

/** Rows of one block of the index. */
const BLOCK = 1024;

/**
 * Finds the samples of a range of slices. Rows come in the order in which maps were drained, nearly
 * sorted by slice, so the smallest and largest slice of each block of rows is index enough: a brush
 * costs the rows in range plus a look at every 1,024th row.
 */
export class SampleIndex {
  readonly #samples: Table<'samples'>;
  readonly #smallest: number[] = [];
  readonly #largest: number[] = [];
  #rows = 0;

  constructor(tables: Tables) {
    this.#samples = tables.samples;
  }

  /** Calls `visit` with each row that the filter means, in order of rows. */
  forEach(filter: SampleFilter, visit: (row: number) => void): void {
    this.#advance();
    const meant = sampleTest(this.#samples, filter);
    for (let block = 0; block < this.#smallest.length; block++) {
      if (filter.range && (this.#largest[block]! < filter.range.from || this.#smallest[block]! >= filter.range.to)) {
        continue;
      }
      const end = Math.min((block + 1) * BLOCK, this.#rows);
      for (let row = block * BLOCK; row < end; row++) if (meant(row)) visit(row);
    }
  }

  /** Takes the rows that came since. */
  #advance(): void {
    const { slice } = this.#samples.columns;
    for (; this.#rows < this.#samples.length; this.#rows++) {
      const block = Math.floor(this.#rows / BLOCK);
      const at = slice[this.#rows]!;
      this.#smallest[block] = Math.min(this.#smallest[block] ?? at, at);
      this.#largest[block] = Math.max(this.#largest[block] ?? at, at);
    }
  }
}
