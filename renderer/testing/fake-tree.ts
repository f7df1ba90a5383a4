// SPDX-License-Identifier: Apache-2.0
/** Test only. A call tree out of a seeded generator, growing sample by sample, and its layout as a Picture. */
import { baseName } from '../../profile/names.ts';
import { FrameCategory, StackEnd } from '../../profile/schema.ts';
import { FLAG_ANCESTOR, FLAG_MATCH, FLAG_UNNAMED, MERGED, type NodeDetails, type NodeIndex, type Picture, type View } from '../worker/protocol.ts';

export interface FakeNode {
  node: NodeIndex;
  parent: NodeIndex;
  depth: number;
  name: string;
  module: string;
  category: FrameCategory;
  /** Chance of being chosen among its siblings. */
  likelihood: number;
  children: FakeNode[];
  self: number;
  total: number;
}

const names: Partial<Record<FrameCategory, string[]>> = {
  [FrameCategory.user]: [
    'exec_simple_query', 'PortalRun', 'ExecutorRun', 'ExecProcNode', 'ExecHashJoin', 'heapgettup', 'hash_search_with_hash_value',
    'slot_deform_heap_tuple', 'ExecInterpExpr', 'index_getnext_tid', '_bt_search', 'LWLockAcquire', 'ReadBuffer_common',
    'std::vector<std::pair<std::string, std::unique_ptr<Node>>>::emplace_back', 'tuplesort_performsort', 'BufTableLookup',
  ],
  [FrameCategory.library]: ['__memmove_avx_unaligned', 'malloc', '_int_free', '__pread64', 'g_main_context_iteration'],
  [FrameCategory.kernel]: ['entry_SYSCALL_64', 'vfs_read', 'ext4_file_read_iter', 'filemap_read', 'copy_folio_to_iter', 'schedule'],
  [FrameCategory.inlined]: ['BufferIsPinned', 'ItemPointerIsValid'],
  [FrameCategory.jit]: ['evalexpr_0_0'],
  [FrameCategory.unresolved]: ['[anonymous]+0x7f31c0'],
};

/** Names as no polite program has them. */
export const hostileNames = [
  '<script>alert("1")</script>',
  '"><img src=x onerror=alert(1)>',
  "quote'\"`back\\slash",
  'control\u0000\u0007\u001b[31mred\r\nnext line',
  '\u202eright to left\u202c',
  `std::${'very_long_template<'.repeat(500)}int${'>'.repeat(500)}`,
];

const modules: Partial<Record<FrameCategory, string>> = {
  [FrameCategory.user]: '/usr/lib/postgresql/15/bin/postgres',
  [FrameCategory.library]: '/usr/lib/x86_64-linux-gnu/libc.so.6',
  [FrameCategory.kernel]: '[kernel]',
  [FrameCategory.inlined]: '/usr/lib/postgresql/15/bin/postgres',
  [FrameCategory.jit]: '[anonymous]',
};

export class FakeTree {
  readonly nodes: FakeNode[] = [];
  #seed: number;
  readonly #deepest: number;

  constructor(seed: number, deepest: number, hostile: boolean) {
    this.#seed = seed;
    this.#deepest = deepest;
    const root = this.#add(null, 'all', FrameCategory.user);
    const main = this.#add(root, 'PostmasterMain', FrameCategory.user);
    this.#grow(this.#add(main, 'PostgresMain', FrameCategory.user));
    // Recursion, down to the depth that was asked for.
    let deep = main;
    while (deep.depth < deepest) deep = this.#add(deep, deep.depth % 2 === 0 ? 'recurse_left' : 'recurse_right', FrameCategory.user);
    if (hostile) for (const name of hostileNames) this.#grow(this.#add(root, name, FrameCategory.user));
  }

  random(): number {
    this.#seed = (this.#seed * 16807) % 2147483647;
    return this.#seed / 2147483647;
  }

  /** Adds samples; new nodes never come after the first ones, only weight. */
  sample(count: number): void {
    for (let index = 0; index < count; index++) {
      let at = this.nodes[0]!;
      for (;;) {
        at.total++;
        const all = at.children.reduce((sum, child) => sum + child.likelihood, 0);
        let pick = this.random() * (all + (at.depth < 3 ? 0 : 0.02));
        const next = at.children.find((child) => (pick -= child.likelihood) < 0);
        if (next === undefined) break;
        at = next;
      }
      at.self++;
    }
  }

  picture(view: View, revision: number): Picture {
    const zoomed = this.nodes[view.zoom] ?? this.nodes[0]!;
    const path: FakeNode[] = [];
    for (let at: FakeNode | undefined = zoomed; at !== undefined; at = this.nodes[at.parent]) path.unshift(at);
    const { matcher, error } = compile(view.search);
    const frames: { node: FakeNode; x: number; width: number; merged: boolean; ancestor: boolean; total: number }[] = path
      .slice(0, -1)
      .map((node) => ({ node, x: 0, width: view.width, merged: false, ancestor: true, total: node.total }));
    const scale = zoomed.total > 0 ? view.width / zoomed.total : 0;
    const stack = scale > 0 ? [{ node: zoomed, x: 0 }] : [];
    while (stack.length > 0) {
      const { node, x } = stack.pop()!;
      frames.push({ node, x, width: node.total * scale, merged: false, ancestor: false, total: node.total });
      let left = x;
      let merged: FakeNode | null = null;
      let mergedTotal = 0;
      for (const child of node.children) {
        if (child.total * scale >= 1) {
          stack.push({ node: child, x: left });
          left += child.total * scale;
        } else if (child.total > 0) {
          merged ??= child;
          mergedTotal += child.total;
        }
      }
      if (merged !== null && mergedTotal * scale >= 1) {
        frames.push({ node: merged, x: left, width: mergedTotal * scale, merged: true, ancestor: false, total: mergedTotal });
      }
    }
    frames.sort((a, b) => a.node.depth - b.node.depth || a.x - b.x);
    const texts: string[] = [];
    const rows = new Map<string, number>();
    const row = (text: string) => {
      if (!rows.has(text)) rows.set(text, texts.push(text) - 1);
      return rows.get(text)!;
    };
    const matches = matcher === null ? [] : this.nodes.filter((node) => node.node !== 0 && matcher.test(node.name));
    const matching = new Set(matches);
    const outermost = matches.filter((node) => {
      for (let at = this.nodes[node.parent]; at !== undefined; at = this.nodes[at.parent]) if (matching.has(at)) return false;
      return true;
    });
    return {
      revision,
      recording: view.recording,
      count: frames.length,
      x: Float32Array.from(frames, (frame) => frame.x),
      width: Float32Array.from(frames, (frame) => frame.width),
      depth: Uint16Array.from(frames, (frame) => frame.node.depth),
      node: Uint32Array.from(frames, (frame) => frame.node.node),
      name: Int32Array.from(frames, (frame) => (frame.merged ? MERGED : row(frame.node.name))),
      module: Int32Array.from(frames, (frame) => (frame.merged || frame.node.node === 0 ? -1 : row(baseName(frame.node.module)))),
      slot: Uint8Array.from(frames, (frame) => frame.node.category === FrameCategory.kernel ? 0 : 1 + Object.values(modules).indexOf(frame.node.module)),
      category: Uint8Array.from(frames, (frame) => frame.node.category),
      total: Float64Array.from(frames, (frame) => frame.total),
      self: Float64Array.from(frames, (frame) => frame.node.self),
      flags: Uint8Array.from(
        frames,
        (frame) =>
          (!frame.merged && matching.has(frame.node) ? FLAG_MATCH : 0) |
          (frame.ancestor ? FLAG_ANCESTOR : 0) |
          (frame.node.category === FrameCategory.unresolved ? FLAG_UNNAMED : 0),
      ),
      names: texts,
      rows: frames.reduce((most, frame) => Math.max(most, frame.node.depth + 1), 1),
      rootTotal: this.nodes[0]!.total,
      zoomTotal: zoomed.total,
      unit: 'samples',
      path: path.map(({ node, name }) => ({ node, name })),
      search:
        view.search === null
          ? null
          : {
              share: outermost.reduce((sum, node) => sum + node.total, 0) / Math.max(1, this.nodes[0]!.total),
              matches: matches.length,
              error,
            },
      newestRowAt: performance.timeOrigin + performance.now(),
    };
  }

  details(index: NodeIndex): NodeDetails | null {
    const node = this.nodes[index];
    if (node === undefined) return null;
    const stack: string[] = [];
    for (let at: FakeNode | undefined = node; at !== undefined; at = this.nodes[at.parent]) stack.unshift(at.name);
    const relation = ({ name, total, node: of }: FakeNode) => ({ name, total, node: of });
    const parent = this.nodes[node.parent];
    return {
      node: index,
      name: node.name,
      category: node.category,
      module: node.module,
      buildId: node.category === FrameCategory.user ? '5f1c9f0e2a6b47d39c11aa02b3d7e8f9a0b1c2d3' : '',
      moduleRow: node.module === '' ? -1 : 1,
      inlinedInto: node.category === FrameCategory.inlined && parent !== undefined ? parent.name : '',
      place:
        node.name === 'hash_search_with_hash_value'
          ? {
              file: 12,
              path: '/build/postgresql-15/src/backend/utils/hash/dynahash.c',
              line: 964,
              lines: [
                { line: 958, self: 0, total: Math.round(node.total * 0.1) },
                { line: 964, self: node.self, total: Math.round(node.total * 0.7) },
                { line: 967, self: 0, total: Math.round(node.total * 0.2) },
                { line: 1031, self: 0, total: Math.round(node.total * 0.02) },
              ],
            }
          : null,
      source: node.name === 'hash_search_with_hash_value' ? 'dynahash.c:964' : '',
      unnamedReason:
        node.category === FrameCategory.unresolved
          ? 'No mapping was known for this address: the code was made at run time or unloaded since.'
          : '',
      brokenHere: node.depth === 1 ? [{ end: StackEnd.noRow, samples: 14 }] : [],
      self: node.self,
      total: node.total,
      rootTotal: this.nodes[0]!.total,
      callers: parent === undefined ? [] : [relation(parent)],
      callees: [...node.children].sort((a, b) => b.total - a.total).slice(0, 10).map(relation),
      stack,
    };
  }

  #add(parent: FakeNode | null, name: string, category: FrameCategory): FakeNode {
    const node: FakeNode = {
      node: this.nodes.length,
      parent: parent === null ? -1 : parent.node,
      depth: parent === null ? 0 : parent.depth + 1,
      name,
      module: modules[category] ?? '',
      category,
      likelihood: parent !== null && parent.depth === 0 && this.nodes.length > 2 ? 0.04 : this.random() ** 2 + 0.02,
      children: [],
      self: 0,
      total: 0,
    };
    this.nodes.push(node);
    parent?.children.push(node);
    return node;
  }

  #grow(from: FakeNode): void {
    const stack = [from];
    while (stack.length > 0 && this.nodes.length < 20_000) {
      const node = stack.pop()!;
      // Most branches end soon; the first one of each goes on, so that a part is deep.
      if (node.depth > 4 && this.random() < node.depth / this.#deepest) continue;
      const count = 1 + Math.floor(this.random() * (node.depth < 6 ? 4 : 3));
      for (let index = 0; index < count; index++) {
        const category = this.#category(node);
        const choices = names[category]!;
        const child = this.#add(node, choices[Math.floor(this.random() * choices.length)]!, category);
        if (index === 0 || this.random() < 0.55) stack.push(child);
      }
    }
  }

  #category(parent: FakeNode): FrameCategory {
    if (parent.category === FrameCategory.kernel) return FrameCategory.kernel;
    const luck = this.random();
    if (parent.depth > 4 && luck < 0.14) return FrameCategory.kernel;
    if (luck < 0.26) return FrameCategory.library;
    if (luck < 0.33) return FrameCategory.inlined;
    if (luck < 0.36) return FrameCategory.jit;
    return luck < 0.37 ? FrameCategory.unresolved : FrameCategory.user;
  }
}

function compile(search: View['search']): { matcher: RegExp | null; error: string | null } {
  if (search === null) return { matcher: null, error: null };
  try {
    return { matcher: new RegExp(search.pattern, search.ignoreCase ? 'iu' : 'u'), error: null };
  } catch (error) {
    return { matcher: null, error: `Not a regular expression: ${String(error).split(': ').at(-1)}.` };
  }
}
