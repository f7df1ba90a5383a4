// SPDX-License-Identifier: Apache-2.0
/**
 * Waits to rows of `samples`. With wakers a row's stack is two in one, as offwaketime draws them: that of the thread that
 * waited, a separator, and on it that of who woke it, leaf first, so that the thread which did stands at the top.
 */
import { WAKER_SEPARATOR } from '../../profile/questions.ts';
import { SampleKind } from '../../profile/schema.ts';
import { NONE, type SliceIndex, type StackIndex } from '../../profile/units.ts';
import type { DrainSamples } from './drain-samples.ts';
import type { ProcessRegistry } from './process-registry.ts';
import type { StackRegistry } from './stack-registry.ts';
import type { SyntheticFrames } from './synthetic-frames.ts';
import type { WaitsFrame } from './wire-probe-frames.ts';
import { WaitKind } from './wire-layout.gen.ts';

const kinds: Readonly<Record<number, SampleKind>> = {
  [WaitKind.blocked]: SampleKind.blocked,
  [WaitKind.preempted]: SampleKind.preempted,
  [WaitKind.runQueue]: SampleKind.runQueue,
};

/** Nobody but the thread itself can walk its stack, and it has not run since. */
const ASLEEP_BEFORE = '(asleep since before the recording)';
const NOT_YET_RUN = '(a new thread)';
const INTERRUPT = 'an interrupt';
/** Number of the idle tasks. */
const IDLE = 0;

export class WaitRows {
  readonly #stacks: StackRegistry;
  readonly #processes: ProcessRegistry;
  readonly #samples: DrainSamples;
  readonly #synthetic: SyntheticFrames;

  constructor(stacks: StackRegistry, processes: ProcessRegistry, samples: DrainSamples, synthetic: SyntheticFrames) {
    this.#stacks = stacks;
    this.#processes = processes;
    this.#samples = samples;
    this.#synthetic = synthetic;
  }

  /** @param sliceOf a slice since boot to one of the recording */
  take(frame: WaitsFrame, sliceOf: (slice: number) => SliceIndex): void {
    for (let i = 0; i < frame.length; i++) {
      const kind = kinds[frame.kind[i]!];
      if (kind === undefined) continue;
      const slice = sliceOf(frame.slice[i]!);
      const thread = this.#processes.threadRow(frame.tgid[i]!, frame.tid[i]!, slice);
      this.#samples.add(slice, thread, this.#stackOf(frame, i, kind, slice), frame.ns[i]!, kind);
    }
  }

  #stackOf(frame: WaitsFrame, i: number, kind: SampleKind, slice: SliceIndex): StackIndex {
    const user = frame.userStack[i]!;
    const kernel = frame.kernelStack[i]!;
    let { stack } = this.#stacks.findTraced(user, kernel);
    if (user === 0n && kernel === 0n && kind !== SampleKind.preempted) {
      stack = this.#stacks.on(NONE, [this.#synthetic.frame(kind === SampleKind.blocked ? ASLEEP_BEFORE : NOT_YET_RUN)]);
    }
    const waker = frame.wakerKernelStack[i]!;
    if (waker === 0n && frame.wakerTid[i] === IDLE) return stack;
    return this.#stacks.on(stack, [this.#synthetic.frame(WAKER_SEPARATOR), ...this.#wakerFrames(frame, i, slice)]);
  }

  /** Leaf first. What an interrupt interrupted has nothing to do with it. */
  #wakerFrames(frame: WaitsFrame, i: number, slice: SliceIndex): number[] {
    const kernel = this.#stacks.interrupt(frame.wakerKernelStack[i]!);
    if (kernel) return [...kernel, this.#synthetic.frame(INTERRUPT)];
    const frames = [...this.#stacks.frames(frame.wakerKernelStack[i]!), ...this.#stacks.frames(frame.wakerUserStack[i]!)];
    const name = this.#processes.threadName(frame.wakerTgid[i]!, frame.wakerTid[i]!, slice);
    return [...frames, this.#synthetic.frame(name)];
  }
}
