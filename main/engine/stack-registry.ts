// SPDX-License-Identifier: Apache-2.0
/** Stack hashes to rows of `stacks`: prefixes shared, a kernel stack standing on the user's leaf. */
import { StackEnd } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { NONE, type StackIndex } from '../../profile/units.ts';
import type { Normalizer } from './normalizer.ts';
import type { StackFrame } from './wire-frames.ts';

interface KnownStack {
  /** Leaf first. */
  frames: Uint32Array;
  end: StackEnd;
}

/** `stack` is NONE where there is none; `unknown` when a hash was named whose stack never came. */
export interface FoundStack {
  stack: StackIndex;
  unknown: boolean;
}

export class StackRegistry {
  readonly #tables: Tables;
  readonly #normalizer: Normalizer;
  readonly #known = new Map<bigint, KnownStack>();
  /** user hash -> kernel hash -> row */
  readonly #rows = new Map<bigint, Map<bigint, FoundStack>>();
  /** prefix row (NONE: -1) -> (frame, end) -> row. Exact: frame x 8 + end stays below 2^53. */
  readonly #children = new Map<StackIndex, Map<number, StackIndex>>();

  constructor(tables: Tables, normalizer: Normalizer) {
    this.#tables = tables;
    this.#normalizer = normalizer;
  }

  /** A stack may come again (the kernel's memory of what was sent is bounded): it is the same. */
  add(frame: StackFrame): void {
    if (this.#known.has(frame.hash)) return;
    this.#known.set(frame.hash, { frames: this.#normalizer.frames(frame), end: frame.end });
  }

  /** @param user, kernel hashes, 0: none */
  find(user: bigint, kernel: bigint): FoundStack {
    let byKernel = this.#rows.get(user);
    const known = byKernel?.get(kernel);
    if (known) return known;
    const found = this.#make(user, kernel);
    // One whose stack has not come is not remembered: it might still come.
    if (!found.unknown) {
      if (!byKernel) this.#rows.set(user, (byKernel = new Map()));
      byKernel.set(kernel, found);
    }
    return found;
  }

  #make(user: bigint, kernel: bigint): FoundStack {
    const userStack = user === 0n ? null : this.#known.get(user);
    const kernelStack = kernel === 0n ? null : this.#known.get(kernel);
    // Half of a stack would stand at the wrong place of the tree.
    if (userStack === undefined || kernelStack === undefined) return { stack: NONE, unknown: true };
    // One end for all rows of a stack: a broken user walk is what stands at its root.
    const end = userStack && userStack.end !== StackEnd.outermost ? userStack.end : (kernelStack?.end ?? StackEnd.outermost);
    let stack: StackIndex = NONE;
    for (const part of [userStack, kernelStack]) {
      if (!part) continue;
      for (let i = part.frames.length - 1; i >= 0; i--) stack = this.#row(stack, part.frames[i]!, end);
    }
    return { stack, unknown: false };
  }

  #row(prefix: StackIndex, frame: number, end: StackEnd): StackIndex {
    let children = this.#children.get(prefix);
    if (!children) this.#children.set(prefix, (children = new Map()));
    const key = frame * 8 + end;
    let row = children.get(key);
    if (row === undefined) {
      row = this.#tables.stacks.append({ prefix, frame, end });
      children.set(key, row);
    }
    return row;
  }
}
