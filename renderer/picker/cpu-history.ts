// SPDX-License-Identifier: Apache-2.0
/** The last CPU figures of each process, for the sparkline and for an order that does not jump. */
import type { ProcessSummary } from '../../ipc/contract.ts';

const VALUES_KEPT = 24;
/** Values that count for the order: about this many seconds. */
const VALUES_FOR_ORDER = 4;

/** A process and not only its number, which the kernel gives again. */
export function processKey(process: { tgid: number; startTicks: number }): string {
  return `${process.tgid}.${process.startTicks}`;
}

export class CpuHistory {
  #values = new Map<string, number[]>();

  /** Adds one value a process; forgets processes that are gone. */
  add(processes: readonly ProcessSummary[]): void {
    const next = new Map<string, number[]>();
    for (const process of processes) {
      const key = processKey(process);
      next.set(key, [...(this.#values.get(key) ?? []).slice(1 - VALUES_KEPT), process.cpu]);
    }
    this.#values = next;
  }

  /** Oldest first; of one CPU. */
  values(process: ProcessSummary): readonly number[] {
    return this.#values.get(processKey(process)) ?? [];
  }

  mean(process: ProcessSummary): number {
    const last = this.values(process).slice(-VALUES_FOR_ORDER);
    return last.length === 0 ? process.cpu : last.reduce((sum, value) => sum + value, 0) / last.length;
  }
}
