// SPDX-License-Identifier: Apache-2.0
/** What the colours of a picture say, in words and in the order of a legend. */
import { frameColour, type Theme } from './colours.ts';
import { FrameCategory } from './schema.ts';
import { Tint, tintedColour } from './tints.ts';

export interface LegendEntry {
  name: string;
  colour: string;
}

export const originNames: Readonly<Record<FrameCategory, string>> = {
  [FrameCategory.user]: 'program',
  [FrameCategory.library]: 'library',
  [FrameCategory.kernel]: 'kernel',
  [FrameCategory.inlined]: 'inlined',
  [FrameCategory.jit]: 'JIT',
  [FrameCategory.interpreted]: 'interpreted',
  [FrameCategory.unresolved]: 'unresolved',
};

const origins: readonly FrameCategory[] = [
  FrameCategory.user,
  FrameCategory.library,
  FrameCategory.kernel,
  FrameCategory.inlined,
  FrameCategory.jit,
  FrameCategory.interpreted,
  FrameCategory.unresolved,
];

/** @param present kinds of code that are in the picture */
export function originLegend(present: ReadonlySet<number>, theme: Theme): LegendEntry[] {
  return origins.filter((category) => present.has(category)).map((category) => ({ name: originNames[category], colour: frameColour(category, 'main', theme) }));
}

/** @param present what the time is that is in the picture */
export function timeLegend(present: ReadonlySet<number>, theme: Theme): LegendEntry[] {
  const entries: readonly (LegendEntry & { tint: Tint })[] = [
    { tint: Tint.onCpu, name: 'on a CPU', colour: tintedColour(Tint.onCpu, FrameCategory.user, 'main', theme) },
    { tint: Tint.blocked, name: 'blocked', colour: tintedColour(Tint.blocked, FrameCategory.kernel, 'main', theme) },
    { tint: Tint.queued, name: 'without a CPU', colour: tintedColour(Tint.queued, FrameCategory.kernel, 'main', theme) },
    { tint: Tint.waker, name: 'who woke it', colour: tintedColour(Tint.waker, FrameCategory.user, 'main', theme) },
  ];
  return entries.filter((entry) => present.has(entry.tint)).map(({ name, colour }) => ({ name, colour }));
}
