// SPDX-License-Identifier: Apache-2.0
/** Which frames a file with a picture keeps. */
import { ROOT } from '../profile/call-tree.ts';
import { VisibleFrames, cull, type WeighedTree } from '../profile/culling.ts';

/**
 * The frames with the highest weights, siblings left out as one block; in order of (depth, x), the root first.
 * @param maxRows frames further from the root do not count, and the caller leaves them out
 */
export function keptFrames(tree: WeighedTree, maxFrames: number, maxRows: number): VisibleFrames {
  // One sample is one pixel, so that the least width is a weight.
  const request = { zoom: ROOT, width: tree.total(ROOT) || 1, minWidth: leastTotal(tree, maxFrames, maxRows) };
  return cull(tree, request, new VisibleFrames());
}

/** How much less is looked at next, where too few were seen. */
const FINER = 8;

/** Weight from which on at most so many nodes remain; 0: all of them. Only what is above it is looked at, so that a tree may make
 * its nodes as it is asked. */
function leastTotal(tree: WeighedTree, maxFrames: number, maxRows: number): number {
  const visible = new VisibleFrames();
  const width = tree.total(ROOT) || 1;
  for (let minWidth = width / maxFrames; ; minWidth /= FINER) {
    cull(tree, { zoom: ROOT, width, minWidth }, visible);
    const totals = new Float64Array(visible.count);
    let count = 0;
    let isMerged = false;
    for (let at = 0; at < visible.count; at++) {
      if (visible.depth[at]! >= maxRows) continue;
      if (visible.merged[at] === 1) isMerged = true;
      else totals[count++] = visible.total[at]!;
    }
    if (count > maxFrames) return totals.subarray(0, count).sort()[count - maxFrames - 1]! * (1 + 1e-9);
    if (!isMerged) return 0;
  }
}
