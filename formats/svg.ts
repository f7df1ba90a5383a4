// SPDX-License-Identifier: Apache-2.0
/**
 * A stand-alone interactive SVG of the flame graph, without any outside resource.
 *
 * It holds the picture twice. Real rectangles and texts of what is at least a pixel wide serve
 * viewers that run no script (image viewers, a README). A table of all its frames (JSON in a script
 * element of type application/json) serves the script (svg-script.ts), which replaces those and draws
 * what is visible at any zoom.
 *
 * No name can become markup or code: in elements the five characters of XML are escaped, in the table
 * `<`, `>` and `&` are \u escapes, and the script sets text only through textContent.
 */
import { ROOT, type CallTree } from '../profile/call-tree.ts';
import {
  FRAME_TEXT_COLOUR,
  MATCH_COLOUR,
  MERGED_COLOUR,
  NO_CODE_COLOUR,
  SHADE_COUNT,
  shadeColour,
  shadeOf,
  waitShadeColour,
  type Theme,
  type WaitTint,
} from '../profile/colours.ts';
import type { WrittenUnit } from '../profile/questions.ts';
import { FrameCategory } from '../profile/schema.ts';
import type { Tables } from '../profile/tables.ts';
import { Tint, tints, warmCategory } from '../profile/tints.ts';
import type { WaitWeights } from '../profile/wait-weights.ts';
import { keptFrames } from './kept-frames.ts';
import { printable } from './printable.ts';
import { SAMPLES, selectTree, type Selection } from './selection.ts';
import { packed, packedSteps } from './svg-columns.ts';
import { SVG_SCRIPT } from './svg-script.ts';

export interface SvgOptions extends Selection {
  title: string;
  /** Shown under the title: frequency, host and the like; the number of samples, or the time, is put before it. */
  subtitle?: string;
  /** Root at the top. */
  icicle?: boolean;
  /** Of the static picture, pixels; the script fills the window. */
  width?: number;
  /** The table keeps the frames with the most samples; siblings left out are merged into one block. */
  maxFrames?: number;
}

const ROW_HEIGHT = 17;
const TOP = 58;
const BOTTOM = 30;
const PAD = 10;
const FONT_SIZE = 11.5;
/** Of the monospaced font at that size. */
const CHARACTER_WIDTH = 7;
/** Narrower frames are not drawn, pixels. */
const MIN_WIDTH = 0.5;
/** The same of the picture without script. */
const LEAST_DRAWN = 1;
/** Nobody points at less: there, narrower frames say nothing. */
const LEAST_TITLED = 3;
/** Some megabyte. */
export const MAX_FRAMES = 50_000;
/** A deeper picture would be higher than browsers draw. */
export const MAX_ROWS = 1_500;
/** Of a name in an element; the table holds it whole. */
const MAX_TITLE = 1_000;
/** Row of the table's names that stands for a block of merged siblings. */
export const MERGED_NAME = 0;
/** Colour of the root and of processes. */
export const NO_CODE = -1;

/** The table that the script reads, the columns by frame as of svg-columns.ts. Arrays are parallel. */
export interface FrameTable {
  /** Name 0 is of merged blocks. */
  names: string[];
  /** By name: hue (a category, or a way to wait) x SHADE_COUNT + shade, or NO_CODE. */
  colours: number[];
  /** By frame, in order of (depth, x): row of the parent, row of `names`, samples. The root is frame 0. */
  parent: number[];
  name: number[];
  total: number[];
  /** By frame: what is said of it instead of its weight. */
  words?: string[];
}

export function toSvg(tables: Tables, options: SvgOptions): string {
  const { tree, waits } = selectTree(tables, options);
  const { unit } = options.weights ?? SAMPLES;
  const table = tableOf(tree, waits(), options.maxFrames ?? MAX_FRAMES);
  return drawnSvg(table, { ...options, unit, subtitle: [worded(table.total[0]!, unit), options.subtitle ?? ''] });
}

/** What is around the frames. */
export interface Surroundings extends Pick<SvgOptions, 'title' | 'icicle' | 'width'> {
  unit: WrittenUnit;
  /** Its parts; empty ones are left out. */
  subtitle: readonly string[];
  /** CSS of colours that no profile has, by theme. */
  colours?: (theme: Theme) => string;
}

export function drawnSvg(table: FrameTable, options: Surroundings): string {
  const { unit } = options;
  const width = Math.max(400, Math.round(options.width ?? 1200));
  const layout = new Layout(table, width, options.icicle ?? false, unit);
  const subtitle = [...options.subtitle, layout.leftOut].filter((part) => part !== '').join(' · ');
  const data = {
    names: table.names,
    colours: table.colours,
    // Parents stand in order, as their children do.
    parent: packedSteps(table.parent),
    name: packed(table.name),
    total: packed(table.total),
    ...(table.words ? { words: table.words } : {}),
    unit: unit === 'samples' ? '' : unit,
    icicle: options.icicle ?? false,
    rowHeight: ROW_HEIGHT,
    top: TOP,
    bottom: BOTTOM,
    pad: PAD,
    characterWidth: CHARACTER_WIDTH,
    minWidth: MIN_WIDTH,
  };
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${layout.height}"
 viewBox="0 0 ${width} ${layout.height}" font-size="${FONT_SIZE}"
 font-family="'JetBrains Mono','DejaVu Sans Mono',ui-monospace,monospace">
<title>${element(options.title)}</title>
<style>
text{font-variant-ligatures:none}
${style(options.colours ?? (() => ''))}</style>
<rect id="background" class="background" width="100%" height="100%"/>
<text id="title" class="title" x="${PAD}" y="24">${element(options.title)}</text>
<text id="subtitle" class="dim" x="${PAD}" y="44">${element(subtitle)}</text>
<g id="controls"/>
<g id="frames">
${layout.elements()}</g>
<text id="details" class="dim" x="${PAD}" y="${layout.height - 10}"/>
<script type="application/json" id="data">${json(data)}</script>
<script><![CDATA[
${SVG_SCRIPT}
]]></script>
</svg>
`;
}

function tableOf(tree: CallTree, waits: WaitWeights, maxFrames: number): FrameTable {
  const visible = keptFrames(tree, maxFrames, MAX_ROWS);
  const tint = tints(visible.node, visible.count, tree, waits);
  const table: FrameTable = { names: ['(merged)'], colours: [0], parent: [], name: [], total: [] };
  const nameRows = new Map<string, number>();
  const frameOf = new Map<number, number>();
  for (let at = 0; at < visible.count; at++) {
    if (visible.depth[at]! >= MAX_ROWS) break;
    const node = visible.node[at]!;
    let row = MERGED_NAME;
    if (visible.merged[at] === 0) {
      frameOf.set(node, at);
      const name = printable(tree.name(node));
      const key = tree.key(node);
      const colour = key < 0 ? NO_CODE : hueOf(tree.category(node), tint ? (tint[at] as Tint) : null) * SHADE_COUNT + shadeOf(name);
      const identity = `${colour} ${name}`;
      row = nameRows.get(identity) ?? table.names.length;
      if (row === table.names.length) {
        nameRows.set(identity, row);
        table.names.push(name);
        table.colours.push(colour);
      }
    }
    table.parent.push(node === ROOT ? 0 : frameOf.get(tree.parent(node))!);
    table.name.push(row);
    table.total.push(visible.total[at]!);
  }
  return table;
}

/** Behind the categories: blocked, and without a CPU. */
const WAIT_HUES: readonly WaitTint[] = ['blocked', 'queued'];
const FIRST_WAIT_HUE = Math.max(...Object.values(FrameCategory)) + 1;

/** Colours from here on are no hue's of a profile. */
export const FIRST_OTHER_COLOUR = (FIRST_WAIT_HUE + WAIT_HUES.length) * SHADE_COUNT;

function hueOf(category: FrameCategory, tint: Tint | null): number {
  if (tint === Tint.blocked) return FIRST_WAIT_HUE;
  if (tint === Tint.queued) return FIRST_WAIT_HUE + 1;
  return warmCategory(tint, category);
}

/** The static picture. The script does the same in the browser. */
class Layout {
  readonly height: number;
  /** What is missing, in words; empty: nothing. */
  readonly leftOut: string;
  readonly #table: FrameTable;
  readonly #width: number;
  readonly #icicle: boolean;
  readonly #unit: WrittenUnit;
  readonly #depth: number[] = [];
  readonly #x: number[] = [];

  constructor(table: FrameTable, width: number, icicle: boolean, unit: WrittenUnit) {
    this.#unit = unit;
    this.#table = table;
    this.#width = width;
    this.#icicle = icicle;
    // Frames stand in order, so that of each parent's children only the sum so far is needed.
    const used: number[] = [];
    let rows = 1;
    for (let frame = 0; frame < table.total.length; frame++) {
      const parent = table.parent[frame]!;
      this.#depth.push(frame === 0 ? 0 : this.#depth[parent]! + 1);
      this.#x.push(frame === 0 ? 0 : this.#x[parent]! + (used[parent] ?? 0));
      if (frame > 0) used[parent] = (used[parent] ?? 0) + table.total[frame]!;
      rows = Math.max(rows, this.#depth[frame]! + 1);
    }
    this.height = TOP + rows * ROW_HEIGHT + BOTTOM;
    this.leftOut = rows === MAX_ROWS ? `frames deeper than ${count(MAX_ROWS)} are left out` : '';
  }

  elements(): string {
    const { total, name, names, colours, words } = this.#table;
    const scale = (this.#width - 2 * PAD) / (total[0]! || 1);
    let text = '';
    for (let frame = 0; frame < total.length; frame++) {
      const width = frame === 0 ? this.#width - 2 * PAD : total[frame]! * scale;
      if (width < LEAST_DRAWN) continue;
      const x = PAD + this.#x[frame]! * scale;
      const row = this.#depth[frame]!;
      const y = this.#icicle ? TOP + row * ROW_HEIGHT : this.height - BOTTOM - (row + 1) * ROW_HEIGHT;
      const merged = name[frame] === MERGED_NAME;
      const label = names[name[frame]!]!;
      const share = total[0]! > 0 ? (100 * total[frame]!) / total[0]! : 0;
      const colour = colours[name[frame]!]!;
      const kind = merged ? 'm' : colour === NO_CODE ? 'r' : `c${colour}`;
      if (width < LEAST_TITLED) {
        text += `<rect class="${kind}" x="${tenths(x)}" y="${y}" width="${tenths(width * 0.8)}" height="${ROW_HEIGHT - 1}"/>\n`;
        continue;
      }
      const said = words && !merged ? words[frame]! : `${worded(total[frame]!, this.#unit)}, ${percent(share, frame)}`;
      const title = `${element(shorten(label, MAX_TITLE))} (${element(said)})`;
      const drawn = decimal(Math.max(0.3, width - 0.5));
      text += `<g><title>${title}</title>`;
      text += `<rect class="${kind}" x="${decimal(x)}" y="${y}" width="${drawn}" height="${ROW_HEIGHT - 1}" rx="1.5"/>`;
      const characters = Math.floor((width - 6) / CHARACTER_WIDTH);
      if (characters >= 3 && !merged) {
        const short = element(shorten(label, characters));
        text += `<text class="${colour === NO_CODE ? 'rt' : 'l'}" x="${decimal(x + 4)}" y="${y + 12}">${short}</text>`;
      }
      text += '</g>\n';
    }
    return text;
  }
}

const percent = (share: number, frame: number): string => (frame === 0 ? '100%' : `${share.toFixed(2)}%`);
const tenths = (value: number): string => String(Math.round(value * 10) / 10);
const decimal = (value: number): string => String(Math.round(value * 100) / 100);
const shorten = (name: string, length: number): string => {
  const characters = [...name];
  return characters.length <= length ? name : `${characters.slice(0, length - 1).join('')}…`;
};
/** 1234567 -> "1,234,567". Not toLocaleString: the same everywhere. */
function count(value: number): string {
  const [whole, fraction] = String(Math.round(value * 100) / 100).split('.') as [string, string?];
  return whole.replace(/\B(?=(\d{3})+$)/g, ',') + (fraction ? `.${fraction}` : '');
}

const worded = (weight: number, unit: WrittenUnit): string => 
  unit === 'µs' ? `${count(Math.round(weight))} µs` : `${count(weight)} ${unit === 'samples' && weight === 1 ? 'sample' : unit}`;

const XML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const element = (text: string): string => printable(text).replace(/[&<>"']/g, (character) => XML[character]!);
/** Safe in XML, in HTML and in a script: nothing in it can end the element or begin another. */
const json = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);

/** Light by default, since most viewers without style queries show a light page. */
function style(more: (theme: Theme) => string): string {
  const theme = (name: Theme, background: string, text: string, dim: string): string => {
    const { fill, label } = NO_CODE_COLOUR[name];
    let css = `.background{fill:${background}}.title{fill:${text};font-size:15px;font-weight:600}.dim{fill:${dim}}
.r{fill:${fill}}.rt{fill:${label}}.m{fill:${MERGED_COLOUR[name]}}\n`;
    WAIT_HUES.forEach((tint, at) => {
      for (let shade = 0; shade < SHADE_COUNT; shade++) css += `.c${(FIRST_WAIT_HUE + at) * SHADE_COUNT + shade}{fill:${waitShadeColour(tint, shade, name)}}`;
      css += '\n';
    });
    for (const category of Object.values(FrameCategory)) {
      for (let shade = 0; shade < SHADE_COUNT; shade++) {
        css += `.c${category * SHADE_COUNT + shade}{fill:${shadeColour(category, shade, name)}}`;
      }
      css += '\n';
    }
    return css + more(name);
  };
  return `${theme('light', '#f6f5f2', '#1d2126', '#5b6470')}.l{fill:${FRAME_TEXT_COLOUR}}text{white-space:pre}
@media (prefers-color-scheme:dark){
${theme('dark', '#14161a', '#e6e8eb', '#98a1ad')}}
.match{fill:${MATCH_COLOUR}}.above{opacity:.55}#frames g{cursor:pointer}
#frames g:hover rect{stroke:#fff;stroke-width:1.2}#frames text{pointer-events:none}
.control{cursor:pointer}.off{visibility:hidden}
`;
}
