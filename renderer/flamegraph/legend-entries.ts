// SPDX-License-Identifier: Apache-2.0
/** What the colours of a picture say: one entry a colour that is in it. */
import { frameColour, MUTED_COLOUR, UNNAMED_COLOUR, type Theme } from '../../profile/colours.ts';
import { NO_SLOT, slotColour } from '../../profile/module-colours.ts';
import { FrameCategory } from '../../profile/schema.ts';
import { displayName } from '../app/format.ts';
import { tintedColour } from '../../profile/tints.ts';
import { FLAG_ANCESTOR, FLAG_PROCESS, MERGED, Tint, type Picture } from '../worker/protocol.ts';
import type { ColourMode } from './palette.ts';
import { originNames } from './tooltip.ts';

export interface LegendEntry {
  name: string;
  colour: string;
}

/** Modules named; the others have their colours all the same. */
const MOST_MODULES = 8;
const LONGEST_NAME = 28;

const origins: readonly FrameCategory[] = [
  FrameCategory.user,
  FrameCategory.library,
  FrameCategory.kernel,
  FrameCategory.inlined,
  FrameCategory.jit,
  FrameCategory.interpreted,
  FrameCategory.unresolved,
];

export function legendEntries(picture: Picture, colours: ColourMode, theme: Theme): LegendEntry[] {
  switch (colours) {
    case 'origin': {
      if (picture.tint) return timeEntries(picture, picture.tint, theme);
      const present = new Set<number>();
      for (const frame of codeOf(picture)) present.add(picture.category[frame]!);
      return origins.filter((category) => present.has(category)).map((category) => ({ name: originNames[category], colour: frameColour(category, 'main', theme) }));
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

function timeEntries(picture: Picture, tint: Uint8Array, theme: Theme): LegendEntry[] {
  const present = new Set<number>();
  for (const frame of codeOf(picture)) present.add(tint[frame]!);
  const entries: readonly (LegendEntry & { tint: Tint })[] = [
    { tint: Tint.onCpu, name: 'on a CPU', colour: tintedColour(Tint.onCpu, FrameCategory.user, 'main', theme) },
    { tint: Tint.blocked, name: 'blocked', colour: tintedColour(Tint.blocked, FrameCategory.kernel, 'main', theme) },
    { tint: Tint.queued, name: 'without a CPU', colour: tintedColour(Tint.queued, FrameCategory.kernel, 'main', theme) },
    { tint: Tint.waker, name: 'who woke it', colour: tintedColour(Tint.waker, FrameCategory.user, 'main', theme) },
  ];
  return entries.filter((entry) => present.has(entry.tint)).map(({ name, colour }) => ({ name, colour }));
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
