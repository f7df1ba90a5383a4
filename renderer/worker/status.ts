// SPDX-License-Identifier: Apache-2.0
import type { Status } from './protocol.ts';
import type { Replica } from './replica.ts';

/** The status bar's figures: of everything received, whatever the view shows. Null before the first rows. */
export function statusOf(replica: Replica): Status | null {
  const { recording, figures, info, tree } = replica;
  if (figures === null) return null;
  const { samples, expected, lost, stacks, ends, frames } = replica.statistics();
  return {
    recording,
    figures,
    samples,
    expected: expected * (info?.frequencyHz ?? 0),
    lost,
    stacks,
    ends,
    frames,
    // Without the root, and without the process where it is hidden.
    callNodes: Math.max(0, tree.size - (tree.hasProcesses ? 1 : 2)),
  };
}
