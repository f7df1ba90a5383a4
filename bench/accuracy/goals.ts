// SPDX-License-Identifier: Apache-2.0

/** "99.93 %", with a word where the goal is missed. @param value a share, as `goal`; NaN: there is none */
export function againstGoal(value: number, goal: number): string {
  if (Number.isNaN(value)) return '-';
  return `${(100 * value).toFixed(2)} %${value >= goal ? '' : ' **missed**'}`;
}
