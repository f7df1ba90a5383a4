// SPDX-License-Identifier: Apache-2.0
/** How much of a tree's weight is time off a CPU: by stack while rows come, by node when a picture asks. */
import { ROOT, type CallTree } from './call-tree.ts';
import type { Key } from './frame-keys.ts';
import { SampleKind } from './schema.ts';
import { NONE, type StackIndex } from './units.ts';

/** By node. */
export interface NodeWaits {
  blocked: Float64Array;
  /** Could have run: woken or interrupted, and without a CPU. */
  queued: Float64Array;
}

type ByStack = Map<Key, Map<StackIndex, number>>;

function addTo(sums: ByStack, process: Key, stack: StackIndex, weight: number): void {
  let ofProcess = sums.get(process);
  if (!ofProcess) sums.set(process, (ofProcess = new Map()));
  ofProcess.set(stack, (ofProcess.get(stack) ?? 0) + weight);
}

export class WaitWeights {
  readonly #blocked: ByStack = new Map();
  readonly #queued: ByStack = new Map();

  add(kind: number, process: Key, stack: StackIndex, weight: number): void {
    if (kind === SampleKind.blocked) addTo(this.#blocked, process, stack, weight);
    else if (kind === SampleKind.runQueue || kind === SampleKind.preempted) addTo(this.#queued, process, stack, weight);
  }

  clear(): void {
    this.#blocked.clear();
    this.#queued.clear();
  }

  /** Null: there is none. What ended at each node. */
  self(tree: CallTree): NodeWaits | null {
    if (this.#blocked.size === 0 && this.#queued.size === 0) return null;
    return { blocked: selfOf(tree, this.#blocked), queued: selfOf(tree, this.#queued) };
  }

  /** Null: there is none. What ended at each node, and what passed it. */
  both(tree: CallTree): { self: NodeWaits; total: NodeWaits } | null {
    const self = this.self(tree);
    if (!self) return null;
    const total = { blocked: self.blocked.slice(), queued: self.queued.slice() };
    // Children come after their parents.
    for (const sums of [total.blocked, total.queued]) {
      for (let node = sums.length - 1; node > ROOT; node--) {
        const parent = tree.parent(node);
        if (parent !== NONE && !tree.isHidden(node)) sums[parent]! += sums[node]!;
      }
    }
    return { self, total };
  }
}

function selfOf(tree: CallTree, sums: ByStack): Float64Array {
  const self = new Float64Array(tree.size);
  for (const [process, stacks] of sums) {
    for (const [stack, weight] of stacks) {
      const leaf = tree.leaf(stack, process);
      self[tree.isHidden(leaf) ? ROOT : leaf]! += weight;
    }
  }
  return self;
}
