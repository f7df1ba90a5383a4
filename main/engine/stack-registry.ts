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
  /** Of a kernel stack: frames up to where an interrupt came in, 0: none did. */
  interrupt: number;
}

/** Where the tracepoint is called that took the stack of a wait; on some kernels a function of its own. */
const TRACEPOINT = /^__traceiter_/;
/** Where the kernel enters an interrupt (x86-64, arm64). */
const INTERRUPT_ENTRY = /^(asm_(sysvec|common_interrupt|exc_nmi)|sysvec_|common_interrupt$|el[01]h?_?\w*_irq|__irq_exit_rcu|irq_exit)/;

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
    const frames = this.#normalizer.frames(frame);
    if (!frame.kernel) {
      this.#known.set(frame.hash, { frames, end: frame.end, interrupt: 0 });
      return;
    }
    const isAt = (i: number, pattern: RegExp): boolean => pattern.test(this.#normalizer.kernelName(frame.addresses[i]!));
    const first = frames.length > 0 && isAt(0, TRACEPOINT) ? 1 : 0;
    let interrupt = frames.length;
    while (interrupt > first && !isAt(interrupt - 1, INTERRUPT_ENTRY)) interrupt--;
    this.#known.set(frame.hash, { frames: frames.subarray(first), end: frame.end, interrupt: interrupt - first });
  }

  /** Leaf first; none of a stack that did not come. */
  frames(hash: bigint): Uint32Array {
    return this.#known.get(hash)?.frames ?? new Uint32Array(0);
  }

  /** The frames of an interrupt, leaf first; null: it was none. @param kernel hash of a kernel stack */
  interrupt(kernel: bigint): Uint32Array | null {
    const known = this.#known.get(kernel);
    return known && known.interrupt > 0 ? known.frames.subarray(0, known.interrupt) : null;
  }

  /** The stack of `prefix` with these frames on it, the nearest first. */
  on(prefix: StackIndex, frames: readonly number[]): StackIndex {
    const end = prefix === NONE ? StackEnd.outermost : (this.#tables.stacks.columns.end[prefix]! as StackEnd);
    let stack = prefix;
    for (const frame of frames) stack = this.#row(stack, frame, end);
    return stack;
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
