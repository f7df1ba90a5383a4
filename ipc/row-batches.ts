// SPDX-License-Identifier: Apache-2.0
import type { Segment } from '../profile/tables.ts';
import { segmentBytes } from './segment-codec.ts';

/** Small enough that an answer is not held up by it, large enough for the best rate of a loopback socket. */
export const ROW_BATCH_BYTES = 1024 * 1024;

/**
 * Splits segments into batches for one `rows` event each, in order, about `batchBytes` long (a single row that
 * is longer stands alone). Columns are views of the given ones.
 */
export function* rowBatches(segments: readonly Segment[], batchBytes = ROW_BATCH_BYTES): Generator<Segment[]> {
  let batch: Segment[] = [];
  let bytes = 0;
  for (const piece of segments.flatMap((segment) => [...pieces(segment, batchBytes)])) {
    const size = segmentBytes(piece);
    if (batch.length > 0 && bytes + size > batchBytes) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(piece);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** Halves a segment until each part is short enough. */
function* pieces(segment: Segment, batchBytes: number): Generator<Segment> {
  if (segment.length <= 1 || segmentBytes(segment) <= batchBytes) {
    yield segment;
    return;
  }
  const half = segment.length >> 1;
  yield* pieces(part(segment, 0, half), batchBytes);
  yield* pieces(part(segment, half, segment.length), batchBytes);
}

function part(segment: Segment, from: number, to: number): Segment {
  const columns = Object.fromEntries(
    Object.entries(segment.columns as object).map(([name, column]: [string, Uint8Array | string[]]) => [
      name,
      Array.isArray(column) ? column.slice(from, to) : column.subarray(from, to),
    ]),
  );
  return { table: segment.table, start: segment.start + from, length: to - from, columns } as unknown as Segment;
}
