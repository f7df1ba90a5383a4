// SPDX-License-Identifier: Apache-2.0
/**
 * One self-contained page, drawn by d3-flame-graph: opens from a file, without a network.
 *
 * Its policy lets nothing run but the script that belongs to it, by its hash, and load nothing. The profile lies beside
 * the script as JSON, in which `<`, `>` and `&` are \u escapes, and the script sets text only through textContent.
 */
import { MERGED_NAME, NO_CODE, type PageData } from '../page/page-data.ts';
import type { DifferencePalette } from '../../profile/comparison/difference-colours.ts';
import type { WrittenUnit } from '../../profile/questions.ts';
import type { FrameCategory } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { tints, type Tint } from '../../profile/tints.ts';
import { keptFrames } from '../kept-frames.ts';
import { printable } from '../printable.ts';
import { SAMPLES, selectTree, type Selection } from '../selection.ts';
import { PAGE_SCRIPT, PAGE_SCRIPT_HASH, PAGE_STYLE, PAGE_STYLE_HASH } from './page-parts.gen.ts';

/** d3-flame-graph draws each frame as four elements: so many open in well under a second. */
const MAX_FRAMES = 4_000;
/** Browsers draw no higher picture. */
const MAX_ROWS = 1_000;

export interface HtmlOptions {
  title: string;
  subtitle?: string;
  /** Root at the top. */
  icicle?: boolean;
}

/** A frame of a page: of a profile, or of two that are compared. */
export interface PageFrame {
  /** Row of its parent, which stands before it; of the root, row 0, itself. */
  parent: number;
  name: string;
  /** null: no code, as the root and processes. */
  category: FrameCategory | null;
  /** What most of its time is; not given: CPU time is all that there is. */
  tint?: Tint;
  /** A block of siblings too narrow to be kept. */
  isMerged?: boolean;
  /** Path; empty: not known. */
  module?: string;
  /** Width of the frame: not below the sum of its children's. */
  total: number;
  self: number;
  /** Shares of the total in the recording before (A) and after (B), 0 to 1; `step`: its colour (difference-colours.ts). */
  delta?: { a: number; b: number; selfA: number; selfB: number; step: number };
}

export interface PageTree {
  unit: WrittenUnit;
  /** The root first; siblings from left to right. A few thousand. */
  frames: readonly PageFrame[];
  /** Where frames have a `delta`: what A and B are called. */
  compared?: { a: string; b: string; palette: DifferencePalette; isNoiseGrey: boolean };
}

/** Of more than `maxFrames` the ones with the lowest weights are merged into blocks. */
export function pageTreeOf(tables: Tables, selection: Selection, maxFrames = MAX_FRAMES): PageTree {
  const { tree, waits } = selectTree(tables, selection);
  const kept = keptFrames(tree, maxFrames, MAX_ROWS);
  const tint = tints(kept.node, kept.count, tree, waits());
  const frames: PageFrame[] = [];
  const rowOf = new Map<number, number>();
  for (let at = 0; at < kept.count && kept.depth[at]! < MAX_ROWS; at++) {
    const node = kept.node[at]!;
    const isMerged = kept.merged[at] === 1;
    if (!isMerged) rowOf.set(node, at);
    const key = tree.key(node);
    frames.push({
      parent: at === 0 ? 0 : rowOf.get(tree.parent(node))!,
      name: isMerged ? '' : tree.name(node),
      category: key < 0 ? null : tree.category(node),
      ...(tint && { tint: tint[at] as Tint }),
      isMerged,
      module: isMerged ? '' : tree.names.modulePath(key),
      total: kept.total[at]!,
      self: isMerged ? kept.total[at]! : kept.self[at]!,
    });
  }
  return { unit: (selection.weights ?? SAMPLES).unit, frames };
}

export function toHtml(tree: PageTree, { title, subtitle = '', icicle = false }: HtmlOptions): string {
  const data = dataOf(tree, icicle);
  const policy = `default-src 'none'; script-src '${PAGE_SCRIPT_HASH}'; style-src '${PAGE_STYLE_HASH}'; base-uri 'none'; form-action 'none'`;
  const compared = tree.compared ? [`A: ${tree.compared.a}`, `B: ${tree.compared.b}`] : [];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<title>${element(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>${element(title)}</h1>
<p id="subtitle">${element([...compared, subtitle].filter((part) => part !== '').join(' · '))}</p>
<div id="controls">
<input id="search" type="search" placeholder="Search (regular expression)" aria-label="Search functions by regular expression">
<label><input id="ignore-case" type="checkbox"> ignore case</label>
<span id="matched" role="status"></span>
<button id="reset" hidden>Reset zoom</button>
<span id="legend"></span>
</div>
</header>
<main id="chart"></main>
<div id="details" role="status"></div>
<div id="tip" role="tooltip" hidden></div>
<noscript>This flame graph is drawn by a script, which is turned off here.</noscript>
<script type="application/json" id="data">${json(data)}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

function dataOf({ unit, frames, compared }: PageTree, icicle: boolean): PageData {
  const data: PageData = { unit, icicle, names: ['(merged)'], categories: [NO_CODE], tints: [-1], modules: [''], parent: [], name: [], total: [], self: [], difference: null };
  const rows = new Map<string, number>();
  for (const { parent, name, category, tint = -1, isMerged = false, module = '', total, self } of frames) {
    data.parent.push(parent);
    data.total.push(total);
    data.self.push(self);
    if (isMerged) {
      data.name.push(MERGED_NAME);
      continue;
    }
    const text = printable(name);
    const identity = JSON.stringify([text, category, tint, module]);
    let row = rows.get(identity);
    if (row === undefined) {
      rows.set(identity, (row = data.names.length));
      data.names.push(text);
      data.categories.push(category ?? NO_CODE);
      data.tints.push(tint);
      data.modules.push(printable(module));
    }
    data.name.push(row);
  }
  if (compared) {
    const column = (of: keyof NonNullable<PageFrame['delta']>): number[] => frames.map(({ delta }) => delta?.[of] ?? 0);
    data.difference = {
      ...compared,
      a: printable(compared.a),
      b: printable(compared.b),
      totalA: column('a'),
      totalB: column('b'),
      selfA: column('selfA'),
      selfB: column('selfB'),
      step: column('step'),
    };
  }
  return data;
}

const MARKUP: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const element = (text: string): string => printable(text).replace(/[&<>"']/g, (character) => MARKUP[character]!);
/** Nothing in it can end the element or begin another. */
const json = (value: unknown): string => JSON.stringify(value).replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
