// SPDX-License-Identifier: Apache-2.0
/**
 * Writes formats/write/glyphs.gen.ts: the printable characters of ASCII in JetBrains Mono (OFL-1.1), as an installed
 * Chromium draws them, for pictures that are made without a browser.
 *
 *     node scripts/generate-glyphs.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const font = readFileSync(join(root, 'node_modules/@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2'));

/** Pixels. The advance of the font is 0.6 of its size. */
const CELL = { width: 14, height: 28, baseline: 21, size: 14 / 0.6 };
const FIRST = 0x20;
const LAST = 0x7e;

/** Runs in the page. @returns 16 shades a pixel, two pixels a byte, cell after cell */
const DRAW = `(async ({ width, height, baseline, size }, first, last) => {
  const font = await new FontFace('Mono', 'url(data:font/woff2;base64,${font.toString('base64')})', { weight: '100 800' }).load();
  document.fonts.add(font);
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  context.font = '450 ' + size + 'px Mono';
  const nibbles = [];
  for (let code = first; code <= last; code++) {
    context.clearRect(0, 0, width, height);
    context.fillText(String.fromCharCode(code), 0, baseline);
    const { data } = context.getImageData(0, 0, width, height);
    for (let at = 3; at < data.length; at += 4) nibbles.push(Math.round(data[at] / 17));
  }
  return nibbles;
})(${JSON.stringify(CELL)}, ${FIRST}, ${LAST})`;

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage();
  const nibbles = await page.evaluate<number[]>(DRAW);
  const bytes = Buffer.from(Uint8Array.from({ length: nibbles.length / 2 }, (_, at) => (nibbles[2 * at]! << 4) | nibbles[2 * at + 1]!));
  writeFileSync(
    join(root, 'formats/write/glyphs.gen.ts'),
    `// SPDX-License-Identifier: Apache-2.0
// Written by scripts/generate-glyphs.ts from JetBrains Mono (OFL-1.1). Do not edit.
export const GLYPH_WIDTH = ${CELL.width};
export const GLYPH_HEIGHT = ${CELL.height};
export const FIRST_GLYPH = ${FIRST};
export const LAST_GLYPH = ${LAST};
/** Base64: 16 shades a pixel, two pixels a byte, glyph after glyph. */
export const GLYPHS = '${bytes.toString('base64')}';
`,
  );
  console.log(`generate-glyphs: ${bytes.length} bytes`);
} finally {
  await browser.close();
}
