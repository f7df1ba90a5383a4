// SPDX-License-Identifier: Apache-2.0
/** What the values of a pprof file are, by the names of their types. */
import type { Question } from '../../profile/questions.ts';
import { SampleKind } from '../../profile/schema.ts';

export interface SampleType {
  type: string;
  unit: string;
}

export interface TypeWeighing {
  question: Question;
  frequencyHz: number;
  /** The type that counts the same samples, whose values are taken; null: those of the chosen one are. */
  counts: number | null;
  /** @param wait the label of that name */
  kindOf(wait: string): SampleKind;
  /** Of a value. */
  scaleOf(kind: SampleKind): number;
  notes: string[];
}

const NANOSECONDS: Readonly<Record<string, number>> = { nanoseconds: 1, ns: 1, microseconds: 1e3, us: 1e3, milliseconds: 1e6, ms: 1e6, seconds: 1e9, s: 1e9 };
const BYTES: Readonly<Record<string, number>> = { bytes: 1, byte: 1, kilobytes: 1024, kb: 1024, megabytes: 2 ** 20, mb: 2 ** 20 };
/** Of CPU time that is no multiple of a period: one is a millisecond. */
export const NOMINAL_HZ = 1000;

const waits: Readonly<Record<string, SampleKind>> = { blocked: SampleKind.blocked, preempted: SampleKind.preempted, queued: SampleKind.runQueue };

/** @param chosen of `types` @param period of the sampling, in the unit of its own type */
export function weighType(types: readonly SampleType[], chosen: number, period: SampleType & { period: number }): TypeWeighing {
  const { type, unit } = types[chosen]!;
  const nanoseconds = NANOSECONDS[unit.toLowerCase()];
  const bytes = BYTES[unit.toLowerCase()];
  const plain = { frequencyHz: 0, counts: null, notes: [] };
  if (bytes !== undefined) return { ...plain, question: 'memory', kindOf: () => SampleKind.memory, scaleOf: () => bytes };
  const periodNs = period.period * (NANOSECONDS[period.unit.toLowerCase()] ?? 0);
  const frequencyHz = periodNs > 0 ? 1e9 / periodNs : 0;
  if (nanoseconds === undefined) {
    const isSamples = /^samples?$/i.test(type);
    const notes = isSamples ? [] : [`Its samples count ${type}.`];
    return { ...plain, question: 'on-cpu', frequencyHz: isSamples ? frequencyHz : 0, notes, kindOf: () => SampleKind.onCpu, scaleOf: () => 1 };
  }
  const question = questionOf(type);
  if (question === 'on-cpu') {
    const counted = types.findIndex((each) => /^samples?$/i.test(each.type) && each.unit === 'count');
    if (counted >= 0) return { ...plain, question, frequencyHz, counts: counted, kindOf: () => SampleKind.onCpu, scaleOf: () => 1 };
    const hz = frequencyHz || NOMINAL_HZ;
    return { ...plain, question, frequencyHz: hz, kindOf: () => SampleKind.onCpu, scaleOf: () => (nanoseconds * hz) / 1e9 };
  }
  const hz = question === 'wall' ? frequencyHz || NOMINAL_HZ : 0;
  const rest = question === 'wall' ? SampleKind.onCpu : question === 'probes' ? SampleKind.latency : SampleKind.blocked;
  return {
    ...plain,
    question,
    frequencyHz: hz,
    kindOf: (wait) => (question === 'probes' ? rest : (waits[wait] ?? rest)),
    scaleOf: (kind) => (kind === SampleKind.onCpu ? (nanoseconds * hz) / 1e9 : nanoseconds),
  };
}

function questionOf(type: string): Question {
  if (/wall/i.test(type)) return 'wall';
  if (type === 'wakeups') return 'wakeups';
  if (type === 'latency') return 'probes';
  // Of Go's profiles of blocking and of mutexes, and ours.
  return /delay|block|contention|off-?cpu|wait/i.test(type) ? 'off-cpu' : 'on-cpu';
}
