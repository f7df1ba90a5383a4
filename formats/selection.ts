// SPDX-License-Identifier: Apache-2.0
/** What of a profile is exported: the same choice as in the window. */
import { ROOT } from '../profile/call-tree.ts';
import { NOTHING_COLLAPSED, type Collapse } from '../profile/collapse.ts';
import { EVERYTHING, type SampleFilter } from '../profile/filter.ts';
import type { Key } from '../profile/frame-keys.ts';
import { LiveTree } from '../profile/live-tree.ts';
import { SAMPLES_ONLY, weightsOf, type WrittenWeights } from '../profile/questions.ts';
import type { Tables } from '../profile/tables.ts';
import { NONE } from '../profile/units.ts';
import { WaitWeights } from '../profile/wait-weights.ts';

export interface Selection {
  /** Everything if not given. */
  filter?: SampleFilter;
  /** Keys of `CallTree.path` without the root, down to the zoomed node: only stacks that begin so. The process comes
   * first where there are several. */
  zoom?: readonly Key[];
  /** Nothing if not given. */
  collapse?: Collapse;
  /** What rows weigh; samples of CPU time alone if not given. */
  weights?: WrittenWeights;
}

export const SAMPLES: WrittenWeights = { scale: SAMPLES_ONLY, unit: 'samples' };

/** The call tree of a selection. `rows` calls back with each row of `samples` in it; `waits`: its time off a CPU. */
export function selectTree(tables: Tables, { filter = EVERYTHING, zoom = [], collapse = NOTHING_COLLAPSED, weights = SAMPLES }: Selection) {
  const live = new LiveTree(tables, collapse, weights.scale);
  live.show(filter);
  const { tree } = live;
  const { stack, thread } = tables.samples.columns;
  const weightOf = weightsOf(tables.samples, weights.scale);
  const processOf = (row: number) => tree.processes.ofThread(thread[row]!);
  const zoomed = tree.find(zoom);
  const rows = (visit: (row: number) => void) => {
    if (zoomed === ROOT) return live.samples.forEach(filter, visit);
    if (zoomed === NONE) return;
    const inside = new Uint8Array(tree.size);
    inside[zoomed] = 1;
    for (let node = zoomed + 1; node < tree.size; node++) inside[node]! |= inside[tree.parent(node)]!;
    live.samples.forEach(filter, (row) => {
      if (inside[tree.leaf(stack[row]!, processOf(row))] === 1) visit(row);
    });
  };
  if (zoomed !== ROOT) tree.reweigh((add) => rows((row) => add(stack[row]!, weightOf(row), processOf(row))));
  const waits = () => {
    const found = new WaitWeights();
    const { kind } = tables.samples.columns;
    rows((row) => {
      if (weightOf(row) > 0) found.add(kind[row]!, processOf(row), stack[row]!, weightOf(row));
    });
    return found;
  };
  return { tree, rows, waits };
}
