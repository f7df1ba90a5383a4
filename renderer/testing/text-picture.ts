// SPDX-License-Identifier: Apache-2.0
/** Test only. A Picture out of an indented list, as one would draw it on paper. */
import { FrameCategory } from '../../profile/schema.ts';
import { NO_SLOT } from '../../profile/module-colours.ts';
import { FLAG_ANCESTOR, FLAG_MATCH, MERGED, type Picture } from '../worker/protocol.ts';

/**
 * One frame a line: two spaces of indent a row, name, samples; `*` marks a match, `^` an ancestor of the zoom, `[k]`
 * kernel; the name `~` is a merged block. Children stand side by side from their parent's left edge. `scale`: pixels a sample.
 */
export function pictureFromText(text: string, scale = 1): Picture {
  const frames = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, node) => {
      const found = /^(\s*)(\S.*?) (\d+)((?: (?:\*|\^|\[k\]))*)$/.exec(line);
      if (found === null) throw new Error(`not a frame: ${line}`);
      const [, indent = '', name = '', total = '', marks = ''] = found;
      return { node, depth: indent.length / 2, name, total: Number(total), marks, x: 0 };
    });
  const ends: number[] = [];
  for (const frame of frames) {
    frame.x = ends[frame.depth] ?? 0;
    ends[frame.depth] = frame.x + frame.total * scale;
    ends[frame.depth + 1] = frame.x;
    ends.length = frame.depth + 2;
  }
  const path = frames.filter((frame) => frame.marks.includes('^'));
  const zoomed = frames.find((frame) => frame.depth === path.length) ?? frames[0];
  const sorted = [...frames].sort((a, b) => a.depth - b.depth || a.x - b.x);
  const names = [...new Set(frames.map((frame) => frame.name))];
  return {
    revision: 1,
    recording: 1,
    count: sorted.length,
    x: Float32Array.from(sorted, (frame) => frame.x),
    width: Float32Array.from(sorted, (frame) => frame.total * scale),
    depth: Uint16Array.from(sorted, (frame) => frame.depth),
    node: Uint32Array.from(sorted, (frame) => frame.node),
    name: Int32Array.from(sorted, (frame) => (frame.name === '~' ? MERGED : names.indexOf(frame.name))),
    category: Uint8Array.from(sorted, (frame) => (frame.marks.includes('[k]') ? FrameCategory.kernel : FrameCategory.user)),
    slot: Uint8Array.from(sorted, () => NO_SLOT),
    total: Float64Array.from(sorted, (frame) => frame.total),
    self: Float64Array.from(sorted, () => 0),
    flags: Uint8Array.from(
      sorted,
      (frame) => (frame.marks.includes('*') ? FLAG_MATCH : 0) | (frame.marks.includes('^') ? FLAG_ANCESTOR : 0),
    ),
    names,
    unit: 'samples',
    rows: Math.max(0, ...sorted.map((frame) => frame.depth + 1)),
    rootTotal: frames[0]?.total ?? 0,
    zoomTotal: zoomed?.total ?? 0,
    path: [...path, ...(zoomed === undefined ? [] : [zoomed])].map(({ node, name }) => ({ node, name })),
    search: null,
    newestRowAt: 0,
  };
}
