// SPDX-License-Identifier: Apache-2.0
/**
 * What a node of the call tree stands for. A frame counts as its function if its name is known, else as the
 * frame itself; one into which functions were inlined counts as several, the outermost first.
 */
import { NOTHING_COLLAPSED, type Collapse } from './collapse.ts';
import { FrameCategory } from './schema.ts';
import type { Tables } from './tables.ts';
import { NONE, type FrameIndex, type FunctionIndex, type ModuleIndex, type ProcessIndex } from './units.ts';

/**
 * One space of integers. From 0: a function is its row of `functions` x 4, an unnamed frame its row of `frames` x 4 + 1,
 * a library whose frames are collapsed its row of `modules` x 4 + 2. Below 0 is what is no code: the root, and
 * processes by name (processes.ts).
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

/** Of a frame that is not shown. */
export const HIDDEN: Key = -0x8000_0000;

const FUNCTION = 0;
const FRAME = 1;
const MODULE = 2;
const TAG_BITS = 2;
const TAG = 3;

export const functionKey = (row: FunctionIndex): Key => (row << TAG_BITS) | FUNCTION;
export const frameKey = (row: FrameIndex): Key => (row << TAG_BITS) | FRAME;
export const moduleKey = (row: ModuleIndex): Key => (row << TAG_BITS) | MODULE;
export const isFunctionKey = (key: Key): boolean => key >= 0 && (key & TAG) === FUNCTION;
export const isFrameKey = (key: Key): boolean => key >= 0 && (key & TAG) === FRAME;
export const isModuleKey = (key: Key): boolean => key >= 0 && (key & TAG) === MODULE;
/** Row of `functions`, `frames` or `modules`. */
export const keyRow = (key: Key): number => key >> TAG_BITS;

export class FrameKeys {
  /** Decides what `own`, `inlined` and `joins` say. */
  collapse: Collapse = NOTHING_COLLAPSED;
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

  /** What a frame counts as, of several the outermost: its function, or itself while it has no name; its library
   * where these are collapsed, HIDDEN where it is not shown. */
  own(frame: FrameIndex): Key {
    const { kernel, libraries } = this.collapse;
    if (kernel || libraries) {
      const { category, module } = this.#tables.frames.columns;
      if (kernel && category[frame] === FrameCategory.kernel) return HIDDEN;
      if (libraries && category[frame] === FrameCategory.library && module[frame] !== NONE) return moduleKey(module[frame]!);
    }
    return this.#outer.get(frame) ?? frameKey(frame);
  }

  /** Functions inlined into a frame with that key, outermost first, NONE to be skipped; undefined: none is shown. */
  inlined(frame: FrameIndex, own: Key): readonly FunctionIndex[] | undefined {
    return this.collapse.inlined || isModuleKey(own) ? undefined : this.#inlined.get(frame);
  }

  /** Is a call on a node with its own key no node of its own? */
  joins(key: Key): boolean {
    return this.collapse.recursion || isModuleKey(key);
  }

  #set(frame: FrameIndex, depth: number, row: number): boolean {
    if (depth === 0) {
      const before = this.#outer.get(frame);
      if (row === NONE) this.#outer.delete(frame);
      else this.#outer.set(frame, functionKey(row));
      return this.#outer.get(frame) !== before;
    }
    let list = this.#inlined.get(frame);
    if (!list) this.#inlined.set(frame, (list = []));
    while (list.length < depth) list.push(NONE);
    const before = list[depth - 1];
    list[depth - 1] = row;
    return before !== row;
  }
}
