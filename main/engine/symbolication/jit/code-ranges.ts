// SPDX-License-Identifier: Apache-2.0
/**
 * Which piece of code lies at an address, while code is made, thrown away and made anew at the same place: what was
 * added later wins.
 *
 * Runs of disjoint ranges, sorted by address, the oldest first and each at least twice as long as the one after it: so
 * a look-up asks some twenty at most, and adding n ranges in whatever portions costs O(n log n).
 */
interface Run {
  readonly length: number;
  readonly start: Float64Array;
  /** Exclusive. */
  readonly end: Float64Array;
  readonly entry: Uint32Array;
}

/** Ranges that are sorted together: a power of two. */
const MAX_PORTION = 8192;
/** Exclusive; x86_64 and arm64 give programs 47 and 48 bits unless they ask for more. */
export const MAX_ADDRESS = 2 ** 51;
/** A key of 64 bits has an address and the place in the portion: the address's lower part beside the place in one word. */
const HIGH_PART = 2 ** 32 / MAX_PORTION;
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

export class CodeRanges {
  readonly #runs: Run[] = [];
  /** What was added since, in that order. */
  #start = new Float64Array(16);
  #end = new Float64Array(16);
  #entry = new Uint32Array(16);
  #length = 0;

  /** A range below MAX_ADDRESS; an empty one is left out. Blocks for a millisecond or two now and then. */
  add(start: number, end: number, entry: number): void {
    if (start >= end) return;
    if (this.#length === this.#start.length) this.#makeRoom();
    this.#start[this.#length] = start;
    this.#end[this.#length] = end;
    this.#entry[this.#length++] = entry;
  }

  /** The entry of the newest range that covers the address, -1: none. */
  find(address: number): number {
    if (this.#length > 0) this.#sort();
    for (let i = this.#runs.length - 1; i >= 0; i--) {
      const { length, start, end, entry } = this.#runs[i]!;
      let low = 0;
      let high = length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (start[middle]! <= address) low = middle + 1;
        else high = middle;
      }
      if (low > 0 && end[low - 1]! > address) return entry[low - 1]!;
    }
    return -1;
  }

  #makeRoom(): void {
    if (this.#length >= MAX_PORTION) return this.#sort();
    const grown = { start: new Float64Array(2 * this.#length), end: new Float64Array(2 * this.#length), entry: new Uint32Array(2 * this.#length) };
    grown.start.set(this.#start);
    grown.end.set(this.#end);
    grown.entry.set(this.#entry);
    [this.#start, this.#end, this.#entry] = [grown.start, grown.end, grown.entry];
  }

  #sort(): void {
    this.#runs.push(disjoint({ length: this.#length, start: this.#start, end: this.#end, entry: this.#entry }, 0, this.#length));
    this.#length = 0;
    for (let last = this.#runs.length - 1; last > 0 && this.#runs[last - 1]!.length < 2 * this.#runs[last]!.length; last--) {
      this.#runs[last - 1] = overlay(this.#runs[last - 1]!, this.#runs[last]!);
      this.#runs.pop();
    }
  }
}

/** Sorts ranges [from, to), given in their order in time, and takes from each what a later one covers. */
function disjoint(ranges: Run, from: number, to: number): Run {
  const { start, end, entry } = ranges;
  const order = sortedByStart(start, from, to);
  const made: Run = { length: 0, start: new Float64Array(order.length), end: new Float64Array(order.length), entry: new Uint32Array(order.length) };
  let length = 0;
  for (const i of order) {
    // The same range once more, as compilers write it when they say more of it: only the later one counts.
    const before = length - 1;
    if (before >= 0 && made.end[before]! > start[i]!) {
      if (made.start[before] !== start[i] || made.end[before] !== end[i]) {
        const middle = (from + to) >>> 1;
        return overlay(disjoint(ranges, from, middle), disjoint(ranges, middle, to));
      }
      length = before;
    }
    made.start[length] = start[i]!;
    made.end[length] = end[i]!;
    made.entry[length] = entry[i]!;
    length++;
  }
  return { ...made, length };
}

/** The indexes [from, to), equal ones in their order. Sorting without a callback takes a tenth of the time. */
function sortedByStart(start: Float64Array, from: number, to: number): Uint32Array {
  const keys = new BigUint64Array(to - from);
  const words = new Uint32Array(keys.buffer);
  const low = LITTLE_ENDIAN ? 0 : 1;
  let sorted = true;
  for (let i = from, at = 0; i < to; i++, at += 2) {
    const address = start[i]!;
    const high = Math.floor(address / HIGH_PART);
    words[at + low] = (address - high * HIGH_PART) * MAX_PORTION + (i - from);
    words[at + 1 - low] = high;
    sorted &&= i === from || address > start[i - 1]!;
  }
  if (!sorted) keys.sort();
  const order = new Uint32Array(to - from);
  for (let i = 0; i < order.length; i++) order[i] = from + (words[2 * i + low]! & (MAX_PORTION - 1));
  return order;
}

/** Both together; where they overlap, `over` is what counts. O(n). */
function overlay(under: Run, over: Run): Run {
  // Each range of `over` may cut one of `under` in two.
  const most = under.length + 2 * over.length;
  const start = new Float64Array(most);
  const end = new Float64Array(most);
  const entry = new Uint32Array(most);
  let length = 0;
  let i = 0;
  /** Where what is left of under's range `i` begins. */
  let rest = under.length > 0 ? under.start[0]! : Infinity;
  for (let j = 0; j <= over.length; j++) {
    // Behind the last range of `over` the rest of `under` follows.
    const from = j < over.length ? over.start[j]! : Infinity;
    const to = j < over.length ? over.end[j]! : Infinity;
    while (rest < from) {
      const behind = under.end[i]!;
      start[length] = rest;
      end[length] = behind < from ? behind : from;
      entry[length++] = under.entry[i]!;
      if (behind > from) rest = from;
      else rest = ++i < under.length ? under.start[i]! : Infinity;
    }
    if (j === over.length) break;
    start[length] = from;
    end[length] = to;
    entry[length++] = over.entry[j]!;
    while (i < under.length && under.end[i]! <= to) rest = ++i < under.length ? under.start[i]! : Infinity;
    if (rest < to) rest = to;
  }
  return { length, start: start.subarray(0, length), end: end.subarray(0, length), entry: entry.subarray(0, length) };
}
