// SPDX-License-Identifier: Apache-2.0
/** Rows of `functions`, one a name and module, and of `symbols`. */
import type { Tables } from '../../../profile/tables.ts';
import { NONE, type FrameIndex, type FunctionIndex, type ModuleIndex, type StringIndex } from '../../../profile/units.ts';
import { StringInterner } from '../interner.ts';

/** Where a frame's code is in the source. Empty and 0: not known. */
export interface FramePlace {
  /** Of the function's definition. */
  file: string;
  line: number;
  /** Of the very address. */
  at: { file: string; line: number };
}

const NOWHERE = { file: '', line: 0 };

export class FunctionRows {
  readonly #tables: Tables;
  readonly #strings: StringInterner;
  readonly #functions = new Map<ModuleIndex, Map<StringIndex, FunctionIndex>>();
  /** Functions that their place tells apart: module, name, file, line. */
  readonly #placed = new Map<string, FunctionIndex>();
  #known = 0;

  constructor(tables: Tables) {
    this.#tables = tables;
    this.#strings = StringInterner.of(tables);
  }

  /**
   * The row of a function that its name tells apart.
   * @param declared file and line of its definition, which it gets if the row is not there yet: rows never change
   */
  index(name: string, module: ModuleIndex, declared: { file: string; line: number } = NOWHERE): FunctionIndex {
    this.#learn();
    const text = this.#strings.index(name);
    const ofModule = this.#ofModule(module);
    let row = ofModule.get(text);
    if (row === undefined) {
      row = this.#tables.functions.append({ name: text, module, file: this.#strings.index(declared.file), line: declared.line });
      ofModule.set(text, row);
      this.#known = this.#tables.functions.length;
    }
    return row;
  }

  /** The row of a function whose name alone does not say which one it is: many scripts have a "main". */
  placed(name: string, module: ModuleIndex, { file, line }: FramePlace): FunctionIndex {
    const row = { name: this.#strings.index(name), module, file: this.#strings.index(file), line };
    const key = `${module} ${row.name} ${row.file} ${line}`;
    let index = this.#placed.get(key);
    if (index === undefined) this.#placed.set(key, (index = this.#tables.functions.append(row)));
    return index;
  }

  /** Says what a frame is; returns its function, NONE: `name` is empty, it was looked up and none was found.
   * @param place of code made at run time */
  name(frame: FrameIndex, name: string, module: ModuleIndex, place: FramePlace | null = null): FunctionIndex {
    const row = name === '' ? NONE : place ? this.placed(name, module, place) : this.index(name, module);
    this.place(frame, 0, row, place?.at ?? NOWHERE);
    return row;
  }

  /** Says in which function a frame is at a depth, and where in the source. */
  place(frame: FrameIndex, depth: number, row: FunctionIndex, { file, line }: { file: string; line: number }): void {
    this.#tables.symbols.append({ frame, depth, function: row, file: this.#strings.index(file), line });
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
