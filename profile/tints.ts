// SPDX-License-Identifier: Apache-2.0
/** What most of a frame's time is: its colour where time off a CPU is shown. */
import { frameColour, waitColour, type Theme } from './colours.ts';
import type { CallTree } from './call-tree.ts';
import { WAKER_SEPARATOR } from './questions.ts';
import { FrameCategory } from './schema.ts';
import { NONE } from './units.ts';
import type { WaitWeights } from './wait-weights.ts';

/** Time on a CPU; blocked; could have run, but without a CPU; a frame of who ended a wait. */
export const Tint = { onCpu: 0, blocked: 1, queued: 2, waker: 3 } as const;
export type Tint = (typeof Tint)[keyof typeof Tint];

/** From this share of its time on a function's colour is of what it did itself. */
const OWN_SHARE = 0.1;

function most(onCpu: number, blocked: number, queued: number): Tint {
  if (onCpu >= blocked && onCpu >= queued) return Tint.onCpu;
  return blocked >= queued ? Tint.blocked : Tint.queued;
}

/**
 * Of the first `count` of `nodes`, which stand row by row; undefined: all of it is CPU time.
 * @param waits of what the tree holds
 */
export function tints(nodes: ArrayLike<number>, count: number, tree: CallTree, waits: WaitWeights): Uint8Array | undefined {
  const off = waits.both(tree);
  if (!off) return undefined;
  const tint = new Uint8Array(count);
  const wakers = new Set<number>();
  for (let frame = 0; frame < count; frame++) {
    const node = nodes[frame]!;
    const parent = tree.parent(node);
    // Frames come row by row, so that the parent's is known.
    if (wakers.has(parent) || (parent !== NONE && tree.name(parent) === WAKER_SEPARATOR)) {
      wakers.add(node);
      tint[frame] = Tint.waker;
      continue;
    }
    // What a function itself did says more of it than what it called.
    const ofSelf = tree.self(node) >= OWN_SHARE * tree.total(node);
    const { blocked, queued } = ofSelf ? off.self : off.total;
    tint[frame] = most((ofSelf ? tree.self(node) : tree.total(node)) - blocked[node]! - queued[node]!, blocked[node]!, queued[node]!);
  }
  return tint;
}

/** Where time off a CPU is shown beside it, blue says that it is: the kernel's own time is then as warm as a library's. */
export function warmCategory(tint: Tint | null, category: FrameCategory): FrameCategory {
  return tint !== null && category === FrameCategory.kernel ? FrameCategory.library : category;
}

export function tintedColour(tint: Tint | null, category: FrameCategory, name: string, theme: Theme): string {
  if (tint === Tint.blocked) return waitColour('blocked', name, theme);
  if (tint === Tint.queued) return waitColour('queued', name, theme);
  return frameColour(warmCategory(tint, category), name, theme);
}
