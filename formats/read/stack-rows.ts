// SPDX-License-Identifier: Apache-2.0
/** (prefix, frame, end) -> row of `stacks`: open addressing over the table's own columns, 8 to 16 bytes a row. */
import type { StackEnd } from '../../profile/schema.ts';
import type { Table } from '../../profile/tables.ts';
import type { FrameIndex, StackIndex } from '../../profile/units.ts';

const FIRST_SLOTS = 1 << 12;

function hashOf(prefix: number, frame: number, end: number): number {
  let h = Math.imul(prefix, 0x9e3779b1) ^ Math.imul(frame * 8 + end, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

export class StackRows {
  readonly #stacks: Table<'stacks'>;
  /** Rows + 1; 0: empty. At most half full. */
  #slots = new Int32Array(FIRST_SLOTS);

  /** @param stacks that nobody else appends to */
  constructor(stacks: Table<'stacks'>) {
    this.#stacks = stacks;
  }

  index(prefix: StackIndex, frame: FrameIndex, end: StackEnd): StackIndex {
    const columns = this.#stacks.columns;
    const mask = this.#slots.length - 1;
    let slot = hashOf(prefix, frame, end) & mask;
    for (;;) {
      const row = this.#slots[slot]! - 1;
      if (row < 0) break;
      if (columns.frame[row] === frame && columns.prefix[row] === prefix && columns.end[row] === end) return row;
      slot = (slot + 1) & mask;
    }
    const row = this.#stacks.append({ prefix, frame, end });
    this.#slots[slot] = row + 1;
    if (this.#stacks.length * 2 > this.#slots.length) this.#grow();
    return row;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    const { prefix, frame, end } = this.#stacks.columns;
    for (let row = 0; row < this.#stacks.length; row++) {
      let slot = hashOf(prefix[row]!, frame[row]!, end[row]!) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = row + 1;
    }
    this.#slots = slots;
  }
}
