// SPDX-License-Identifier: Apache-2.0
/** CPU time of single threads by the kernel's own accounting, as a clock that can be read at any time. */
import { cpuTimes } from '../../profile/comparison/sides.ts';
import type { SampleFilter } from '../../profile/filter.ts';
import type { Tables } from '../../profile/tables.ts';
import type { Nanoseconds, SliceIndex, ThreadIndex } from '../../profile/units.ts';

export class CpuClock {
  /** Slices at which what was spent so far is known, ascending; between them it is spread evenly. */
  readonly #times: SliceIndex[] = [];
  readonly #spent: Nanoseconds[] = [];

  /** In order of time, none over another. */
  add(from: SliceIndex, to: SliceIndex, cpuTime: Nanoseconds): void {
    const before = this.#spent.at(-1) ?? 0;
    this.#times.push(from, to);
    this.#spent.push(before, before + cpuTime);
  }

  /** @param slice with a fraction */
  at(slice: number): Nanoseconds {
    let [low, high] = [0, this.#times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#times[middle]! <= slice) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return 0;
    const [since, spent] = [this.#times[low - 1]!, this.#spent[low - 1]!];
    if (low === this.#times.length) return spent;
    return spent + ((this.#spent[low]! - spent) * (slice - since)) / (this.#times[low]! - since);
  }
}

/** Threads of which no CPU time is known are left out. */
export function cpuClocks(tables: Tables, filter: SampleFilter): Map<ThreadIndex, CpuClock> {
  const clocks = new Map<ThreadIndex, CpuClock>();
  for (const { thread, from, to, cpuTime } of cpuTimes(tables, filter, true)) {
    let clock = clocks.get(thread);
    if (!clock) clocks.set(thread, (clock = new CpuClock()));
    clock.add(from, to, cpuTime);
  }
  return clocks;
}
