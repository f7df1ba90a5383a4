// SPDX-License-Identifier: Apache-2.0
/** The figures of `info` and of the status bar: how much was seen, and how well. Weighted by samples. */
import { LossCause, StackEnd } from './schema.ts';
import type { Tables } from './tables.ts';
import { NONE, type FrameIndex, type StackIndex } from './units.ts';

export interface StatisticsFigures {
  samples: number;
  /** CPU time by the kernel's own accounting x frequency. */
  expected: number;
  /** Causes with a count above 0, by cause. Samples, but `sidebandRecords` counts records. */
  lost: { cause: LossCause; count: number }[];
  /** `complete`: the walk ended at the outermost frame; `truncated`: at the depth limit; `broken`: anything else. */
  stacks: { complete: number; truncated: number; broken: number };
  /** Truncated and broken stacks by how the walk ended. Broken samples without any stack are in none. */
  ends: { end: StackEnd; samples: number }[];
  /** Frames of all samples' stacks, inlined ones not counted apart. */
  frames: { named: number; all: number };
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

const ENDS = Object.keys(StackEnd).length;

/** Kept up with growing tables: `advance` costs the new rows (times the depth of their stacks). */
export class Statistics {
  readonly #tables: Tables;
  readonly #frequency: number;
  readonly #rows = { samples: 0, symbols: 0, expected: 0, losses: 0 };

  #samples = 0;
  #stackless = 0;
  #threadTime = 0;
  #systemTime = 0;
  readonly #lost = new Map<LossCause, number>();
  /** Samples by StackEnd: all, and of those the ones whose outermost frame is an entry function. */
  readonly #ended = new Float64Array(ENDS);
  readonly #endedAtEntry = new Float64Array(ENDS);
  /** By frame and StackEnd, for frames that are outermost somewhere: samples. */
  readonly #byOutermost = new Map<FrameIndex, Float64Array>();
  readonly #entries = new Set<FrameIndex>();
  #framesAll = 0;
  #framesNamed = 0;
  /** By frame: samples (a frame twice in a stack counts twice), and whether it has a name. */
  #frameWeight = new Float64Array(1024);
  #named = new Uint8Array(1024);

  /** @param frequency Hz. */
  constructor(tables: Tables, frequency: number) {
    this.#tables = tables;
    this.#frequency = frequency;
  }

  /** Takes the rows that came since the last call. */
  advance(): void {
    this.#reserveFrames();
    this.#takeSymbols();
    this.#takeSamples();
    this.#takeExpected();
    this.#takeLosses();
  }

  figures(): StatisticsFigures {
    let broken = this.#stackless;
    let truncated = 0;
    const ends: { end: StackEnd; samples: number }[] = [];
    for (const end of Object.values(StackEnd)) {
      if (end === StackEnd.outermost) continue;
      const samples = this.#ended[end]! - this.#endedAtEntry[end]!;
      if (samples > 0) ends.push({ end, samples });
      if (end === StackEnd.depthLimit) truncated += samples;
      else broken += samples;
    }
    // A recording of the whole system has rows of both kinds; the system's hold the threads' time.
    const cpuTime = this.#systemTime > 0 ? this.#systemTime : this.#threadTime;
    return {
      samples: this.#samples,
      expected: (cpuTime / 1e9) * this.#frequency,
      lost: [...this.#lost]
        .map(([cause, count]) => ({ cause, count }))
        .filter(({ count }) => count > 0)
        .sort((a, b) => a.cause - b.cause),
      stacks: { complete: this.#samples - truncated - broken, truncated, broken },
      ends,
      frames: { named: this.#framesNamed, all: this.#framesAll },
    };
  }

  #takeSamples(): void {
    const { samples, stacks } = this.#tables;
    const { stack, weight } = samples.columns;
    // Many rows hold the same few stacks: walk each once.
    const weights = new Map<StackIndex, number>();
    for (; this.#rows.samples < samples.length; this.#rows.samples++) {
      const row = this.#rows.samples;
      const value = weight[row]!;
      if (!(value > 0)) continue;
      this.#samples += value;
      if (stack[row] === NONE) this.#stackless += value;
      else weights.set(stack[row]!, (weights.get(stack[row]!) ?? 0) + value);
    }
    const { prefix, frame, end } = stacks.columns;
    for (const [leaf, value] of weights) {
      let outermost = leaf;
      for (let at = leaf; at !== NONE; at = prefix[at]! < at ? prefix[at]! : NONE) {
        const each = frame[at]!;
        this.#framesAll += value;
        this.#frameWeight[each]! += value;
        if (this.#named[each] === 1) this.#framesNamed += value;
        outermost = at;
      }
      this.#countEnd(frame[outermost]!, end[leaf]!, value);
    }
  }

  #countEnd(outermost: FrameIndex, ended: number, weight: number): void {
    const end = ended < ENDS ? ended : StackEnd.badFrame;
    this.#ended[end]! += weight;
    if (end === StackEnd.outermost || end === StackEnd.depthLimit) return;
    let byEnd = this.#byOutermost.get(outermost);
    if (!byEnd) this.#byOutermost.set(outermost, (byEnd = new Float64Array(ENDS)));
    byEnd[end]! += weight;
    if (this.#entries.has(outermost)) this.#endedAtEntry[end]! += weight;
  }

  #takeSymbols(): void {
    const { symbols, functions, strings } = this.#tables;
    const { frame, depth, function: functionOf } = symbols.columns;
    for (; this.#rows.symbols < symbols.length; this.#rows.symbols++) {
      const row = this.#rows.symbols;
      const each = frame[row]!;
      if (depth[row] !== 0) continue;
      const named = functionOf[row] === NONE ? 0 : 1;
      if (named !== this.#named[each]) {
        this.#named[each] = named;
        this.#framesNamed += (named ? 1 : -1) * this.#frameWeight[each]!;
      }
      const name = named ? strings.columns.text[functions.columns.name[functionOf[row]!]!]! : '';
      const isEntry = ENTRY_FUNCTIONS.has(name);
      if (isEntry === this.#entries.has(each)) continue;
      if (isEntry) this.#entries.add(each);
      else this.#entries.delete(each);
      this.#byOutermost.get(each)?.forEach((weight, end) => (this.#endedAtEntry[end]! += isEntry ? weight : -weight));
    }
  }

  #takeExpected(): void {
    const { expected } = this.#tables;
    const { thread, cpuTime } = expected.columns;
    for (; this.#rows.expected < expected.length; this.#rows.expected++) {
      const row = this.#rows.expected;
      if (thread[row] === NONE) this.#systemTime += cpuTime[row]!;
      else this.#threadTime += cpuTime[row]!;
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

  #reserveFrames(): void {
    const frames = this.#tables.frames.length;
    if (frames <= this.#named.length) return;
    const weights = new Float64Array(frames * 2);
    weights.set(this.#frameWeight);
    this.#frameWeight = weights;
    const named = new Uint8Array(frames * 2);
    named.set(this.#named);
    this.#named = named;
  }
}
