// SPDX-License-Identifier: Apache-2.0
/**
 * The picture as PNG (w3.org/TR/png), drawn here, pixel by pixel, so that it is the same from the window and on a computer
 * without a display. Twice as fine as the SVG, for screens of today. Rows of frames are drawn and compressed one after the
 * other, since a high picture as a whole would be hundreds of megabytes.
 */
import { FRAME_TEXT_COLOUR, MERGED_COLOUR, NO_CODE_COLOUR, type Theme } from '../../profile/colours.ts';
import type { Tables } from '../../profile/tables.ts';
import { tintedColour, tints, type Tint } from '../../profile/tints.ts';
import { keptFrames } from '../kept-frames.ts';
import { weightWords } from '../page/words.ts';
import { printable } from '../printable.ts';
import { SAMPLES, selectTree, type Selection } from '../selection.ts';
import { Band } from './png-band.ts';
import { encodePng } from './png-file.ts';
import { MIN_LABEL, fits, loadGlyphs } from './png-text.ts';

export interface PngOptions extends Selection {
  title: string;
  subtitle?: string;
  /** Root at the top. */
  icicle?: boolean;
  theme?: Theme;
  /** Pixels. */
  width?: number;
}

/** Pixels. */
const ROW_HEIGHT = 34;
const HEAD = 96;
const PAD = 20;
const GAP = 2;
const MAX_FRAMES = 50_000;
/** Image viewers take no higher picture. */
const MAX_ROWS = 900;

const grounds: Record<Theme, { ground: string; text: string; dim: string }> = {
  light: { ground: '#f6f5f2', text: '#1d2126', dim: '#5b6470' },
  dark: { ground: '#14161a', text: '#e6e8eb', dim: '#98a1ad' },
};

interface Drawn {
  x: number;
  width: number;
  fill: string;
  label: string;
  text: string;
}

export async function toPng(tables: Tables, options: PngOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { icicle = false, theme = 'light' } = options;
  await loadGlyphs();
  const width = Math.max(400, Math.round(options.width ?? 2400));
  const { rows, words } = rowsOf(tables, options, width - 2 * PAD, theme);
  const { ground, text, dim } = grounds[theme];
  const bands = function* (): Generator<Uint8Array<ArrayBuffer>> {
    const head = new Band(width, HEAD, ground);
    head.text(PAD, 14, fits(printable(options.title), width - 2 * PAD), text);
    head.text(PAD, 50, fits(printable([words, options.subtitle ?? ''].filter((part) => part !== '').join(' · ')), width - 2 * PAD), dim);
    yield head.scanlines();
    for (const row of icicle ? rows : rows.toReversed()) {
      const band = new Band(width, ROW_HEIGHT, ground);
      for (const { x, width: wide, fill, label, text: name } of row) {
        band.rectangle(PAD + x, 0, Math.max(0.5, wide - GAP / 2), ROW_HEIGHT - GAP, fill);
        const short = fits(name, wide - 12);
        if (short.length >= MIN_LABEL) band.text(Math.round(PAD + x) + 6, 2, short, label);
      }
      yield band.scanlines();
    }
    yield new Band(width, PAD, ground).scanlines();
  };
  return encodePng(width, HEAD + rows.length * ROW_HEIGHT + PAD, bands());
}

/** Frames by row, the root's first, and how much they are in words. */
function rowsOf(tables: Tables, options: PngOptions, width: number, theme: Theme): { rows: Drawn[][]; words: string } {
  const { tree, waits } = selectTree(tables, options);
  const kept = keptFrames(tree, MAX_FRAMES, MAX_ROWS);
  const tint = tints(kept.node, kept.count, tree, waits());
  const all = kept.total[0] ?? 0;
  const scale = width / (all || 1);
  const rows: Drawn[][] = [];
  for (let at = 0; at < kept.count && kept.depth[at]! < MAX_ROWS; at++) {
    const wide = at === 0 ? width : kept.total[at]! * scale;
    const row = (rows[kept.depth[at]!] ??= []);
    if (wide < 0.5) continue;
    const node = kept.node[at]!;
    const isMerged = kept.merged[at] === 1;
    const isCode = tree.key(node) >= 0;
    const name = printable(tree.name(node));
    const fill = isMerged ? MERGED_COLOUR[theme] : isCode ? tintedColour(tint ? (tint[at] as Tint) : null, tree.category(node), name, theme) : NO_CODE_COLOUR[theme].fill;
    // One sample is one pixel there.
    row.push({ x: kept.x[at]! * scale, width: wide, fill, label: isCode ? FRAME_TEXT_COLOUR : NO_CODE_COLOUR[theme].label, text: isMerged ? '' : name });
  }
  return { rows, words: weightWords(all, (options.weights ?? SAMPLES).unit) };
}
