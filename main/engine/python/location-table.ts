// SPDX-License-Identifier: Apache-2.0
/** A Python code object's location table (co_linetable since 3.11; format: CPython's Objects/locations.md). */

/** Of the first byte of an entry, which alone has it. */
const ENTRY = 0x80;
/** Codes of entries; below this one the line stays. This and the two after it: 0 to 2 lines on. */
const ONE_LINE = 10;
const NO_COLUMNS = 13;
const LONG = 14;
/** No place in the source. */
const NOWHERE = 15;

export class LocationTable {
  /** Entry i is of the code units below ends[i]. */
  readonly #ends: number[] = [];
  /** 0: no place in the source. */
  readonly #lines: number[] = [];

  /** @param firstLine co_firstlineno. Of a table that is cut, or is none, as much is used as can be read. */
  constructor(bytes: Uint8Array, firstLine: number) {
    let line = firstLine;
    let end = 0;
    for (let at = 0; at < bytes.length; ) {
      const head = bytes[at++]!;
      if (!(head & ENTRY)) return;
      const code = (head >> 3) & 15;
      end += (head & 7) + 1;
      if (code >= ONE_LINE && code < NO_COLUMNS) line += code - ONE_LINE;
      if (code === NO_COLUMNS || code === LONG) {
        const moved = signedAt(bytes, at);
        if (moved === null) return;
        line += moved;
      }
      // What follows are columns.
      while (at < bytes.length && !(bytes[at]! & ENTRY)) at++;
      this.#ends.push(end);
      this.#lines.push(code === NOWHERE || line < 0 ? 0 : line);
    }
  }

  /** @param unit instructions and their caches, in units of two bytes. 0: not known, or no place in the source */
  line(unit: number): number {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ends[middle]! > unit) high = middle;
      else low = middle + 1;
    }
    return this.#lines[low] ?? 0;
  }
}

/** Six bits a byte, the least first, all but the last with bit 6; the lowest bit of the number is its sign. */
function signedAt(bytes: Uint8Array, at: number): number | null {
  let value = 0;
  for (let shift = 0; shift <= 30; shift += 6) {
    const byte = bytes[at++];
    if (byte === undefined || byte & ENTRY) return null;
    value += (byte & 63) * 2 ** shift;
    if (!(byte & 64)) return value % 2 === 1 ? -(value - 1) / 2 : value / 2;
  }
  return null;
}
