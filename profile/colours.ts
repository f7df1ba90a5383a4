// SPDX-License-Identifier: Apache-2.0
/** The colour of a frame: the hue says where the code comes from, the shade is the name's own. */
import { FrameCategory } from './schema.ts';

export type Theme = 'dark' | 'light';

type Rgb = readonly [red: number, green: number, blue: number];

/** From the design's tokens (--user, --user2, --lib, --kernel, --jit, --inline, --same); shades lie between the two. */
const SHADES: Record<Theme, Record<FrameCategory, readonly [Rgb, Rgb]>> = {
  dark: {
    [FrameCategory.user]: [[0xe8, 0x85, 0x3d], [0xef, 0xb2, 0x55]],
    [FrameCategory.library]: [[0xd9, 0x68, 0x4c], [0xe2, 0x8d, 0x78]],
    [FrameCategory.kernel]: [[0x5b, 0x90, 0xcd], [0x86, 0xb0, 0xde]],
    [FrameCategory.inlined]: [[0xc9, 0xa1, 0x5a], [0xd8, 0xbb, 0x86]],
    [FrameCategory.jit]: [[0x56, 0xa6, 0x6a], [0x86, 0xc4, 0x94]],
    [FrameCategory.interpreted]: [[0x7f, 0xae, 0x4f], [0xa5, 0xc9, 0x7e]],
    [FrameCategory.unresolved]: [[0x8a, 0x92, 0x9d], [0xa3, 0xaa, 0xb4]],
  },
  light: {
    [FrameCategory.user]: [[0xef, 0x97, 0x55], [0xf5, 0xc4, 0x74]],
    [FrameCategory.library]: [[0xe3, 0x80, 0x66], [0xec, 0xa5, 0x92]],
    [FrameCategory.kernel]: [[0x74, 0xa5, 0xdb], [0x9f, 0xc2, 0xe8]],
    [FrameCategory.inlined]: [[0xd6, 0xb3, 0x72], [0xe3, 0xcb, 0x9c]],
    [FrameCategory.jit]: [[0x71, 0xb9, 0x83], [0x9d, 0xd1, 0xaa]],
    [FrameCategory.interpreted]: [[0x97, 0xc0, 0x6b], [0xb8, 0xd6, 0x97]],
    [FrameCategory.unresolved]: [[0xb4, 0xb9, 0xc1], [0xc8, 0xcc, 0xd2]],
  },
};

/** Time off a CPU: cold where it is blocked, a third hue where a CPU is all that is missing. Shades as above. */
const WAIT_SHADES: Record<Theme, Record<WaitTint, readonly [Rgb, Rgb]>> = {
  dark: { blocked: [[0x4f, 0x90, 0xd6], [0x8c, 0xbd, 0xea]], queued: [[0xa7, 0x8b, 0xdb], [0xc6, 0xb2, 0xe9]] },
  light: { blocked: [[0x6f, 0xa8, 0xe0], [0xa6, 0xcd, 0xf0]], queued: [[0xb9, 0x9f, 0xe4], [0xd3, 0xc3, 0xf0]] },
};
export type WaitTint = 'blocked' | 'queued';

/** "#rrggbb" of a frame whose time is off a CPU. */
export function waitColour(tint: WaitTint, name: string, theme: Theme): string {
  return mixed(WAIT_SHADES[theme][tint], shadeOf(name));
}

/** Of one shade, as `shadeColour` for a frame's category. */
export function waitShadeColour(tint: WaitTint, shade: number, theme: Theme): string {
  return mixed(WAIT_SHADES[theme][tint], shade);
}

/** Drawn on frames of either theme; at least 4.5 to 1 against every shade. */
export const FRAME_TEXT_COLOUR = '#17120c';
/** A frame that matches the search, in either theme. Labels have FRAME_TEXT_COLOUR, at 5.7 to 1. */
export const MATCH_COLOUR = '#d85bd8';
/** What is no code: quiet, with a label of its own. */
export const NO_CODE_COLOUR: Record<Theme, { fill: string; label: string }> = {
  dark: { fill: '#333b46', label: '#e6e8eb' },
  light: { fill: '#d9dde3', label: '#1d2126' },
};
/** Where only what has no name is to be seen: that, and everything else. */
export const UNNAMED_COLOUR: Record<Theme, string> = { dark: '#ff8a6b', light: '#f2795a' };
export const MUTED_COLOUR: Record<Theme, { fill: string; label: string }> = {
  dark: { fill: '#39404a', label: '#c3cad3' },
  light: { fill: '#dfe2e6', label: '#3f4650' },
};
/** A block of siblings too narrow to be seen. */
export const MERGED_COLOUR: Record<Theme, string> = { dark: '#4a515c', light: '#d5d2cb' };
/** So few shades that a picture can be drawn by colour. */
export const SHADE_COUNT = 8;

/** FNV-1a over the whole name, since names of one program begin alike. */
export function hashOf(name: string): number {
  let h = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) h = Math.imul(h ^ name.charCodeAt(index), 0x01000193);
  h ^= h >>> 15;
  return Math.imul(h, 0x2c1b3c6d) >>> 0;
}

/** Which of the SHADE_COUNT shades a name has. */
export function shadeOf(name: string): number {
  return (hashOf(name) >>> 16) % SHADE_COUNT;
}

function mixed([from, to]: readonly [Rgb, Rgb], shade: number): string {
  const channels = from.map((value, channel) => value + ((to[channel]! - value) * shade) / (SHADE_COUNT - 1));
  return `#${channels.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;
}

const colours = new Map<number, string>();

/** "#rrggbb" of one shade, 0 to SHADE_COUNT - 1. */
export function shadeColour(category: FrameCategory, shade: number, theme: Theme): string {
  const known = (category * SHADE_COUNT + shade) * 2 + (theme === 'dark' ? 0 : 1);
  let colour = colours.get(known);
  if (colour === undefined) {
    const [from, to] = SHADES[theme][category];
    colour = mixed([from, to], shade);
    colours.set(known, colour);
  }
  return colour;
}

/** "#rrggbb"; the same for the same name, everywhere and always. */
export function frameColour(category: FrameCategory, name: string, theme: Theme): string {
  return shadeColour(category, shadeOf(name), theme);
}
