// SPDX-License-Identifier: Apache-2.0
/** From a stack to the node at which it ends: the nodes and places of a call tree, made as stacks come. */
import { ROOT, type CallNodes } from './call-nodes.ts';
import { HIDDEN, functionKey, type FrameKeys, type Key } from './frame-keys.ts';
import { NO_PLACE, STALE, type Places } from './places.ts';
import type { Tables } from './tables.ts';
import { NONE, type FrameIndex, type StackIndex } from './units.ts';

export class StackPaths {
  /** The node whose children stand on "all": the only process, which is hidden by that, or the root. */
  top = ROOT;
  readonly #tables: Tables;
  readonly #frames: FrameKeys;
  readonly #nodes: CallNodes;
  readonly #places: Places;
  readonly #path: StackIndex[] = [];

  constructor(tables: Tables, frames: FrameKeys, nodes: CallNodes, places: Places) {
    this.#tables = tables;
    this.#frames = frames;
    this.#nodes = nodes;
    this.#places = places;
  }

  /** The place of a stack, its leaf known. Small, so that it is compiled into the loops that call it. */
  place(stack: StackIndex, process: Key): number {
    const places = this.#places;
    places.reserveStacks(this.#tables.stacks.length);
    const place = places.find(stack, process);
    return place !== NO_PLACE && places.leaf.get(place) !== STALE ? place : this.#makePlace(stack, process);
  }

  processNode(process: Key): number {
    const nodes = this.#nodes;
    const { size } = nodes;
    const node = nodes.child(ROOT, process);
    // The first process alone is hidden.
    if (node === size) this.top = nodes.firstChild.get(ROOT) === node ? node : ROOT;
    return node;
  }

  /** What is missing below it is made, too. */
  #makePlace(stack: StackIndex, process: Key): number {
    const places = this.#places;
    const { prefix, frame } = this.#tables.stacks.columns;
    const path = this.#path;
    let place = NO_PLACE;
    for (let from = stack; from !== NONE; ) {
      path.push(from);
      // A prefix has always a lower row; anything else comes from a damaged file and must not make a loop.
      const below = prefix[from]!;
      from = below < from ? below : NONE;
      place = from === NONE ? NO_PLACE : places.find(from, process);
      if (place !== NO_PLACE && places.leaf.get(place) !== STALE) break;
    }
    let node = place === NO_PLACE ? this.processNode(process) : places.leaf.get(place);
    // What lies on a new place is new.
    let isNew = false;
    while (path.length > 0) {
      const at = path.pop()!;
      const caller = place;
      node = this.#descend(node, frame[at]!);
      place = isNew ? NO_PLACE : places.find(at, process);
      isNew = place === NO_PLACE;
      if (isNew) place = places.add(at, process, caller, frame[at]!);
      places.leaf.set(place, node);
    }
    return place;
  }

  /** From the node of a caller to that of one frame and whatever was inlined there. */
  #descend(node: number, frame: FrameIndex): number {
    const frames = this.#frames;
    const own = frames.own(frame);
    if (own === HIDDEN) return node;
    let at = this.#call(node, own);
    if (this.#nodes.isCalled.get(at) === 0) this.#nodes.isCalled.set(at, 1);
    const inlined = frames.inlined(frame, own);
    if (inlined) for (const row of inlined) if (row !== NONE) at = this.#call(at, functionKey(row));
    return at;
  }

  #call(node: number, key: Key): number {
    return this.#nodes.key.get(node) === key && this.#frames.joins(key) ? node : this.#nodes.child(node, key);
  }
}
