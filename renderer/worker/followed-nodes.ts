// SPDX-License-Identifier: Apache-2.0
/**
 * Where the nodes that the user has zoomed to or selected are now. A name that comes late, also that of what was
 * inlined, and what is collapsed move samples to other nodes; whoever looked at the one then looks at the other.
 */
import type { Anchor } from '../../profile/anchors.ts';
import { ROOT, type CallTree } from '../../profile/call-tree.ts';
import { frameKey, functionKey, type Key } from '../../profile/frame-keys.ts';
import type { Tables } from '../../profile/tables.ts';
import { NONE } from '../../profile/units.ts';

/** The window keeps about as many zooms to go back to. */
const MOST_FOLLOWED = 128;

interface Followed {
  /** The node that has the samples now. */
  now: number;
  /** Kept from the first time it is needed, so that a node comes back to itself when nothing is collapsed any more; null:
   * there is none. */
  anchor?: Anchor | null;
}

export class FollowedNodes {
  readonly #tree: CallTree;
  readonly #tables: Tables;
  /** By node as the window knows it. The oldest first. */
  readonly #followed = new Map<number, Followed>();

  constructor(tree: CallTree, tables: Tables) {
    this.#tree = tree;
    this.#tables = tables;
  }

  /** The node that has the samples now; it is followed from here on. A node that cannot be seen is the root. */
  resolve(node: number): number {
    if (!(node > ROOT && node < this.#tree.size) || this.#tree.isHidden(node)) return ROOT;
    const followed = this.#followed.get(node) ?? { now: node };
    this.#followed.delete(node);
    this.#followed.set(node, followed);
    if (this.#followed.size > MOST_FOLLOWED) this.#followed.delete(this.#followed.keys().next().value!);
    return followed.now;
  }

  /** The user points at a node anew: where it has samples of its own, it is meant, and not what took its place before. */
  renew(node: number): void {
    if (node > ROOT && node < this.#tree.size && this.#tree.total(node) > 0) this.#followed.delete(node);
  }

  /** Followed nodes that are another one now. */
  moved(): { from: number; to: number }[] {
    return [...this.#followed].filter(([from, { now }]) => from !== now).map(([from, { now }]) => ({ from, to: now }));
  }

  /** To be called before nodes may move. */
  hold(): void {
    const loose = [...this.#followed.values()].filter(({ anchor }) => anchor === undefined);
    if (loose.length === 0) return;
    const anchors = this.#tree.anchors(loose.map(({ now }) => now));
    for (const followed of loose) followed.anchor = anchors.get(followed.now) ?? null;
  }

  /** To be called after nodes have moved. @param from, to: rows of `symbols` that were applied. */
  follow(from = 0, to = 0): void {
    const named = this.#named(from, to);
    for (const followed of this.#followed.values()) {
      const { anchor } = followed;
      if (anchor == null) continue;
      const key = named.get(anchor.key);
      const held = key === undefined ? anchor : { ...anchor, key, nth: 0 };
      followed.anchor = held;
      followed.now = this.#tree.nodeAt(held);
    }
  }

  /** Key of an unnamed frame -> key of its function, for frames that anchors name and these rows do. */
  #named(from: number, to: number): Map<Key, Key> {
    const named = new Map<Key, Key>();
    const frames = new Set([...this.#followed.values()].map(({ anchor }) => anchor?.key));
    const { frame, depth, function: row } = this.#tables.symbols.columns;
    for (let at = from; at < to; at++) {
      const key = frameKey(frame[at]!);
      if (depth[at] === 0 && row[at] !== NONE && frames.has(key)) named.set(key, functionKey(row[at]!));
    }
    return named;
  }
}
