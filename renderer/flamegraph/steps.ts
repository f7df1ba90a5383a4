// SPDX-License-Identifier: Apache-2.0
/** From one frame to the next by keyboard: pure, on what is visible. */
import { FLAG_MATCH, MERGED, type NodeIndex, type Picture } from '../worker/protocol.ts';
import { childFrame, frameOf, parentFrame, siblingFrame, type Layout } from './geometry.ts';

export type Direction = 'up' | 'down' | 'left' | 'right';

/** The node that an arrow key leads to; the zoomed frame when nothing visible is selected; null: no further. */
export function stepTo(
  picture: Picture,
  starts: Uint32Array,
  selection: NodeIndex | null,
  direction: Direction,
  layout: Layout,
): NodeIndex | null {
  const frame = frameOf(picture, selection);
  if (frame < 0) return picture.path.at(-1)?.node ?? null;
  const outwards = (direction === 'up') === (layout === 'flame');
  const next =
    direction === 'left' || direction === 'right'
      ? siblingFrame(picture, starts, frame, direction === 'left' ? -1 : 1)
      : outwards
        ? childFrame(picture, starts, frame)
        : parentFrame(picture, starts, frame);
  return next < 0 ? null : picture.node[next]!;
}

/** The match after (or before) the selection, from left to right and from the root outwards; null: none is visible. */
export function matchAfter(picture: Picture, selection: NodeIndex | null, step: -1 | 1): NodeIndex | null {
  const matches: number[] = [];
  for (let frame = 0; frame < picture.count; frame++) {
    if ((picture.flags[frame]! & FLAG_MATCH) !== 0 && picture.name[frame] !== MERGED) matches.push(frame);
  }
  if (matches.length === 0) return null;
  matches.sort((a, b) => picture.x[a]! - picture.x[b]! || picture.depth[a]! - picture.depth[b]!);
  const at = matches.findIndex((frame) => picture.node[frame] === selection);
  const next = at < 0 ? (step > 0 ? 0 : matches.length - 1) : (at + step + matches.length) % matches.length;
  return picture.node[matches[next]!]!;
}

/** What `+` zooms to: the selected frame where there is one inside of the zoom, else the widest child. */
export function zoomInTarget(picture: Picture, starts: Uint32Array, selection: NodeIndex | null): NodeIndex | null {
  const zoomed = picture.path.at(-1)?.node ?? 0;
  const frame = frameOf(picture, selection);
  if (frame >= 0 && picture.node[frame] !== zoomed && !picture.path.some((step) => step.node === selection)) {
    return picture.node[frame]!;
  }
  const child = childFrame(picture, starts, Math.max(0, frameOf(picture, zoomed)));
  return child < 0 ? null : picture.node[child]!;
}
