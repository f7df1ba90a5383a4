// SPDX-License-Identifier: Apache-2.0
/**
 * Ways to a node that outlast it. A name that comes late and what is collapsed move the samples of a node to others;
 * the frame of a stack that led through it leads to the one that took its place.
 */
import type { CallNodes } from './call-nodes.ts';
import type { Key } from './frame-keys.ts';
import { STALE, type Places } from './places.ts';
import { NONE, type StackIndex } from './units.ts';

export interface Anchor {
  /** Its last frame made the node, or the node was there already when it was added: a recursion, a library. */
  stack: StackIndex;
  process: Key;
  /** Of the node: a frame may make several, and `nth` of them with this key (0: the outermost). */
  key: Key;
  nth: number;
}

/**
 * Anchors of nodes on the way to where most of their samples end. One pass over all places, 10 ms of a million.
 * @param prefixes column of `stacks`.
 * @returns by node; those that no known stack leads through are missing.
 */
export function anchorsOf(nodes: CallNodes, places: Places, prefixes: Int32Array, asked: readonly number[]): Map<number, Anchor> {
  if (asked.length === 0) return new Map();
  const heaviest = heaviestPlaces(places, nodes.size, asked.map((node) => nodes.heaviestLeaf(node)));
  const anchors = new Map<number, Anchor>();
  for (const node of asked) {
    const place = heaviest.get(nodes.heaviestLeaf(node));
    if (place === undefined) continue;
    const process = places.process(place);
    const key = nodes.key.get(node);
    let stack = places.stack(place);
    // On the root stands the process.
    let below = 1;
    for (let caller = callerOf(stack); caller !== NONE; caller = callerOf(stack)) {
      below = nodes.depth.get(places.leaf.get(places.find(caller, process)));
      if (below < nodes.depth.get(node)) break;
      stack = caller;
      below = 1;
    }
    let nth = 0;
    for (let at = nodes.parent.get(node); nodes.depth.get(at) > below; at = nodes.parent.get(at)) {
      if (nodes.key.get(at) === key) nth++;
    }
    anchors.set(node, { stack, process, key, nth });
  }
  return anchors;

  function callerOf(stack: StackIndex): StackIndex {
    const below = prefixes[stack]!;
    return below < stack ? below : NONE;
  }
}

/** By node: of the places with that leaf the one with the most samples. */
function heaviestPlaces(places: Places, size: number, leaves: readonly number[]): Map<number, number> {
  const isAsked = new Uint8Array(size);
  for (const leaf of leaves) isAsked[leaf] = 1;
  const heaviest = new Map<number, number>();
  for (let place = 1; place < places.end; place++) {
    const leaf = places.leaf.get(place);
    if (leaf === STALE || isAsked[leaf] === 0 || !places.isTaken(place)) continue;
    const known = heaviest.get(leaf);
    if (known === undefined || places.weight.get(place) > places.weight.get(known)) heaviest.set(leaf, place);
  }
  return heaviest;
}
