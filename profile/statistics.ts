// SPDX-License-Identifier: Apache-2.0
/** The figures of `info` and of the status bar: how much was seen, and how well. Weighted as the question's picture is. */
import { FrameNames, type FrameNameFigures } from './frame-names.ts';
import { SAMPLES_ONLY, type Weighing } from './questions.ts';
import { FrameCategory, NoteKind, SampleKind, StackEnd, type LossCause } from './schema.ts';
import { StackEnds, type StackEndFigures } from './stack-ends.ts';
import type { Tables } from './tables.ts';
import { NONE, type FrameIndex, type StackIndex, type ThreadIndex } from './units.ts';

export interface StatisticsFigures extends FrameNameFigures {
  /** Samples of CPU time. */
  samples: number;
  /** Nanoseconds, whatever the question shows. */
  waits: WaitFigures;
  /** Sum of the weights that `stacks`, frames and what follows are about, in the question's unit. */
  weight: number;
  /** CPU time by the kernel's own accounting x frequency; 0 where the question is about something else. */
  expected: number;
  /** Whose CPU time that is; 0 where it is the whole system's. */
  threads: number;
  /** Causes with a count above 0, by cause. Samples, but `sidebandRecords` counts records. */
  lost: { cause: LossCause; count: number }[];
  /** The kernel said that it throttled sampling. */
  throttled: boolean;
  /** `complete`: the walk ended at the outermost frame; `truncated`: at the depth limit; `broken`: anything else. */
  stacks: { complete: number; truncated: number; broken: number };
  /** Truncated and broken stacks by how the walk ended; together with `stackless` all of them. */
  ends: StackEndFigures['ends'];
  brokenIn: StackEndFigures['brokenIn'];
  /** Broken samples without any stack. */
  stackless: number;
}

/** Time that threads did not run: asleep, interrupted, and woken but without a CPU. */
export interface WaitFigures {
  blockedNs: number;
  preemptedNs: number;
  runQueueNs: number;
}

/**
 * Functions at which a thread's stack ends by nature: the ELF entry, and where the C libraries start a
 * thread (glibc: start_thread on clone or clone3; musl: start on __clone; bionic: __pthread_start). A walk that
 * reached one of them is complete even when nothing said so.
 */
const ENTRY_FUNCTIONS = new Set([
  '_start',
  '_dl_start_user',
  'start_thread',
  'thread_start',
  'clone',
  'clone3',
  '__clone',
  '__clone3',
  '__clone_internal',
  '__GI___clone',
  '__GI___clone3',
  '__pthread_start',
  '__start_thread',
]);

/** Samples of imported files may have fractions, of which sums differ in the last digits. */
const ROUNDING = 1e-9;

/** Kept up with growing tables: `advance` costs the new rows (times the depth of their stacks). */
export class Statistics {
  readonly #tables: Tables;
  readonly #frequency: number;
  readonly #rows = { samples: 0, symbols: 0, expected: 0, losses: 0, notes: 0 };

  readonly #scale: Weighing;
  /** Of the rows' own weights, by kind. */
  readonly #sums = new Float64Array(SAMPLES_ONLY.length);
  #weight = 0;
  #stackless = 0;
  #threadTime = 0;
  #systemTime = 0;
  readonly #timedThreads = new Set<ThreadIndex>();
  readonly #lost = new Map<LossCause, number>();
  #throttled = false;
  readonly #ends: StackEnds;
  readonly #names: FrameNames;

  /** @param frequency Hz. */
  constructor(tables: Tables, frequency: number, scale: Weighing = SAMPLES_ONLY) {
    this.#tables = tables;
    this.#scale = scale;
    this.#frequency = frequency;
    this.#ends = new StackEnds(tables);
    this.#names = new FrameNames(tables);
  }

  /** Takes the rows that came since the last call. */
  advance(): void {
    this.#names.reserve();
    this.#takeSymbols();
    this.#takeSamples();
    this.#takeExpected();
    this.#takeLosses();
    this.#takeNotes();
  }

  figures(): StatisticsFigures {
    const { complete, ends, brokenIn } = this.#ends.figures();
    const truncated = ends.find(({ end }) => end === StackEnd.depthLimit)?.samples ?? 0;
    // A recording of the whole system has rows of both kinds; the system's hold the threads' time.
    const broken = this.#weight - complete - truncated;
    const cpuTime = this.#systemTime > 0 ? this.#systemTime : this.#threadTime;
    return {
      samples: this.#sums[SampleKind.onCpu]!,
      waits: {
        blockedNs: this.#sums[SampleKind.blocked]!,
        preemptedNs: this.#sums[SampleKind.preempted]!,
        runQueueNs: this.#sums[SampleKind.runQueue]!,
      },
      weight: this.#weight,
      // Where nothing is sampled, nothing is due.
      expected: this.#scale[SampleKind.onCpu]! > 0 ? (cpuTime / 1e9) * this.#frequency : 0,
      threads: this.#systemTime > 0 ? 0 : this.#timedThreads.size,
      lost: [...this.#lost]
        .map(([cause, count]) => ({ cause, count }))
        .filter(({ count }) => count > 0)
        .sort((a, b) => a.cause - b.cause),
      throttled: this.#throttled,
      stacks: { complete, truncated, broken: broken > ROUNDING * this.#weight ? broken : 0 },
      ends,
      brokenIn,
      stackless: this.#stackless,
      ...this.#names.figures(),
    };
  }

  /** Broken stacks whose outermost frame is one for which `isMeant` holds. */
  brokenAt(isMeant: (frame: FrameIndex) => boolean): StackEndFigures['ends'] {
    return this.#ends.brokenAt(isMeant);
  }

  #takeSamples(): void {
    const { samples, stacks, frames } = this.#tables;
    const { stack, kind, weight } = samples.columns;
    // Many rows hold the same few stacks: walk each once.
    const weights = new Map<StackIndex, number>();
    for (; this.#rows.samples < samples.length; this.#rows.samples++) {
      const row = this.#rows.samples;
      this.#sums[kind[row]!]! += weight[row]!;
      const value = weight[row]! * this.#scale[kind[row]!]!;
      if (value === 0) continue;
      this.#weight += value;
      if (stack[row] === NONE) this.#stackless += value;
      else weights.set(stack[row]!, (weights.get(stack[row]!) ?? 0) + value);
    }
    const { prefix, frame, end } = stacks.columns;
    const { category } = frames.columns;
    for (const [leaf, value] of weights) {
      let outermost = leaf;
      for (let at = leaf; at !== NONE; at = prefix[at]! < at ? prefix[at]! : NONE) {
        this.#names.add(frame[at]!, value);
        // Where the native walk broke, frames that the interpreter keeps may still follow.
        if (category[frame[at]!] !== FrameCategory.interpreted) outermost = at;
      }
      this.#ends.add(frame[outermost]!, end[leaf]!, value);
    }
  }

  #takeSymbols(): void {
    const { symbols, functions, strings } = this.#tables;
    const { frame, depth, function: functionOf } = symbols.columns;
    for (; this.#rows.symbols < symbols.length; this.#rows.symbols++) {
      const row = this.#rows.symbols;
      const each = frame[row]!;
      if (depth[row] !== 0) continue;
      const named = functionOf[row]!;
      this.#names.set(each, named !== NONE);
      const name = named === NONE ? '' : strings.columns.text[functions.columns.name[named]!]!;
      this.#ends.setEntry(each, ENTRY_FUNCTIONS.has(name));
    }
  }

  #takeExpected(): void {
    const { expected } = this.#tables;
    const { thread, cpuTime } = expected.columns;
    for (; this.#rows.expected < expected.length; this.#rows.expected++) {
      const row = this.#rows.expected;
      if (thread[row] === NONE) {
        this.#systemTime += cpuTime[row]!;
        continue;
      }
      this.#threadTime += cpuTime[row]!;
      this.#timedThreads.add(thread[row]!);
    }
  }

  #takeLosses(): void {
    const { losses } = this.#tables;
    const { cause, count } = losses.columns;
    for (; this.#rows.losses < losses.length; this.#rows.losses++) {
      const each = cause[this.#rows.losses]! as LossCause;
      this.#lost.set(each, (this.#lost.get(each) ?? 0) + count[this.#rows.losses]!);
    }
  }

  #takeNotes(): void {
    const { notes } = this.#tables;
    for (; this.#rows.notes < notes.length; this.#rows.notes++) {
      if (notes.columns.kind[this.#rows.notes] === NoteKind.throttled) this.#throttled = true;
    }
  }
}
