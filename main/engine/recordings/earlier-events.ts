// SPDX-License-Identifier: Apache-2.0
/** Events of files of schema 3, which had them in words. */
import { decodeSegment } from '../../../ipc/segment-codec.ts';
import { schema, type ColumnType, type TableName } from '../../../profile/schema.ts';
import type { Columns, Segment } from '../../../profile/tables.ts';
import { NONE } from '../../../profile/units.ts';

const earlier: [string, ColumnType][] = Object.entries({
  time: 'f64',
  probe: 'u32',
  thread: 'u32',
  cpu: 'u32',
  flags: 'u32',
  duration: 'f64',
  stack: 'i32',
  message: 'text',
});

/** The first schema whose events are columns of values. */
export const EVENTS_IN_VALUES = 4;

/** @throws CodecError */
export function decodeEarlierEvents(bytes: Uint8Array): Segment {
  const found = decodeSegment(bytes, (table: TableName) => (table === 'events' ? earlier : Object.entries<ColumnType>(schema[table])));
  if (found.table !== 'events') return found;
  const { message, ...columns } = found.columns as unknown as Columns<'events'> & { message: string[] };
  const nothing = new BigInt64Array(found.length);
  const argument = { argument1: nothing, argument2: nothing, argument3: nothing, argument4: nothing, argument5: nothing, argument6: nothing };
  const all = { ...columns, signature: new Int32Array(found.length).fill(NONE), value: nothing, ...argument, text: message };
  return { table: 'events', start: found.start, length: found.length, columns: all } as unknown as Segment;
}
