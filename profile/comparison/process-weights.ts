// SPDX-License-Identifier: Apache-2.0
/** What the threads of each process name of a run weigh, by leaf (sampled-stacks.ts). */
import { processName } from '../processes.ts';
import type { Run } from './sides.ts';

export interface ProcessWeights {
  /** Empty where the run means no thread. */
  readonly process: string;
  /** Leaves where it has samples, ascending; null: all. */
  readonly leaves: Uint32Array | null;
  /** Of each of them. */
  readonly weights: Float64Array;
  /** Without a stack. */
  readonly bare: number;
}

/** Whose samples they are. */
export class ProcessesOf {
  /** Of threads that the run means, each once; the empty name where there are none. */
  readonly names: string[] = [];
  /** By name: weight without a stack. */
  readonly bare: number[] = [];
  readonly #ofThread: number[] = [];

  constructor({ tables, filter }: Run) {
    const hidden = new Set(filter.hiddenThreads);
    const { process } = tables.threads.columns;
    const rows = new Map<string, number>();
    for (let thread = 0; thread < tables.threads.length; thread++) {
      if (hidden.has(thread)) continue;
      const name = processName(tables, process[thread]!);
      let row = rows.get(name);
      if (row === undefined) rows.set(name, (row = this.names.push(name) - 1));
      this.#ofThread[thread] = row;
    }
    if (this.names.length === 0) this.names.push('');
    this.bare = this.names.map(() => 0);
  }

  /** A thread of which nothing is known counts to the first. */
  of(thread: number): number {
    return this.#ofThread[thread] ?? 0;
  }

  /** @param process whose each sample is; null: there is but one */
  weights(start: Uint32Array, weight: Float64Array, process: Uint32Array | null): ProcessWeights[] {
    const leaves = start.length - 1;
    if (process === null) {
      const weights = new Float64Array(leaves);
      for (let leaf = 0; leaf < leaves; leaf++) for (let at = start[leaf]!; at < start[leaf + 1]!; at++) weights[leaf]! += weight[at]!;
      return [{ process: this.names[0]!, leaves: null, weights, bare: this.bare[0]! }];
    }
    const found = this.names.map(() => ({ leaves: [] as number[], weights: [] as number[] }));
    for (let leaf = 0; leaf < leaves; leaf++) {
      for (let at = start[leaf]!; at < start[leaf + 1]!; at++) {
        const own = found[process[at]!]!;
        if (own.leaves.at(-1) === leaf) own.weights[own.weights.length - 1]! += weight[at]!;
        else {
          own.leaves.push(leaf);
          own.weights.push(weight[at]!);
        }
      }
    }
    return found.map((own, row) => ({ process: this.names[row]!, leaves: Uint32Array.from(own.leaves), weights: Float64Array.from(own.weights), bare: this.bare[row]! }));
  }
}
