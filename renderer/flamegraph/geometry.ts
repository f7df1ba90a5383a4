// SPDX-License-Identifier: Apache-2.0
/** Where frames lie, and which lies where: pure look-ups in a Picture. */
import { FLAG_PROCESS, MERGED, type NodeIndex, type Picture } from '../worker/protocol.ts';

export const ROW_HEIGHT = 21;
/** Of a row, the part that is filled. */
export const FRAME_HEIGHT = 19.5;

export type Layout = 'flame' | 'icicle';

/** Height of all rows in CSS pixels, with a little air at the root. */
export const EDGE = 6;

export function contentHeight(rows: number): number {
  return rows * ROW_HEIGHT + 2 * EDGE;
}

/** Top of a row in a content of `height` pixels: the root lies at the bottom of a flame, at the top of an icicle. */
export function rowTop(depth: number, layout: Layout, height: number): number {
  return layout === 'flame' ? height - EDGE - (depth + 1) * ROW_HEIGHT : EDGE + depth * ROW_HEIGHT;
}

/** The row at `y`; may lie outside of the picture. */
export function rowAt(y: number, layout: Layout, height: number): number {
  return Math.floor((layout === 'flame' ? height - EDGE - y : y - EDGE) / ROW_HEIGHT);
}

/** First frame of each row, and one past the last: frames are sorted by (depth, x). */
export function rowStarts(picture: Picture): Uint32Array {
  const starts = new Uint32Array(picture.rows + 1).fill(picture.count);
  for (let index = picture.count - 1; index >= 0; index--) {
    const depth = picture.depth[index]!;
    if (depth < picture.rows) starts[depth] = index;
  }
  // A row without frames begins where the next one does.
  for (let row = picture.rows - 1; row >= 0; row--) starts[row] = Math.min(starts[row]!, starts[row + 1]!);
  return starts;
}

/** The frame at (x, row), -1 where there is none. Binary search within the row. */
export function frameAt(picture: Picture, starts: Uint32Array, x: number, row: number): number {
  if (row < 0 || row >= picture.rows) return -1;
  let low = starts[row]!;
  let high = starts[row + 1]! - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (x < picture.x[middle]!) high = middle - 1;
    else if (x >= picture.x[middle]! + picture.width[middle]!) low = middle + 1;
    else return middle;
  }
  return -1;
}

/** The frame that shows a call node; -1 where it is not visible by itself. */
export function frameOf(picture: Picture, node: NodeIndex | null): number {
  if (node === null) return -1;
  for (let index = 0; index < picture.count; index++) {
    if (picture.node[index] === node && picture.name[index] !== MERGED) return index;
  }
  return -1;
}

const middleOf = (picture: Picture, frame: number) => picture.x[frame]! + picture.width[frame]! / 2;

/** The frame below (towards the root), -1 at the root. */
export function parentFrame(picture: Picture, starts: Uint32Array, frame: number): number {
  return frameAt(picture, starts, middleOf(picture, frame), picture.depth[frame]! - 1);
}

/** Is there more than the root and processes? */
export function hasCode({ count, depth, flags }: Pick<Picture, 'count' | 'depth' | 'flags'>): boolean {
  for (let frame = 0; frame < count; frame++) if (depth[frame]! > 0 && (flags[frame]! & FLAG_PROCESS) === 0) return true;
  return false;
}

/** Frames from the root to `frame`. */
export function stackOf(picture: Picture, starts: Uint32Array, frame: number): number[] {
  const stack: number[] = [];
  for (let at = frame; at >= 0; at = parentFrame(picture, starts, at)) stack.unshift(at);
  return stack;
}

/** The widest frame directly above that is not a merged block, -1 at a leaf. */
export function childFrame(picture: Picture, starts: Uint32Array, frame: number): number {
  const row = picture.depth[frame]! + 1;
  if (row >= picture.rows) return -1;
  const [left, right] = [picture.x[frame]!, picture.x[frame]! + picture.width[frame]!];
  let widest = -1;
  for (let index = starts[row]!; index < starts[row + 1]!; index++) {
    const middle = middleOf(picture, index);
    if (middle < left || middle >= right || picture.name[index] === MERGED) continue;
    if (widest < 0 || picture.width[index]! > picture.width[widest]!) widest = index;
  }
  return widest;
}

/** The next frame in the same row to the left (-1) or right (+1); -1 at the end. */
export function siblingFrame(picture: Picture, starts: Uint32Array, frame: number, step: -1 | 1): number {
  const row = picture.depth[frame]!;
  for (let index = frame + step; index >= starts[row]! && index < starts[row + 1]!; index += step) {
    if (picture.name[index] !== MERGED) return index;
  }
  return -1;
}
