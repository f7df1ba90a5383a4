// SPDX-License-Identifier: Apache-2.0
/**
 * What the weights of a recording are, by its question: which kinds of samples it shows, in which unit, and what one of
 * each kind weighs there. Everything that adds weights up asks here.
 */
import { SampleKind } from './schema.ts';
import type { Table } from './tables.ts';

/** on-cpu: where CPU time goes. off-cpu: where threads wait. wakeups: and who ends the wait. wall: both together, adding up to
 * the time that passed. memory: what is allocated and not yet freed. probes: single functions, nothing is sampled. */
export type Question = 'on-cpu' | 'off-cpu' | 'wakeups' | 'wall' | 'memory' | 'probes';

export const QUESTIONS: readonly Question[] = ['on-cpu', 'off-cpu', 'wakeups', 'wall', 'memory', 'probes'];

export type Unit = 'samples' | 'nanoseconds' | 'bytes';

/** Name of the frame between a wait and who ended it; flamegraph.pl draws it grey. */
export const WAKER_SEPARATOR = '--';

const units: Readonly<Record<Question, Unit>> = {
  'on-cpu': 'samples',
  'off-cpu': 'nanoseconds',
  wakeups: 'nanoseconds',
  wall: 'nanoseconds',
  memory: 'bytes',
  probes: 'nanoseconds',
};

const kinds: Readonly<Record<Question, readonly SampleKind[]>> = {
  'on-cpu': [SampleKind.onCpu],
  'off-cpu': [SampleKind.blocked, SampleKind.runQueue, SampleKind.preempted],
  // Who interrupts is not known, and what a woken thread waits for is not its waker.
  wakeups: [SampleKind.blocked],
  wall: [SampleKind.onCpu, SampleKind.blocked, SampleKind.runQueue, SampleKind.preempted],
  memory: [SampleKind.memory],
  probes: [SampleKind.latency],
};

export function unitOf(question: Question): Unit {
  return units[question];
}

/** Kinds that the question shows; any part of them may be chosen. */
export function kindsOf(question: Question): readonly SampleKind[] {
  return kinds[question];
}

const KINDS = Object.keys(SampleKind).length;

/** What one of a row's weight is, by kind, in the unit that is shown; 0: it is not. */
export type Weighing = Float64Array;

/** @param frequencyHz 0: not known, and taken for 1 @param shown of `kindsOf`; all of them where it is not given */
export function weighing(question: Question, frequencyHz: number, shown: readonly SampleKind[] = kindsOf(question)): Weighing {
  const scale = new Float64Array(KINDS);
  for (const kind of kindsOf(question)) if (shown.includes(kind)) scale[kind] = 1;
  // A sample stands for the CPU time between two.
  if (units[question] === 'nanoseconds' && scale[SampleKind.onCpu]! > 0) scale[SampleKind.onCpu] = 1e9 / (frequencyHz || 1);
  return scale;
}

/** What one thread weighs a second that does all the time what is asked about; of bytes a MiB. */
export function weightPerSecond(question: Question, frequencyHz: number): number {
  return units[question] === 'nanoseconds' ? 1e9 : units[question] === 'samples' ? frequencyHz || 1 : 2 ** 20;
}

/** Of recordings that have nothing but samples. */
export const SAMPLES_ONLY: Weighing = weighing('on-cpu', 1);

/** The weight of a row of `samples`. Valid until rows are added. */
export function weightsOf(samples: Table<'samples'>, scale: Weighing): (row: number) => number {
  const { kind, weight } = samples.columns;
  return (row) => weight[row]! * scale[kind[row]!]!;
}

/** Weights as they are written into other tools' files, and what they count there. */
export interface WrittenWeights {
  scale: Weighing;
  unit: WrittenUnit;
}

/** Times are microseconds, as offcputime writes them. */
export type WrittenUnit = 'samples' | 'µs' | 'bytes';

export function writtenWeights(question: Question, frequencyHz: number, shown?: readonly SampleKind[]): WrittenWeights {
  const scale = weighing(question, frequencyHz, shown);
  if (units[question] !== 'nanoseconds') return { scale, unit: units[question] };
  return { scale: scale.map((one) => one / 1000), unit: 'µs' };
}
