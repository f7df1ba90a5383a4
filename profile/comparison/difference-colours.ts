// SPDX-License-Identifier: Apache-2.0
/**
 * The colours of a difference: one hue for what grew, another for what shrank, the stronger the more, and grey for what is the
 * same. Labels are FRAME_TEXT_COLOUR on all of them.
 */
import type { Theme } from '../colours.ts';
import type { Comparison } from './comparison.ts';
import type { DifferenceTree } from './difference-tree.ts';

/** orange-blue can be told apart by colour-blind people, too; red-blue is what flamegraph.pl draws. */
export type DifferencePalette = 'orange-blue' | 'red-blue';
export const DIFFERENCE_PALETTES: readonly DifferencePalette[] = ['orange-blue', 'red-blue'];

type Rgb = readonly [red: number, green: number, blue: number];

/** Either way from 0, "the same"; the outermost are what is new and what vanished. */
export const CHANGE_STEPS = 6;
/** Of both palettes, told apart from what only grew or shrank. */
const NEW: Rgb = [0xf0, 0xc5, 0x3c];
const VANISHED: Rgb = [0x7f, 0xd6, 0xcf];
/** A change to twice or half is the strongest colour: half of the larger side. */
const STRONGEST = 0.5;

/** From the design's tokens (--grew, --shrank, --same), lightened where dark labels would not be read on them. */
const ENDS: Record<DifferencePalette, { grew: Rgb; shrank: Rgb }> = {
  'orange-blue': { grew: [0xf0, 0x8a, 0x5b], shrank: [0x5a, 0xa2, 0xe0] },
  'red-blue': { grew: [0xf2, 0x6d, 0x6d], shrank: [0x6f, 0x9b, 0xf5] },
};
const SAME: Record<Theme, Rgb> = { dark: [0x9a, 0xa0, 0xaa], light: [0xd5, 0xd2, 0xcb] };

/** @param change as `DifferenceTree.change`: -1 (vanished) to 1 (new)
 * @returns -CHANGE_STEPS to CHANGE_STEPS */
export function changeStep(change: number): number {
  if (Math.abs(change) === 1) return change * CHANGE_STEPS;
  const most = CHANGE_STEPS - 1;
  const step = Math.round((most * change) / STRONGEST);
  // No negative zero: it would be another step.
  return Math.max(-most, Math.min(most, step)) + 0;
}

/** Identities whose change is more than noise. */
export function sureOf({ functions }: Pick<Comparison, 'functions'>): ReadonlySet<number> {
  return new Set(functions.filter(({ total: { verdict } }) => verdict !== 'unclear' && verdict !== 'unchanged').map(({ identity }) => identity));
}

/** @param sure null: noise is coloured, too */
export function stepOf(tree: Pick<DifferenceTree, 'key' | 'change'>, node: number, sure: ReadonlySet<number> | null): number {
  return sure === null || sure.has(tree.key(node)) ? changeStep(tree.change(node)) : 0;
}

/** "#rrggbb" of a step. */
export function changeColour(step: number, palette: DifferencePalette, theme: Theme): string {
  const end = ENDS[palette][step > 0 ? 'grew' : 'shrank'];
  const mixed =
    Math.abs(step) === CHANGE_STEPS
      ? step > 0
        ? NEW
        : VANISHED
      : SAME[theme].map((same, channel) => same + ((end[channel]! - same) * Math.abs(step)) / (CHANGE_STEPS - 1));
  return `#${mixed.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;
}
