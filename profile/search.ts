// SPDX-License-Identifier: Apache-2.0
/** What of a call tree matches a pattern: by function, and as a share of the samples. */
import { ROOT, type CallTree } from './call-tree.ts';
import { ROOT_KEY, type Key } from './frame-keys.ts';
import type { Pattern } from './pattern.ts';

export interface SearchFigures {
  /** Of the zoomed node's samples, 0 to 1: those with a match in their stack from that node on, each counted once. */
  share: number;
  /** Functions (unnamed frames and processes, too) that match and have samples there. */
  functions: number;
}

// State of a node in one pass.
const INSIDE = 1;
const MATCHED = 2;

export class Search {
  readonly #tree: CallTree;
  readonly #pattern: Pattern;
  /** By key: 0 not asked yet, 1 no, 2 yes. A key's name never changes. */
  #known = new Uint8Array(1024);
  readonly #processes = new Map<Key, boolean>();

  constructor(tree: CallTree, pattern: Pattern) {
    this.#tree = tree;
    this.#pattern = pattern;
  }

  /** Each distinct name is tested once. The root matches nothing, and no process where they are hidden. */
  matches(key: Key): boolean {
    if (key < 0) return this.#matchesProcess(key);
    if (key >= this.#known.length) {
      const grown = new Uint8Array(Math.max(key + 1, this.#known.length * 2));
      grown.set(this.#known);
      this.#known = grown;
    }
    if (this.#known[key] === 0) this.#known[key] = this.#pattern.test(this.#tree.names.name(key)) ? 2 : 1;
    return this.#known[key] === 2;
  }

  /** One pass over the nodes younger than the zoomed one: children come after their parents. */
  figures(zoom: number = ROOT): SearchFigures {
    const tree = this.#tree;
    const state = new Uint8Array(tree.size);
    const functions = new Set<Key>();
    let matched = 0;
    for (let node = zoom; node < tree.size; node++) {
      const above = node === zoom ? INSIDE : state[tree.parent(node)]!;
      if (above === 0) continue;
      state[node] = above;
      const total = tree.total(node);
      const key = tree.key(node);
      if (!(total > 0) || !this.matches(key)) continue;
      functions.add(key);
      if (above === MATCHED) continue;
      state[node] = MATCHED;
      matched += total;
    }
    const total = tree.total(zoom);
    return { share: total > 0 ? matched / total : 0, functions: functions.size };
  }

  #matchesProcess(key: Key): boolean {
    if (key === ROOT_KEY || !this.#tree.hasProcesses) return false;
    let matches = this.#processes.get(key);
    if (matches === undefined) {
      matches = this.#pattern.test(this.#tree.names.name(key));
      this.#processes.set(key, matches);
    }
    return matches;
  }
}
