// SPDX-License-Identifier: Apache-2.0
/** A flame graph the size of a thumb: cells of a grid, a byte each, which say what kind of code is there. */
import { ROOT, type CallTree } from './call-tree.ts';
import { cull, VisibleFrames } from './culling.ts';

export const THUMBNAIL_COLUMNS = 96;
export const THUMBNAIL_ROWS = 16;

/** Cells row by row, the root's callees first: 0 where nothing is, else FrameCategory + 1. A boundary between two frames
 * is not kept: neighbours of one kind are one block. Empty where there are no samples. */
export function thumbnailOf(tree: CallTree): Uint8Array {
  const frames = cull(tree, { zoom: ROOT, width: THUMBNAIL_COLUMNS }, new VisibleFrames());
  const cells = new Uint8Array(THUMBNAIL_COLUMNS * THUMBNAIL_ROWS);
  let any = false;
  for (let at = 0; at < frames.count; at++) {
    const row = frames.depth[at]! - 1;
    if (row < 0 || row >= THUMBNAIL_ROWS) continue;
    const from = Math.round(frames.x[at]!);
    const to = Math.round(frames.x[at]! + frames.width[at]!);
    cells.fill(tree.category(frames.node[at]!) + 1, row * THUMBNAIL_COLUMNS + from, row * THUMBNAIL_COLUMNS + Math.min(to, THUMBNAIL_COLUMNS));
    any ||= to > from;
  }
  return any ? cells : new Uint8Array(0);
}

/** As text of letters, so that it can lie among a file's metadata: one a cell, equal cells at a row's end left out. */
export function thumbnailText(cells: Uint8Array): string {
  if (cells.length === 0) return '';
  const rows = Array.from({ length: THUMBNAIL_ROWS }, (_, row) =>
    [...cells.subarray(row * THUMBNAIL_COLUMNS, (row + 1) * THUMBNAIL_COLUMNS)].map((cell) => LETTERS[cell] ?? LETTERS.at(-1)).join('').replace(/\.+$/, ''),
  );
  return rows.join('/').replace(/\/+$/, '');
}

/** '.' nothing; then the categories in their order. */
const LETTERS = '.ulkijpx';

/** Cells of a text that may come from anybody; what is unknown in it is empty. */
export function thumbnailCells(text: string): Uint8Array {
  const cells = new Uint8Array(text === '' ? 0 : THUMBNAIL_COLUMNS * THUMBNAIL_ROWS);
  for (const [row, line] of text.split('/').slice(0, THUMBNAIL_ROWS).entries()) {
    for (let column = 0; column < Math.min(line.length, THUMBNAIL_COLUMNS) && cells.length > 0; column++) {
      cells[row * THUMBNAIL_COLUMNS + column] = Math.max(0, LETTERS.indexOf(line[column]!));
    }
  }
  return cells;
}
