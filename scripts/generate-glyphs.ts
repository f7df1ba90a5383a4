// SPDX-License-Identifier: Apache-2.0
/**
 * Writes formats/write/glyphs.gen.ts: the letters of Latin, Greek and Cyrillic in JetBrains Mono (OFL-1.1), as an installed
 * Chromium draws them, for pictures that are made without a browser.
 *
 *     node scripts/generate-glyphs.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const fonts = ['latin', 'latin-ext', 'greek', 'cyrillic'].map((part) =>
  readFileSync(join(root, `node_modules/@fontsource-variable/jetbrains-mono/files/jetbrains-mono-${part}-wght-normal.woff2`)).toString('base64'),
);

/** Pixels. The advance of the font is 0.6 of its size. */
const CELL = { width: 14, height: 28, baseline: 21, size: 14 / 0.6 };
/** First and last of each; what the font does not have is left out. */
const RANGES = [
  [0x20, 0x7e],
  [0xa1, 0x17f],
  [0x384, 0x3ce],
  [0x400, 0x45f],
] as const;
const SIGNS = [...'–—‘’“”…−'].map((sign) => sign.codePointAt(0)!);
const codes = [...RANGES.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at)), ...SIGNS].filter((code) =>
  /[\p{L}\p{N}\p{P}\p{S}\p{Zs}]/u.test(String.fromCharCode(code)),
);

/** Runs in the page. @returns the characters, and 16 shades a pixel, cell after cell */
const DRAW = `(async ({ width, height, baseline, size }, codes, fonts) => {
  for (const [at, font] of fonts.entries()) {
    document.fonts.add(await new FontFace('Mono' + at, 'url(data:font/woff2;base64,' + font + ')', { weight: '100 800' }).load());
  }
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.font = '450 ' + size + 'px ' + fonts.map((_, at) => 'Mono' + at).join(', ');
  let characters = '';
  const shades = [];
  for (const code of codes) {
    const character = String.fromCharCode(code);
    // Another font's advance is another.
    if (Math.abs(context.measureText(character).width - width) > 0.01) continue;
    characters += character;
    context.clearRect(0, 0, width, height);
    context.fillText(character, 0, baseline);
    const { data } = context.getImageData(0, 0, width, height);
    for (let at = 3; at < data.length; at += 4) shades.push(Math.round(data[at] / 17));
  }
  return { characters, shades };
})(${JSON.stringify(CELL)}, ${JSON.stringify(codes)}, ${JSON.stringify(fonts)})`;

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage();
  const { characters, shades } = await page.evaluate<{ characters: string; shades: number[] }>(DRAW);
  const bytes = deflateSync(Uint8Array.from({ length: shades.length / 2 }, (_, at) => (shades[2 * at]! << 4) | shades[2 * at + 1]!), { level: 9 });
  writeFileSync(
    join(root, 'formats/write/glyphs.gen.ts'),
    `// SPDX-License-Identifier: Apache-2.0
// Written by scripts/generate-glyphs.ts from JetBrains Mono (OFL-1.1). Do not edit.
export const GLYPH_WIDTH = ${CELL.width};
export const GLYPH_HEIGHT = ${CELL.height};
/** In the order of the glyphs. */
export const GLYPH_CHARACTERS = ${JSON.stringify(characters)};
/** Base64 of zlib's format: 16 shades a pixel, two pixels a byte, glyph after glyph. */
export const GLYPHS = '${bytes.toString('base64')}';
`,
  );
  console.log(`generate-glyphs: ${characters.length} characters, ${bytes.length} bytes`);
} finally {
  await browser.close();
}
