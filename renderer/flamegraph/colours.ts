// SPDX-License-Identifier: Apache-2.0
/** Stand-in until profile/colours.ts is there. */
import { FrameCategory } from '../../profile/schema.ts';

const bases: Record<FrameCategory, [number, number, number][]> = {
  [FrameCategory.user]: [[232, 133, 61], [239, 178, 85]],
  [FrameCategory.library]: [[217, 104, 76]],
  [FrameCategory.kernel]: [[79, 134, 198]],
  [FrameCategory.inlined]: [[201, 161, 90]],
  [FrameCategory.jit]: [[86, 166, 106]],
  [FrameCategory.interpreted]: [[120, 176, 140]],
  [FrameCategory.unresolved]: [[150, 156, 165]],
};

export function frameColour(category: FrameCategory, name: string, _theme: 'dark' | 'light'): string {
  let hash = 2166136261;
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 16777619);
  hash >>>= 0;
  const choices = bases[category];
  const base = choices[hash % choices.length]!;
  const tint = ((hash >>> 8) % 6) * 0.032;
  return `rgb(${base.map((value) => Math.round(value + (255 - value) * tint)).join(' ')})`;
}
