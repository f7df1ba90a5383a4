// SPDX-License-Identifier: Apache-2.0
/** Histograms as text: a line a range of values, as bcc and bpftrace draw them, but with units. */
import type { ProbeUnit } from '../../ipc/contract.ts';
import { bucketRange, type Counts } from '../../profile/histogram.ts';
import { count } from './terminal.ts';

/** More lines are drawn by powers of two, and then by powers of four. */
const MOST_LINES = 24;
const STEPS = 8;

const nanoseconds: readonly (readonly [size: number, unit: string])[] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
];
const bytes: readonly (readonly [size: number, unit: string])[] = [
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
];

/** "1.25 ms", "4 KiB", "17"; NaN: a dash. */
export function valueText(value: number, unit: ProbeUnit): string {
  if (Number.isNaN(value)) return '–';
  const scale = unit === 'nanoseconds' ? nanoseconds : unit === 'bytes' ? bytes : [];
  const found = scale.find(([size]) => Math.abs(value) >= size);
  if (found) return `${shortNumber(value / found[0])} ${found[1]}`;
  if (unit === 'nanoseconds') return `${Math.round(value)} ns`;
  return unit === 'bytes' ? `${Math.round(value)} B` : count(value);
}

function shortNumber(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export interface HistogramRow {
  low: number;
  high: number;
  count: number;
}

/** From the first to the last bucket with a count, those between without one, too. Several buckets a row where they are many. */
export function histogramRows(counts: Counts): HistogramRow[] {
  const used = [...counts].filter(([, number]) => number > 0).map(([bucket]) => bucket);
  if (used.length === 0) return [];
  const [first, last] = [Math.min(...used), Math.max(...used)];
  for (let width = 1; ; width = width === 1 ? STEPS : width * 2) {
    const from = Math.floor(first / width);
    const rows = Math.floor(last / width) - from + 1;
    if (rows > MOST_LINES && width < STEPS * 32) continue;
    return Array.from({ length: rows }, (_, i) => rowOf(counts, (from + i) * width, width));
  }
}

function rowOf(counts: Counts, first: number, width: number): HistogramRow {
  let sum = 0;
  for (let bucket = first; bucket < first + width; bucket++) sum += counts.get(bucket) ?? 0;
  const ends = [bucketRange(first), bucketRange(first + width - 1)];
  return { low: Math.min(...ends.map(({ low }) => low)), high: Math.max(...ends.map(({ high }) => high)), count: sum };
}

const BAR = 40;
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

function bar(share: number): string {
  const parts = Math.round(share * BAR * 8);
  return '█'.repeat(Math.floor(parts / 8)) + eighths[parts % 8]!;
}

/** @param columns of the terminal */
export function histogramText(counts: Counts, unit: ProbeUnit): string[] {
  const rows = histogramRows(counts);
  const most = Math.max(...rows.map((row) => row.count), 1);
  const lows = rows.map(({ low }) => valueText(low, unit));
  const highs = rows.map(({ high }) => valueText(high, unit));
  const numbers = rows.map((row) => count(row.count));
  const width = (texts: string[]): number => Math.max(...texts.map((text) => text.length), 0);
  return rows.map((row, i) => `  ${lows[i]!.padStart(width(lows))} … ${highs[i]!.padEnd(width(highs))}  ${numbers[i]!.padStart(width(numbers))} ${bar(row.count / most)}`.trimEnd());
}
