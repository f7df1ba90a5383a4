// SPDX-License-Identifier: Apache-2.0
/** What is said of a frame under the pointer. Plain text: it never becomes markup. */
import { FrameCategory } from '../../profile/schema.ts';
import { displayName, formatCount, formatShare } from '../app/format.ts';
import { FLAG_PROCESS, MERGED, type Picture } from '../worker/protocol.ts';

export const originNames: Record<FrameCategory, string> = {
  [FrameCategory.user]: 'program',
  [FrameCategory.library]: 'library',
  [FrameCategory.kernel]: 'kernel',
  [FrameCategory.inlined]: 'inlined',
  [FrameCategory.jit]: 'JIT',
  [FrameCategory.interpreted]: 'interpreted',
  [FrameCategory.unresolved]: 'unresolved',
};

/** In the place of an origin, for what is no code. */
export const PROCESS_NAME = 'process';

/** C++ templates have names of many thousand characters. */
const LONGEST_NAME = 400;

function samples(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'sample' : 'samples'}`;
}

export function frameName(picture: Picture, frame: number, limit = Infinity): string {
  const name = picture.name[frame]!;
  return name === MERGED ? 'Frames too narrow to draw' : displayName(picture.names[name] ?? '', limit);
}

/** `function (1,234 samples, 5.67%)`, the root `all (N samples, 100%)`. Shares are of everything within range. */
export function tooltipText(picture: Picture, frame: number): string {
  const total = picture.total[frame]!;
  return `${frameName(picture, frame, LONGEST_NAME)} (${samples(total)}, ${formatShare(total, picture.rootTotal)})`;
}

/** Second line: where it lies, and its share of the zoomed frame. Empty for the root. */
export function tooltipDetail(picture: Picture, frame: number): string {
  if (picture.name[frame] === MERGED) return 'Click to zoom to their caller';
  if (picture.depth[frame] === 0) return '';
  const isProcess = (picture.flags[frame]! & FLAG_PROCESS) !== 0;
  const origin = isProcess ? PROCESS_NAME : originNames[picture.category[frame] as FrameCategory];
  const module = picture.module?.[frame] ?? -1;
  const place = module >= 0 ? `${displayName(picture.names[module] ?? '', 80)} · ${origin}` : origin;
  const zoomed = picture.zoomTotal !== picture.rootTotal;
  return zoomed ? `${place} · ${formatShare(picture.total[frame]!, picture.zoomTotal)} of the zoomed frame` : place;
}
