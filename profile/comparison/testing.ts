// SPDX-License-Identifier: Apache-2.0
/**
 * For tests and measurements only: programs that are drawn by lot, whose true shares are therefore known, and recordings of
 * them. A program goes through phases in which it does different things, as programs do, so that its samples are no
 * independent draws: one phase in a recording more or less moves many functions at once.
 */
import { bucketOf } from '../histogram.ts';
import { HistogramColumns } from '../histogram-columns.ts';
import { ProfileWriter } from '../testing.ts';
import { FrameCategory, ModuleKind } from '../schema.ts';
import type { Tables } from '../tables.ts';
import { SLICE_NANOSECONDS } from '../units.ts';
import { seededRandom } from './distributions.ts';
import type { ProbeRun } from './latencies.ts';
import type { AskedProbe } from './probe-matching.ts';
import { runOf, type Run } from './sides.ts';

/** A function at the end of stacks, below `main` and `caller`. */
export interface Leaf {
  name: string;
  caller: string;
  /** It was inlined into its caller, and nothing tells of it. */
  isInlined?: boolean;
  /** By phase: CPU seconds in one round of it. */
  costs: number[];
}

export interface Program {
  leaves: Leaf[];
  phases: number;
}

export interface Drawn {
  /** Of one leaf, `subject`, on average over the whole; 0 to 1. */
  share: number;
  /** How long a phase goes on at a time, on average. */
  phaseSeconds?: number;
  /** Beside the subject. */
  leaves?: number;
  phases?: number;
}

export function drawProgram(seed: number, { share, phaseSeconds = 0.5, leaves = 60, phases = 4 }: Drawn): Program {
  const random = seededRandom(seed);
  const others: Leaf[] = Array.from({ length: leaves }, (_, index) => ({
    name: `leaf_${index}`,
    caller: `caller_${index % 9}`,
    // A few are large; each is at home in one phase.
    costs: Array.from({ length: phases }, (_each, phase) => random() ** 4 * (phase === index % phases ? 3 : 0.4) + 0.001),
  }));
  const sum = others.reduce((all, { costs }) => all + costs.reduce((one, cost) => one + cost, 0), 0);
  for (const leaf of others) leaf.costs = leaf.costs.map((cost) => (cost * (1 - share) * phases * phaseSeconds) / sum);
  const weights = Array.from({ length: phases }, (_, phase) => (phases === 1 ? 1 : phase === 0 ? 1.5 : (phases - 1.5) / (phases - 1)));
  const subject: Leaf = { name: 'subject', caller: 'caller_0', costs: weights.map((weight) => weight * share * phaseSeconds) };
  return { leaves: [subject, ...others], phases };
}

/** Every round of `name` costs so many times as much. */
export function slowed<P extends Program>(program: P, name: string, times: number): P {
  return { ...program, leaves: program.leaves.map((leaf) => (leaf.name === name ? { ...leaf, costs: leaf.costs.map((cost) => cost * times) } : leaf)) };
}

/** Its time goes on, under the name of its caller. */
export function inlinedAway<P extends Program>(program: P, name: string): P {
  return { ...program, leaves: program.leaves.map((leaf) => (leaf.name === name ? { ...leaf, isInlined: true } : leaf)) };
}

export function without<P extends Program>(program: P, name: string): P {
  return { ...program, leaves: program.leaves.filter((leaf) => leaf.name !== name) };
}

/** What each function costs, inclusive, in as many rounds of every phase as are given: one of each, if none are. */
export function trueCosts({ leaves }: Program, rounds?: readonly number[]): Map<string, number> {
  const found = new Map<string, number>();
  const add = (name: string, cost: number): unknown => found.set(name, (found.get(name) ?? 0) + cost);
  for (const { costs, caller, name, isInlined } of leaves) {
    const cost = costs.reduce((sum, each, phase) => sum + each * (rounds?.[phase] ?? 1), 0);
    for (const each of ['main', caller, ...(isInlined ? [] : [name])]) add(each, cost);
  }
  return found;
}

/** Shares of the whole, inclusive, in percent: what a recording without end would show. */
export function trueShares(program: Program): Map<string, number> {
  const costs = trueCosts(program);
  return new Map([...costs].map(([name, cost]) => [name, (100 * cost) / costs.get('main')!]));
}

export interface Sampling {
  seed: number;
  frequencyHz?: number;
  /** CPUs that are always busy, all in the same phase. */
  cpus?: number;
}

/** The program as one run of it is: what each function costs in each phase is another by `spread`, the standard deviation of
 * its logarithm. */
export function ofOneRun({ leaves, phases }: Program, spread: number, seed: number): Program {
  const random = seededRandom(seed ^ 0x2545f491);
  const times = (): number => Math.exp(spread * normal(random));
  return { phases, leaves: leaves.map((leaf) => ({ ...leaf, costs: leaf.costs.map((cost) => cost * times()) })) };
}

/** Sum of 12 even draws less 6: normal enough, of variance 1. */
export function normal(random: () => number): number {
  let sum = -6;
  for (let draw = 0; draw < 12; draw++) sum += random();
  return sum;
}

/** A part of a program's life: which phase comes next, and for how long, is drawn. */
export function record(program: Program, { seconds, ...sampling }: Sampling & { seconds: number }): Run {
  const next = (random: () => number): Phase => ({ phase: Math.floor(random() * program.phases), rounds: -Math.log(1 - random()) });
  return sampled(program, { ...sampling, seconds }, next);
}

/** A whole run of the program: `rounds` of each phase, all phases one after the other and that `visits` times. */
export function recordWhole(program: Program, { rounds, visits, ...sampling }: Sampling & { rounds: number; visits: number }): Run {
  let step = 0;
  const next = (): Phase | null => (step === visits * program.phases ? null : { phase: step++ % program.phases, rounds: rounds / visits });
  return { ...sampled(program, { ...sampling, seconds: Infinity }, next), isWhole: true };
}

/** What the program does next: a round costs what its leaves do. */
interface Phase {
  phase: number;
  rounds: number;
}

/** A program's stacks in tables of their own, by leaf, and what draws a leaf in each phase. */
export interface Written {
  writer: ProfileWriter;
  stacks: number[];
  picks: Picker[];
}

export function written(program: Program, seed: number): Written {
  const writer = new ProfileWriter();
  const module = writer.module('/usr/bin/program', ModuleKind.executable);
  const frames = new Map<string, number>();
  const frameOf = (name: string): number => {
    let frame = frames.get(name);
    if (frame === undefined) {
      // Every build has other addresses.
      frame = writer.frame(module, 0x1000 + frames.size * 64 + (seed % 1000) * 0x10000, FrameCategory.user);
      writer.symbol(frame, name, 0, module);
      frames.set(name, frame);
    }
    return frame;
  };
  const stacks = program.leaves.map(({ name, caller, isInlined }) =>
    writer.stack(['main', caller, ...(isInlined ? [] : [name])].map(frameOf)),
  );
  writer.thread(1, 'program');
  return { writer, stacks, picks: Array.from({ length: program.phases }, (_, phase) => new Picker(program.leaves.map(({ costs }) => costs[phase]!))) };
}

/** @param nextPhase null: the program ends */
function sampled(program: Program, { seed, seconds, frequencyHz = 99, cpus = 1 }: Sampling & { seconds: number }, nextPhase: (random: () => number) => Phase | null): Run {
  const random = seededRandom(seed ^ 0x5bd1e995);
  const { writer, stacks, picks } = written(program, seed);
  const step = 1 / frequencyHz;
  let phase: Phase | null = nextPhase(random);
  let left = phase ? phase.rounds * picks[phase.phase]!.sum : 0;
  let time = random() * step;
  while (time < seconds) {
    while (left <= 0 && (phase = nextPhase(random))) left += phase.rounds * picks[phase.phase]!.sum;
    if (!phase) break;
    left -= step;
    const slice = Math.floor((time * 1e9) / SLICE_NANOSECONDS);
    for (let cpu = 0; cpu < cpus; cpu++) writer.sample(stacks[picks[phase.phase]!.pick(random())]!, 1, slice);
    time += step;
  }
  return asRun(writer.tables, { seconds: Math.min(time, seconds), frequencyHz, label: `seed ${seed}` });
}

/** A recording of CPU time on "host". */
export function asRun(tables: Tables, { seconds = 10, frequencyHz = 99, label = 'recording' } = {}): Run {
  return runOf(tables, { question: 'on-cpu', frequencyHz, durationNs: seconds * 1e9, label, host: 'host', kernel: '6.18' });
}

/** Draws an index by weight. */
export class Picker {
  readonly sum: number;
  readonly #upTo: Float64Array;

  constructor(weights: readonly number[]) {
    let sum = 0;
    this.#upTo = Float64Array.from(weights, (weight) => (sum += weight));
    this.sum = sum;
  }

  pick(random: number): number {
    const wanted = random * this.sum;
    let low = 0;
    let high = this.#upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#upTo[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** A probe of a function of the kernel, how long it takes, as it was asked. */
export function askedProbe(name: string, change: Partial<AskedProbe['request']> = {}, info: Partial<Omit<AskedProbe, 'request'>> = {}): AskedProbe {
  return {
    ...{ probe: 0, title: name, mechanism: 'fentry', unit: 'nanoseconds' },
    ...info,
    request: { kind: 'kernel', name, module: '', measure: { kind: 'latency' }, leastNs: 0, filter: null, ...change },
  };
}

export interface Probed {
  asked: AskedProbe;
  /** One value, drawn by lot. */
  value: (random: () => number) => number;
}

/** 10 s of probes, each of which has so many values in every slice. */
export function probedRun(probes: readonly Probed[], { seed, perSlice, slices = 500 }: { seed: number; perSlice: number; slices?: number }): ProbeRun {
  const random = seededRandom(seed);
  const columns = probes.map(({ value }) => {
    const found = new HistogramColumns();
    for (let at = 0; at < slices * perSlice; at++) found.add(Math.floor(at / perSlice), bucketOf(Math.floor(value(random)) || 0), 1);
    return found;
  });
  return { probes: probes.map(({ asked }, probe) => ({ ...asked, probe })), range: { from: 0, to: slices }, columns: (probe) => columns[probe], isNarrowed: false };
}
