// SPDX-License-Identifier: Apache-2.0
/** What the inspector says about one call node: its function, and who calls it and whom it calls, anywhere. */
import { NO_NODE, ROOT, type CallTree } from '../../profile/call-tree.ts';
import { isFrameKey, isFunctionKey, isModuleKey, isProcessKey, keyRow, type Key } from '../../profile/frame-keys.ts';
import { baseName } from '../../profile/names.ts';
import { FrameCategory, ModuleKind } from '../../profile/schema.ts';
import { WAKER_SEPARATOR } from '../../profile/questions.ts';
import { NONE } from '../../profile/units.ts';
import { reasonOfFunction, type WaitReason } from '../../profile/wait-reasons.ts';
import type { NodeDetails, NodeIndex } from './protocol.ts';
import type { Replica } from './replica.ts';
import { placeOf } from './source-lines.ts';
import { finish } from './stepwise.ts';

const MOST_RELATIVES = 10;
/** A call is looked for among so many calls of the same function below it; deeper recursion counts as one. */
const RECURSION_LOOKED_THROUGH = 256;

/** Nodes looked at in a step: some 2 ms. */
const NODES_AT_ONCE = 16_384;

/** @param asked the number that the window knows the node by. */
export function detailsOf(replica: Replica, asked: NodeIndex): NodeDetails {
  return finish(detailsInSteps(replica, asked));
}

/**
 * The same in steps: all nodes are looked at, 150 ms of a million. Rows may be folded in between: what they bring may
 * be counted or not. The filter must stay the same.
 */
export function* detailsInSteps(replica: Replica, asked: NodeIndex): Generator<void, NodeDetails, void> {
  const { tree, tables } = replica;
  const node = replica.followed.resolve(asked);
  const key = tree.key(node);
  const module = tree.names.module(key);
  const { strings, modules } = tables;
  const place = isFunctionKey(key) ? yield* placeOf(tree, tables, key) : null;
  const neighbours = key < 0 ? { callers: [], callees: entryPoints(tree, node) } : yield* relatives(tree, key);
  return {
    node: asked,
    name: tree.name(node),
    category: tree.category(node),
    ...(isProcessKey(key) ? { isProcess: true } : {}),
    ...(isModuleKey(key) ? { isLibrary: true } : {}),
    module: tree.names.modulePath(key),
    buildId: module === NONE ? '' : strings.columns.text[modules.columns.buildId[module]!]!,
    moduleRow: module,
    inlinedInto: tree.isInlined(node) ? tree.name(tree.parent(node)) : '',
    source: sourceOf(replica, key),
    place,
    unnamedReason: isFrameKey(key) ? unnamedReason(replica, keyRow(key)) : '',
    brokenHere: key >= 0 && tree.key(tree.parent(node)) < 0 ? replica.brokenAt(key) : [],
    self: tree.self(node),
    total: tree.total(node),
    rootTotal: tree.total(ROOT),
    ...neighbours,
    stack: tree.path(node).slice(1).map((each) => tree.name(each)),
    ...waitsOf(replica, node),
  };
}

/** Time off a CPU of the stacks that passed a node, by what their kernel frames say. One pass: children come after their parents. */
function waitsOf({ tree, waits }: Replica, node: number): Pick<NodeDetails, 'waits'> {
  const self = waits.self(tree);
  if (!self) return {};
  type Why = NonNullable<NodeDetails['waits']>[number]['reason'];
  const sums = new Map<Why, number>();
  const reasons: (WaitReason | null)[] = [];
  const isBelow = new Uint8Array(tree.size);
  const isWoken = new Uint8Array(tree.size);
  isBelow[node] = 1;
  for (let each = ROOT; each < self.blocked.length; each++) {
    const parent = tree.parent(each);
    const above = parent === NONE ? null : (reasons[parent] ?? null);
    // Who ended the wait has reasons of its own.
    const isWaker = parent !== NONE && (isWoken[parent] === 1 || tree.name(parent) === WAKER_SEPARATOR);
    if (isWaker) isWoken[each] = 1;
    const own = isWaker || tree.category(each) === FrameCategory.user ? null : reasonOfFunction(tree.name(each));
    reasons[each] = own ?? above;
    if (parent !== NONE) isBelow[each]! |= isBelow[parent]!;
    if (isBelow[each] === 0) continue;
    const add = (why: Why, weight: number): void => void (weight > 0 && sums.set(why, (sums.get(why) ?? 0) + weight));
    add(reasons[each] ?? 'other', self.blocked[each]!);
    add('queued', self.queued[each]!);
  }
  if (sums.size === 0) return {};
  return { waits: [...sums].map(([reason, total]) => ({ reason, total })).sort((a, b) => b.total - a.total) };
}

/** "file:line" of the definition; else the first place known of its code; else empty. */
function sourceOf({ tables }: Replica, key: Key): string {
  if (!isFunctionKey(key)) return '';
  const { strings, functions, symbols } = tables;
  const row = keyRow(key);
  let file = functions.columns.file[row]!;
  let line = functions.columns.line[row]!;
  const { function: named, file: files, line: lines } = symbols.columns;
  for (let at = 0; file === 0 && at < symbols.length; at++) {
    if (named[at] !== row) continue;
    file = files[at]!;
    line = lines[at]!;
  }
  if (file === 0) return '';
  const name = baseName(strings.columns.text[file]!);
  return line === 0 ? name : `${name}:${line}`;
}

function unnamedReason({ tables }: Replica, frame: number): string {
  const { frames, modules, strings, symbols } = tables;
  const module = frames.columns.module[frame]!;
  if (module === NONE) return 'No mapping was known for this address.';
  let isLookedUp = false;
  for (let row = 0; row < symbols.length; row++) isLookedUp ||= symbols.columns.frame[row] === frame;
  if (!isLookedUp) return 'Its name has not been looked up yet.';
  const path = strings.columns.text[modules.columns.path[module]!]!;
  switch (modules.columns.kind[module]) {
    case ModuleKind.anonymous:
      return 'This code was made at run time; its program says nothing about it.';
    case ModuleKind.kernel:
    case ModuleKind.kernelModule:
      return 'The kernel does not show its symbols here (see kernel.kptr_restrict).';
    default:
      return `${baseName(path)} has no symbol for this place: it is stripped, and no debug file for it was found.`;
  }
}

type Relative = NodeDetails['callers'][number];

/** What the root or a process "calls": the processes, or where stacks begin. */
function entryPoints(tree: CallTree, node: number): Relative[] {
  const callees = new Relatives(tree);
  for (let child = tree.firstChild(node); child !== NO_NODE; child = tree.nextSibling(child)) {
    if (tree.total(child) > 0) callees.add(tree.key(child), child, tree.total(child));
  }
  return callees.largest();
}

/**
 * Callers and callees of a function over the whole tree, by samples. In a recursion a call (caller, callee) counts
 * once, at its outermost place. One pass over all nodes, since children come after their parents.
 */
function* relatives(tree: CallTree, key: Key): Generator<void, { callers: Relative[]; callees: Relative[] }, void> {
  const callers = new Relatives(tree);
  const callees = new Relatives(tree);
  // By node: the child of the nearest node of the function above it (itself, if it is such a child), 0: none above.
  const below = new Int32Array(tree.size);
  for (let node = ROOT + 1; node < below.length; node++) {
    if (node % NODES_AT_ONCE === 0) yield;
    const parent = tree.parent(node);
    const isCallee = tree.key(parent) === key;
    below[node] = isCallee ? node : below[parent]!;
    const total = tree.total(node);
    if (!(total > 0)) continue;
    const own = tree.key(node);
    if (isCallee && !isNested(tree, below, parent, (child) => tree.key(child) === own)) callees.add(own, node, total);
    const caller = tree.key(parent);
    // The root and processes call nobody.
    if (own !== key || caller < 0) continue;
    const callerOf = (child: number) => tree.key(tree.parent(tree.parent(child)));
    if (!isNested(tree, below, node, (child) => callerOf(child) === caller)) callers.add(caller, parent, total);
  }
  return { callers: callers.largest(), callees: callees.largest() };
}

/** Does `matches` hold for the path's child of any node of the function strictly above `node`? */
function isNested(tree: CallTree, below: Int32Array, node: number, matches: (child: number) => boolean): boolean {
  let child = below[node]!;
  for (let looked = 0; child !== 0; looked++) {
    if (looked === RECURSION_LOOKED_THROUGH || matches(child)) return true;
    child = below[tree.parent(child)]!;
  }
  return false;
}

/** Samples by function, with the node that has most of them. */
class Relatives {
  readonly #tree: CallTree;
  readonly #sums = new Map<Key, { total: number; node: number; most: number }>();

  constructor(tree: CallTree) {
    this.#tree = tree;
  }

  add(key: Key, node: number, total: number): void {
    const sum = this.#sums.get(key);
    if (!sum) this.#sums.set(key, { total, node, most: total });
    else {
      sum.total += total;
      if (total > sum.most) [sum.node, sum.most] = [node, total];
    }
  }

  largest(): Relative[] {
    const sorted = [...this.#sums].sort(([, a], [, b]) => b.total - a.total).slice(0, MOST_RELATIVES);
    return sorted.map(([key, { total, node }]) => ({ name: this.#tree.names.name(key), total, node }));
  }
}
