// SPDX-License-Identifier: Apache-2.0
/**
 * For measurements only: programs of another shape than those of testing.ts, on which no threshold was chosen. What functions
 * weigh follows a power law; several activities go on at once, wax and wane periodically, a short period within a long one;
 * from phase to phase, whose lengths are very different, they go over gradually; and at times everything stops for a garbage
 * collector.
 */
import { SLICE_NANOSECONDS } from '../units.ts';
import { seededRandom } from './distributions.ts';
import type { Run } from './sides.ts';
import { asRun, normal, written, type Leaf, type Program } from './testing.ts';

const FREQUENCY = 99;
const STEP = 1 / FREQUENCY;
/** The last of them is the collector's. */
const ACTIVITIES = 5;
const LEAVES = 120;
const COLLECTOR = ACTIVITIES - 1;
/** Seconds of a collection, and between two. */
const COLLECTION = { least: 0.05, most: 0.2, apart: 1.2 };
/** Seconds, by activity; 0: it is steady. */
const PERIODS = [0, 0.37, 2.9, 0, 0];
/** By so much of what it is. */
const WAXES = 0.7;
/** Of a phase's mean length, at its beginning. */
const GRADUAL = 0.3;
/** Kinds of phases: which part each activity has of them. */
const PHASES = 6;

/** By activity, as if it were a phase of its own (testing.ts), what each function costs. */
export interface OtherProgram extends Program {
  /** By phase and activity, how much of it goes on. */
  mixes: readonly (readonly number[])[];
}

/** @param share of `subject`, about */
export function drawOtherProgram(seed: number, share: number): OtherProgram {
  const random = seededRandom(seed ^ 0x1f123bb5);
  const leaves: Leaf[] = Array.from({ length: LEAVES }, (_, rank) => ({
    name: `leaf_${rank}`,
    caller: `caller_${Math.floor(20 * random() ** 3)}`,
    costs: Array.from({ length: ACTIVITIES }, (_each, activity) => (activity !== COLLECTOR && random() < 0.4 ? (0.3 + random()) / (rank + 1) ** 1.2 : 0)),
  }));
  for (const [rank, name] of ['gc_mark', 'gc_sweep', 'gc_move'].entries()) leaves.push({ name, caller: 'collect', costs: [0, 0, 0, 0, 1 / (rank + 1)] });
  const sums = Array.from({ length: ACTIVITIES }, (_, activity) => leaves.reduce((sum, { costs }) => sum + costs[activity]!, 1e-9));
  for (const leaf of leaves) leaf.costs = leaf.costs.map((cost, activity) => cost / sums[activity]!);
  // It is part of two activities of four, which are all of the time that is no collection's.
  const subject: Leaf = { name: 'subject', caller: 'caller_0', costs: [2.2 * share, 2.2 * share, 0, 0, 0] };
  const mixes = Array.from({ length: PHASES }, () => {
    const parts = Array.from({ length: COLLECTOR }, () => 0.1 + random() ** 2);
    const all = parts.reduce((sum, part) => sum + part, 0);
    return parts.map((part) => part / all);
  });
  return { leaves: [subject, ...leaves], phases: ACTIVITIES, mixes };
}

export interface OtherRecording {
  seed: number;
  seconds: number;
  phaseSeconds: number;
  cpus?: number;
  /** It does what it is asked to, so that it is busy for this part of the CPUs' time on average; undefined: all of the time. */
  busy?: number;
  /** Each phase once and in the same order, for as much work as so many seconds are on average. */
  isWhole?: boolean;
}

export function recordOther({ mixes, ...program }: OtherProgram, { seed, seconds, phaseSeconds, cpus = 1, busy, isWhole = false }: OtherRecording): Run {
  const random = seededRandom(seed ^ 0x5bd1e995);
  const { writer, stacks, picks } = written(program, seed);
  const starts = PERIODS.map(() => 2 * Math.PI * random());
  let [before, mix] = [mixes[0]!, mixes[0]!];
  let [left, since, visited] = [0, 0, 0];
  let [collects, until] = [false, random() * COLLECTION.apart];
  let time = random() * STEP;
  for (; isWhole || time < seconds; time += STEP, left -= STEP, since += STEP) {
    if (left <= 0) {
      if (isWhole && visited === mixes.length) break;
      before = mix;
      mix = mixes[isWhole ? visited : Math.floor(random() * mixes.length)]!;
      since = 0;
      visited++;
      const cost = mix.reduce((sum, part, activity) => sum + part * picks[activity]!.sum, 0);
      left += isWhole ? (seconds / mixes.length) * cost : phaseSeconds * Math.exp(normal(random) - 0.5);
    }
    if (time > until) {
      collects = !collects;
      until = time + (collects ? COLLECTION.least + (COLLECTION.most - COLLECTION.least) * random() : -Math.log(1 - random()) * COLLECTION.apart);
    }
    const over = Math.min(1, since / (GRADUAL * phaseSeconds));
    const going = mix.map((part, activity) => {
      const waxing = PERIODS[activity]! > 0 ? 1 + WAXES * Math.sin((2 * Math.PI * time) / PERIODS[activity]! + starts[activity]!) : 1;
      return collects ? 0 : (over * part + (1 - over) * before[activity]!) * waxing * picks[activity]!.sum;
    });
    if (collects) going[COLLECTOR] = picks[COLLECTOR]!.sum;
    const all = going.reduce((sum, part) => sum + part, 0);
    for (let cpu = 0; cpu < cpus; cpu++) {
      if (busy !== undefined && random() >= busy * all) continue;
      let [activity, rest] = [0, random() * all];
      while (activity < COLLECTOR && (rest -= going[activity]!) > 0) activity++;
      writer.sample(stacks[picks[activity]!.pick(random())]!, 1, Math.floor((time * 1e9) / SLICE_NANOSECONDS));
    }
  }
  return { ...asRun(writer.tables, { seconds: time, label: `seed ${seed}` }), isWhole };
}
