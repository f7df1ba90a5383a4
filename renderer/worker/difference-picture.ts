// SPDX-License-Identifier: Apache-2.0
/** What is visible of two sides' merged tree: the columns that a canvas draws. */
import { ROOT } from '../../profile/call-nodes.ts';
import { stepOf } from '../../profile/comparison/difference-colours.ts';
import type { DifferenceTree, Width } from '../../profile/comparison/difference-tree.ts';
import { functionSearch } from '../../profile/comparison/function-search.ts';
import { cull, VisibleFrames } from '../../profile/culling.ts';
import { NO_SLOT } from '../../profile/module-colours.ts';
import { NONE } from '../../profile/units.ts';
import type { DifferenceView } from './compare-protocol.ts';
import { FLAG_ANCESTOR, FLAG_MATCH, FLAG_PROCESS, MERGED, type Picture } from './protocol.ts';

/** @param sure null: noise is coloured, too */
export function differencePicture(tree: DifferenceTree, sure: ReadonlySet<number> | null, view: DifferenceView, widths: Width, width: number, revision: number): Picture {
  tree.width = widths;
  const zoom = tree.reach(view.zoom);
  const visible = cull(tree, { zoom, width }, new VisibleFrames());
  const { count } = visible;
  const texts: string[] = [];
  const rows = new Map<string, number>();
  const rowOf = (text: string): number => {
    let row = rows.get(text);
    if (row === undefined) rows.set(text, (row = texts.push(text) - 1));
    return row;
  };
  const search = functionSearch(view.query);
  const columns = {
    name: new Int32Array(count).fill(MERGED),
    module: new Int32Array(count).fill(NONE),
    category: new Uint8Array(count),
    flags: new Uint8Array(count),
    change: new Int8Array(count),
  };
  const words = new Array<string>(count).fill('');
  const ancestors = tree.depth(zoom);
  for (let frame = 0; frame < count; frame++) {
    if (visible.merged[frame] === 1) continue;
    const node = visible.node[frame]!;
    const name = tree.name(node);
    columns.name[frame] = rowOf(name);
    const module = tree.module(node);
    if (module !== '') columns.module[frame] = rowOf(module);
    columns.category[frame] = tree.category(node);
    const key = tree.key(node);
    if (key < 0 && node !== ROOT) columns.flags[frame]! |= FLAG_PROCESS;
    if (visible.depth[frame]! < ancestors) columns.flags[frame]! |= FLAG_ANCESTOR;
    if (search?.(name, module)) columns.flags[frame]! |= FLAG_MATCH;
    columns.change[frame] = stepOf(tree, node, sure);
    words[frame] = tree.words(node);
  }
  return {
    revision,
    recording: 0,
    count,
    x: visible.x.slice(0, count),
    width: visible.width.slice(0, count),
    depth: Uint16Array.from(visible.depth.subarray(0, count)),
    node: visible.node.slice(0, count),
    ...columns,
    total: visible.total.slice(0, count),
    self: visible.self.slice(0, count),
    slot: new Uint8Array(count).fill(NO_SLOT),
    words,
    names: texts,
    rows: count === 0 ? 0 : visible.depth[count - 1]! + 1,
    rootTotal: tree.total(ROOT),
    unit: 'samples',
    zoomTotal: tree.total(zoom),
    path: tree.path(zoom).map((node) => ({ node, name: tree.name(node) })),
    search: null,
    newestRowAt: 0,
  };
}
