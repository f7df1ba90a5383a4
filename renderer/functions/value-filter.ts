// SPDX-License-Identifier: Apache-2.0
import type { ProbeFilter, TraceableKind } from '../../ipc/contract.ts';

const TYPED = /^(?:arg(?:ument)?\s*([1-6])|return(?:s|ed)?)\s*(=|==|!=|≠|>|<)\s*(-?\d{1,19}|0x[0-9a-f]{1,16})$/i;
const tests: Record<string, ProbeFilter['test']> = { '=': 'equal', '==': 'equal', '!=': 'other', '≠': 'other', '>': 'above', '<': 'below' };

/** "arg3 > 4096", "return < 0". Empty: null. @returns undefined where it is none of these. */
export function parseFilter(text: string): ProbeFilter | null | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const [, argument, test, value] = TYPED.exec(trimmed) ?? [];
  if (test === undefined || value === undefined) return undefined;
  // A hexadecimal number in decimal, also beyond 2^53.
  return { argument: argument === undefined ? 0 : Number(argument), test: tests[test]!, value: BigInt(value).toString() };
}

/** Tracepoints return nothing, and where a marker's arguments lie only the note of its file says. */
export function isFilterable(kind: TraceableKind, filter: ProbeFilter): boolean {
  return kind === 'kernel' || kind === 'user' || (kind === 'tracepoint' && filter.argument !== 0);
}
