// SPDX-License-Identifier: Apache-2.0
/**
 * Segments of a file whose columns are made short. All events of some ms are mostly by one probe and thread, a little later
 * than the one before, with arguments that vary little: a few bytes instead of a hundred.
 *
 * ```
 *   0  u32  magic, "SEG2"      4  u32  index of the first row      8  u32  rows
 *  12  u16  bytes of the table's name      14  u16  columns
 *  16  the table's name, UTF-8; then the columns in the order of the schema:
 *        u8   its type, as in ipc/segment-codec.ts
 *        u8   how it is packed: 0 as it is there, 1 from a base, 2 by differences (f64 alone)
 *        u16  bytes of each number: 0, 1, 2 or 4; of the first kind 0
 *        u32  bytes of the values that follow
 *      0: the values. 1: f64 the base (of i64: its upper half as i32, and the lowest lower half as u32), then what each is
 *      more. 2: f64 the first, f64 the base, then what each differs from the one before, less the base.
 *      A text: rows x u16 or u32 (packed 1: u16) lengths, then UTF-8.
 * ```
 * Little endian, without padding. Numbers with a fraction, or too far from each other, stay as they are.
 */
import { CodecError } from '../../../ipc/codec-error.ts';
import { decodeSegment } from '../../../ipc/segment-codec.ts';
import { schema, type ColumnType, type TableName } from '../../../profile/schema.ts';
import type { Segment } from '../../../profile/tables.ts';
import { SEGMENT_ROWS } from './format.ts';

type Numbers = Uint8Array | Uint32Array | Int32Array | Float64Array;
type Column = Numbers | BigInt64Array | string[];

const MAGIC = 0x32474553;
const FIXED_BYTES = 16;
const COLUMN_HEAD = 8;
const CODES: Record<ColumnType, number> = { u8: 1, u32: 2, i32: 3, f64: 4, text: 5, i64: 6 };
const SIZES = { u8: 1, u32: 4, i32: 4, f64: 8, i64: 8 } as const;
const PLAIN = 0;
const BASED = 1;
const DIFFERENT = 2;
const U32 = 2 ** 32;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface Packed {
  kind: number;
  width: number;
  bytes: Uint8Array;
}

/** Bytes that hold every number up to `most`; 8: none is enough. */
function widthOf(most: number): 0 | 1 | 2 | 4 | 8 {
  if (most === 0) return 0;
  if (most < 0x100) return 1;
  if (most < 0x10000) return 2;
  return most < U32 ? 4 : 8;
}

/** Room for `head` bytes and `rows` numbers. */
function room(head: number, rows: number, width: 0 | 1 | 2 | 4): { bytes: Uint8Array; view: DataView; values: Uint8Array | Uint16Array | Uint32Array } {
  const buffer = new ArrayBuffer(head + rows * width);
  const values = width === 4 ? new Uint32Array(buffer, head, rows) : width === 2 ? new Uint16Array(buffer, head, rows) : new Uint8Array(buffer, head, width * rows);
  return { bytes: new Uint8Array(buffer), view: new DataView(buffer), values };
}

function plain({ buffer, byteOffset, byteLength }: Numbers | BigInt64Array): Packed {
  return { kind: PLAIN, width: 0, bytes: new Uint8Array(buffer, byteOffset, byteLength) };
}

function packNumbers(values: Numbers): Packed {
  const rows = values.length;
  let [least, most, nearest, farthest, whole] = [Infinity, -Infinity, Infinity, -Infinity, true];
  for (let row = 0; row < rows; row++) {
    const value = values[row]!;
    if (value < least) least = value;
    if (value > most) most = value;
    if (row > 0) {
      const step = value - values[row - 1]!;
      if (step < nearest) nearest = step;
      if (step > farthest) farthest = step;
    }
    // Of a zero with a sign, too.
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) whole = false;
  }
  if (!whole || rows === 0) return plain(values);
  const based = widthOf(most - least);
  // So that no sum on the way back is rounded.
  const isSmall = Math.max(most, -least) < 2 ** 51;
  const stepped = values instanceof Float64Array && rows > 1 && isSmall ? widthOf(farthest - nearest) : 8;
  if (Math.min(based, stepped) >= values.BYTES_PER_ELEMENT) return plain(values);
  if (stepped < based) {
    const { bytes, view, values: to } = room(16, rows - 1, stepped as 0 | 1 | 2 | 4);
    view.setFloat64(0, values[0]!, true);
    view.setFloat64(8, nearest, true);
    if (stepped > 0) for (let row = 1; row < rows; row++) to[row - 1] = values[row]! - values[row - 1]! - nearest;
    return { kind: DIFFERENT, width: stepped, bytes };
  }
  const { bytes, view, values: to } = room(8, rows, based as 0 | 1 | 2 | 4);
  view.setFloat64(0, least, true);
  if (based > 0) for (let row = 0; row < rows; row++) to[row] = values[row]! - least;
  return { kind: BASED, width: based, bytes };
}

/** Where the upper halves are the same, the lower ones from the lowest. */
function packLongs(values: BigInt64Array): Packed {
  const rows = values.length;
  const halves = new Uint32Array(values.buffer, values.byteOffset, rows * 2);
  const high = halves[1];
  let [least, most] = [U32, 0];
  for (let at = 0; at < halves.length; at += 2) {
    const low = halves[at]!;
    if (low < least) least = low;
    if (low > most) most = low;
    if (halves[at + 1] !== high) return plain(values);
  }
  if (high === undefined) return plain(values);
  const width = widthOf(most - least) as 0 | 1 | 2 | 4;
  const { bytes, view, values: to } = room(8, rows, width);
  view.setUint32(0, high, true);
  view.setUint32(4, least, true);
  if (width > 0) for (let row = 0; row < rows; row++) to[row] = halves[2 * row]! - least;
  return { kind: BASED, width, bytes };
}

function packTexts(texts: readonly string[]): Packed {
  const encoded = texts.map((text) => (text === '' ? null : encoder.encode(text)));
  const longest = encoded.reduce((most, bytes) => Math.max(most, bytes?.length ?? 0), 0);
  const width = longest === 0 ? 0 : longest < 0x10000 ? 2 : 4;
  const total = encoded.reduce((sum, bytes) => sum + (bytes?.length ?? 0), 0);
  const { bytes, values } = room(0, texts.length, width);
  const all = new Uint8Array(bytes.length + total);
  let at = bytes.length;
  for (let row = 0; row < texts.length && width > 0; row++) {
    const text = encoded[row];
    values[row] = text?.length ?? 0;
    if (text) all.set(text, at);
    at += text?.length ?? 0;
  }
  all.set(bytes, 0);
  return { kind: BASED, width, bytes: all };
}

/** @throws CodecError when a column is not as long as the segment. */
export function packSegment({ table, start, length, columns }: Segment): Uint8Array {
  const packed = Object.entries<ColumnType>(schema[table]).map(([name, type]) => {
    const column = (columns as unknown as Record<string, Column>)[name]!;
    if (column.length !== length) throw new CodecError(`${table}.${name} has ${column.length} values in a segment of ${length} rows.`);
    const values = Array.isArray(column) ? packTexts(column) : column instanceof BigInt64Array ? packLongs(column) : packNumbers(column);
    return { type, ...values };
  });
  const bytes = new Uint8Array(packed.reduce((sum, { bytes: { length: size } }) => sum + COLUMN_HEAD + size, FIXED_BYTES + table.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, start, true);
  view.setUint32(8, length, true);
  view.setUint16(12, table.length, true);
  view.setUint16(14, packed.length, true);
  let at = FIXED_BYTES + encoder.encodeInto(table, bytes.subarray(FIXED_BYTES)).written;
  for (const { type, kind, width, bytes: values } of packed) {
    view.setUint8(at, CODES[type]);
    view.setUint8(at + 1, kind);
    view.setUint16(at + 2, width, true);
    view.setUint32(at + 4, values.length, true);
    bytes.set(values, at + COLUMN_HEAD);
    at += COLUMN_HEAD + values.length;
  }
  return bytes;
}

/**
 * A segment of a file, packed or not (files of schemas before 4).
 * @throws CodecError for anything else
 */
export function unpackSegment(bytes: Uint8Array): Segment {
  if (bytes.length < FIXED_BYTES) return decodeSegment(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) return decodeSegment(bytes);
  const [start, length, nameBytes] = [view.getUint32(4, true), view.getUint32(8, true), view.getUint16(12, true)];
  const table = String.fromCharCode(...bytes.subarray(FIXED_BYTES, FIXED_BYTES + Math.min(nameBytes, 40)));
  if (!Object.hasOwn(schema, table)) throw new CodecError(`There is no table ${JSON.stringify(table)} in this version.`);
  if (start + length >= U32) throw new CodecError(`A segment ends at row ${start + length}, past the last possible.`);
  // A few bytes may stand for very many rows.
  if (length > SEGMENT_ROWS) throw new CodecError(`A segment of ${length} rows is longer than any.`);
  const expected = Object.entries<ColumnType>(schema[table as TableName]);
  if (view.getUint16(14, true) !== expected.length) throw new CodecError(`A segment of ${table} has other columns than this version of the table.`);
  let at = FIXED_BYTES + nameBytes;
  const columns: Record<string, Column> = {};
  for (const [name, type] of expected) {
    const what = `column ${name} of a segment of ${table}`;
    if (at + COLUMN_HEAD > bytes.length) throw new CodecError(`The ${what} is cut.`);
    const size = view.getUint32(at + 4, true);
    if (view.getUint8(at) !== CODES[type] || at + COLUMN_HEAD + size > bytes.length) throw new CodecError(`The ${what} is cut, or of another type.`);
    const values = bytes.slice(at + COLUMN_HEAD, at + COLUMN_HEAD + size);
    columns[name] = unpack(type, view.getUint8(at + 1), view.getUint16(at + 2, true), values, length, what);
    at += COLUMN_HEAD + size;
  }
  if (at !== bytes.length) throw new CodecError(`A segment of ${table} takes ${at} bytes, but ${bytes.length} came.`);
  return { table, start, length, columns } as unknown as Segment;
}

function unpack(type: ColumnType, kind: number, width: number, bytes: Uint8Array<ArrayBuffer>, rows: number, what: string): Column {
  const head = kind === PLAIN || type === 'text' ? 0 : kind === DIFFERENT ? 16 : 8;
  const count = kind === DIFFERENT ? rows - 1 : rows;
  const size = kind === PLAIN && type !== 'text' ? SIZES[type] : width;
  const isKnown = kind === PLAIN ? width === 0 && type !== 'text' : kind === BASED || (kind === DIFFERENT && type === 'f64' && rows > 0);
  const fits = type === 'text' ? bytes.length >= rows * width : bytes.length === head + count * size;
  if (!isKnown || ![0, 1, 2, 4, 8].includes(size) || (kind !== PLAIN && size === 8) || !fits) throw new CodecError(`The ${what} is packed in no known way.`);
  if (type === 'text') return unpackTexts(bytes, rows, width, what);
  if (kind === PLAIN) return numbersOf(type, bytes.buffer, rows);
  const view = new DataView(bytes.buffer);
  const given = width === 4 ? new Uint32Array(bytes.buffer, head, count) : width === 2 ? new Uint16Array(bytes.buffer, head, count) : width === 1 ? new Uint8Array(bytes.buffer, head, count) : null;
  if (type === 'i64') return unpackLongs(view, given, rows);
  const values = numbersOf(type, new ArrayBuffer(rows * SIZES[type]), rows) as Numbers;
  const base = view.getFloat64(kind === DIFFERENT ? 8 : 0, true);
  if (kind === BASED) {
    for (let row = 0; row < rows; row++) values[row] = base + (given === null ? 0 : given[row]!);
    return values;
  }
  values[0] = view.getFloat64(0, true);
  for (let row = 1; row < rows; row++) values[row] = values[row - 1]! + base + (given === null ? 0 : given[row - 1]!);
  return values;
}

function numbersOf(type: Exclude<ColumnType, 'text'>, buffer: ArrayBuffer, rows: number): Numbers | BigInt64Array {
  switch (type) {
    case 'u8':
      return new Uint8Array(buffer, 0, rows);
    case 'u32':
      return new Uint32Array(buffer, 0, rows);
    case 'i32':
      return new Int32Array(buffer, 0, rows);
    case 'f64':
      return new Float64Array(buffer, 0, rows);
    case 'i64':
      return new BigInt64Array(buffer, 0, rows);
    default:
      return type satisfies never;
  }
}

function unpackLongs(view: DataView, given: ArrayLike<number> | null, rows: number): BigInt64Array {
  const values = new BigInt64Array(rows);
  const halves = new Uint32Array(values.buffer);
  const [high, least] = [view.getUint32(0, true), view.getUint32(4, true)];
  for (let row = 0; row < rows; row++) {
    halves[2 * row] = least + (given === null ? 0 : given[row]!);
    halves[2 * row + 1] = high;
  }
  return values;
}

function unpackTexts(bytes: Uint8Array, rows: number, width: number, what: string): string[] {
  if (width !== 0 && width !== 2 && width !== 4) throw new CodecError(`The ${what} is packed in no known way.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  let at = rows * width;
  for (let row = 0; row < rows; row++) {
    const length = width === 0 ? 0 : width === 2 ? view.getUint16(row * 2, true) : view.getUint32(row * 4, true);
    if (at + length > bytes.length) throw new CodecError(`A text of the ${what} reaches past its end.`);
    try {
      texts.push(length === 0 ? '' : decoder.decode(bytes.subarray(at, at + length)));
    } catch {
      throw new CodecError(`A text of the ${what} is not UTF-8.`);
    }
    at += length;
  }
  if (at !== bytes.length) throw new CodecError(`The ${what} has bytes left over.`);
  return texts;
}
