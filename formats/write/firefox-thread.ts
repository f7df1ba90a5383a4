// SPDX-License-Identifier: Apache-2.0
/** The tables of one thread of a Firefox profile: stacks of frames, their functions, and where these come from. */
import type { Tables } from '../../profile/tables.ts';
import { modulePath } from '../../profile/names.ts';
import { NONE, type ModuleIndex, type StackIndex } from '../../profile/units.ts';
import { printable } from '../printable.ts';
import type { SharedFiles, SharedStrings } from './firefox-shared.ts';
import type { Call, Place, StackPlaces } from './stack-places.ts';

/** "resourceTypes.library" there. */
const LIBRARY = 1;
const NO_ADDRESS = -1;

export class FirefoxThread {
  readonly #tables: Tables;
  readonly #places: StackPlaces;
  readonly #strings: SharedStrings;
  readonly #files: SharedFiles;
  readonly #stackTable = { frame: [] as number[], prefix: [] as (number | null)[] };
  readonly #frameTable = {
    address: [] as number[],
    inlineDepth: [] as number[],
    category: [] as number[],
    subcategory: [] as number[],
    func: [] as number[],
    nativeSymbol: [] as (number | null)[],
    innerWindowID: [] as number[],
    line: [] as (number | null)[],
    column: [] as null[],
  };
  readonly #funcTable = {
    name: [] as number[],
    isJS: [] as boolean[],
    relevantForJS: [] as boolean[],
    resource: [] as number[],
    source: [] as (number | null)[],
    lineNumber: [] as (number | null)[],
    columnNumber: [] as null[],
  };
  readonly #resourceTable = { lib: [] as number[], name: [] as number[], host: [] as null[], type: [] as number[] };
  readonly #nativeSymbols = { libIndex: [] as number[], address: [] as number[], name: [] as number[], functionSize: [] as null[] };
  readonly #stackRows = new Map<StackIndex, number | null>();
  /** By prefix and frame. */
  readonly #nodes = new Map<string, number>();
  /** By place and depth. */
  readonly #frameRows = new Map<string, number>();
  readonly #funcRows = new Map<string, number>();
  readonly #resources = new Map<ModuleIndex, number>();
  readonly #symbols = new Map<string, number>();

  constructor(tables: Tables, places: StackPlaces, strings: SharedStrings, files: SharedFiles) {
    this.#tables = tables;
    this.#places = places;
    this.#strings = strings;
    this.#files = files;
  }

  /** Its row of the stack table; null: it has no frame. */
  stack(stack: StackIndex): number | null {
    const known = this.#stackRows.get(stack);
    if (known !== undefined) return known;
    let row: number | null = null;
    for (const place of this.#places.of(stack)) {
      place.calls.forEach((call, depth) => (row = this.#node(row, this.#frame(place, call, depth))));
    }
    this.#stackRows.set(stack, row);
    return row;
  }

  columns() {
    const sized = <T extends Record<string, unknown[]>>(table: T, length: number) => ({ ...table, length });
    return {
      stackTable: sized(this.#stackTable, this.#stackTable.frame.length),
      frameTable: sized(this.#frameTable, this.#frameTable.func.length),
      funcTable: sized(this.#funcTable, this.#funcTable.name.length),
      resourceTable: sized(this.#resourceTable, this.#resourceTable.name.length),
      nativeSymbols: sized(this.#nativeSymbols, this.#nativeSymbols.name.length),
    };
  }

  #node(prefix: number | null, frame: number): number {
    const identity = `${prefix} ${frame}`;
    let node = this.#nodes.get(identity);
    if (node === undefined) {
      this.#nodes.set(identity, (node = this.#stackTable.frame.push(frame) - 1));
      this.#stackTable.prefix.push(prefix);
    }
    return node;
  }

  #frame(place: Place, call: Call, depth: number): number {
    const identity = `${place.index} ${depth}`;
    let row = this.#frameRows.get(identity);
    if (row !== undefined) return row;
    const { address, inlineDepth, category, subcategory, func, nativeSymbol, innerWindowID, line, column } = this.#frameTable;
    this.#frameRows.set(identity, (row = func.push(this.#func(call)) - 1));
    address.push(place.module === NONE ? NO_ADDRESS : place.offset);
    inlineDepth.push(depth);
    category.push(call.category);
    subcategory.push(0);
    nativeSymbol.push(this.#symbol(place));
    innerWindowID.push(0);
    line.push(call.line || null);
    column.push(null);
    return row;
  }

  #func({ key, name, module, file, definedAt }: Call): number {
    const identity = `${key} ${file}`;
    let row = this.#funcRows.get(identity);
    if (row !== undefined) return row;
    const table = this.#funcTable;
    this.#funcRows.set(identity, (row = table.name.push(this.#strings.row(name)) - 1));
    table.isJS.push(false);
    table.relevantForJS.push(false);
    table.resource.push(module === NONE ? -1 : this.#resource(module));
    table.source.push(this.#files.source(file));
    table.lineNumber.push(definedAt || null);
    table.columnNumber.push(null);
    return row;
  }

  #resource(module: ModuleIndex): number {
    let row = this.#resources.get(module);
    if (row !== undefined) return row;
    const { lib, name, host, type } = this.#resourceTable;
    this.#resources.set(module, (row = lib.push(this.#files.lib(module)) - 1));
    name.push(this.#strings.row(printable(modulePath(this.#tables, module))));
    host.push(null);
    type.push(LIBRARY);
    return row;
  }

  /** Of the function whose code it is; its address is the lowest one seen, since where it begins is not known here. */
  #symbol({ module, offset, isNamed, calls }: Place): number | null {
    if (module === NONE || !isNamed) return null;
    const { key, name } = calls[0]!;
    const { libIndex, address, name: names, functionSize } = this.#nativeSymbols;
    const identity = `${module} ${key}`;
    let row = this.#symbols.get(identity);
    if (row === undefined) {
      this.#symbols.set(identity, (row = address.push(offset) - 1));
      libIndex.push(this.#files.lib(module));
      names.push(this.#strings.row(name));
      functionSize.push(null);
    }
    if (offset < address[row]!) address[row] = offset;
    return row;
  }
}
