// SPDX-License-Identifier: Apache-2.0
/** Which modules are worth a download most. */
import type { Tables } from '../../../../profile/tables.ts';
import { NONE, type ModuleIndex } from '../../../../profile/units.ts';

/** Samples whose stacks hold frames of a module, by module: one with several such frames counts several times. O(rows). */
export function moduleWeights({ samples, stacks, frames }: Tables): Float64Array {
  const total = new Float64Array(stacks.length);
  for (let row = 0; row < samples.length; row++) {
    const stack = samples.columns.stack[row]!;
    if (stack !== NONE) total[stack] = total[stack]! + samples.columns.weight[row]!;
  }
  let modules = 0;
  for (let frame = 0; frame < frames.length; frame++) modules = Math.max(modules, frames.columns.module[frame]! + 1);
  const weights = new Float64Array(modules);
  // A stack's prefix has a lower row than itself.
  for (let stack = stacks.length - 1; stack >= 0; stack--) {
    const module: ModuleIndex = frames.columns.module[stacks.columns.frame[stack]!]!;
    if (module !== NONE) weights[module] = weights[module]! + total[stack]!;
    const prefix = stacks.columns.prefix[stack]!;
    if (prefix !== NONE) total[prefix] = total[prefix]! + total[stack]!;
  }
  return weights;
}
