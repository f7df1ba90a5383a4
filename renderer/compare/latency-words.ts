// SPDX-License-Identifier: Apache-2.0
/** Figures of compared probes in the form in which they are shown. */
import type { ComparedProbe, ShareDifference } from '../../profile/comparison/latencies.ts';
import { decileWords, rateWords } from '../../profile/comparison/latency-words.ts';
import { changeWords, signed } from '../../profile/comparison/difference-words.ts';
import type { HeatDifference } from '../../profile/comparison/heat-difference.ts';
import { bucketRange } from '../../profile/histogram.ts';
import type { ProbeUnit } from '../../ipc/contract.ts';
import { SLICE_NANOSECONDS } from '../../profile/units.ts';
import { formatClock, formatCount } from '../app/format.ts';
import { formatValue } from '../functions/durations.ts';
import type { ComparedPart } from '../worker/protocol.ts';
import type { Comparing } from './comparing.ts';

/** Of a column of a histogram: "6.2 %", "1,204/s". */
export function heightWords(height: number, heights: Comparing['heights']): string {
  if (heights === 'rate') return `${perSecondWords(height)}/s`;
  const percent = 100 * height;
  return `${percent >= 10 ? percent.toFixed(0) : percent >= 0.1 || percent === 0 ? percent.toFixed(1) : percent.toPrecision(1)} %`;
}

/** "3.1 µs to 3.3 µs", or the one value. @param end of the range, not in it */
export function valuesWords(low: number, end: number, unit: ProbeUnit): string {
  return end - low <= 1 ? formatValue(low, unit) : `${formatValue(low, unit)} to ${formatValue(end, unit)}`;
}

/** "312 µs to 341 µs, at 40 to 43 % of the run" */
export function cellPlace({ parts, rows, firstBucket, bucketsPerRow }: HeatDifference, cell: number, unit: ProbeUnit): string {
  const first = firstBucket + (cell % rows) * bucketsPerRow;
  const values = valuesWords(bucketRange(first).low, bucketRange(first + bucketsPerRow - 1).high, unit);
  const part = Math.floor(cell / rows);
  return `${values}, at ${Math.round((100 * part) / parts)} to ${Math.round((100 * (part + 1)) / parts)} % of the run`;
}

/** "A 0.4 % -> B 1.2 %, +0.8 points, +200 %", of all calls of a side. */
export function cellChange({ a, b, steps }: HeatDifference, cell: number): string {
  return `${changeWords(100 * a[cell]!, 100 * b[cell]!)}${steps[cell] === 0 && a[cell] !== b[cell] ? '; within noise' : ''}`;
}

/** "1,204", "0.25". */
export function perSecondWords(perSecond: number): string {
  return perSecond >= 10 || perSecond === 0 ? formatCount(Math.round(perSecond)) : perSecond.toPrecision(2);
}

/** "+40.5 ms", "−593 ns"; of what is not known "?". */
export function shiftText(value: number, unit: ProbeUnit): string {
  if (!Number.isFinite(value)) return '?';
  return `${value < 0 ? '−' : value > 0 ? '+' : ''}${formatValue(Math.abs(value), unit)}`;
}

export function intervalText({ low, high }: Pick<ShareDifference, 'low' | 'high'>, unit: ProbeUnit): string {
  return Number.isFinite(low) && Number.isFinite(high) ? `${shiftText(low, unit)} … ${shiftText(high, unit)}` : 'not known';
}

/** "unchanged up to 80 %, slower at 90 %"; of what is counted alone how often it is. */
export function probeVerdict(probe: ComparedProbe): string {
  if (probe.deciles.length > 0) return decileWords(probe);
  return probe.unit === 'count' ? rateWords[probe.perSecond.verdict] : 'nothing measured on one side';
}

/** What to know of a part alone. */
export function partNotes(part: ComparedPart | null): string[] {
  if (part === null) return [];
  return [
    'Its probabilities are corrected for its own deciles and rate: of many parts looked at one after the other some differ by chance.',
    ...(part.from > 0 ? [`Parts are told apart from ${formatClock(part.from * SLICE_NANOSECONDS)} on: what was before is only in the file.`] : []),
  ];
}

/** "228 to 96 calls a second (−58 %)" */
export function rateText({ perSecond: { a, b, delta } }: ComparedProbe): string {
  return `${perSecondWords(a)} to ${perSecondWords(b)} calls a second${a > 0 ? ` (${signed((100 * delta) / a, 0) || '0'} %)` : ''}`;
}

/** Which colour a probe's row has: that of the largest share that surely moved. */
export function rowVerdict({ deciles, p99, perSecond, unit }: ComparedProbe): ShareDifference['verdict'] {
  if (unit === 'count') return perSecond.verdict;
  const sure = [...deciles, ...(p99 ? [p99] : [])].filter(({ verdict }) => verdict === 'grew' || verdict === 'shrank');
  return sure.at(-1)?.verdict ?? (deciles.every(({ verdict }) => verdict === 'unchanged') && deciles.length > 0 ? 'unchanged' : 'unclear');
}
