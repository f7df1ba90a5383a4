// SPDX-License-Identifier: Apache-2.0
/**
 * For tests and measurements only: recordings of programs (testing.ts) that are not always busy, so that how much they do in
 * a second varies, by phase and by chance. What each function costs a second, or in all, is known.
 */
import { SampleKind } from '../schema.ts';
import { SLICE_NANOSECONDS } from '../units.ts';
import { seededRandom } from './distributions.ts';
import { runOf, type Run } from './sides.ts';
import { asRun, trueCosts, written, type Program } from './testing.ts';

const FREQUENCY = 99;
const STEP = 1 / FREQUENCY;
const SLICE_SECONDS = SLICE_NANOSECONDS / 1e9;

/** What keeps CPUs busy. */
export interface Load {
  cpus: number;
  /** By phase: which part of the CPUs' time is used, on average. */
  busy: readonly number[];
  /** By so much of that it is more or less, evenly drawn; at most so that the CPUs are never all busy with the slower program. */
  varies: number;
  /** How long it stays what it happens to be, on average. */
  stretchSeconds: number;
}

/** How much of what is usual is done in each step of so many seconds. */
function* levels(random: () => number, step: number, { varies, stretchSeconds }: Pick<Load, 'varies' | 'stretchSeconds'>): Generator<number, never> {
  for (let left = 0, level = 1; ; left -= step) {
    if (left <= 0) [left, level] = [-Math.log(1 - random()) * stretchSeconds, 1 + varies * (2 * random() - 1)];
    yield level;
  }
}

/** A whole run: as much work in every run, and as much time as it takes. */
export function recordWholeLoad(program: Program, load: Load, { seed, rounds, visits }: { seed: number; rounds: number; visits: number }): Run {
  const random = seededRandom(seed ^ 0x5bd1e995);
  const { writer, stacks, picks } = written(program, seed);
  const level = levels(random, STEP, load);
  let time = random() * STEP;
  let left = 0;
  for (let step = 0; step < visits * program.phases; step++) {
    const phase = step % program.phases;
    for (left += (rounds / visits) * picks[phase]!.sum; left > 0; time += STEP) {
      const part = Math.min(1, load.busy[phase]! * level.next().value);
      left -= part * load.cpus * STEP;
      for (let cpu = 0; cpu < load.cpus; cpu++) if (random() < part) writer.sample(stacks[picks[phase]!.pick(random())]!, 1, Math.floor((time * 1e9) / SLICE_NANOSECONDS));
    }
  }
  return { ...asRun(writer.tables, { seconds: time, label: `seed ${seed}` }), isWhole: true };
}

/** Rounds that are asked for in a second of each phase, so that the program keeps its CPUs as busy as the load says. */
export function roundsPerSecond(program: Program, { cpus, busy }: Load): number[] {
  return busy.map((part, phase) => (part * cpus) / program.leaves.reduce((sum, { costs }) => sum + costs[phase]!, 0));
}

/** CPU seconds a second, inclusive: what a recording without end would show. @param perSecond rounds, by phase */
export function trueRates(program: Program, perSecond: readonly number[]): Map<string, number> {
  return trueCosts(program, perSecond.map((each) => each / program.phases));
}

export interface Served {
  seed: number;
  seconds: number;
  phaseSeconds: number;
  /** Rounds, by phase: the same however long one takes. */
  perSecond: readonly number[];
}

/** A part of the life of a program that does what it is asked to: phases go on for as long as they do, whatever a round costs. */
export function recordLoad(program: Program, load: Load, { seed, seconds, phaseSeconds, perSecond }: Served): Run {
  const random = seededRandom(seed ^ 0x5bd1e995);
  const { writer, stacks, picks } = written(program, seed);
  const level = levels(random, STEP, load);
  let [phase, left] = [0, 0];
  for (let time = random() * STEP; time < seconds; time += STEP, left -= STEP) {
    if (left <= 0) [phase, left] = [Math.floor(random() * program.phases), -Math.log(1 - random()) * phaseSeconds];
    const part = (perSecond[phase]! * picks[phase]!.sum * level.next().value) / load.cpus;
    for (let cpu = 0; cpu < load.cpus; cpu++) if (random() < part) writer.sample(stacks[picks[phase]!.pick(random())]!, 1, Math.floor((time * 1e9) / SLICE_NANOSECONDS));
  }
  return asRun(writer.tables, { seconds, label: `seed ${seed}` });
}

/** On average; few are much longer. */
const WAIT_SECONDS = 0.004;
/** How often the kernel is asked for CPU times. */
const ASKED_SLICES = 12;
/** CPU seconds of a second, on average: the same in every round. */
const CPU_A_SECOND = 0.4;

/** The same program waiting: its leaves' costs are seconds of waiting, and it spends CPU time as it is asked to. */
export function recordWaits(program: Program, load: Load, { seed, seconds, phaseSeconds, perSecond }: Served): Run {
  const random = seededRandom(seed ^ 0x5bd1e995);
  const { writer, stacks, picks } = written(program, seed);
  const level = levels(random, SLICE_SECONDS, load);
  const slices = Math.floor(seconds / SLICE_SECONDS);
  const ofRound = (CPU_A_SECOND * 1e9 * perSecond.length) / perSecond.reduce((sum, each) => sum + each, 0);
  let [phase, left, due, cpuTime] = [0, 0, 0, 0];
  for (let slice = 0; slice < slices; slice++, left -= SLICE_SECONDS) {
    if (left <= 0) [phase, left] = [Math.floor(random() * program.phases), -Math.log(1 - random()) * phaseSeconds];
    const rounds = perSecond[phase]! * level.next().value * SLICE_SECONDS;
    cpuTime += rounds * ofRound;
    for (due += (rounds * picks[phase]!.sum) / WAIT_SECONDS; due > 0; due += Math.log(1 - random())) {
      const weight = Math.ceil(-Math.log(1 - random()) * WAIT_SECONDS * 1e9);
      writer.tables.samples.append({ slice, thread: 0, stack: stacks[picks[phase]!.pick(random())]!, kind: SampleKind.blocked, weight });
    }
    if ((slice + 1) % ASKED_SLICES === 0) {
      writer.tables.expected.append({ slice, thread: 0, cpuTime });
      cpuTime = 0;
    }
  }
  return runOf(writer.tables, { question: 'off-cpu', frequencyHz: FREQUENCY, durationNs: seconds * 1e9, label: `seed ${seed}`, host: 'host', kernel: '6.18' });
}
