// SPDX-License-Identifier: Apache-2.0
import type { Layout } from './object-files.ts';

/** struct unwind_row of bpf/records.h. */
const ROW_BYTES = 8;

/** File offsets in code that has an unwind row, the same in every run; fewer than `count` where there is hardly any. */
export function randomOffsets({ code }: Layout, rows: Uint8Array, count: number): Float64Array {
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  const isInFunction = (offset: number): boolean => {
    let [low, high] = [0, rows.byteLength / ROW_BYTES];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (view.getUint32(middle * ROW_BYTES, true) <= offset) low = middle + 1;
      else high = middle;
    }
    return low > 0 && view.getUint8((low - 1) * ROW_BYTES + 7) !== 0;
  };
  const size = code.reduce((sum, segment) => sum + segment.size, 0);
  let state = 1;
  const offsets: number[] = [];
  for (let tries = 0; offsets.length < count && tries < 100 * count; tries++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    let at = Math.floor((state / 2 ** 32) * size);
    const segment = code.find((each) => (at < each.size ? true : ((at -= each.size), false)))!;
    if (isInFunction(segment.offset + at)) offsets.push(segment.offset + at);
  }
  return Float64Array.from(offsets);
}
