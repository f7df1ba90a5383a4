// SPDX-License-Identifier: Apache-2.0
/** Append-only columnar tables, and segments: the form in which rows travel and are stored. */
import { schema, tableNames, type ColumnType, type Row, type Schema, type TableName } from './schema.ts';

type TypedColumn = Uint8Array | Uint32Array | Int32Array | Float64Array | BigInt64Array;
/** A column's values: a typed array, or for text an array of strings. */
export type ColumnArray<T extends ColumnType> = T extends 'u8'
  ? Uint8Array
  : T extends 'u32'
    ? Uint32Array
    : T extends 'i32'
      ? Int32Array
      : T extends 'f64'
        ? Float64Array
        : T extends 'i64'
          ? BigInt64Array
          : string[];
export type Columns<N extends TableName> = {
  readonly [C in keyof Schema[N]]: Schema[N][C] extends ColumnType ? ColumnArray<Schema[N][C]> : never;
};

/** Rows `start` to `start + length` of one table. Columns are exactly `length` long. */
export interface Segment<N extends TableName = TableName> {
  readonly table: N;
  readonly start: number;
  readonly length: number;
  readonly columns: Columns<N>;
}

const FIRST_CAPACITY = 256;

function allocate(type: ColumnType, capacity: number): TypedColumn | string[] {
  switch (type) {
    case 'u8':
      return new Uint8Array(capacity);
    case 'u32':
      return new Uint32Array(capacity);
    case 'i32':
      return new Int32Array(capacity);
    case 'f64':
      return new Float64Array(capacity);
    case 'i64':
      return new BigInt64Array(capacity);
    case 'text':
      return [];
    default:
      return type satisfies never;
  }
}

/** One append-only table. `columns` are views over grown arrays: only rows `first` to `length` mean anything. */
export class Table<N extends TableName> {
  readonly name: N;
  length = 0;
  #first = 0;
  #capacity = FIRST_CAPACITY;
  #columns: Record<string, TypedColumn | string[]> = {};
  readonly #types: Record<string, ColumnType>;

  constructor(name: N) {
    this.name = name;
    this.#types = schema[name];
    for (const [column, type] of Object.entries(this.#types)) this.#columns[column] = allocate(type, this.#capacity);
  }

  /** Rows before it were forgotten: row `index` stands at `index - first` of the columns. 0 but in a table of events. */
  get first(): number {
    return this.#first;
  }

  /** The live arrays: longer than the rows, and replaced when the table grows, so do not keep them. */
  get columns(): Columns<N> {
    return this.#columns as unknown as Columns<N>;
  }

  /** Appends one row; returns its index. */
  append(row: Row<N>): number {
    const at = this.length - this.#first;
    this.#reserve(at + 1);
    for (const column in this.#columns) {
      (this.#columns[column] as (number | string | bigint)[])[at] = (row as Record<string, number | string | bigint>)[column]!;
    }
    return this.length++;
  }

  /** Appends a segment, which must begin where the table ends.
   * @throws RangeError when rows would be missing or come twice. */
  appendSegment(segment: Segment<N>): void {
    if (segment.start !== this.length) {
      throw new RangeError(`${this.name}: rows from ${segment.start} do not continue a table of ${this.length} rows`);
    }
    const at = this.length - this.#first;
    this.#reserve(at + segment.length);
    for (const column in this.#columns) {
      const source = (segment.columns as Record<string, TypedColumn | string[]>)[column]!;
      const target = this.#columns[column]!;
      if (Array.isArray(target)) for (const text of source as string[]) target.push(text);
      else (target as Uint8Array).set(source as Uint8Array, at);
    }
    this.length += segment.length;
  }

  /**
   * Takes over the columns of a table that was filled elsewhere (in another thread) and is given up there; they may
   * be longer than its rows. Not for the table of strings, which has its first row already.
   * @param first rows before it are not in the columns
   * @throws RangeError when this one has rows already, or a column is missing or too short.
   */
  adopt(columns: Columns<N>, length: number, first = 0): void {
    const given = columns as unknown as Record<string, TypedColumn | string[] | undefined>;
    let capacity = Infinity;
    let rows = Infinity;
    for (const column in this.#columns) {
      const values = given[column];
      rows = Math.min(rows, values?.length ?? 0);
      // Lists of texts grow by themselves.
      if (!Array.isArray(values)) capacity = Math.min(capacity, values?.length ?? 0);
    }
    if (this.length > 0 || rows < length - first) throw new RangeError(`${this.name}: cannot take over ${length} rows of ${capacity}`);
    // None cannot grow by doubling.
    if (capacity === 0) return;
    for (const column in this.#columns) this.#columns[column] = given[column]!;
    this.#capacity = capacity;
    this.length = length;
    this.#first = first;
  }

  /** An empty table begins here. @throws RangeError when it has rows */
  beginAt(row: number): void {
    if (this.length > this.#first) throw new RangeError(`${this.name}: it has rows already`);
    this.#first = this.length = row;
  }

  /** Lets go of the rows before `row`. It costs as much as those that stay are. */
  forget(row: number): void {
    const gone = Math.min(row, this.length) - this.#first;
    if (gone <= 0) return;
    for (const column in this.#columns) {
      const values = this.#columns[column]!;
      if (Array.isArray(values)) values.splice(0, gone);
      else values.copyWithin(0, gone, this.length - this.#first);
    }
    this.#first += gone;
  }

  /** A copy of the rows from `start` (not below `first`) to `end` (default: the last). */
  segment(start: number, end = this.length): Segment<N> {
    const columns: Record<string, TypedColumn | string[]> = {};
    for (const column in this.#columns) columns[column] = this.#columns[column]!.slice(start - this.#first, end - this.#first);
    return { table: this.name, start, length: end - start, columns: columns as unknown as Columns<N> };
  }

  #reserve(length: number): void {
    if (length <= this.#capacity) return;
    while (this.#capacity < length) this.#capacity *= 2;
    for (const column in this.#columns) {
      const old = this.#columns[column]!;
      if (Array.isArray(old)) continue;
      const grown = allocate(this.#types[column]!, this.#capacity) as TypedColumn;
      (grown as Uint8Array).set((old as Uint8Array).subarray(0, this.length - this.#first));
      this.#columns[column] = grown;
    }
  }
}

/** All tables of one profile. Row 0 of strings, the empty string, is there from the start. */
export type Tables = { readonly [N in TableName]: Table<N> };

export function createTables(): Tables {
  const tables = Object.fromEntries(tableNames.map((name) => [name, new Table(name)])) as unknown as Tables;
  tables.strings.append({ text: '' });
  return tables;
}

/** How many rows of each table somebody has. */
export type RowCounts = Record<TableName, number>;

export function rowCounts(tables: Tables): RowCounts {
  return Object.fromEntries(tableNames.map((name) => [name, tables[name].length])) as RowCounts;
}

/** The rows that came since `counts`, tables in schema order, so that no row points to one not yet there. */
export function segmentsSince(tables: Tables, counts: RowCounts): Segment[] {
  const segments: Segment[] = [];
  for (const name of tableNames) {
    const table = tables[name] as Table<TableName>;
    if (table.length > counts[name]) segments.push(table.segment(counts[name]));
  }
  return segments;
}

/** Appends segments as made by `segmentsSince`. @throws RangeError as `Table.appendSegment` does. */
export function appendSegments(tables: Tables, segments: readonly Segment[]): void {
  for (const segment of segments) (tables[segment.table] as Table<TableName>).appendSegment(segment);
}
