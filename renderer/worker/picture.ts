// SPDX-License-Identifier: Apache-2.0
/** What is visible of a replica under a view: the columns that the canvas draws. */
import { ROOT, type CallTree } from '../../profile/call-tree.ts';
import { cull, VisibleFrames } from '../../profile/culling.ts';
import { isFrameKey, isProcessKey, type Key } from '../../profile/frame-keys.ts';
import type { SampleFilter } from '../../profile/filter.ts';
import { ModuleSlots, NO_SLOT } from '../../profile/module-colours.ts';
import { baseName } from '../../profile/names.ts';
import { unitOf } from '../../profile/questions.ts';
import { compilePattern, type Pattern } from '../../profile/pattern.ts';
import { Search } from '../../profile/search.ts';
import { tints } from '../../profile/tints.ts';
import { NONE } from '../../profile/units.ts';
import { FLAG_ANCESTOR, FLAG_MATCH, FLAG_PROCESS, FLAG_UNNAMED, MERGED, type Picture, type View } from './protocol.ts';
import type { Replica } from './replica.ts';

/** Depth is sent in 16 bits; nobody scrolls through more rows. */
const MOST_ROWS = 0xffff;

/** A search looks at the whole tree, 35 ms of a million nodes: then its figures rest so many times as long as they took. */
const FIGURES_REST = 4;
/** Figures that come sooner are made for every picture. */
const QUICK_MILLISECONDS = 4;

interface SearchFigures {
  search: Search;
  zoom: number;
  /** A new one whenever the tree was weighed anew. */
  filter: SampleFilter;
  /** `performance.now()` from which they may be computed again. */
  free: number;
  /** A picture took them as they were. */
  isBehind: boolean;
  values: { share: number; matches: number };
}

export class PictureMaker {
  readonly #replica: Replica;
  readonly #visible = new VisibleFrames();
  readonly #slots: ModuleSlots;
  #search: { asked: string; search: Search | null; error: string | null } | null = null;
  #figures: SearchFigures | null = null;

  constructor(replica: Replica) {
    this.#replica = replica;
    this.#slots = new ModuleSlots(replica.tables);
  }

  make({ width, zoom: asked, search }: View, revision: number): Picture {
    const { tree, followed, recording, newestFoldedAt } = this.#replica;
    const zoom = followed.resolve(asked);
    const visible = cull(tree, { zoom, width }, this.#visible);
    const count = countBelow(visible, MOST_ROWS);
    const found = this.#find(search);
    const names = new PictureNames(this.#replica, this.#slots);
    const { name, category, module, slot, flags } = describe(visible, count, tree, zoom, found?.search ?? null, names);
    const tint = tints(visible.node, count, tree, this.#replica.waits);
    const moved = followed.moved();
    return {
      revision,
      recording,
      count,
      x: visible.x.slice(0, count),
      width: visible.width.slice(0, count),
      depth: Uint16Array.from(visible.depth.subarray(0, count)),
      node: visible.node.slice(0, count),
      name,
      category,
      total: visible.total.slice(0, count),
      self: visible.self.slice(0, count),
      flags,
      module,
      slot,
      ...(tint ? { tint } : {}),
      names: names.texts,
      rows: count === 0 ? 0 : visible.depth[count - 1]! + 1,
      rootTotal: tree.total(ROOT),
      zoomTotal: tree.total(zoom),
      unit: unitOf(this.#replica.info?.question ?? 'on-cpu'),
      path: tree.path(zoom).map((node) => ({ node, name: tree.name(node) })),
      ...(moved.length > 0 ? { moved } : {}),
      search: found && this.#figuresOf(found, zoom),
      newestRowAt: newestFoldedAt,
    };
  }

  /** The search is kept for as long as the pattern is: it knows the names that it has tested. */
  #find(search: View['search']): { search: Search | null; error: string | null } | null {
    if (search === null || search.pattern === '') return (this.#search = this.#figures = null);
    const asked = `${search.ignoreCase} ${search.pattern}`;
    if (this.#search?.asked === asked) return this.#search;
    const pattern: Pattern | { error: string } = compilePattern(search.pattern, search.ignoreCase);
    this.#search =
      'error' in pattern
        ? { asked, search: null, error: pattern.error }
        : { asked, search: new Search(this.#replica.tree, pattern), error: null };
    return this.#search;
  }

  /** Milliseconds until the search's figures, which the last picture took as they were, may be made anew; null: they are new. */
  get behind(): number | null {
    return this.#figures?.isBehind === true ? Math.max(0, this.#figures.free - performance.now()) : null;
  }

  #figuresOf({ search, error }: { search: Search | null; error: string | null }, zoom: number): Picture['search'] {
    if (search === null) {
      this.#figures = null;
      return { share: 0, matches: 0, error };
    }
    const { filter } = this.#replica;
    const began = performance.now();
    const last = this.#figures;
    if (last !== null && last.search === search && last.zoom === zoom && last.filter === filter && began < last.free) {
      last.isBehind = true;
      return { ...last.values, error };
    }
    const { share, functions } = search.figures(zoom);
    const ended = performance.now();
    const rest = ended - began < QUICK_MILLISECONDS ? 0 : FIGURES_REST * (ended - began);
    this.#figures = { search, zoom, filter, free: ended + rest, isBehind: false, values: { share, matches: functions } };
    return { ...this.#figures.values, error };
  }
}

/** What the main thread need not copy. */
export function transferables(picture: Picture): ArrayBuffer[] {
  const { x, width, depth, node, name, category, total, self, flags, module, slot, tint } = picture;
  const columns = [x, width, depth, node, name, category, total, self, flags, slot, ...(module ? [module] : []), ...(tint ? [tint] : [])];
  return columns.map((column) => column.buffer as ArrayBuffer);
}

/** Frames are sorted by depth. */
function countBelow(visible: VisibleFrames, rows: number): number {
  let { count } = visible;
  while (count > 0 && visible.depth[count - 1]! >= rows) count--;
  return count;
}

function describe(visible: VisibleFrames, count: number, tree: CallTree, zoom: number, search: Search | null, names: PictureNames) {
  const name = new Int32Array(count);
  const category = new Uint8Array(count);
  const module = new Int32Array(count).fill(NONE);
  const slot = new Uint8Array(count).fill(NO_SLOT);
  const flags = new Uint8Array(count);
  const ancestors = tree.depth(zoom);
  for (let frame = 0; frame < count; frame++) {
    if (visible.merged[frame] === 1) {
      name[frame] = MERGED;
      continue;
    }
    const key = tree.key(visible.node[frame]!);
    name[frame] = names.nameRow(key);
    category[frame] = tree.category(visible.node[frame]!);
    module[frame] = names.moduleRow(key);
    slot[frame] = names.slot(key);
    if (search?.matches(key)) flags[frame]! |= FLAG_MATCH;
    if (isProcessKey(key)) flags[frame]! |= FLAG_PROCESS;
    if (isFrameKey(key)) flags[frame]! |= FLAG_UNNAMED;
    // One frame a row down to the zoomed one.
    if (visible.depth[frame]! < ancestors) flags[frame]! |= FLAG_ANCESTOR;
  }
  return { name, category, module, slot, flags };
}

/** Texts of one picture, each once. */
class PictureNames {
  readonly texts: string[] = [];
  readonly #replica: Replica;
  readonly #rows = new Map<string, number>();
  readonly #ofKey = new Map<Key, number>();
  readonly #ofModule = new Map<number, number>();
  readonly #slots: ModuleSlots;

  constructor(replica: Replica, slots: ModuleSlots) {
    this.#replica = replica;
    this.#slots = slots;
  }

  nameRow(key: Key): number {
    let row = this.#ofKey.get(key);
    if (row === undefined) this.#ofKey.set(key, (row = this.#row(this.#replica.tree.names.name(key))));
    return row;
  }

  /** NONE: not known. */
  moduleRow(key: Key): number {
    const { names } = this.#replica.tree;
    const module = names.module(key);
    if (module === NONE) return NONE;
    let row = this.#ofModule.get(module);
    if (row === undefined) this.#ofModule.set(module, (row = this.#row(baseName(names.modulePath(key)))));
    return row;
  }

  slot(key: Key): number {
    return this.#slots.slotOf(this.#replica.tree.names.module(key));
  }

  #row(text: string): number {
    let row = this.#rows.get(text);
    if (row === undefined) this.#rows.set(text, (row = this.texts.push(text) - 1));
    return row;
  }
}
