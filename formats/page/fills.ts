// SPDX-License-Identifier: Apache-2.0
/** The colours of a page: by kind of code, or by what changed. */
import { MATCH_COLOUR, type Theme } from '../../profile/colours.ts';
import type { FrameCategory } from '../../profile/schema.ts';
import { tintedColour, type Tint } from '../../profile/tints.ts';
import { MERGED_NAME, NO_CODE, type PageData } from './page-data.ts';

/** Lighter than in the window: labels are dark in every frame. */
const NO_CODE_FILL: Record<Theme, string> = { dark: '#98a1ad', light: '#d9dde3' };
const MERGED_FILL: Record<Theme, string> = { dark: '#7d8691', light: '#d5d2cb' };

type Rgb = readonly [red: number, green: number, blue: number];

/** Orange and blue, which colour-blind people tell apart, too; all are light enough for dark labels. */
const SAME: Record<Theme, Rgb> = { dark: [0x9a, 0xa1, 0xab], light: [0xd5, 0xd2, 0xcb] };
const GREW: Rgb = [0xf0, 0x8a, 0x5b];
const SHRANK: Rgb = [0x5a, 0xa2, 0xe0];
export const NEW_COLOUR = '#f0c53c';
export const VANISHED_COLOUR = '#7fd6cf';
/** Twice as much, or half, is the full colour. */
const FULL_CHANGE = Math.log(2);

const hex = (rgb: readonly number[]): string => `#${rgb.map((channel) => Math.round(channel).toString(16).padStart(2, '0')).join('')}`;

/** @param a share before @param b share after */
export function changeColour(a: number, b: number, theme: Theme): string {
  if (a === b) return hex(SAME[theme]);
  if (!(a > 0)) return NEW_COLOUR;
  if (!(b > 0)) return VANISHED_COLOUR;
  const change = Math.log(b / a);
  const strength = Math.min(1, Math.abs(change) / FULL_CHANGE);
  const to = change > 0 ? GREW : SHRANK;
  return hex(SAME[theme].map((channel, at) => channel + (to[at]! - channel) * strength));
}

export function fillOf(data: PageData, frame: number, isMatch: boolean, theme: Theme): string {
  const name = data.name[frame]!;
  if (isMatch && name !== MERGED_NAME) return MATCH_COLOUR;
  if (name === MERGED_NAME) return MERGED_FILL[theme];
  if (data.difference) return changeColour(data.difference.totalA[frame]!, data.difference.totalB[frame]!, theme);
  const category = data.categories[name]!;
  if (category === NO_CODE) return NO_CODE_FILL[theme];
  const tint = data.tints[name]!;
  return tintedColour(tint < 0 ? null : (tint as Tint), category as FrameCategory, data.names[name]!, theme);
}

/** What the colours of a difference mean. */
export function changeLegend(theme: Theme): readonly (readonly [colour: string, words: string])[] {
  return [
    [hex(GREW), 'grew'],
    [hex(SAME[theme]), 'unchanged'],
    [hex(SHRANK), 'shrank'],
    [NEW_COLOUR, 'new'],
    [VANISHED_COLOUR, 'vanished'],
  ];
}
