// SPDX-License-Identifier: Apache-2.0
/** Which frames a file with a picture keeps. */
import { ROOT } from '../profile/call-tree.ts';
import { VisibleFrames, cull, type WeighedTree } from '../profile/culling.ts';

/** A tree of which some nodes may be hidden. */
export type KeptTree = WeighedTree & { isHidden(node: number): boolean };

/**
 * The frames with the highest weights, siblings left out as one block; in order of (depth, x), the root first.
 * @param maxRows frames further from the root do not count, and the caller leaves them out
 */
export function keptFrames(tree: KeptTree, maxFrames: number, maxRows: number): VisibleFrames {
  // One sample is one pixel, so that the least width is a weight.
  const request = { zoom: ROOT, width: tree.total(ROOT) || 1, minWidth: leastTotal(tree, maxFrames, maxRows) };
  return cull(tree, request, new VisibleFrames());
}

/** Weight from which on at most so many nodes remain; 0: all of them. */
function leastTotal(tree: KeptTree, maxFrames: number, maxRows: number): number {
  if (tree.size <= maxFrames) return 0;
  const totals = new Float64Array(tree.size);
  let count = 0;
  for (let node = 0; node < tree.size; node++) if (!tree.isHidden(node) && tree.depth(node) < maxRows) totals[count++] = tree.total(node);
  return count <= maxFrames ? 0 : totals.subarray(0, count).sort()[count - maxFrames - 1]! * (1 + 1e-9);
}
