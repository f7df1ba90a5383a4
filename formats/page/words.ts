// SPDX-License-Identifier: Apache-2.0
/** What a page says of a frame. */
import { MERGED_NAME, type PageData, type PageDifference } from './page-data.ts';

/** 1234567.8 -> "1,234,568". */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function weightWords(weight: number, unit: PageData['unit']): string {
  return `${count(weight)} ${unit === 'samples' && weight === 1 ? 'sample' : unit}`;
}

export function percent(part: number, whole: number): string {
  if (!(whole > 0)) return '0%';
  return part === whole ? '100%' : `${((100 * part) / whole).toFixed(2)}%`;
}

const points = (share: number): string => `${(100 * share).toFixed(2)} %`;
const signed = (value: number, decimals: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(decimals)}`;

/** "A 4.10 % → B 6.30 %, +2.20 points, +54 %". */
export function changeWords(a: number, b: number): string {
  const shares = `A ${points(a)} → B ${points(b)}`;
  if (a === b) return `${shares}, unchanged`;
  const relative = a === 0 ? 'new' : b === 0 ? 'vanished' : `${signed((100 * (b - a)) / a, 0)} %`;
  return `${shares}, ${signed(100 * (b - a), 2)} points, ${relative}`;
}

export function nameOf(data: PageData, frame: number): string {
  return data.name[frame] === MERGED_NAME ? 'siblings too narrow to be kept' : data.names[data.name[frame]!]!;
}

/** "name (1,234 samples, 5.67%)", of the zoomed frame too where one is. */
export function frameWords(data: PageData, frame: number, zoomed: number): string {
  const total = data.total[frame]!;
  const ofZoomed = zoomed > 0 && total <= data.total[zoomed]! ? `; ${percent(total, data.total[zoomed]!)} of the zoomed frame` : '';
  return `${nameOf(data, frame)} (${weightWords(total, data.unit)}, ${percent(total, data.total[0]!)}${ofZoomed})`;
}

/** Line by line, below the name. */
export function detailLines(data: PageData, frame: number): string[] {
  const lines = [`self ${weightWords(data.self[frame]!, data.unit)}, ${percent(data.self[frame]!, data.total[0]!)}`];
  const module = data.modules[data.name[frame]!]!;
  if (module !== '') lines.push(module);
  if (data.difference) lines.push(...differenceLines(data.difference, frame));
  return lines;
}

function differenceLines({ totalA, totalB, selfA, selfB }: PageDifference, frame: number): string[] {
  return [`total ${changeWords(totalA[frame]!, totalB[frame]!)}`, `self ${changeWords(selfA[frame]!, selfB[frame]!)}`];
}
