// SPDX-License-Identifier: Apache-2.0
/**
 * Where the nodes that the user has zoomed to or selected are now. A name that comes late moves the weight of
 * an unnamed frame's node to the node of the function; whoever looked at the one then looks at the other.
 */
import { ROOT, type CallTree } from '../../profile/call-tree.ts';
import { frameKey, functionKey, isFrameKey, type Key } from '../../profile/frame-keys.ts';
import type { Tables } from '../../profile/tables.ts';
import { NONE } from '../../profile/units.ts';

/** The window keeps about as many zooms to go back to. */
const MOST_FOLLOWED = 128;

export class FollowedNodes {
  readonly #tree: CallTree;
  readonly #tables: Tables;
  /** Node as the window knows it -> node that has its weight now. The oldest first. */
  readonly #now = new Map<number, number>();

  constructor(tree: CallTree, tables: Tables) {
    this.#tree = tree;
    this.#tables = tables;
  }

  /** The node that has the weight now; it is followed from here on. A node that cannot be seen is the root. */
  resolve(node: number): number {
    if (!(node > ROOT && node < this.#tree.size) || this.#tree.isHidden(node)) return ROOT;
    const now = this.#now.get(node) ?? node;
    this.#now.delete(node);
    this.#now.set(node, now);
    if (this.#now.size > MOST_FOLLOWED) this.#now.delete(this.#now.keys().next().value!);
    return now;
  }

  /** Followed nodes that are another one now. */
  moved(): { from: number; to: number }[] {
    return [...this.#now].filter(([from, to]) => from !== to).map(([from, to]) => ({ from, to }));
  }

  /** To be called after the tree has applied rows [from, to) of `symbols`. */
  applySymbols(from: number, to: number): void {
    const tree = this.#tree;
    const paths = new Map<number, Key[]>();
    const frames = new Set<Key>();
    for (const [asked, now] of this.#now) {
      const keys = tree.path(now).slice(1).map((node) => tree.key(node));
      paths.set(asked, keys);
      for (const key of keys) if (isFrameKey(key)) frames.add(key);
    }
    if (frames.size === 0) return;
    const renamed = this.#functionsOf(frames, from, to);
    if (renamed.size === 0) return;
    for (const [asked, keys] of paths) {
      if (!keys.some((key) => renamed.has(key))) continue;
      const found = tree.find(keys.flatMap((key) => renamed.get(key) ?? [key]));
      if (found !== NONE) this.#now.set(asked, found);
    }
  }

  /** Frame key -> keys of its function and what is inlined there, for frames named by these rows. */
  #functionsOf(frames: ReadonlySet<Key>, from: number, to: number): Map<Key, Key[]> {
    const { frame, depth, function: named } = this.#tables.symbols.columns;
    const rows = new Map<Key, number[]>();
    for (let row = from; row < to; row++) {
      const key = frameKey(frame[row]!);
      if (!frames.has(key)) continue;
      const byDepth = rows.get(key) ?? [];
      rows.set(key, byDepth);
      byDepth[depth[row]!] = named[row]!;
    }
    const keys = new Map<Key, Key[]>();
    for (const [key, [outer = NONE, ...inlined]] of rows) {
      const inner = inlined.filter((row) => row !== undefined && row !== NONE).map(functionKey);
      if (outer !== NONE || inner.length > 0) keys.set(key, [outer === NONE ? key : functionKey(outer), ...inner]);
    }
    return keys;
  }
}
