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
  /** Of a kernel stack: so many frames at the leaf may be what took it; of one that a program of ours took, they are. */
  tracing: number;
  /** Of a kernel stack: frames up to where an interrupt came in, 0: none did. */
  interrupt: number;
}

/**
 * What stands between what was traced and the program that took the stack. How much of it there is differs from kernel to
 * kernel; the program and the trampoline were made at run time, and have no names.
 */
const TRACING = /^($|__traceiter_|__probestub_|__bpf_trace_|bpf_trace_run|trace_call_bpf|perf_trace_)/;
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
  readonly #sampled = new Map<bigint, Map<bigint, FoundStack>>();
  readonly #traced = new Map<bigint, Map<bigint, FoundStack>>();
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
      this.#known.set(frame.hash, { frames, end: frame.end, tracing: 0, interrupt: 0 });
      return;
    }
    const isAt = (i: number, pattern: RegExp): boolean => pattern.test(this.#normalizer.kernelName(frame.addresses[i]!));
    let tracing = 0;
    while (tracing < frames.length && isAt(tracing, TRACING)) tracing++;
    // Of a kernel that hides its symbols nothing has a name.
    if (tracing === frames.length) tracing = 0;
    let interrupt = frames.length;
    while (interrupt > tracing && !isAt(interrupt - 1, INTERRUPT_ENTRY)) interrupt--;
    this.#known.set(frame.hash, { frames, end: frame.end, tracing, interrupt });
  }

  /** Leaf first, of a stack that a program of ours took; none of one that did not come. */
  frames(hash: bigint): Uint32Array {
    const known = this.#known.get(hash);
    return known ? known.frames.subarray(known.tracing) : new Uint32Array(0);
  }

  /** The frames of an interrupt, leaf first; null: it was none. @param kernel hash of a kernel stack that a program of ours took */
  interrupt(kernel: bigint): Uint32Array | null {
    const known = this.#known.get(kernel);
    return known && known.interrupt > known.tracing ? known.frames.subarray(known.tracing, known.interrupt) : null;
  }

  /** The stack of `prefix` with these frames on it, the nearest first. */
  on(prefix: StackIndex, frames: readonly number[]): StackIndex {
    const end = prefix === NONE ? StackEnd.outermost : (this.#tables.stacks.columns.end[prefix]! as StackEnd);
    let stack = prefix;
    for (const frame of frames) stack = this.#row(stack, frame, end);
    return stack;
  }

  /** Of a sample: whatever ran, also somebody's program for tracing. @param user, kernel hashes, 0: none */
  findSampled(user: bigint, kernel: bigint): FoundStack {
    return this.#find(this.#sampled, user, kernel);
  }

  /** Of a wait or a probe, without the program that took it. @param user, kernel hashes, 0: none */
  findTraced(user: bigint, kernel: bigint): FoundStack {
    return this.#find(this.#traced, user, kernel);
  }

  #find(rows: Map<bigint, Map<bigint, FoundStack>>, user: bigint, kernel: bigint): FoundStack {
    let byKernel = rows.get(user);
    const known = byKernel?.get(kernel);
    if (known) return known;
    const found = this.#make(user, kernel, rows === this.#traced);
    // One whose stack has not come is not remembered: it might still come.
    if (!found.unknown) {
      if (!byKernel) rows.set(user, (byKernel = new Map()));
      byKernel.set(kernel, found);
    }
    return found;
  }

  #make(user: bigint, kernel: bigint, isTraced: boolean): FoundStack {
    const userStack = user === 0n ? null : this.#known.get(user);
    const kernelStack = kernel === 0n ? null : this.#known.get(kernel);
    // Half of a stack would stand at the wrong place of the tree.
    if (userStack === undefined || kernelStack === undefined) return { stack: NONE, unknown: true };
    // One end for all rows of a stack: a broken user walk is what stands at its root.
    const end = userStack && userStack.end !== StackEnd.outermost ? userStack.end : (kernelStack?.end ?? StackEnd.outermost);
    let stack: StackIndex = NONE;
    for (const part of [userStack, kernelStack]) {
      if (!part) continue;
      const innermost = isTraced ? part.tracing : 0;
      for (let i = part.frames.length - 1; i >= innermost; i--) stack = this.#row(stack, part.frames[i]!, end);
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
