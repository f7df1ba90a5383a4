// SPDX-License-Identifier: Apache-2.0
/** Of every stack the larger of what two sides spent there: a stack is all functions on its way, whatever run it is of. */
import { NONE } from '../units.ts';
import { sumsBefore, type Part, type SideName } from './difference-places.ts';

/** In percent of A's total. */
export interface LargerWeights {
  /** As `Part` has it. The first part with a stack has all of it, the others nothing. */
  readonly before: Float64Array;
  readonly bare: number;
}

/** Where a stack was met first, and what each side spent at its end. */
interface Stack extends Record<SideName, number> {
  readonly part: number;
  readonly chain: number;
  readonly leaf: number;
}

/** Hashes are below. */
const KEYS = 2 ** 53;

/** By part. */
export function largerWeights(parts: readonly Part[]): LargerWeights[] {
  const weights = parts.map(({ before }) => new Float64Array(before.length - 1));
  const met = new Map<string, Map<number, Stack>>();
  parts.forEach((part, number) => {
    const { chains, leaves, before, side, scale, process } = part;
    let stacks = met.get(process);
    if (!stacks) met.set(process, (stacks = new Map()));
    const hashes = hashesOf(part);
    let entry = 0;
    for (let chain = 0; chain < chains.length; chain++) {
      const leaf = chains.leavesBefore[chain]!;
      if (chains.leavesBefore[chain + 1] === leaf || (leaves !== null && leaves[entry] !== leaf)) continue;
      const weight = before[entry + 1]! - before[entry]!;
      if (weight > 0) add(stacks, parts, hashes[chain]!, { part: number, chain, leaf: entry }, side, weight * scale);
      entry++;
    }
  });
  for (const stacks of met.values()) for (const { part, leaf, a, b } of stacks.values()) weights[part]![leaf] = Math.max(a, b);
  const bare = bareOf(parts);
  return parts.map((_, number) => ({ before: sumsBefore(weights[number]!), bare: bare[number]! }));
}

function add(stacks: Map<number, Stack>, parts: readonly Part[], hash: number, place: Pick<Stack, 'part' | 'chain' | 'leaf'>, side: SideName, weight: number): void {
  let key = hash;
  let known = stacks.get(key);
  // Another stack with the same hash, which nearly never is.
  while (known && !isSame(parts[known.part]!, known.chain, parts[place.part]!, place.chain)) known = stacks.get((key = (key + 1) % KEYS));
  if (!known) stacks.set(key, (known = { ...place, a: 0, b: 0 }));
  known[side] += weight;
}

/** By chain, of all functions from the outermost to its end. */
function hashesOf({ chains, frames: { start, list } }: Part): Float64Array {
  const { length, frame, first, last, caller } = chains;
  const high = new Int32Array(length);
  const low = new Int32Array(length);
  const hashes = new Float64Array(length);
  for (let chain = 0; chain < length; chain++) {
    const outer = caller[chain]!;
    let one = outer === NONE ? 1 : high[outer]!;
    let other = outer === NONE ? 2 : low[outer]!;
    for (let row = first[chain]!; row <= last[chain]!; row++) {
      for (let index = start[frame[row]!]!; index < start[frame[row]! + 1]!; index++) {
        one = Math.imul(one ^ list[index]!, 0x9e3779b1);
        one ^= one >>> 15;
        other = Math.imul(other ^ list[index]!, 0x85ebca6b);
        other ^= other >>> 13;
      }
    }
    high[chain] = one;
    low[chain] = other;
    hashes[chain] = (one >>> 11) * 2 ** 32 + (other >>> 0);
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
