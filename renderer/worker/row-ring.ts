// SPDX-License-Identifier: Apache-2.0
/** The newest rows of a table that is not kept whole: its columns as rings of a fixed length. */
import { schema, type ColumnType, type TableName } from '../../profile/schema.ts';
import type { Columns, Segment } from '../../profile/tables.ts';

type NumberColumn = Uint8Array | Uint32Array | Int32Array | Float64Array | BigInt64Array;
type Column = NumberColumn | string[];

function emptyColumn(type: ColumnType, rows: number): Column {
  switch (type) {
    case 'u8':
      return new Uint8Array(rows);
    case 'u32':
      return new Uint32Array(rows);
    case 'i32':
      return new Int32Array(rows);
    case 'f64':
      return new Float64Array(rows);
    case 'i64':
      return new BigInt64Array(rows);
    case 'text':
      return [];
    default:
      return type satisfies never;
  }
}

export class RowRing<N extends TableName> {
  /** Rows that are kept at most. */
  readonly most: number;
  /** All that were ever appended; the newest stands at (rows - 1) % most. */
  rows = 0;
  readonly #name: N;
  /** Null: none came, as in most recordings. */
  #columns: Record<string, Column> | null = null;

  constructor(name: N, most: number) {
    this.#name = name;
    this.most = most;
  }

  get kept(): number {
    return Math.min(this.rows, this.most);
  }

  /** The live rings; of length 0 before the first row came. */
  get columns(): Columns<N> {
    return (this.#columns ?? this.#empty(0)) as unknown as Columns<N>;
  }

  append({ columns, length }: Segment<N>): void {
    const rings = (this.#columns ??= this.#empty(this.most));
    const given = columns as unknown as Record<string, Column>;
    // Of more than there is room for, the last.
    for (let from = Math.max(0, length - this.most); from < length; ) {
      const at = (this.rows + from) % this.most;
      const to = Math.min(length, from + this.most - at);
      for (const [name, ring] of Object.entries(rings)) put(ring, at, given[name]!, from, to);
      from = to;
    }
    this.rows += length;
  }

  /** The rings as they are now. */
  copy(): Columns<N> {
    return Object.fromEntries(Object.entries(this.#columns ?? this.#empty(0)).map(([name, ring]) => [name, ring.slice()])) as unknown as Columns<N>;
  }

  #empty(rows: number): Record<string, Column> {
    return Object.fromEntries(Object.entries<ColumnType>(schema[this.#name]).map(([name, type]) => [name, emptyColumn(type, rows)]));
  }
}

function put(ring: Column, at: number, values: Column, from: number, to: number): void {
  if (Array.isArray(ring)) for (let row = from; row < to; row++) ring[at + row - from] = (values as string[])[row]!;
  else (ring as Uint8Array).set((values as Uint8Array).subarray(from, to), at);
}
