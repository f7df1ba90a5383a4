// SPDX-License-Identifier: Apache-2.0
/** Where a profile comes from, as far as other tools' files say it. */
import type { Question } from '../../profile/questions.ts';
import { SLICE_NANOSECONDS } from '../../profile/units.ts';
import type { Selection } from '../selection.ts';

export interface Origin {
  /** What was profiled: "postgres 4121". */
  target: string;
  question: Question;
  frequencyHz: number;
  /** Epoch milliseconds. */
  startedAt: number;
  /** Nanoseconds from the start to the end of the recording. */
  durationNs: number;
  host: string;
  kernel: string;
}

/** Of what is selected, nanoseconds since the recording began. */
export function spanOf({ filter }: Selection, { durationNs }: Origin): { from: number; to: number } {
  const range = filter?.range;
  if (!range) return { from: 0, to: durationNs };
  const from = range.from * SLICE_NANOSECONDS;
  return { from, to: Math.max(from, Math.min(range.to * SLICE_NANOSECONDS, durationNs)) };
}

/** One line on how and where it was recorded, as far as it is known. */
export function originWords({ question, frequencyHz, host, kernel }: Origin): string {
  return [question, frequencyHz > 0 ? `${frequencyHz} Hz` : '', host, kernel === '' ? '' : `Linux ${kernel}`].filter((part) => part !== '').join(', ');
}
