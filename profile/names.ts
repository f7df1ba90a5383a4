// SPDX-License-Identifier: Apache-2.0
/** What is shown for a key: its name, its category, its module. */
import { ROOT_KEY, isFunctionKey, isModuleKey, isProcessKey, keyRow, processRow, type Key } from './frame-keys.ts';
import { processName } from './processes.ts';
import { FrameCategory } from './schema.ts';
import type { Tables } from './tables.ts';
import { NONE, type ModuleIndex } from './units.ts';

const UNKNOWN = 255;

/** File name without its folders: "libc.so.6"; a name in brackets stays whole. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || path;
}

/** Empty for NONE. */
export function modulePath({ strings, modules }: Tables, module: ModuleIndex): string {
  return module === NONE ? '' : (strings.columns.text[modules.columns.path[module]!] ?? '');
}

export class Names {
  readonly #tables: Tables;
  readonly #names: (string | undefined)[] = [];
  /** Function -> smallest category of the frames it names at depth 0, UNKNOWN: none yet. */
  #categories = new Uint8Array(256).fill(UNKNOWN);
  #symbols = 0;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** The function's name, else `module+0xoffset`, else `0xaddress`; of a collapsed library its file's, of a process its
   * comm, of the root "all". A key's name never changes. */
  name(key: Key): string {
    if (key === ROOT_KEY) return 'all';
    if (isProcessKey(key)) return processName(this.#tables, processRow(key));
    return (this.#names[key] ??= this.#compose(key));
  }

  /** An unnamed frame is `unresolved`, and so is what is no code: ask its key before. A function has the category of its own code; one seen only inlined is
   * `inlined`, and what is collapsed a library. The same whatever the order in which names arrived. */
  category(key: Key): FrameCategory {
    if (isModuleKey(key)) return FrameCategory.library;
    if (!isFunctionKey(key)) return FrameCategory.unresolved;
    this.#takeSymbols();
    const category = this.#categories[keyRow(key)];
    return category === undefined || category === UNKNOWN ? FrameCategory.inlined : (category as FrameCategory);
  }

  /** NONE: not known, or no code. */
  module(key: Key): ModuleIndex {
    if (key < 0) return NONE;
    if (isModuleKey(key)) return keyRow(key);
    const table = isFunctionKey(key) ? this.#tables.functions : this.#tables.frames;
    return table.columns.module[keyRow(key)]!;
  }

  /** Path of its module, or empty. */
  modulePath(key: Key): string {
    return modulePath(this.#tables, this.module(key));
  }

  #compose(key: Key): string {
    const { strings, functions, frames } = this.#tables;
    const row = keyRow(key);
    if (isModuleKey(key)) return baseName(this.modulePath(key)) || '(empty name)';
    if (isFunctionKey(key)) return strings.columns.text[functions.columns.name[row]!] || '(empty name)';
    const offset = `0x${frames.columns.offset[row]!.toString(16)}`;
    const path = this.modulePath(key);
    return path === '' ? offset : `${baseName(path)}+${offset}`;
  }

  #takeSymbols(): void {
    const { symbols, functions, frames } = this.#tables;
    if (this.#symbols === symbols.length) return;
    if (this.#categories.length < functions.length) {
      const grown = new Uint8Array(functions.length * 2).fill(UNKNOWN);
      grown.set(this.#categories);
      this.#categories = grown;
    }
    const { frame, depth, function: named } = symbols.columns;
    for (; this.#symbols < symbols.length; this.#symbols++) {
      const row = named[this.#symbols]!;
      if (row === NONE || depth[this.#symbols] !== 0) continue;
      const category = frames.columns.category[frame[this.#symbols]!]!;
      if (category < this.#categories[row]!) this.#categories[row] = category;
    }
  }
}
