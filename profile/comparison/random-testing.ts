// SPDX-License-Identifier: Apache-2.0
/** For tests only: small recordings drawn by lot, with everything in them that makes adding weights up difficult. */
import { EVERYTHING, type SampleFilter } from '../filter.ts';
import { kindsOf, unitOf, type Question } from '../questions.ts';
import { FrameCategory, ModuleKind } from '../schema.ts';
import { ProfileWriter } from '../testing.ts';
import { NONE, SLICE_NANOSECONDS } from '../units.ts';
import { seededRandom } from './distributions.ts';
import { runOf, type Run } from './sides.ts';

export interface RandomRun {
  question?: Question;
  stacks?: number;
  samples?: number;
  /** Slices. */
  length?: number;
  processes?: number;
  /** Weights are no whole numbers. */
  fractions?: boolean;
  /** A range, and a thread that is hidden. */
  filtered?: boolean;
}

const FRAMES = 40;
const NAMES = 12;

/** Recursion, inlined functions, frames without a name or module, stacks of nothing, memory that was freed. */
export function randomRun(seed: number, drawn: RandomRun = {}): Run {
  const { question = 'on-cpu', stacks = 60, samples = 400, length = 200, processes = 1, fractions = false, filtered = false } = drawn;
  const random = seededRandom(seed);
  const below = (end: number): number => Math.floor(random() * end);
  const writer = new ProfileWriter();
  const { tables } = writer;
  const modules = [writer.module('/usr/bin/program', ModuleKind.executable), writer.module(`/lib/libz.so.1.${seed}`), NONE];
  for (let offset = 0; offset < FRAMES; offset++) {
    const module = modules[below(modules.length)]!;
    const frame = writer.frame(module, offset * 16, below(2) === 0 ? FrameCategory.user : FrameCategory.library);
    const depths = below(5) === 0 ? 0 : 1 + Math.max(0, below(5) - 2);
    for (let depth = 0; depth < depths; depth++) writer.symbol(frame, `f${below(NAMES)}${below(3) === 0 ? `.part.${seed}` : ''}`, depth, module);
  }
  for (let row = 0; row < stacks; row++) tables.stacks.append({ prefix: below(6) === 0 ? NONE : Math.max(NONE, row - 1 - below(4)), frame: below(FRAMES), end: 0 });
  for (let thread = 0; thread < processes + 1; thread++) writer.thread(thread + 1, `thread ${thread}`, 1 + (thread % processes), `process ${thread % processes}`);
  const kinds = kindsOf(question);
  for (let row = 0; row < samples; row++) {
    const sign = unitOf(question) === 'bytes' && below(3) === 0 ? -1 : 1;
    tables.samples.append({
      slice: below(length),
      thread: below(processes + 1),
      stack: below(12) === 0 ? NONE : below(stacks),
      // One kind that the question does not show.
      kind: [...kinds, 4][below(kinds.length + 1)]!,
      weight: sign * (below(9) === 0 ? 0 : 1 + below(5) + (fractions ? random() : 0)),
    });
  }
  const filter: SampleFilter = filtered ? { range: { from: Math.floor(length / 5), to: Math.floor(length * 0.7) }, hiddenThreads: [0] } : EVERYTHING;
  return runOf(tables, { question, frequencyHz: 99, durationNs: length * SLICE_NANOSECONDS, label: `seed ${seed}`, host: 'host', kernel: '' }, filter);
}

/** What differs from one to the next. */
export const RANDOM_RUNS: readonly RandomRun[] = [
  {},
  { fractions: true },
  { filtered: true, processes: 3 },
  { question: 'wall', processes: 2 },
  { question: 'memory' },
  { question: 'memory', processes: 3, filtered: true, fractions: true },
  { question: 'off-cpu', stacks: 400, samples: 4000 },
  { length: 3 },
  { stacks: 300, samples: 60 },
];
