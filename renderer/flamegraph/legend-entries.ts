// SPDX-License-Identifier: Apache-2.0
/** What the colours of a picture say: one entry a colour that is in it. */
import { originLegend, timeLegend, type LegendEntry } from '../../profile/colour-words.ts';
import { MUTED_COLOUR, UNNAMED_COLOUR, type Theme } from '../../profile/colours.ts';
import { NO_SLOT, slotColour } from '../../profile/module-colours.ts';
import { displayName } from '../app/format.ts';
import { FLAG_ANCESTOR, FLAG_PROCESS, MERGED, type Picture } from '../worker/protocol.ts';
import type { ColourMode } from './palette.ts';

/** Modules named; the others have their colours all the same. */
const MOST_MODULES = 8;
const LONGEST_NAME = 28;

export function legendEntries(picture: Picture, colours: ColourMode, theme: Theme): LegendEntry[] {
  switch (colours) {
    case 'origin': {
      const said = picture.tint ?? picture.category;
      const present = new Set<number>();
      for (const frame of codeOf(picture)) present.add(said[frame]!);
      return picture.tint ? timeLegend(present, theme) : originLegend(present, theme);
    }
    case 'module':
      return moduleEntries(picture, theme);
    case 'unnamed':
      return [
        { name: 'without a name', colour: UNNAMED_COLOUR[theme] },
        { name: 'named', colour: MUTED_COLOUR[theme].fill },
      ];
    default:
      return colours satisfies never;
  }
}

/** Those that spent the most samples themselves, of what is visible, first. */
function moduleEntries(picture: Picture, theme: Theme): LegendEntry[] {
  const modules = new Map<number, { self: number; slot: number }>();
  for (const frame of codeOf(picture)) {
    const module = picture.module?.[frame] ?? -1;
    const known = modules.get(module);
    if (known) known.self += picture.self[frame]!;
    else modules.set(module, { self: picture.self[frame]!, slot: picture.slot[frame] ?? NO_SLOT });
  }
  const sorted = [...modules].sort(([a, { self: one }], [b, { self: other }]) => other - one || a - b);
  const entries = sorted.slice(0, MOST_MODULES).map(([module, { slot }]) => ({
    name: module < 0 ? 'no module' : displayName(picture.names[module] ?? '', LONGEST_NAME),
    colour: slotColour(slot, theme),
  }));
  const more = sorted.length - entries.length;
  return more > 0 ? [...entries, { name: `and ${more} more`, colour: 'transparent' }] : entries;
}

/** Frames with a colour that says something: no root, process or block, nor what the zoom faded. */
function* codeOf({ count, flags, name }: Picture): Generator<number, void, void> {
  for (let frame = 1; frame < count; frame++) {
    if ((flags[frame]! & (FLAG_PROCESS | FLAG_ANCESTOR)) === 0 && name[frame] !== MERGED) yield frame;
  }
}
