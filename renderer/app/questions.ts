// SPDX-License-Identifier: Apache-2.0
/** The questions that a recording answers, in words, and its weights in their unit. */
import type { Question, Unit } from '../../profile/questions.ts';
import { SampleKind } from '../../profile/schema.ts';
import { formatBytes, formatCount } from './format.ts';

/** Those that are asked by sampling and measuring a target. */
export const ASKED = ['on-cpu', 'off-cpu', 'wakeups', 'wall', 'memory'] as const satisfies readonly Question[];
export type AskedQuestion = (typeof ASKED)[number];

export const questionWords: Readonly<Record<Question, { title: string; what: string }>> = {
  'on-cpu': { title: 'On CPU', what: 'where it computes' },
  'off-cpu': { title: 'Off CPU', what: 'where it waits' },
  wakeups: { title: 'Wakeups', what: 'who ends the waits' },
  wall: { title: 'Wall clock', what: 'all of its time' },
  memory: { title: 'Memory', what: 'what it keeps' },
  probes: { title: 'Functions', what: 'single functions' },
};

export const kindWords: Readonly<Record<SampleKind, string>> = {
  [SampleKind.onCpu]: 'on a CPU',
  [SampleKind.blocked]: 'blocked',
  [SampleKind.preempted]: 'interrupted by others',
  [SampleKind.runQueue]: 'woken, without a CPU',
  [SampleKind.latency]: 'in the function',
  [SampleKind.memory]: 'allocated',
};

/** Nanoseconds as "840 ns", "12.3 µs", "4.21 ms", "1.24 s", "3 min 5 s". */
export function formatTime(nanoseconds: number): string {
  const magnitude = Math.abs(nanoseconds);
  if (magnitude < 1e3) return `${Math.round(nanoseconds)} ns`;
  for (const [unit, length] of [['µs', 1e3], ['ms', 1e6], ['s', 1e9]] as const) {
    const value = nanoseconds / length;
    if (Math.abs(value) < (unit === 's' ? 60 : 1000)) return `${value.toFixed(Math.abs(value) < 10 ? 2 : 1)} ${unit}`;
  }
  const seconds = Math.round(nanoseconds / 1e9);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** "1,234 samples", "1.24 s", "12.3 MiB" */
export function formatWeight(weight: number, unit: Unit): string {
  switch (unit) {
    case 'samples':
      return `${formatCount(weight)} ${weight === 1 ? 'sample' : 'samples'}`;
    case 'nanoseconds':
      return formatTime(weight);
    case 'bytes':
      return formatBytes(weight);
    default:
      return unit satisfies never;
  }
}

/** The same without the word for samples, where it is said beside. */
export function formatFigure(weight: number, unit: Unit): string {
  return unit === 'samples' ? formatCount(weight) : formatWeight(weight, unit);
}
