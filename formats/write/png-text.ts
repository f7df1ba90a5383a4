// SPDX-License-Identifier: Apache-2.0
/** Texts in a picture that is drawn without a browser: the characters of ASCII, one cell each. */
import { FIRST_GLYPH, GLYPHS, GLYPH_HEIGHT, GLYPH_WIDTH, LAST_GLYPH } from './glyphs.gen.ts';

/** A shorter label says nothing. */
export const MIN_LABEL = 3;

/** Of our own words. */
const SUBSTITUTES: Readonly<Record<string, string>> = { '·': '-', µ: 'u' };

/** As much of a text as a width holds, pixels; what is cut ends in "..", other characters than ASCII's become "?". */
export function fits(text: string, width: number): string {
  const characters = [...text].map((character) => (character >= ' ' && character <= '~' ? character : (SUBSTITUTES[character] ?? '?')));
  const most = Math.floor(width / GLYPH_WIDTH);
  if (characters.length <= most) return characters.join('');
  return most < MIN_LABEL ? '' : `${characters.slice(0, most - 2).join('')}..`;
}

let shades: Uint8Array | null = null;

/** Opacity of each pixel of each glyph, 0 to 15. */
function glyphShades(): Uint8Array {
  if (!shades) {
    const bytes = Uint8Array.from(atob(GLYPHS), (character) => character.charCodeAt(0));
    shades = Uint8Array.from({ length: bytes.length * 2 }, (_, at) => (at % 2 === 0 ? bytes[at >> 1]! >> 4 : bytes[at >> 1]! & 15));
  }
  return shades;
}

/** Calls back with every pixel of a text that is not empty, from its upper left corner, and its opacity, 0 to 1. */
export function eachPixel(text: string, visit: (x: number, y: number, opacity: number) => void): void {
  const all = glyphShades();
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < FIRST_GLYPH || code > LAST_GLYPH) continue;
    const start = (code - FIRST_GLYPH) * GLYPH_WIDTH * GLYPH_HEIGHT;
    for (let at = 0; at < GLYPH_WIDTH * GLYPH_HEIGHT; at++) {
      const shade = all[start + at]!;
      if (shade > 0) visit(index * GLYPH_WIDTH + (at % GLYPH_WIDTH), Math.floor(at / GLYPH_WIDTH), shade / 15);
    }
  }
}
