// SPDX-License-Identifier: Apache-2.0
/**
 * One table segment as bytes. The same layout crosses to the window (codec.ts attaches it to `rows`
 * messages) and stands in the blobs of a recording file: it is the file's column layout, so a change
 * here is a change of the file format (profile/schema.ts, SCHEMA_VERSION; docs/FILE-FORMAT.md).
 *
 * All numbers are little-endian; every part begins at a multiple of 8 bytes, with zeros between.
 * ```
 *   0  u32  magic, "SEG1"
 *   4  u32  index of the first row
 *   8  u32  rows
 *  12  u16  bytes of the table's name      14  u16  columns
 *  16  the table's name, UTF-8; then one byte a column, its type: 1 u8, 2 u32, 3 i32, 4 f64, 5 text, 6 i64
 *   …  the columns in the order of the schema, each aligned to 8:
 *        u8, u32, i32, f64, i64: the values
 *        text: rows x u32, the UTF-8 length of each text; then the texts, one after the other
 * ```
 * A segment carries no column names: their order and types are those of its schema version. Text that is
 * not well-formed UTF-16 loses its lone surrogates (U+FFFD).
 */
import { schema, type ColumnType, type TableName } from '../profile/schema.ts';
import type { Segment } from '../profile/tables.ts';
import { CodecError } from './codec-error.ts';

type AnyColumn = Uint8Array | Uint32Array | Int32Array | Float64Array | BigInt64Array | string[];

const MAGIC = 0x31474553;
const FIXED_BYTES = 16;
const TYPE_CODES: Record<ColumnType, number> = { u8: 1, u32: 2, i32: 3, f64: 4, text: 5, i64: 6 };
const VALUE_BYTES: Record<Exclude<ColumnType, 'text'>, number> = { u8: 1, u32: 4, i32: 4, f64: 8, i64: 8 };
const U32_LIMIT = 0x1_0000_0000;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The next multiple of 8. */
export function align8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

function columnsOfSchema(table: TableName): [string, ColumnType][] {
  return Object.entries(schema[table]);
}

/** UTF-8 bytes of a text, without encoding it. */
function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else {
      bytes += 2;
      const low = unit >= 0xd800 && unit < 0xdc00 ? text.charCodeAt(i + 1) : 0;
      // A pair is two units and four bytes; a lone surrogate becomes U+FFFD, three bytes.
      if (low >= 0xdc00 && low < 0xe000) i++;
    }
  }
  return bytes;
}

function columnBytes(type: ColumnType, column: AnyColumn): number {
  if (type !== 'text') return column.length * VALUE_BYTES[type];
  let bytes = column.length * 4;
  for (const text of column as string[]) bytes += utf8Length(text);
  return bytes;
}

/** Bytes that `encodeSegment` gives; a multiple of 8. */
export function segmentBytes(segment: Segment): number {
  const columns = columnsOfSchema(segment.table);
  let bytes = align8(FIXED_BYTES + segment.table.length + columns.length);
  for (const [name, type] of columns) bytes += align8(columnBytes(type, columnOf(segment, name)));
  return bytes;
}

function columnOf(segment: Segment, name: string): AnyColumn {
  return (segment.columns as unknown as Record<string, AnyColumn>)[name]!;
}

/**
 * Writes a segment at `offset` (a multiple of 8) of zeroed bytes; returns the offset after it.
 * @throws CodecError when a column is not as long as the segment.
 */
export function writeSegment(segment: Segment, target: Uint8Array, offset: number): number {
  const { table, start, length } = segment;
  const columns = columnsOfSchema(table);
  const view = new DataView(target.buffer, target.byteOffset + offset, FIXED_BYTES);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, start, true);
  view.setUint32(8, length, true);
  view.setUint16(12, table.length, true);
  view.setUint16(14, columns.length, true);
  let at = offset + FIXED_BYTES;
  at += encoder.encodeInto(table, target.subarray(at)).written;
  for (const [, type] of columns) target[at++] = TYPE_CODES[type];
  at = align8(at);
  for (const [name, type] of columns) {
    const column = columnOf(segment, name);
    if (column.length !== length) {
      throw new CodecError(`${table}.${name} has ${column.length} values in a segment of ${length} rows.`);
    }
    at = align8(type === 'text' ? writeTexts(column as string[], target, at) : writeValues(column, target, at));
  }
  return at;
}

function writeValues(column: AnyColumn, target: Uint8Array, at: number): number {
  const values = column as Exclude<AnyColumn, string[]>;
  target.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
  return at + values.byteLength;
}

function writeTexts(texts: string[], target: Uint8Array, at: number): number {
  const lengths = new DataView(target.buffer, target.byteOffset + at, texts.length * 4);
  at += texts.length * 4;
  for (let row = 0; row < texts.length; row++) {
    if (texts[row] === '') continue;
    const { written } = encoder.encodeInto(texts[row]!, target.subarray(at));
    lengths.setUint32(row * 4, written, true);
    at += written;
  }
  return at;
}

/** A segment as bytes of its own. */
export function encodeSegment(segment: Segment): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(segmentBytes(segment));
  writeSegment(segment, bytes, 0);
  return bytes;
}

/**
 * The segment that `encodeSegment` wrote. Columns are views of `bytes`, which must not be changed
 * afterwards; bytes that do not begin at a multiple of 8 of their buffer are copied once.
 * Row indexes within the columns are not checked against other tables.
 * @param columnsOf of files that another version wrote
 * @throws CodecError for anything but exactly one segment of a known table with the columns of this schema.
 */
export function decodeSegment(bytes: Uint8Array, columnsOf: (table: TableName) => [string, ColumnType][] = columnsOfSchema): Segment {
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const size = aligned.byteLength;
  if (size < FIXED_BYTES) throw new CodecError(`A segment needs ${FIXED_BYTES} bytes for its head, here are ${size}.`);
  const view = new DataView(aligned.buffer, aligned.byteOffset, size);
  if (view.getUint32(0, true) !== MAGIC) throw new CodecError('These bytes are not a segment of a table.');
  const start = view.getUint32(4, true);
  const length = view.getUint32(8, true);
  if (start + length >= U32_LIMIT) throw new CodecError(`A segment ends at row ${start + length}, past the last possible.`);
  const nameBytes = view.getUint16(12, true);
  const columnCount = view.getUint16(14, true);
  const headEnd = FIXED_BYTES + nameBytes + columnCount;
  if (align8(headEnd) > size) throw new CodecError(`A segment is cut within its head, after ${size} bytes.`);
  const table = readText(aligned, FIXED_BYTES, nameBytes, 'the name of a table');
  if (!Object.hasOwn(schema, table)) {
    throw new CodecError(`There is no table ${JSON.stringify(table.slice(0, 40))} in this version.`);
  }
  const expected = columnsOf(table as TableName);
  const types = aligned.subarray(FIXED_BYTES + nameBytes, headEnd);
  if (columnCount !== expected.length || expected.some(([, type], i) => types[i] !== TYPE_CODES[type])) {
    throw new CodecError(`A segment of ${table} has other columns than this version of the table.`);
  }
  const columns: Record<string, AnyColumn> = {};
  let at = align8(headEnd);
  for (const [name, type] of expected) {
    const least = length * (type === 'text' ? 4 : VALUE_BYTES[type]);
    if (at + least > size) throw new CodecError(`A segment of ${table} is cut within its column ${name}.`);
    if (type === 'text') {
      const [texts, end] = readTexts(aligned, at, length, `${table}.${name}`);
      columns[name] = texts;
      at = align8(end);
    } else {
      columns[name] = valuesView(type, aligned, at, length);
      at = align8(at + least);
    }
  }
  if (at !== size) throw new CodecError(`A segment of ${table} takes ${at} bytes, but ${size} came.`);
  return { table, start, length, columns } as unknown as Segment;
}

function valuesView(type: Exclude<ColumnType, 'text'>, bytes: Uint8Array, at: number, length: number): AnyColumn {
  const offset = bytes.byteOffset + at;
  switch (type) {
    case 'u8':
      return new Uint8Array(bytes.buffer, offset, length);
    case 'u32':
      return new Uint32Array(bytes.buffer, offset, length);
    case 'i32':
      return new Int32Array(bytes.buffer, offset, length);
    case 'f64':
      return new Float64Array(bytes.buffer, offset, length);
    case 'i64':
      return new BigInt64Array(bytes.buffer, offset, length);
    default:
      return type satisfies never;
  }
}

function readTexts(bytes: Uint8Array, at: number, rows: number, column: string): [string[], number] {
  const lengths = new Uint32Array(bytes.buffer, bytes.byteOffset + at, rows);
  const texts: string[] = [];
  let end = at + rows * 4;
  for (const length of lengths) {
    if (end + length > bytes.byteLength) throw new CodecError(`A text of ${column} reaches past the end of its segment.`);
    texts.push(length === 0 ? '' : readText(bytes, end, length, `a text of ${column}`));
    end += length;
  }
  return [texts, end];
}

function readText(bytes: Uint8Array, at: number, length: number, what: string): string {
  try {
    return decoder.decode(bytes.subarray(at, at + length));
  } catch {
    throw new CodecError(`The bytes of ${what} are not UTF-8.`);
  }
}
