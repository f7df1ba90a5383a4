// SPDX-License-Identifier: Apache-2.0
/**
 * The frames of a call tree that can be seen: those at least about a pixel wide in the zoomed range.
 *
 * Siblings stand in the order of their names from the left; those below `minWidth` are merged into one
 * block to the right of them, and what the parent spent itself stays free at its right end:
 *
 *     | child a | child b     |merged|      self      |
 *     |                    parent                     |
 *
 * Only visible nodes are looked into, and of a node's children no more than are needed to know that the
 * rest is narrower than a pixel, so the cost follows what is visible and not the size of the tree.
 */
import { NO_NODE, ROOT, type CallTree } from './call-tree.ts';

/** What can be drawn: a tree of which each node has a width and a name. */
export type WeighedTree = Pick<CallTree, 'size' | 'path' | 'depth' | 'total' | 'self' | 'firstChild' | 'nextSibling' | 'name'>;

export interface CullRequest {
  /** The node that fills the width. Its ancestors are drawn at full width, too. */
  zoom: number;
  /** Pixels. */
  width: number;
  /** Pixels: narrower siblings are merged. 1 if not given. */
  minWidth?: number;
}

/** Visible frames as columns, `count` long, sorted by (depth, x). Kept and reused by the caller. */
export class VisibleFrames {
  count = 0;
  /** Pixels from the left. */
  x = new Float32Array(1024);
  width = new Float32Array(1024);
  /** Rows from the root. */
  depth = new Uint32Array(1024);
  /** The call node; of a merged block one of the merged siblings. What a block is, is said by that node's parent. */
  node = new Uint32Array(1024);
  /** 1: a block of siblings that are each below `minWidth`. */
  merged = new Uint8Array(1024);
  /** Samples; of a block those of all siblings in it. */
  total = new Float64Array(1024);
  /** Samples; 0 for a block. */
  self = new Float64Array(1024);

  push(x: number, width: number, depth: number, node: number, merged: boolean, total: number, self: number): void {
    if (this.count === this.x.length) this.#grow();
    const at = this.count++;
    this.x[at] = x;
    this.width[at] = width;
    this.depth[at] = depth;
    this.node[at] = node;
    this.merged[at] = merged ? 1 : 0;
    this.total[at] = total;
    this.self[at] = self;
  }

  #grow(): void {
    const doubled = <T extends Float32Array | Float64Array | Uint32Array | Uint8Array>(old: T): T => {
      const grown = new (old.constructor as new (length: number) => T)(old.length * 2);
      grown.set(old);
      return grown;
    };
    this.x = doubled(this.x);
    this.width = doubled(this.width);
    this.depth = doubled(this.depth);
    this.node = doubled(this.node);
    this.merged = doubled(this.merged);
    this.total = doubled(this.total);
    this.self = doubled(this.self);
  }
}

/** Below this share of a parent, what is left after its children is rounding and no block. */
const ROUNDING = 1e-9;

/** Writes the visible frames to `out` (from its beginning). A width that is not above 0 shows nothing; a zoomed
 * node without samples stands alone with its ancestors. */
export function cull(tree: WeighedTree, { zoom, width, minWidth = 1 }: CullRequest, out: VisibleFrames): VisibleFrames {
  out.count = 0;
  if (!(width > 0) || !(zoom >= ROOT && zoom < tree.size)) return out;
  for (const node of tree.path(zoom)) {
    out.push(0, width, tree.depth(node), node, false, tree.total(node), tree.self(node));
  }
  const zoomTotal = tree.total(zoom);
  if (!(zoomTotal > 0)) return out;
  const scale = width / zoomTotal;
  // Parents are taken in the order in which they were written, so rows come out from left to right.
  for (let parent = out.count - 1; parent < out.count; parent++) {
    if (out.merged[parent] === 0) pushChildren(tree, parent, scale, minWidth, out);
  }
  return out;
}

function pushChildren(tree: WeighedTree, parent: number, scale: number, minWidth: number, out: VisibleFrames): void {
  const node = out.node[parent]!;
  const inChildren = out.total[parent]! - out.self[parent]!;
  const wide: number[] = [];
  let unseen = inChildren;
  let merged = inChildren;
  let first = NO_NODE;
  for (let child = tree.firstChild(node); child !== NO_NODE; child = tree.nextSibling(child)) {
    // Younger children together are too narrow: none of them can be seen.
    if (unseen * scale < minWidth && first !== NO_NODE) break;
    const total = tree.total(child);
    if (!(total > 0)) continue;
    unseen -= total;
    if (total * scale >= minWidth) {
      wide.push(child);
      merged -= total;
    } else if (first === NO_NODE) first = child;
  }
  if (wide.length > 1) wide.sort((a, b) => compareNames(tree, a, b));

  const depth = out.depth[parent]! + 1;
  const end = out.x[parent]! + out.width[parent]!;
  let x = out.x[parent]!;
  for (const child of wide) {
    const total = tree.total(child);
    const width = Math.min(total * scale, end - x);
    out.push(x, width, depth, child, false, total, tree.self(child));
    x += width;
  }
  if (first !== NO_NODE && merged > inChildren * ROUNDING) {
    out.push(x, Math.min(merged * scale, end - x), depth, first, true, merged, 0);
  }
}

function compareNames(tree: WeighedTree, a: number, b: number): number {
  const nameA = tree.name(a);
  const nameB = tree.name(b);
  return nameA < nameB ? -1 : nameA > nameB ? 1 : a - b;
}
