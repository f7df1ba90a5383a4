// SPDX-License-Identifier: Apache-2.0
/** Texts in a picture that is drawn without a browser: letters of Latin, Greek and Cyrillic, one cell each. */
import { GLYPHS, GLYPH_CHARACTERS, GLYPH_HEIGHT, GLYPH_WIDTH } from './glyphs.gen.ts';
import { inflate } from './gzip.ts';

/** A shorter label says nothing. */
export const MIN_LABEL = 3;

const places = new Map([...GLYPH_CHARACTERS].map((character, place) => [character, place]));

/** As much of a text as a width holds, pixels; what is cut ends in "…", characters without a glyph become "?". */
export function fits(text: string, width: number): string {
  const characters = [...text.normalize('NFC')].map((character) => (places.has(character) ? character : '?'));
  const most = Math.floor(width / GLYPH_WIDTH);
  if (characters.length <= most) return characters.join('');
  return most < MIN_LABEL ? '' : `${characters.slice(0, most - 1).join('')}…`;
}

/** Opacity of each pixel of each glyph, 0 to 15. */
let shades: Uint8Array | null = null;

/** Before anything is drawn. */
export async function loadGlyphs(): Promise<void> {
  if (shades) return;
  const bytes = await inflate(Uint8Array.from(atob(GLYPHS), (character) => character.charCodeAt(0)));
  shades = Uint8Array.from({ length: bytes.length * 2 }, (_, at) => (at % 2 === 0 ? bytes[at >> 1]! >> 4 : bytes[at >> 1]! & 15));
}

/** Calls back with every pixel of a text that is not empty, from its upper left corner, and its opacity, 0 to 1. */
export function eachPixel(text: string, visit: (x: number, y: number, opacity: number) => void): void {
  if (!shades) throw new Error('The glyphs are not loaded.');
  let index = -1;
  for (const character of text) {
    index++;
    const place = places.get(character);
    if (place === undefined) continue;
    const start = place * GLYPH_WIDTH * GLYPH_HEIGHT;
    for (let at = 0; at < GLYPH_WIDTH * GLYPH_HEIGHT; at++) {
      const shade = shades[start + at]!;
      if (shade > 0) visit(index * GLYPH_WIDTH + (at % GLYPH_WIDTH), Math.floor(at / GLYPH_WIDTH), shade / 15);
    }
  }
}
