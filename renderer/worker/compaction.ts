// SPDX-License-Identifier: Apache-2.0
/**
 * Keeps the tables that grow with time bounded: older rows are added up over seconds, still older ones
 * over minutes and more. Sums stay exact; only the slice of an older row becomes the first of its bucket, so
 * a brush there takes whole seconds or minutes: those that begin within it. The file keeps every slice.
 */
import { schema, type ColumnType } from '../../profile/schema.ts';
import { Table, type Segment } from '../../profile/tables.ts';
import { SLICE_NANOSECONDS } from '../../profile/units.ts';

export type TimedTable = 'samples' | 'expected' | 'losses';

const SLICES_PER_SECOND = 1e9 / SLICE_NANOSECONDS;
export const SLICES_PER_MINUTE = 60 * SLICES_PER_SECOND;
/** Rows of neighbouring buckets come mixed, as maps are drained: so many are open at a time. */
const OPEN_BUCKETS = 4;

/** How long the buckets are, by slice. The bounds are whole seconds. */
export interface Coarseness {
  /** From here on rows are as they came. */
  fineFrom: number;
  /** From here to `fineFrom` a row stands for a second. */
  secondsFrom: number;
  /** Slices of the buckets before `secondsFrom`. */
  oldSlices: number;
}
export const FINE: Coarseness = { fineFrom: 0, secondsFrom: 0, oldSlices: SLICES_PER_MINUTE };

/** Slices that a row at `slice` stands for. */
export function slicesOfRow(slice: number, { fineFrom, secondsFrom, oldSlices }: Coarseness): number {
  if (slice >= fineFrom) return 1;
  return slice >= secondsFrom ? SLICES_PER_SECOND : Math.min(oldSlices, secondsFrom - down(slice, oldSlices));
}

export interface Compacted<N extends TimedTable> {
  table: Table<N>;
  coarseness: Coarseness;
  /** Where the row `splitAt` of the old table now begins. */
  split: number;
}

/**
 * The same sums in about `target` rows: the newest third of that many rows stays fine, the third before keeps seconds,
 * the rest minutes (then 4, 16… minutes). The distinct rows of a bucket are the floor: a table that cannot be
 * made shorter is returned as short as it gets.
 * @param splitAt rows before and from here on are not mixed.
 */
export function compact<N extends TimedTable>(table: Table<N>, before: Coarseness, splitAt: number, target: number): Compacted<N> {
  const { slice } = table.columns as { slice: Uint32Array };
  const sliceBack = (rows: number) => slice[Math.max(0, table.length - Math.ceil(rows))]!;
  let { oldSlices } = before;
  for (;;) {
    const coarseness = bounds(sliceBack((target * 2) / 3), sliceBack(target / 3), oldSlices, before);
    const compacted = merge(table, coarseness, splitAt);
    if (compacted.table.length <= target || oldSlices >= coarseness.secondsFrom) {
      return { ...compacted, coarseness };
    }
    oldSlices *= 4;
  }
}

function bounds(secondsFrom: number, fineFrom: number, oldSlices: number, before: Coarseness): Coarseness {
  // What is coarse already cannot become fine again.
  const fine = Math.max(down(fineFrom, SLICES_PER_SECOND), before.fineFrom);
  const seconds = Math.max(down(secondsFrom, SLICES_PER_SECOND), before.secondsFrom);
  return { fineFrom: Math.max(fine, seconds), secondsFrom: seconds, oldSlices };
}

const down = (slice: number, step: number): number => Math.floor(slice / step) * step;

/** The column that is summed up; the others, but for the slice, are the key. */
const SUMMED: Record<TimedTable, string> = { samples: 'weight', expected: 'cpuTime', losses: 'count' };

type Column = Uint8Array | Uint32Array | Int32Array | Float64Array;

function merge<N extends TimedTable>(table: Table<N>, coarseness: Coarseness, splitAt: number): { table: Table<N>; split: number } {
  const { name, length } = table;
  const source = table.columns as unknown as Record<string, Column>;
  const target: Record<string, Column> = {};
  for (const [column, type] of Object.entries<ColumnType>(schema[name])) target[column] = emptyColumn(type, length);
  const summed = target[SUMMED[name]]!;
  const keyOf = keys(table);
  let open = new Map<number, Map<number, number>>();
  let rows = 0;
  let split = 0;

  function copy(row: number, slice: number): number {
    for (const column in target) target[column]![rows] = source[column]![row]!;
    target['slice']![rows] = slice;
    return rows++;
  }

  for (let row = 0; row < length; row++) {
    if (row === splitAt) {
      split = rows;
      open = new Map();
    }
    const slice = source['slice']![row]!;
    if (slice >= coarseness.fineFrom) {
      copy(row, slice);
      continue;
    }
    const bucket = down(slice, slice >= coarseness.secondsFrom ? SLICES_PER_SECOND : coarseness.oldSlices);
    let seen = open.get(bucket);
    if (!seen) {
      if (open.size === OPEN_BUCKETS) open.delete(open.keys().next().value!);
      open.set(bucket, (seen = new Map()));
    }
    const key = keyOf(row);
    const known = seen.get(key);
    if (known === undefined) seen.set(key, copy(row, bucket));
    else summed[known]! += source[SUMMED[name]]![row]!;
  }
  if (splitAt >= length) split = rows;
  const columns = Object.fromEntries(Object.entries(target).map(([column, values]) => [column, values.subarray(0, rows)]));
  const compacted = new Table(name);
  compacted.appendSegment({ table: name, start: 0, length: rows, columns } as unknown as Segment<N>);
  return { table: compacted, split };
}

function emptyColumn(type: ColumnType, length: number): Column {
  if (type === 'u8') return new Uint8Array(length);
  if (type === 'u32') return new Uint32Array(length);
  return type === 'i32' ? new Int32Array(length) : new Float64Array(length);
}

/** What makes rows of one bucket the same, as one number: threads x 8 kinds x stacks stay far below 2^53. */
function keys(table: Table<TimedTable>): (row: number) => number {
  if (table.name === 'losses') {
    const { cause } = (table as unknown as Table<'losses'>).columns;
    return (row) => cause[row]!;
  }
  if (table.name === 'expected') {
    const { thread } = (table as unknown as Table<'expected'>).columns;
    return (row) => thread[row]!;
  }
  const { thread, stack, kind } = (table as unknown as Table<'samples'>).columns;
  let stacks = 0;
  for (let row = 0; row < table.length; row++) stacks = Math.max(stacks, stack[row]! + 2);
  return (row) => (thread[row]! * 8 + kind[row]!) * stacks + stack[row]! + 1;
}
