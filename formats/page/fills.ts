// SPDX-License-Identifier: Apache-2.0
/** The colours of a page: by kind of code, or by what changed. */
import { originLegend, timeLegend, type LegendEntry } from '../../profile/colour-words.ts';
import { MATCH_COLOUR, type Theme } from '../../profile/colours.ts';
import { CHANGE_STEPS, changeColour } from '../../profile/comparison/difference-colours.ts';
import type { FrameCategory } from '../../profile/schema.ts';
import { tintedColour, type Tint } from '../../profile/tints.ts';
import { MERGED_NAME, NO_CODE, type PageData, type PageDifference } from './page-data.ts';

/** Lighter than in the window: labels are dark in every frame. */
const NO_CODE_FILL: Record<Theme, string> = { dark: '#98a1ad', light: '#d9dde3' };
const MERGED_FILL: Record<Theme, string> = { dark: '#7d8691', light: '#d5d2cb' };

export function fillOf(data: PageData, frame: number, isMatch: boolean, theme: Theme): string {
  const name = data.name[frame]!;
  if (isMatch && name !== MERGED_NAME) return MATCH_COLOUR;
  if (name === MERGED_NAME) return MERGED_FILL[theme];
  if (data.difference) return changeColour(data.difference.step[frame]!, data.difference.palette, theme);
  const category = data.categories[name]!;
  if (category === NO_CODE) return NO_CODE_FILL[theme];
  const tint = data.tints[name]!;
  return tintedColour(tint < 0 ? null : (tint as Tint), category as FrameCategory, data.names[name]!, theme);
}

/** What the colours mean, of those that are there. */
export function legendOf({ difference, categories, tints }: PageData, theme: Theme): LegendEntry[] {
  if (difference) return changeLegend(difference, theme);
  const isCode = categories.map((category) => category !== NO_CODE);
  const isTinted = tints.some((tint) => tint >= 0);
  const present = new Set((isTinted ? tints : categories).filter((_, name) => isCode[name]));
  return isTinted ? timeLegend(present, theme) : originLegend(present, theme);
}

function changeLegend({ palette, isNoiseGrey }: PageDifference, theme: Theme): LegendEntry[] {
  const legend: readonly (readonly [step: number, name: string])[] = [
    [CHANGE_STEPS - 1, 'grew'],
    [0, isNoiseGrey ? 'unchanged, or noise' : 'unchanged'],
    [1 - CHANGE_STEPS, 'shrank'],
    [CHANGE_STEPS, 'new'],
    [-CHANGE_STEPS, 'vanished'],
  ];
  return legend.map(([step, name]) => ({ name, colour: changeColour(step, palette, theme) }));
}
