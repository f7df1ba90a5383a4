// SPDX-License-Identifier: Apache-2.0
/** CPU over time, from samples: one sample stands for 1 / frequency of CPU time. */
import { EVERYTHING, sampleTest, type SampleFilter, type SampleIndex } from './filter.ts';
import { SAMPLES_ONLY, weightsOf, type Weighing } from './questions.ts';
import type { Tables } from './tables.ts';
import { SLICE_NANOSECONDS, type SliceIndex, type ThreadIndex } from './units.ts';

const SLICES_PER_SECOND = 1e9 / SLICE_NANOSECONDS;

export interface TimelineColumns {
  firstSlice: SliceIndex;
  slicesPerColumn: number;
  /** Mean CPUs busy in each column; the last column may be of fewer slices, and is a mean over those. */
  cpus: Float32Array;
}

/** CPU per slice, kept up with growing tables. */
export class Timeline {
  readonly #tables: Tables;
  readonly #frequency: number;
  #hidden: readonly ThreadIndex[] = [];
  /** Samples by slice. */
  #weights = new Float64Array(1024);
  #slices = 0;
  #rows = 0;

  /** @param frequency Hz. */
  constructor(tables: Tables, frequency: number) {
    this.#tables = tables;
    this.#frequency = frequency;
  }

  /** Leaves threads out; all samples are read again. */
  hide(threads: readonly ThreadIndex[]): void {
    this.#hidden = threads;
    this.#weights.fill(0);
    this.#rows = 0;
  }

  /** Slices [0, sliceEnd) in at most `most` columns of equal length. */
  columns(sliceEnd: SliceIndex, most: number): TimelineColumns {
    this.#advance();
    const slices = Math.max(0, Math.floor(sliceEnd) || 0);
    const slicesPerColumn = Math.max(1, Math.ceil(slices / Math.max(1, most)));
    const cpus = new Float32Array(Math.ceil(slices / slicesPerColumn));
    for (let column = 0; column < cpus.length; column++) {
      const from = column * slicesPerColumn;
      const to = Math.min(from + slicesPerColumn, slices);
      let weight = 0;
      for (let slice = from; slice < Math.min(to, this.#slices); slice++) weight += this.#weights[slice]!;
      cpus[column] = (weight / this.#frequency / (to - from)) * SLICES_PER_SECOND;
    }
    return { firstSlice: 0, slicesPerColumn, cpus };
  }

  #advance(): void {
    const { samples } = this.#tables;
    const shown = sampleTest(samples, { ...EVERYTHING, hiddenThreads: this.#hidden });
    const { slice } = samples.columns;
    const weightOf = weightsOf(samples, SAMPLES_ONLY);
    for (; this.#rows < samples.length; this.#rows++) {
      const at = slice[this.#rows]!;
      this.#reserve(at + 1);
      if (shown(this.#rows)) this.#weights[at]! += weightOf(this.#rows);
    }
  }

  #reserve(slices: number): void {
    if (slices > this.#weights.length) {
      const grown = new Float64Array(Math.max(slices, this.#weights.length * 2));
      grown.set(this.#weights);
      this.#weights = grown;
    }
    this.#slices = Math.max(this.#slices, slices);
  }
}

/** Weights by thread (row of `threads`; threads without any are missing). */
export function weightsByThread(tables: Tables, index: SampleIndex, filter: SampleFilter, scale: Weighing = SAMPLES_ONLY): Map<ThreadIndex, number> {
  const { thread } = tables.samples.columns;
  const weightOf = weightsOf(tables.samples, scale);
  const sums = new Map<ThreadIndex, number>();
  index.forEach(filter, (row) => sums.set(thread[row]!, (sums.get(thread[row]!) ?? 0) + weightOf(row)));
  return sums;
}

export interface RecentRequest {
  /** As `weightPerSecond`. */
  perSecond: number;
  scale?: Weighing;
  /** End of the complete slices. */
  sliceEnd: SliceIndex;
  /** How many values, the newest last. */
  bins: number;
  slicesPerBin: number;
}

/** How much each thread did of late what is asked about, 0 to 1; threads that did nothing are missing. Costs the rows in it. */
export function recentActivity(
  tables: Tables,
  index: SampleIndex,
  { perSecond, scale = SAMPLES_ONLY, sliceEnd, bins, slicesPerBin }: RecentRequest,
): Map<ThreadIndex, number[]> {
  const { slice, thread } = tables.samples.columns;
  const weightOf = weightsOf(tables.samples, scale);
  const from = sliceEnd - bins * slicesPerBin;
  const binSeconds = slicesPerBin / SLICES_PER_SECOND;
  const recent = new Map<ThreadIndex, number[]>();
  index.forEach({ range: { from, to: sliceEnd }, hiddenThreads: [] }, (row) => {
    if (weightOf(row) === 0) return;
    let values = recent.get(thread[row]!);
    if (!values) recent.set(thread[row]!, (values = new Array<number>(bins).fill(0)));
    values[Math.floor((slice[row]! - from) / slicesPerBin)]! += weightOf(row) / perSecond / binSeconds;
  });
  for (const values of recent.values()) values.forEach((value, bin) => (values[bin] = Math.min(1, Math.max(0, value))));
  return recent;
}
