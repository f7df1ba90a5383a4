// SPDX-License-Identifier: Apache-2.0
/** What a script wants to be told of: "parse_line grows by 5%", "total grows by 10%", "compress shrinks by 2 points". */
import type { Comparison, Difference } from './comparison.ts';
import { matchedName } from './matching.ts';

/** Stands for everything that was recorded. */
export const TOTAL = 'total';

export interface Condition {
  /** As it was written. */
  text: string;
  /** A function's name, or TOTAL. */
  of: string;
  direction: 'grows' | 'shrinks';
  by: number;
  /** percent: of what it was in A; points: percent of A's total. */
  unit: 'percent' | 'points';
}

/** Null: it is none. */
export function parseCondition(text: string): Condition | null {
  const found = /^\s*(\S.*?)\s+(grows|shrinks)\s+by\s+(\d+(?:\.\d+)?)\s*(%|percent|points?)\s*$/.exec(text);
  if (!found) return null;
  const [, of, direction, by, unit] = found as unknown as [string, string, Condition['direction'], string, string];
  return { text: text.trim(), of: of === TOTAL ? TOTAL : matchedName(of), direction, by: Number(by), unit: unit.startsWith('point') ? 'points' : 'percent' };
}

export interface ConditionResult {
  condition: Condition;
  isMet: boolean;
  /** No function of the name was seen on either side. */
  isUnknown: boolean;
  /** Of several functions of one name the first that meets it. */
  difference: Difference | null;
}

/**
 * A condition is met when that is sure: the verdict says so, which is corrected for all functions, and the whole 95 %
 * interval lies beyond what was asked. What is new has grown by more than any percentage, what vanished shrank by 100 %.
 */
export function testCondition(condition: Condition, { all, functions }: Comparison): ConditionResult {
  const asked = condition.of === TOTAL ? [all] : functions.filter(({ name }) => name === condition.of).map(({ total }) => total);
  const met = asked.find((difference) => isMet(condition, difference));
  return { condition, isMet: met !== undefined, isUnknown: asked.length === 0, difference: met ?? asked[0] ?? null };
}

function isMet({ direction, by, unit }: Condition, { a, low, high, verdict }: Difference): boolean {
  const grows = direction === 'grows';
  if (!(grows ? ['grew', 'new'] : ['shrank', 'vanished']).includes(verdict)) return false;
  const threshold = unit === 'points' ? by : (by / 100) * a;
  // The interval of what vanished reaches beyond all there was, and never quite to it.
  if (verdict === 'vanished' && unit === 'percent') return by <= 100;
  return grows ? low > threshold : -high > threshold;
}
