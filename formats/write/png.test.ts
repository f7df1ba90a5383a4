// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { functionKey } from '../../profile/frame-keys.ts';
import { MERGED_COLOUR, NO_CODE_COLOUR, frameColour } from '../../profile/colours.ts';
import { FrameCategory } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { ProfileWriter, profileFromText } from '../../profile/testing.ts';
import { Band } from './png-band.ts';
import { eachPixel, fits, loadGlyphs } from './png-text.ts';
import { toPng, type PngOptions } from './png.ts';
import { hostileProfile } from './testing.ts';

const { PNG } = createRequire(import.meta.url)('pngjs') as {
  PNG: { sync: { read(file: Buffer): { width: number; height: number; data: Buffer } } };
};

/** Rows of the picture from its root, as "colour x colour x colour", by a reader that is not ours. */
async function read(tables: Tables, options: Partial<PngOptions> = {}) {
  const { width, height, data } = PNG.sync.read(Buffer.from(await toPng(tables, { title: 'title', width: 440, ...options })));
  const colour = (x: number, y: number) => `#${data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3).toString('hex')}`;
  const rows = (height - 96 - 20) / 34;
  return {
    width,
    rows: Array.from({ length: rows }, (_, row) => {
      const y = 96 + (options.icicle ? row : rows - 1 - row) * 34 + 30;
      const runs: [string, number][] = [];
      for (let x = 20; x < width - 20; x++) {
        const at = colour(x, y);
        if (runs.at(-1)?.[0] === at) runs.at(-1)![1]++;
        else runs.push([at, 1]);
      }
      return runs.filter(([, length]) => length > 3);
    }),
  };
}

const user = (name: string) => frameColour(FrameCategory.user, name, 'light');
const GROUND = '#f6f5f2';

describe('toPng', () => {
  it('draws each frame in its row, place, width and colour', async () => {
    const { width, rows } = await read(profileFromText('main;a 100\nmain;b_[k] 200\nmain 100'));
    expect(width).toBe(440);
    expect(rows).toEqual([
      [[NO_CODE_COLOUR.light.fill, 399]],
      [[user('main'), 399]],
      [[user('a'), 99], [frameColour(FrameCategory.kernel, 'b', 'light'), 199], [GROUND, 101]],
    ]);
    const dark = await read(profileFromText('main;a 100\nmain;b 200'), { icicle: true, theme: 'dark' });
    expect(dark.rows[1]).toEqual([[frameColour(FrameCategory.user, 'main', 'dark'), 399]]);
  });

  it('exports what is selected, and is a picture of nothing for an empty profile', async () => {
    const { rows } = await read(profileFromText('main;a 3\nmain;b 1\nother 6'), { zoom: [functionKey(0)] });
    expect(rows.slice(1)).toEqual([[[user('main'), 399]], [[user('a'), 299], [user('b'), 99]]]);
    expect((await read(new ProfileWriter().tables)).rows.length).toBe(1);
  });

  it('bounds the height, whatever is in the stacks', async () => {
    expect((await read(profileFromText(`${'f;'.repeat(5_000)}f 1`))).rows.length).toBe(900);
  }, 60_000);

  it('draws a block of what is too narrow, and hostile names', async () => {
    const many = Array.from({ length: 60_000 }, (_, index) => `main;f${index} 1`).join('\n');
    expect((await read(profileFromText(many))).rows[2]).toEqual([[MERGED_COLOUR.light, 399]]);
    expect((await read(hostileProfile())).rows.length).toBeGreaterThan(2);
  }, 60_000);
});

describe('texts', () => {
  it('are cut to what fits, and what is no letter of Latin, Greek or Cyrillic becomes "?"', () => {
    expect(fits('hash_search', 11 * 14)).toBe('hash_search');
    expect(fits('hash_search', 6 * 14)).toBe('hash_…');
    expect(fits('hash', 2 * 14)).toBe('');
    expect(fits('a漢🔥b · µs', 200)).toBe('a??b · µs');
    expect(fits('naïve Größe λ разбор e\u0301', 400)).toBe('naïve Größe λ разбор é');
  });

  it('have a glyph of its own for every letter', async () => {
    await loadGlyphs();
    const drawn = (text: string) => {
      const pixels: string[] = [];
      eachPixel(text, (x, y, opacity) => pixels.push(`${x},${y}:${opacity.toFixed(2)}`));
      return pixels.join(' ');
    };
    const letters = [...'aäáâąеёжЖλΛß?é'];
    expect(new Set(letters.map(drawn)).size).toBe(letters.length);
    // The Cyrillic one looks like the Latin one.
    expect(drawn('е')).toBe(drawn('e'));
    expect(drawn('漢')).toBe('');
  });

  it('are drawn within their cells', async () => {
    await loadGlyphs();
    const band = new Band(28, 28, '#000000');
    band.text(0, 0, 'H ', '#ffffff');
    const lines = band.scanlines();
    const lit = (x: number) => Array.from({ length: 28 }, (_, y) => lines[y * (28 * 3 + 1) + 1 + x * 3]!).reduce((sum, value) => sum + value, 0);
    const columns = Array.from({ length: 28 }, (_, x) => lit(x));
    expect(columns.slice(0, 14).some((sum) => sum > 3_000)).toBe(true);
    expect(columns.slice(14).every((sum) => sum === 0)).toBe(true);
  });
});
