// SPDX-License-Identifier: Apache-2.0
/** What is compared: two sides, each of one run or several. A run is a recording, a range of one, or some of its threads. */
import { EVERYTHING, type SampleFilter } from '../filter.ts';
import { unitOf, weighing, type Question, type Weighing } from '../questions.ts';
import type { Tables } from '../tables.ts';
import { NONE, SLICE_NANOSECONDS, type Nanoseconds, type SliceIndex, type ThreadIndex } from '../units.ts';

export interface Run {
  readonly tables: Tables;
  readonly filter: SampleFilter;
  readonly question: Question;
  /** Of rows of `samples`, in the question's unit. */
  readonly weights: Weighing;
  /** Of the range. */
  readonly durationNs: Nanoseconds;
  readonly frequencyHz: number;
  /** Of the threads and the range that the filter means, by the kernel's own accounting; 0: not known. */
  readonly cpuTimeNs: Nanoseconds;
  /** What the run is called: its file or target. */
  readonly label: string;
  readonly host: string;
  readonly kernel: string;
  /** Of a command from its first instruction to its end: what another run of it would go through again. */
  readonly isWhole: boolean;
}

export interface Side {
  /** At least one. */
  readonly runs: readonly Run[];
}

/** What is known of a recording, as `RecordingInfo` and `RecordingFigures` say it. */
export interface Recorded {
  question: Question;
  frequencyHz: number;
  durationNs: Nanoseconds;
  label: string;
  host: string;
  kernel: string;
  /** A command that was launched for it and ended by itself. */
  isWhole?: boolean;
}

/** The part of a recording that a filter means, as a run. */
export function runOf(tables: Tables, recorded: Recorded, filter: SampleFilter = EVERYTHING): Run {
  const { question, frequencyHz, durationNs, label, host, kernel, isWhole = false } = recorded;
  const { range } = filter;
  const [from, to] = range ? [range.from * SLICE_NANOSECONDS, range.to * SLICE_NANOSECONDS] : [0, durationNs];
  return {
    tables,
    filter,
    question,
    weights: weighing(question, frequencyHz),
    durationNs: Math.max(0, Math.min(to, durationNs || to) - from),
    frequencyHz,
    cpuTimeNs: cpuTimes(tables, filter).reduce((sum, { cpuTime }) => sum + cpuTime, 0),
    label,
    host,
    kernel,
    isWhole: isWhole && range === null,
  };
}

/** All threads but these are left out. */
export function onlyThreads(tables: Tables, threads: readonly ThreadIndex[]): ThreadIndex[] {
  const kept = new Set(threads);
  return Array.from({ length: tables.threads.length }, (_, row) => row).filter((row) => !kept.has(row));
}

/** CPU time that a thread spent in slices [from, to). */
export interface CpuTime {
  /** NONE: the whole system. */
  thread: ThreadIndex;
  from: SliceIndex;
  to: SliceIndex;
  cpuTime: Nanoseconds;
}

/**
 * CPU time by the kernel's own accounting, of what a filter means. The whole system's, where it was taken, holds the threads'.
 * The kernel is asked several times a second: what it says is spread over the time since it was last asked.
 * @param isByThread of each thread, whatever is known of the whole system
 */
export function cpuTimes({ expected }: Tables, { range, hiddenThreads }: SampleFilter, isByThread = false): CpuTime[] {
  const { slice, thread, cpuTime } = expected.columns;
  const hidden = new Set(hiddenThreads);
  let isSystem = false;
  for (let row = 0; row < expected.length && hidden.size === 0 && !isByThread; row++) isSystem ||= thread[row] === NONE;
  const asked = new Map<number, SliceIndex>();
  const [first, end] = range ? [range.from, range.to] : [0, Infinity];
  const found: CpuTime[] = [];
  for (let row = 0; row < expected.length; row++) {
    const each = thread[row]!;
    if (isSystem ? each !== NONE : each === NONE || hidden.has(each)) continue;
    const to = slice[row]! + 1;
    const since = Math.min(asked.get(each) ?? 0, to - 1);
    asked.set(each, to);
    const inside = { from: Math.max(first, since), to: Math.min(end, to) };
    if (inside.to > inside.from) found.push({ thread: each, ...inside, cpuTime: (cpuTime[row]! * (inside.to - inside.from)) / (to - since) });
  }
  return found;
}

/** Seconds of CPU time that one sample stands for, a second where the rate is not known; what is counted in another unit stays.
 * Rates are divided out by it. */
export function secondsPerWeight({ question, frequencyHz }: Run): number {
  return unitOf(question) === 'samples' ? 1 / (frequencyHz || 1) : 1;
}
