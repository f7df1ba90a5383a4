// SPDX-License-Identifier: Apache-2.0
/** A comparison as a picture: the SVG of svg.ts, or the page of write/html.ts, with what changed as its colours. */
import { ROOT } from '../profile/call-tree.ts';
import type { Theme } from '../profile/colours.ts';
import { CHANGE_STEPS, changeColour, stepOf, type DifferencePalette } from '../profile/comparison/difference-colours.ts';
import type { DifferenceTree } from '../profile/comparison/difference-tree.ts';
import type { WrittenUnit } from '../profile/questions.ts';
import { keptFrames } from './kept-frames.ts';
import { printable } from './printable.ts';
import { FIRST_OTHER_COLOUR, MAX_FRAMES, MAX_ROWS, MERGED_NAME, NO_CODE, drawnSvg, type FrameTable } from './svg.ts';
import { toHtml, type PageFrame } from './write/html.ts';

export interface DifferencePictureOptions {
  title: string;
  subtitle?: string;
  /** What A and B are called. */
  a: string;
  b: string;
  palette?: DifferencePalette;
  /** Identities that are coloured (`sureOf`); null: noise is, too. */
  sure?: ReadonlySet<number> | null;
  /** Root at the top. */
  icicle?: boolean;
}

/** Widths are percent, and the picture keeps whole numbers. */
const WIDTH_SCALE = 1e6;
/** Frames of a page, each of which is several elements. */
const MAX_PAGE_FRAMES = 4_000;
const MAX_PAGE_ROWS = 1_000;

const colourOf = (step: number): number => FIRST_OTHER_COLOUR + step + CHANGE_STEPS;

export function differenceSvg(tree: DifferenceTree, { title, subtitle = '', a, b, palette = 'orange-blue', sure = null, icicle = false }: DifferencePictureOptions): string {
  const table: Required<FrameTable> = { names: ['(merged)'], colours: [0], parent: [], name: [], total: [], words: [] };
  const rows = new Map<string, number>();
  for (const { node, parent, isMerged, total } of keptNodes(tree, MAX_FRAMES, MAX_ROWS)) {
    let row = MERGED_NAME;
    if (!isMerged) {
      const name = printable(tree.name(node));
      const colour = tree.key(node) < 0 ? NO_CODE : colourOf(stepOf(tree, node, sure));
      const identity = `${colour} ${name}`;
      row = rows.get(identity) ?? table.names.length;
      if (row === table.names.length) {
        rows.set(identity, row);
        table.names.push(name);
        table.colours.push(colour);
      }
    }
    table.parent.push(parent);
    table.name.push(row);
    table.total.push(Math.round(total * WIDTH_SCALE));
    table.words.push(isMerged ? '' : tree.words(node));
  }
  const colours = (theme: Theme): string => {
    let css = '';
    for (let step = -CHANGE_STEPS; step <= CHANGE_STEPS; step++) css += `.c${colourOf(step)}{fill:${changeColour(step, palette, theme)}}`;
    return `${css}\n`;
  };
  const [grew, shrank] = palette === 'red-blue' ? ['red', 'blue'] : ['orange', 'blue'];
  // The words of every frame say what its width is of.
  return drawnSvg(table, { title, icicle, unit: 'samples', subtitle: [`A: ${a}`, `B: ${b}`, `${grew}: grew, ${shrank}: shrank, yellow: new, green: vanished, grey: ${sure ? 'unchanged, or noise' : 'unchanged'}`, subtitle], colours });
}

/** @param weights what all of A weighs: the page tells weights in its unit */
export function differenceHtml(
  tree: DifferenceTree,
  { title, subtitle = '', a, b, palette = 'orange-blue', sure = null, icicle = false }: DifferencePictureOptions,
  weights: { all: number; unit: WrittenUnit },
): string {
  const scale = weights.all / 100;
  const frames = keptNodes(tree, MAX_PAGE_FRAMES, MAX_PAGE_ROWS).map(({ node, parent, isMerged, total, self }): PageFrame => {
    const isCode = !isMerged && tree.key(node) >= 0;
    const delta = { a: tree.totalOf('a', node) / 100, b: tree.totalOf('b', node) / 100, selfA: tree.selfOf('a', node) / 100, selfB: tree.selfOf('b', node) / 100, step: stepOf(tree, node, sure) };
    return {
      parent,
      name: isMerged ? '' : tree.name(node),
      category: isCode ? tree.category(node) : null,
      isMerged,
      module: isCode ? tree.module(node) : '',
      total: total * scale,
      self: self * scale,
      ...(isMerged ? {} : { delta }),
    };
  });
  return toHtml({ unit: weights.unit, frames, compared: { a, b, palette, isNoiseGrey: sure !== null } }, { title, subtitle, icicle });
}

interface KeptNode {
  node: number;
  /** Row of the parent; of the root its own. */
  parent: number;
  isMerged: boolean;
  total: number;
  self: number;
}

function keptNodes(tree: DifferenceTree, maxFrames: number, maxRows: number): KeptNode[] {
  const visible = keptFrames(tree, maxFrames, maxRows);
  const rowOf = new Map<number, number>();
  const kept: KeptNode[] = [];
  for (let at = 0; at < visible.count && visible.depth[at]! < maxRows; at++) {
    const node = visible.node[at]!;
    const isMerged = visible.merged[at] === 1;
    if (!isMerged) rowOf.set(node, at);
    kept.push({
      node,
      parent: node === ROOT ? 0 : rowOf.get(tree.parent(node))!,
      isMerged,
      total: visible.total[at]!,
      self: isMerged ? visible.total[at]! : visible.self[at]!,
    });
  }
  return kept;
}
