// SPDX-License-Identifier: Apache-2.0
/**
 * How much of this thread's heap was in use after the last full collection of garbage. Where a thread reaches its limit with one
 * large piece, as a map of millions of names is, V8 ends the whole process and not the thread: what may grow is ended before that.
 */
import { constants, PerformanceObserver, type NodeGCPerformanceDetail } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

/** Of the limit of the thread, so that one more doubling of what is the largest in it has room. */
export const USED_SHARE = 1 / 2;

export class HeapWatch {
  readonly #observer: PerformanceObserver;
  #used = 0;

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      const isFull = list.getEntries().some((entry) => (entry as unknown as { detail: NodeGCPerformanceDetail }).detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR);
      if (isFull) this.#used = getHeapStatistics().used_heap_size;
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** Bytes. Known anew between two turns of the event loop only. */
  get used(): number {
    return this.#used;
  }

  end(): void {
    this.#observer.disconnect();
  }
}
