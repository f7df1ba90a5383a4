// SPDX-License-Identifier: Apache-2.0
/** The rows of the search: functions, and patterns that attach several together. Pure. */
import type { FunctionList, TraceableFunction } from '../../ipc/contract.ts';
import { baseName } from '../../profile/names.ts';
import { formatCount } from '../app/format.ts';

export interface FoundRow {
  kind: TraceableFunction['kind'];
  /** What is attached. */
  symbol: string;
  name: string;
  module: string;
  available: boolean;
  /** "kernel · struct file *file, size_t count", or why it cannot be traced. */
  detail: string;
  /** Functions that are attached together; 1 where it is no pattern. */
  functions: number;
}

/** From this many on it is asked: attaching takes seconds, and each call of each costs. */
export const ASKED_FROM = 100;

const kinds: Record<TraceableFunction['kind'], string> = {
  kernel: 'kernel',
  user: '',
  tracepoint: 'tracepoint',
  usdt: 'marker',
  ready: 'ready question',
};

function placeOf({ kind, module }: TraceableFunction): string {
  if (kind === 'kernel') return module === 'kernel' || module === '' ? 'kernel' : `kernel module ${module}`;
  if (kind === 'user') return baseName(module);
  return kind === 'usdt' ? `marker in ${baseName(module)}` : kinds[kind];
}

function argumentsOf({ arguments: list }: TraceableFunction): string {
  if (list === null) return '';
  return list.length === 0 ? 'no arguments' : list.map(({ name, type }) => `${type}${type.endsWith('*') ? '' : ' '}${name}`).join(', ');
}

export function isPattern(text: string): boolean {
  return /[*?]/.test(text);
}

export function foundRows(pattern: string, list: FunctionList): FoundRow[] {
  const rows = list.functions.map((each): FoundRow => {
    const detail = each.available ? [placeOf(each), argumentsOf(each), each.why].filter((part) => part !== '').join(' · ') : each.why || placeOf(each);
    return { kind: each.kind, symbol: each.symbol, name: each.name, module: each.module, available: each.available, detail, functions: 1 };
  });
  if (!isPattern(pattern)) return rows;
  const together = new Map<string, FoundRow>();
  for (const each of list.functions) {
    if (!each.available || (each.kind !== 'kernel' && each.kind !== 'user')) continue;
    // The kernel and its modules are attached together, a file's functions by themselves.
    const module = each.kind === 'kernel' ? '' : each.module;
    const key = `${each.kind} ${module}`;
    const known = together.get(key) ?? { kind: each.kind, symbol: pattern, name: pattern, module, available: true, detail: '', functions: 0 };
    known.functions++;
    together.set(key, known);
  }
  const isCut = list.matched > list.functions.length;
  const patterns = [...together.values()]
    .filter(({ functions }) => functions > 1)
    .map((row) => ({ ...row, detail: `pattern · ${isCut ? `${formatCount(row.functions)} and more of ${formatCount(list.matched)}` : formatCount(row.functions)} functions together${row.module === '' ? '' : ` · ${baseName(row.module)}`}` }))
    .map((row) => (isCut ? { ...row, functions: Math.max(row.functions, list.matched) } : row));
  return [...patterns, ...rows];
}
