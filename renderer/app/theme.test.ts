// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FRAME_TEXT_COLOUR, frameColour, MATCH_COLOUR, MUTED_COLOUR, NO_CODE_COLOUR, UNNAMED_COLOUR } from '../../profile/colours.ts';
import { NO_SLOT, slotColour } from '../../profile/module-colours.ts';
import { FrameCategory } from '../../profile/schema.ts';
import { FADED } from '../flamegraph/palette.ts';

const css = readFileSync(new URL('../theme.css', import.meta.url), 'utf8');

function tokens(selector: string): Record<string, string> {
  const block = css.slice(css.indexOf(selector)).split('}')[0]!;
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{3,6});/g)].map(([, name, value]) => [name, value]));
}

function luminance(hex: string): number {
  const full = hex.length === 4 ? [...hex.slice(1)].map((digit) => digit + digit).join('') : hex.slice(1);
  const [red, green, blue] = [0, 2, 4].map((at) => {
    const value = parseInt(full.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

describe.each([
  ['dark', ':root'],
  ['light', "[data-theme='light']"],
] as const)('%s', (theme, selector) => {
  const colours = tokens(selector);
  const readable = (text: string, ground: string) => expect(contrast(text, ground), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);

  test.each(['text', 'dim', 'faint', 'accent', 'good', 'warn', 'bad'])('%s is readable on every ground', (text) => {
    for (const ground of ['bg', 'panel', 'raised']) readable(colours[text]!, colours[ground]!);
  });

  test('labels are readable on buttons, frames, faded frames and matches', () => {
    readable(colours['on-accent']!, colours['accent']!);
    readable(FRAME_TEXT_COLOUR, MATCH_COLOUR);
    readable(NO_CODE_COLOUR[theme].label, NO_CODE_COLOUR[theme].fill);
    readable(FADED[theme].label, FADED[theme].fill);
    readable(FRAME_TEXT_COLOUR, UNNAMED_COLOUR[theme]);
    readable(MUTED_COLOUR[theme].label, MUTED_COLOUR[theme].fill);
    for (let slot = 0; slot <= NO_SLOT; slot++) readable(FRAME_TEXT_COLOUR, slotColour(slot, theme));
    for (const category of Object.values(FrameCategory)) {
      for (const name of ['a', 'main', 'vfs_read', 'std::sort', 'x1', 'y2', 'z3', 'w4']) readable(FRAME_TEXT_COLOUR, frameColour(category, name, theme));
    }
  });
});
