// SPDX-License-Identifier: Apache-2.0
/** The picture's colours, read from the theme's tokens, and faded ones computed from them. */
import type { FrameCategory } from '../../profile/schema.ts';
import { frameColour } from './colours.ts';
import type { Palette } from './painter.ts';

export type Theme = 'dark' | 'light';

export function shownTheme(): Theme {
  return document.documentElement.dataset['theme'] === 'light' ? 'light' : 'dark';
}

export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function readPalette(theme: Theme): Palette {
  // A name is hashed once: pictures come five times a second with mostly the same names.
  const known = new Map<string, string>();
  return {
    frame(category: FrameCategory, name: string): string {
      const key = `${category}${name}`;
      let colour = known.get(key);
      if (colour === undefined) {
        if (known.size > 50_000) known.clear();
        known.set(key, (colour = frameColour(category, name, theme)));
      }
      return colour;
    },
    faded: theme === 'dark' ? '#3a3330' : '#e8dfd3',
    fadedLabel: theme === 'dark' ? '#c9c1b8' : '#4d463d',
    label: '#17120c',
    match: token('--match') || '#d85bd8',
    merged: theme === 'dark' ? '#4a515c' : '#c9c5bc',
    outline: token('--text') || '#e6e8eb',
    hover: theme === 'dark' ? '#ffffff' : '#1d2126',
  };
}
