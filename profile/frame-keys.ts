// SPDX-License-Identifier: Apache-2.0
/**
 * What a frame counts as in the call tree: its function if its name is known, else the frame itself.
 * A frame into which functions were inlined counts as several, the outermost first.
 */
import type { Tables } from './tables.ts';
import { NONE, type FrameIndex, type FunctionIndex } from './units.ts';

/** One space of integers: a function is its row of `functions` x 2, an unnamed frame its row of `frames` x 2 + 1. */
export type Key = number;
/** The root, "all". */
export const ROOT_KEY: Key = -1;

export const functionKey = (row: FunctionIndex): Key => row * 2;
export const frameKey = (row: FrameIndex): Key => row * 2 + 1;
export const isFunctionKey = (key: Key): boolean => key >= 0 && (key & 1) === 0;
export const isFrameKey = (key: Key): boolean => key >= 0 && (key & 1) === 1;
/** Row of `functions` or `frames`. */
export const keyRow = (key: Key): number => key >> 1;

export class FrameKeys {
  readonly #tables: Tables;
  /** Frame -> key at depth 0; nothing: the frame itself. */
  readonly #outer = new Map<FrameIndex, Key>();
  /** Frame -> functions inlined into it by depth - 1; NONE where that depth has no name (yet). */
  readonly #inlined = new Map<FrameIndex, number[]>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** Takes rows [from, to) of `symbols`. A later row of the same frame and depth replaces an earlier one.
   * @returns the frames whose keys changed, each once. */
  take(from: number, to: number): Set<FrameIndex> {
    const { frame, depth, function: functions } = this.#tables.symbols.columns;
    const changed = new Set<FrameIndex>();
    for (let row = from; row < to; row++) {
      if (this.#set(frame[row]!, depth[row]!, functions[row]!)) changed.add(frame[row]!);
    }
    return changed;
  }

  /** Key of the code's own function: the outermost. */
  outer(frame: FrameIndex): Key {
    return this.#outer.get(frame) ?? frameKey(frame);
  }

  /** Functions inlined into it, outermost first, NONE to be skipped; undefined: none. */
  inlined(frame: FrameIndex): readonly FunctionIndex[] | undefined {
    return this.#inlined.get(frame);
  }

  #set(frame: FrameIndex, depth: number, row: number): boolean {
    if (depth === 0) {
      const before = this.outer(frame);
      if (row === NONE) this.#outer.delete(frame);
      else this.#outer.set(frame, functionKey(row));
      return this.outer(frame) !== before;
    }
    let list = this.#inlined.get(frame);
    if (!list) this.#inlined.set(frame, (list = []));
    while (list.length < depth) list.push(NONE);
    const before = list[depth - 1];
    list[depth - 1] = row;
    return before !== row;
  }
}
