// SPDX-License-Identifier: Apache-2.0
/** Rows of `functions`, one a name and module, and of `symbols`. */
import type { Tables } from '../../../profile/tables.ts';
import { NONE, type FrameIndex, type FunctionIndex, type ModuleIndex, type StringIndex } from '../../../profile/units.ts';
import { StringInterner } from '../interner.ts';

export class FunctionRows {
  readonly #tables: Tables;
  readonly #strings: StringInterner;
  readonly #functions = new Map<ModuleIndex, Map<StringIndex, FunctionIndex>>();
  #known = 0;

  constructor(tables: Tables) {
    this.#tables = tables;
    this.#strings = StringInterner.of(tables);
  }

  /** The row of a function whose file and line are not known. */
  index(name: string, module: ModuleIndex): FunctionIndex {
    this.#learn();
    const text = this.#strings.index(name);
    const ofModule = this.#ofModule(module);
    let row = ofModule.get(text);
    if (row === undefined) {
      row = this.#tables.functions.append({ name: text, module, file: 0, line: 0 });
      ofModule.set(text, row);
      this.#known = this.#tables.functions.length;
    }
    return row;
  }

  /** Says what a frame is. @param name empty: looked up, and none was found. */
  name(frame: FrameIndex, name: string, module: ModuleIndex): void {
    const row = name === '' ? NONE : this.index(name, module);
    this.#tables.symbols.append({ frame, depth: 0, function: row, file: 0, line: 0 });
  }

  #ofModule(module: ModuleIndex): Map<StringIndex, FunctionIndex> {
    let ofModule = this.#functions.get(module);
    if (!ofModule) this.#functions.set(module, (ofModule = new Map()));
    return ofModule;
  }

  /** Rows that others appended. */
  #learn(): void {
    const { functions } = this.#tables;
    for (; this.#known < functions.length; this.#known++) {
      const { name, module } = functions.columns;
      const ofModule = this.#ofModule(module[this.#known]!);
      if (!ofModule.has(name[this.#known]!)) ofModule.set(name[this.#known]!, this.#known);
    }
  }
}
