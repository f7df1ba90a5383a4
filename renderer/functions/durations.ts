// SPDX-License-Identifier: Apache-2.0
/** Values of probes in the form in which they are shown and typed. */
import type { ProbeUnit } from '../../ipc/contract.ts';
import { formatCount } from '../app/format.ts';

const steps: readonly (readonly [number, string])[] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
];

/** Two digits and a half: "3.1 µs", "412 µs", "14.2 ms". */
function short(value: number): string {
  return value < 100 && value % 1 !== 0 ? value.toFixed(1).replace(/\.0$/, '') : formatCount(value);
}

/** Nanoseconds as "118 ns", "3.1 µs", "1.2 s". */
export function formatNanoseconds(nanoseconds: number): string {
  if (!Number.isFinite(nanoseconds)) return '–';
  // What would be rounded to 1,000 is 1 of the next.
  const [size, unit] = steps.find(([step]) => Math.abs(nanoseconds) >= step * 0.9995) ?? steps.at(-1)!;
  return `${short(nanoseconds / size)} ${unit}`;
}

const binary: readonly (readonly [number, string])[] = [
  [1024 ** 3, 'GiB'],
  [1024 ** 2, 'MiB'],
  [1024, 'KiB'],
];

/** A value of a histogram in its unit; plain ones with K, M, G. */
export function formatValue(value: number, unit: ProbeUnit): string {
  if (!Number.isFinite(value)) return '–';
  switch (unit) {
    case 'nanoseconds':
      return formatNanoseconds(value);
    case 'bytes': {
      const step = binary.find(([size]) => Math.abs(value) >= size);
      return step === undefined ? `${formatCount(value)} B` : `${short(value / step[0])} ${step[1]}`;
    }
    case 'count':
    case 'value': {
      const size = Math.abs(value);
      if (size < 10_000) return short(value);
      return size < 1e6 ? `${short(value / 1e3)} K` : size < 1e9 ? `${short(value / 1e6)} M` : `${short(value / 1e9)} G`;
    }
    default:
      return unit satisfies never;
  }
}

const TYPED = /^(\d+(?:[.,]\d+)?)\s*(ns|us|µs|μs|ms|s)?$/;
const sizes: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9 };
/** The longest that histograms tell apart. */
const LONGEST_NS = 100e9;

/** Nanoseconds of "1 ms", "20us", "0.5 s"; a bare number is of microseconds, as bcc takes it. Empty: 0. Null: no length of time. */
export function parseNanoseconds(text: string): number | null {
  const trimmed = text.trim();
  if (trimmed === '') return 0;
  const [, number, unit = 'us'] = TYPED.exec(trimmed) ?? [];
  if (number === undefined) return null;
  const nanoseconds = Math.round(Number(number.replace(',', '.')) * sizes[unit]!);
  return nanoseconds <= LONGEST_NS ? nanoseconds : null;
}
