// SPDX-License-Identifier: Apache-2.0
/**
 * Stacks as other tools' files hold them: lists of code locations, each with its function and those inlined there.
 * What is collapsed is left out or joined as in the call tree.
 */
import { NOTHING_COLLAPSED, type Collapse } from '../../profile/collapse.ts';
import { FrameKeys, HIDDEN, functionKey, isFunctionKey, isModuleKey, keyRow, type Key } from '../../profile/frame-keys.ts';
import { Names } from '../../profile/names.ts';
import { FrameCategory } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { NONE, type FrameIndex, type ModuleIndex, type StackIndex } from '../../profile/units.ts';
import { printable } from '../printable.ts';

/** A function at a code location. */
export interface Call {
  readonly key: Key;
  readonly name: string;
  readonly category: FrameCategory;
  /** NONE: not known. */
  readonly module: ModuleIndex;
  /** Source file; empty: not known. */
  readonly file: string;
  /** Source line of this location; 0: not known. */
  readonly line: number;
  /** Source line of the function's definition; 0: not known. */
  readonly definedAt: number;
}

/** A code location: one address, or what stands for it. */
export interface Place {
  /** From 0, in order of first use. */
  readonly index: number;
  readonly frame: FrameIndex;
  /** NONE: no mapping was known; offset is then the address. */
  readonly module: ModuleIndex;
  /** As `frames.offset`. */
  readonly offset: number;
  /** It is a function, a library or a process by name, not only an address. */
  readonly isNamed: boolean;
  /** At least one: the function whose code it is, then what is inlined, each into the one before. */
  readonly calls: readonly Call[];
}

export class StackPlaces {
  /** All places used so far, by `index`. */
  readonly places: Place[] = [];
  readonly #tables: Tables;
  readonly #names: Names;
  readonly #keys: FrameKeys;
  /** Frame -> its latest row of `symbols` at each depth; NONE: none. */
  readonly #symbols = new Map<FrameIndex, number[]>();
  readonly #calls = new Map<FrameIndex, readonly Call[]>();
  readonly #whole = new Map<FrameIndex, Place>();
  /** Places of which some calls joined those before, by frame and by which. */
  readonly #partial = new Map<string, Place>();

  constructor(tables: Tables, collapse: Collapse = NOTHING_COLLAPSED) {
    this.#tables = tables;
    this.#names = new Names(tables);
    this.#keys = new FrameKeys(tables);
    this.#keys.collapse = collapse;
    this.#keys.take(0, tables.symbols.length);
    const { frame, depth } = tables.symbols.columns;
    for (let row = 0; row < tables.symbols.length; row++) {
      let rows = this.#symbols.get(frame[row]!);
      if (!rows) this.#symbols.set(frame[row]!, (rows = []));
      while (rows.length <= depth[row]!) rows.push(NONE);
      rows[depth[row]!] = row;
    }
  }

  /** Outermost first; empty for NONE, and where nothing is shown of it. */
  of(stack: StackIndex): Place[] {
    const { prefix, frame } = this.#tables.stacks.columns;
    const frames: FrameIndex[] = [];
    for (let at = stack; at !== NONE; at = prefix[at]! < at ? prefix[at]! : NONE) frames.push(frame[at]!);
    const places: Place[] = [];
    let last: Key | null = null;
    for (let at = frames.length - 1; at >= 0; at--) {
      const calls = this.#callsOf(frames[at]!);
      const kept: Call[] = [];
      let which = '';
      for (const call of calls) {
        const joins: boolean = call.key === last && this.#keys.joins(call.key);
        if (!joins) kept.push(call);
        which += joins ? '-' : '+';
        last = call.key;
      }
      if (kept.length === 0) continue;
      places.push(kept.length === calls.length ? this.#wholePlace(frames[at]!, calls) : this.#partialPlace(frames[at]!, kept, which));
    }
    return places;
  }

  #wholePlace(frame: FrameIndex, calls: readonly Call[]): Place {
    let place = this.#whole.get(frame);
    if (!place) this.#whole.set(frame, (place = this.#add(frame, calls)));
    return place;
  }

  #partialPlace(frame: FrameIndex, calls: readonly Call[], which: string): Place {
    const identity = `${frame} ${which}`;
    let place = this.#partial.get(identity);
    if (!place) this.#partial.set(identity, (place = this.#add(frame, calls)));
    return place;
  }

  #add(frame: FrameIndex, calls: readonly Call[]): Place {
    const { module, offset } = this.#tables.frames.columns;
    const isNamed = isFunctionKey(calls[0]!.key) || isModuleKey(calls[0]!.key);
    const place = { index: this.places.length, frame, module: module[frame]!, offset: offset[frame]!, isNamed, calls };
    this.places.push(place);
    return place;
  }

  #callsOf(frame: FrameIndex): readonly Call[] {
    let calls = this.#calls.get(frame);
    if (!calls) this.#calls.set(frame, (calls = this.#compose(frame)));
    return calls;
  }

  #compose(frame: FrameIndex): readonly Call[] {
    const own = this.#keys.own(frame);
    if (own === HIDDEN) return [];
    const category = this.#tables.frames.columns.category[frame] as FrameCategory;
    const calls = [this.#call(own, category, isModuleKey(own) ? NONE : this.#symbolOf(frame, 0))];
    (this.#keys.inlined(frame, own) ?? []).forEach((row, index) => {
      if (row !== NONE) calls.push(this.#call(functionKey(row), FrameCategory.inlined, this.#symbolOf(frame, index + 1)));
    });
    return calls;
  }

  #symbolOf(frame: FrameIndex, depth: number): number {
    return this.#symbols.get(frame)?.[depth] ?? NONE;
  }

  #call(key: Key, category: FrameCategory, symbol: number): Call {
    const { functions, symbols, strings } = this.#tables;
    const row = isFunctionKey(key) ? keyRow(key) : NONE;
    const file = (symbol === NONE ? 0 : symbols.columns.file[symbol]!) || (row === NONE ? 0 : functions.columns.file[row]!);
    return {
      key,
      name: printable(this.#names.name(key)),
      category,
      module: this.#names.module(key),
      file: printable(strings.columns.text[file] ?? ''),
      line: symbol === NONE ? 0 : symbols.columns.line[symbol]!,
      definedAt: row === NONE ? 0 : functions.columns.line[row]!,
    };
  }
}
