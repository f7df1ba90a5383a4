// SPDX-License-Identifier: Apache-2.0
/** Of every stack the larger of what two sides spent there: a stack is all functions on its way, whatever run it is of. */
import { NONE } from '../units.ts';
import { sumsBefore, type Part } from './difference-places.ts';

/** In percent of A's total. */
export interface LargerWeights {
  /** As `Part` has it. The first part with a stack has all of it, the others nothing. */
  readonly before: Float64Array;
  readonly bare: number;
}

/** By part. */
export function largerWeights(parts: readonly Part[]): LargerWeights[] {
  const weights = parts.map(({ before }) => new Float64Array(before.length - 1));
  const met = new MetStacks(parts);
  parts.forEach((part, number) => {
    const { chains, leaves, before } = part;
    const hashes = hashesOf(part);
    let entry = 0;
    for (let chain = 0; chain < chains.length; chain++) {
      const leaf = chains.leavesBefore[chain]!;
      if (chains.leavesBefore[chain + 1] === leaf || (leaves !== null && leaves[entry] !== leaf)) continue;
      const weight = before[entry + 1]! - before[entry]!;
      if (weight > 0) met.add(hashes[chain]!, number, chain, entry, weight);
      entry++;
    }
  });
  met.forEach((part, leaf, weight) => (weights[part]![leaf] = weight));
  const bare = bareOf(parts);
  return parts.map((_, number) => ({ before: sumsBefore(weights[number]!), bare: bare[number]! }));
}

/** Where each stack was met first, found by its hash, and what each side spent at its end. */
class MetStacks {
  readonly #parts: readonly Part[];
  /** 1 + the stack, where its hash says or behind: half of it is free. 0: nothing. */
  readonly #slots: Uint32Array;
  #count = 0;
  /** By stack. */
  readonly #hash: Uint32Array;
  readonly #part: Uint32Array;
  readonly #chain: Uint32Array;
  readonly #leaf: Uint32Array;
  readonly #a: Float64Array;
  readonly #b: Float64Array;

  constructor(parts: readonly Part[]) {
    const most = parts.reduce((sum, { before }) => sum + before.length - 1, 0);
    this.#parts = parts;
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * most + 2)));
    [this.#hash, this.#part, this.#chain, this.#leaf] = [new Uint32Array(most), new Uint32Array(most), new Uint32Array(most), new Uint32Array(most)];
    [this.#a, this.#b] = [new Float64Array(most), new Float64Array(most)];
  }

  /** @param leaf of the part's, as `Part` has them */
  add(hash: number, part: number, chain: number, leaf: number, weight: number): void {
    const slots = this.#slots;
    let slot = hash & (slots.length - 1);
    while (slots[slot] !== 0 && !this.#isSame(slots[slot]! - 1, hash, part, chain)) slot = (slot + 1) & (slots.length - 1);
    if (slots[slot] === 0) {
      const stack = this.#count++;
      slots[slot] = stack + 1;
      this.#hash[stack] = hash;
      this.#part[stack] = part;
      this.#chain[stack] = chain;
      this.#leaf[stack] = leaf;
    }
    const { side, scale } = this.#parts[part]!;
    const sums = side === 'a' ? this.#a : this.#b;
    sums[slots[slot]! - 1]! += weight * scale;
  }

  #isSame(stack: number, hash: number, part: number, chain: number): boolean {
    if (this.#hash[stack] !== hash) return false;
    const [known, other] = [this.#parts[this.#part[stack]!]!, this.#parts[part]!];
    return known.process === other.process && isSame(known, this.#chain[stack]!, other, chain);
  }

  /** With the weight of the larger side, each where it was met first. */
  forEach(visit: (part: number, leaf: number, weight: number) => void): void {
    for (let stack = 0; stack < this.#count; stack++) visit(this.#part[stack]!, this.#leaf[stack]!, Math.max(this.#a[stack]!, this.#b[stack]!));
  }
}

/** By chain, of all functions from the outermost to its end. */
function hashesOf({ chains, frames: { start, list } }: Part): Uint32Array {
  const { length, frame, first, last, caller } = chains;
  const hashes = new Uint32Array(length);
  for (let chain = 0; chain < length; chain++) {
    const outer = caller[chain]!;
    let hash = outer === NONE ? 1 : hashes[outer]!;
    for (let row = first[chain]!; row <= last[chain]!; row++) {
      for (let index = start[frame[row]!]!; index < start[frame[row]! + 1]!; index++) {
        hash = Math.imul(hash ^ list[index]!, 0x9e3779b1);
        hash ^= hash >>> 15;
      }
    }
    hashes[chain] = hash;
  }
  return hashes;
}

/** Are the functions up to the ends of two chains the same? */
function isSame(one: Part, chain: number, other: Part, otherChain: number): boolean {
  const [left, right] = [new Walk(one, chain), new Walk(other, otherChain)];
  // One stack of one run.
  while (left.chain !== right.chain || one.chains !== other.chains || left.row !== right.row) {
    const identity = left.next();
    if (identity !== right.next()) return false;
    if (identity === NONE) return true;
  }
  return left.left === right.left;
}

/** The functions of a stack, the innermost first. */
class Walk {
  readonly #part: Part;
  chain: number;
  row: number;
  /** Functions of the row's frame that are still to come. */
  left: number;

  constructor(part: Part, chain: number) {
    this.#part = part;
    this.chain = chain;
    this.row = part.chains.last[chain]!;
    this.left = this.#functions();
  }

  #functions(): number {
    const { chains, frames } = this.#part;
    const frame = chains.frame[this.row]!;
    return frames.start[frame + 1]! - frames.start[frame]!;
  }

  /** NONE: that was all. */
  next(): number {
    if (this.chain === NONE) return NONE;
    const { chains, frames } = this.#part;
    const identity = frames.list[frames.start[chains.frame[this.row]!]! + --this.left]!;
    if (this.left > 0) return identity;
    if (this.row > chains.first[this.chain]!) this.row--;
    else {
      this.chain = chains.caller[this.chain]!;
      if (this.chain === NONE) return identity;
      this.row = chains.last[this.chain]!;
    }
    this.left = this.#functions();
    return identity;
  }
}

/** What has no stack is one a process. */
function bareOf(parts: readonly Part[]): number[] {
  const sums = new Map<string, { first: number; a: number; b: number }>();
  parts.forEach(({ side, process, scale, bare }, number) => {
    let sum = sums.get(process);
    if (!sum) sums.set(process, (sum = { first: number, a: 0, b: 0 }));
    sum[side] += bare * scale;
  });
  const found = parts.map(() => 0);
  for (const { first, a, b } of sums.values()) found[first] = Math.max(a, b);
  return found;
}
