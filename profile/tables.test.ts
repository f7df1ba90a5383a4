// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { schema, tableNames, type ColumnType, type TableName } from './schema.ts';
import { worded } from './testing.ts';
import { Table, appendSegments, createTables, rowCounts, segmentsSince, type Tables } from './tables.ts';

const values: Record<ColumnType, fc.Arbitrary<number | string | bigint>> = {
  u8: fc.nat(255),
  u32: fc.nat(0xffffffff),
  i32: fc.integer({ min: -1, max: 0x7fffffff }),
  f64: fc.double({ noNaN: true }),
  i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  text: fc.string({ unit: 'binary' }),
};

function contents(tables: Tables) {
  return Object.fromEntries(tableNames.map((name) => [name, tables[name].segment(0)]));
}

describe('Table', () => {
  it('gives back the rows that were appended, across growth', () => {
    const table = new Table('samples');
    for (let row = 0; row < 1000; row++) {
      expect(table.append({ slice: row, thread: row % 3, stack: row % 2 ? row : -1, kind: 0, weight: row / 2 })).toBe(row);
    }
    expect(table.length).toBe(1000);
    expect([table.columns.slice[999], table.columns.stack[998], table.columns.weight[999]]).toEqual([999, -1, 499.5]);
    expect(table.segment(990).columns.slice.length).toBe(10);
  });

  it('forgets the rows before one, and keeps their numbers', () => {
    const table = new Table('events');
    for (let row = 0; row < 1000; row++) table.append(worded(`event ${row}`, { time: row, argument2: BigInt(row) }));
    table.forget(900);
    table.forget(10);
    expect([table.first, table.length, table.columns.time[0], table.columns.text[99]]).toEqual([900, 1000, 900, 'event 999']);
    expect(table.append(worded('one more', { time: 1000 }))).toBe(1000);
    const segment = table.segment(998);
    expect([segment.start, segment.length, [...segment.columns.time], [...segment.columns.argument2], segment.columns.text]).toEqual([998, 3, [998, 999, 1000], [998n, 999n, 0n], ['event 998', 'event 999', 'one more']]);
    const later = new Table('events');
    later.beginAt(998);
    later.appendSegment(segment);
    expect(later.segment(999)).toEqual(table.segment(999));
    for (let row = 1001; row < 3000; row++) table.append(worded('', { time: row }));
    expect(table.segment(2998).columns.time).toEqual(new Float64Array([2998, 2999]));
  });

  it('refuses segments that leave rows out or bring them twice', () => {
    const [source, target] = [new Table('strings'), new Table('strings')];
    for (const text of ['a', 'b', 'c']) source.append({ text });
    expect(() => target.appendSegment(source.segment(1))).toThrow(/strings: rows from 1 do not continue a table of 0 rows/);
    target.appendSegment(source.segment(0, 2));
    expect(() => target.appendSegment(source.segment(0, 2))).toThrow(RangeError);
    target.appendSegment(source.segment(2));
    expect(target.columns.text).toEqual(['a', 'b', 'c']);
  });

  it('hands out segments that later rows do not change', () => {
    const table = new Table('frames');
    table.append({ module: 1, offset: 2 ** 52, category: 6 });
    const segment = table.segment(0);
    table.append({ module: 2, offset: 1, category: 1 });
    expect(segment).toEqual({
      table: 'frames',
      start: 0,
      length: 1,
      columns: { module: Int32Array.of(1), offset: Float64Array.of(2 ** 52), category: Uint8Array.of(6) },
    });
  });
});

describe('segmentsSince', () => {
  it('replicates any tables, wherever they are cut', () => {
    const act = fc.oneof(
      fc.constantFrom(...tableNames).chain((name) => fc.record({
        name: fc.constant(name),
        row: fc.record(Object.fromEntries(Object.entries(schema[name]).map(([column, type]) => [column, values[type as ColumnType]]))),
      })),
      fc.constant('send' as const),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const [tables, replica] = [createTables(), createTables()];
        let sent = rowCounts(tables);
        const send = () => {
          const segments = segmentsSince(tables, sent);
          expect(segments.map((segment) => tableNames.indexOf(segment.table))).toEqual(
            segments.map((segment) => tableNames.indexOf(segment.table)).sort((a, b) => a - b),
          );
          appendSegments(replica, segments);
          sent = rowCounts(tables);
        };
        for (const each of acts) {
          if (each === 'send') send();
          else (tables[each.name] as Table<TableName>).append(each.row as never);
        }
        send();
        expect(segmentsSince(tables, sent)).toEqual([]);
        expect(contents(replica)).toEqual(contents(tables));
      }),
    );
  });
});
