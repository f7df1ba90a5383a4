// SPDX-License-Identifier: Apache-2.0
/** Figures of compared probes in the form in which they are shown. */
import type { ComparedProbe, ShareDifference } from '../../profile/comparison/latencies.ts';
import { decileWords, rateWords } from '../../profile/comparison/latency-words.ts';
import { signed } from '../../profile/comparison/difference-words.ts';
import type { ProbeUnit } from '../../ipc/contract.ts';
import { formatCount } from '../app/format.ts';
import { formatValue } from '../functions/durations.ts';
import type { Comparing } from './comparing.ts';

/** Of a column of a histogram: "6.2 %", "1,204/s". */
export function heightWords(height: number, heights: Comparing['heights']): string {
  if (heights === 'rate') return `${perSecondWords(height)}/s`;
  const percent = 100 * height;
  return `${percent >= 10 ? percent.toFixed(0) : percent >= 0.1 || percent === 0 ? percent.toFixed(1) : percent.toPrecision(1)} %`;
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
