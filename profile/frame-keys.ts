// SPDX-License-Identifier: Apache-2.0
/**
 * What a node of the call tree stands for. A frame counts as its function if its name is known, else as the
 * frame itself; one into which functions were inlined counts as several, the outermost first.
 */
import type { Tables } from './tables.ts';
import { NONE, type FrameIndex, type FunctionIndex, type ProcessIndex } from './units.ts';

/**
 * One space of integers. From 0: a function is its row of `functions` x 2, an unnamed frame its row of `frames` x 2 + 1.
 * Below 0 is what is no code: the root, and processes by name (processes.ts).
 */
export type Key = number;
/** The root, "all". */
export const ROOT_KEY: Key = -1;
/** The process of samples of which nothing says whose they are. */
export const UNKNOWN_PROCESS: Key = -2;

/** `row` is the first of `processes` with its name. */
export const processKey = (row: ProcessIndex): Key => UNKNOWN_PROCESS - 1 - row;
export const isProcessKey = (key: Key): boolean => key <= UNKNOWN_PROCESS;
/** NONE for UNKNOWN_PROCESS. */
export const processRow = (key: Key): ProcessIndex => UNKNOWN_PROCESS - 1 - key;

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
