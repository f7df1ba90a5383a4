// SPDX-License-Identifier: Apache-2.0
/** Paints a Picture on a canvas: batched by colour, only the rows in view. */
import { WAKER_SEPARATOR } from '../../profile/questions.ts';
import type { FrameCategory } from '../../profile/schema.ts';
import { displayName } from '../app/format.ts';
import { FLAG_ANCESTOR, FLAG_MATCH, FLAG_PROCESS, FLAG_UNNAMED, MERGED, type NodeIndex, type Picture, type Tint } from '../worker/protocol.ts';
import { FRAME_HEIGHT, rowAt, rowTop, type Layout } from './geometry.ts';

/** Colours that do not come from the frame. */
export interface Palette {
  /** The colour of a frame. */
  frame(look: FrameLook): string;
  /** The root. */
  root: string;
  /** What is not to be seen: fill and label. */
  muted: string;
  mutedLabel: string;
  /** Frames that the zoom faded: fill and label. */
  faded: string;
  fadedLabel: string;
  /** Processes: fill and label. */
  process: string;
  processLabel: string;
  label: string;
  match: string;
  merged: string;
  outline: string;
  hover: string;
}

/** What the colour of a frame depends on. */
export interface FrameLook {
  category: FrameCategory;
  name: string;
  /** Of its module. */
  slot: number;
  isUnnamed: boolean;
  /** Null: the picture has no time off a CPU. */
  tint: Tint | null;
  /** See `Picture.change`; null: nothing is compared. */
  change: number | null;
}

/** The part of a picture that is drawn. */
export type PaintedPicture = Pick<Picture, 'revision' | 'count' | 'x' | 'width' | 'depth' | 'node' | 'name' | 'category' | 'slot' | 'tint' | 'change' | 'flags' | 'names'>;

export function paintedPart({ revision, count, x, width, depth, node, name, category, slot, tint, change, flags, names }: Picture): PaintedPicture {
  return { revision, count, x, width, depth, node, name, category, slot, ...(tint ? { tint } : {}), ...(change ? { change } : {}), flags, names };
}

export interface Scene {
  picture: PaintedPicture;
  layout: Layout;
  /** CSS pixels of all rows, and which part of it is in view. */
  height: number;
  scrollTop: number;
  viewHeight: number;
  viewWidth: number;
  selection: NodeIndex | null;
  hover: number;
  palette: Palette;
  font: string;
  /** Advance of one character of the font, CSS pixels. */
  characterWidth: number;
}

/** Padding left and right of a label, CSS pixels. */
const LABEL_PADDING = 5;
const SHORTEST_LABEL = 3;
/** Narrower frames are drawn without round corners: it does not show, and it costs. */
const ROUND_FROM = 14;

/** The label that fits, null when fewer than three characters would. */
export function fitLabel(name: string, width: number, characterWidth: number): string | null {
  const room = Math.floor((width - 2 * LABEL_PADDING) / characterWidth);
  if (room < SHORTEST_LABEL) return null;
  return displayName(name, room);
}

export function fillOf(picture: PaintedPicture, frame: number, palette: Palette): string {
  const flags = picture.flags[frame]!;
  if ((flags & FLAG_MATCH) !== 0) return palette.match;
  if ((flags & FLAG_ANCESTOR) !== 0) return palette.faded;
  if ((flags & FLAG_PROCESS) !== 0) return palette.process;
  const name = picture.name[frame]!;
  if (picture.depth[frame] === 0 && !picture.tint?.[frame] && !picture.change) return palette.root;
  if (name === MERGED) return palette.merged;
  if (picture.names[name] === WAKER_SEPARATOR) return palette.process;
  return palette.frame({
    category: picture.category[frame] as FrameCategory,
    name: picture.names[name] ?? '',
    slot: picture.slot[frame]!,
    isUnnamed: (flags & FLAG_UNNAMED) !== 0,
    tint: (picture.tint?.[frame] as Tint | undefined) ?? null,
    change: picture.change?.[frame] ?? null,
  });
}

function labelOn(fill: string, palette: Palette): string {
  if (fill === palette.faded) return palette.fadedLabel;
  if (fill === palette.muted) return palette.mutedLabel;
  return fill === palette.process ? palette.processLabel : palette.label;
}

type Surface = Pick<
  CanvasRenderingContext2D,
  'clearRect' | 'beginPath' | 'rect' | 'roundRect' | 'fill' | 'stroke' | 'fillText' | 'fillStyle' | 'strokeStyle' | 'lineWidth' | 'font' | 'letterSpacing' | 'textBaseline'
>;

export function paint(surface: Surface, scene: Scene): void {
  const { picture, layout, height, scrollTop, palette } = scene;
  surface.clearRect(0, 0, scene.viewWidth, scene.viewHeight);
  const edges = [rowAt(scrollTop, layout, height), rowAt(scrollTop + scene.viewHeight, layout, height)];
  const [first, last] = [Math.min(...edges), Math.max(...edges)];

  const batches = new Map<string, number[]>();
  let selected = -1;
  for (let frame = 0; frame < picture.count; frame++) {
    const depth = picture.depth[frame]!;
    if (depth < first || depth > last) continue;
    const fill = fillOf(picture, frame, palette);
    const batch = batches.get(fill);
    if (batch === undefined) batches.set(fill, [frame]);
    else batch.push(frame);
    if (picture.node[frame] === scene.selection && picture.name[frame] !== MERGED) selected = frame;
  }

  const outline = (frame: number, inset: number) => {
    const [x, width] = [picture.x[frame]!, picture.width[frame]!];
    const y = rowTop(picture.depth[frame]!, layout, height) - scrollTop;
    const drawn = Math.max(1, width - 1 - 2 * inset);
    if (width < ROUND_FROM) surface.rect(x + 0.5 + inset, y + inset, drawn, FRAME_HEIGHT - 2 * inset);
    else surface.roundRect(x + 0.5 + inset, y + inset, drawn, FRAME_HEIGHT - 2 * inset, 2);
  };

  for (const [fill, frames] of batches) {
    surface.fillStyle = fill;
    surface.beginPath();
    for (const frame of frames) outline(frame, 0);
    surface.fill();
  }

  for (const [frame, colour] of [
    [scene.hover, palette.hover],
    [selected, palette.outline],
  ] as const) {
    if (frame < 0 || frame >= picture.count) continue;
    surface.strokeStyle = colour;
    surface.lineWidth = 2;
    surface.beginPath();
    outline(frame, 1);
    surface.stroke();
  }

  surface.font = scene.font;
  // Canvases have no other way to do without ligatures, which would make "->" and "!=" of a name other characters.
  surface.letterSpacing = '0.01px';
  surface.textBaseline = 'middle';
  for (const [fill, frames] of batches) {
    surface.fillStyle = labelOn(fill, palette);
    for (const frame of frames) {
      const name = picture.name[frame]!;
      if (name === MERGED) continue;
      const label = fitLabel(picture.names[name] ?? '', picture.width[frame]!, scene.characterWidth);
      if (label === null) continue;
      const y = rowTop(picture.depth[frame]!, layout, height) - scrollTop;
      surface.fillText(label, picture.x[frame]! + LABEL_PADDING, y + FRAME_HEIGHT / 2 + 0.5);
    }
  }
}
