// SPDX-License-Identifier: Apache-2.0
/** The picture's colours, read from the theme's tokens, and faded ones computed from them. */
import {
  FRAME_TEXT_COLOUR,
  frameColour,
  MATCH_COLOUR,
  MERGED_COLOUR,
  MUTED_COLOUR,
  NO_CODE_COLOUR,
  UNNAMED_COLOUR,
  type Theme,
} from '../../profile/colours.ts';
import { changeColour, type DifferencePalette } from '../../profile/comparison/difference-colours.ts';
import { slotColour } from '../../profile/module-colours.ts';
import { FrameCategory } from '../../profile/schema.ts';
import { tintedColour } from '../../profile/tints.ts';
import type { Palette } from './painter.ts';

/** Frames that the zoom faded: still readable, at 4.5 to 1 and more. */
export const FADED: Record<Theme, { fill: string; label: string }> = {
  dark: { fill: '#3a3330', label: '#c9c1b8' },
  light: { fill: '#e8dfd3', label: '#4d463d' },
};

export function shownTheme(): Theme {
  return document.documentElement.dataset['theme'] === 'light' ? 'light' : 'dark';
}

export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** By what frames are coloured: where they come from, their module, or whether they have a name. */
export type ColourMode = 'origin' | 'module' | 'unnamed';

/** What the page's theme says about the picture: crosses to the painter, which sees no style sheet. */
export interface FlameLook {
  theme: Theme;
  colours: ColourMode;
  /** Of what is compared. */
  difference: DifferencePalette;
  outline: string;
  /** Font families of the labels, all characters of one width. */
  family: string;
}

export function readLook(colours: ColourMode, difference: DifferencePalette = 'orange-blue'): FlameLook {
  return {
    theme: shownTheme(),
    colours,
    difference,
    outline: token('--text') || '#e6e8eb',
    family: token('--mono') || 'monospace',
  };
}

export function paletteOf({ theme, colours, difference, outline }: FlameLook): Palette {
  const { frame, root } = framePalette(theme, colours);
  const { fill: muted, label: mutedLabel } = MUTED_COLOUR[theme];
  return {
    root,
    // What is compared has its own colours, whatever was chosen for other pictures.
    frame: (look) => (look.change === null ? frame(look) : changeColour(look.change, difference, theme)),
    muted,
    mutedLabel,
    faded: FADED[theme].fill,
    fadedLabel: FADED[theme].label,
    label: FRAME_TEXT_COLOUR,
    process: NO_CODE_COLOUR[theme].fill,
    processLabel: NO_CODE_COLOUR[theme].label,
    match: MATCH_COLOUR,
    merged: MERGED_COLOUR[theme],
    outline,
    hover: theme === 'dark' ? '#ffffff' : '#1d2126',
  };
}

function framePalette(theme: Theme, colours: ColourMode): Pick<Palette, 'frame' | 'root'> {
  switch (colours) {
    case 'origin':
      // The root is no code: it takes the colour of what it is all about.
      return { frame: ({ category, name, tint }) => tintedColour(tint, category, name, theme), root: frameColour(FrameCategory.user, 'all', theme) };
    case 'module':
      return { frame: ({ slot }) => slotColour(slot, theme), root: NO_CODE_COLOUR[theme].fill };
    case 'unnamed':
      return { frame: ({ isUnnamed }) => (isUnnamed ? UNNAMED_COLOUR[theme] : MUTED_COLOUR[theme].fill), root: MUTED_COLOUR[theme].fill };
    default:
      return colours satisfies never;
  }
}
