// SPDX-License-Identifier: Apache-2.0
/** What is said of a frame under the pointer. Plain text: it never becomes markup. */
import { originNames } from '../../profile/colour-words.ts';
import { FrameCategory } from '../../profile/schema.ts';
import { waitReasonNames, reasonOfFunction } from '../../profile/wait-reasons.ts';
import { displayName, formatShare } from '../app/format.ts';
import { formatWeight } from '../app/questions.ts';
import { FLAG_PROCESS, MERGED, Tint, type Picture } from '../worker/protocol.ts';

/** In the place of an origin, for what is no code. */
export const PROCESS_NAME = 'process';

/** C++ templates have names of many thousand characters. */
const LONGEST_NAME = 400;

export function frameName(picture: Picture, frame: number, limit = Infinity): string {
  const name = picture.name[frame]!;
  return name === MERGED ? 'Frames too narrow to draw' : displayName(picture.names[name] ?? '', limit);
}

/** `function (1,234 samples, 5.67%)`, the root `all (N samples, 100%)`. Shares are of everything within range. */
export function tooltipText(picture: Picture, frame: number): string {
  if (picture.words) return frameName(picture, frame, LONGEST_NAME);
  const total = picture.total[frame]!;
  return `${frameName(picture, frame, LONGEST_NAME)} (${formatWeight(total, picture.unit)}, ${formatShare(total, picture.rootTotal)})`;
}

/** Second line: where it lies, and its share of the zoomed frame. Empty for the root. */
export function tooltipDetail(picture: Picture, frame: number): string {
  if (picture.name[frame] === MERGED) return 'Click to zoom to their caller';
  if (picture.words) return picture.words[frame]!;
  if (picture.depth[frame] === 0) return '';
  const isProcess = (picture.flags[frame]! & FLAG_PROCESS) !== 0;
  const origin = isProcess ? PROCESS_NAME : originNames[picture.category[frame] as FrameCategory];
  const module = picture.module?.[frame] ?? -1;
  const where = module >= 0 ? `${displayName(picture.names[module] ?? '', 80)} · ${origin}` : origin;
  const place = `${where}${tintWords(picture, frame)}`;
  const zoomed = picture.zoomTotal !== picture.rootTotal;
  return zoomed ? `${place} · ${formatShare(picture.total[frame]!, picture.zoomTotal)} of the zoomed frame` : place;
}

/** What the time of a frame is, where some of the picture's is off a CPU: " · blocked: disk". */
function tintWords(picture: Picture, frame: number): string {
  switch (picture.tint?.[frame]) {
    case Tint.blocked: {
      const isKernel = picture.category[frame] !== FrameCategory.user;
      const reason = isKernel ? reasonOfFunction(picture.names[picture.name[frame]!] ?? '') : null;
      return reason === null ? ' · blocked' : ` · blocked: ${waitReasonNames[reason]}`;
    }
    case Tint.queued:
      return ' · without a CPU';
    case Tint.waker:
      return ' · who woke it';
    case Tint.onCpu:
      return ' · on a CPU';
    default:
      return '';
  }
}
