// SPDX-License-Identifier: Apache-2.0
/**
 * Functions that may have been renamed: one surely vanished and one is surely new, in the same module, with much the same weight and much
 * the same callers and callees. A suggestion for a person to judge; no figure counts the two as one.
 */
import { weightsOf } from '../questions.ts';
import { SampleIndex } from '../filter.ts';
import { NONE } from '../units.ts';
import type { FunctionDifference, Verdict } from './comparison.ts';
import type { FrameIdentities, Identities, Identity } from './identities.ts';
import type { Run, Side } from './sides.ts';
import type { Tables } from '../tables.ts';

export interface Rename {
  /** Names. */
  from: string;
  to: string;
  module: string;
  /** How alike their neighbours and weights are, 0 to 1. */
  likeness: number;
}

/** Candidates of each side, the heaviest: pairs of them are looked at one by one. */
const CANDIDATES = 50;
/** Less in common is chance. */
const LEAST_LIKENESS = 0.5;

/** Neighbours (callers as they are, callees below -1) and how much weight goes through each. */
type Neighbours = Map<number, number>;

const calleeKey = (identity: Identity): number => -2 - identity;

export function suggestRenames(
  functions: readonly FunctionDifference[],
  a: Side,
  b: Side,
  framesOf: (tables: Tables) => FrameIdentities,
  identities: Identities,
): Rename[] {
  const candidates = (verdict: Verdict, side: 'a' | 'b'): FunctionDifference[] =>
    functions
      .filter(({ identity, total }) => total.verdict === verdict && !identities.isUnnamed(identity))
      .sort((one, next) => next.total[side] - one.total[side])
      .slice(0, CANDIDATES);
  const [vanished, appeared] = [candidates('vanished', 'a'), candidates('new', 'b')];
  if (vanished.length === 0 || appeared.length === 0) return [];
  // A neighbour that was itself renamed would say nothing: each has only those in common that kept their name.
  const gone = new Set([...vanished, ...appeared].map(({ identity }) => identity));
  const before = neighboursOf(a.runs, new Set(vanished.map(({ identity }) => identity)), gone, framesOf);
  const after = neighboursOf(b.runs, new Set(appeared.map(({ identity }) => identity)), gone, framesOf);
  const pairs = vanished.flatMap((from) =>
    appeared
      .filter((to) => to.module === from.module)
      .map((to) => ({ from, to, likeness: likeness(from, to, before.get(from.identity), after.get(to.identity)) })),
  );
  const taken = new Set<Identity>();
  const found: Rename[] = [];
  for (const { from, to, likeness: alike } of pairs.sort((one, other) => other.likeness - one.likeness)) {
    if (alike < LEAST_LIKENESS) break;
    if (taken.has(from.identity) || taken.has(to.identity)) continue;
    taken.add(from.identity).add(to.identity);
    found.push({ from: from.name, to: to.name, module: from.module, likeness: alike });
  }
  return found;
}

/** Product of how alike the weights are and what the neighbours have in common, each 0 to 1. */
function likeness(from: FunctionDifference, to: FunctionDifference, before: Neighbours = new Map(), after: Neighbours = new Map()): number {
  const weights = Math.min(from.total.a, to.total.b) / Math.max(from.total.a, to.total.b);
  const sum = (neighbours: Neighbours): number => [...neighbours.values()].reduce((all, weight) => all + weight, 0);
  const [allBefore, allAfter] = [sum(before), sum(after)];
  if (!(allBefore > 0 && allAfter > 0)) return 0;
  let common = 0;
  for (const [key, weight] of before) common += Math.min(weight / allBefore, (after.get(key) ?? 0) / allAfter);
  return Math.sqrt(weights) * common;
}

function neighboursOf(
  runs: readonly Run[],
  wanted: ReadonlySet<Identity>,
  gone: ReadonlySet<Identity>,
  framesOf: (tables: Tables) => FrameIdentities,
): Map<Identity, Neighbours> {
  const found = new Map<Identity, Neighbours>([...wanted].map((identity) => [identity, new Map()]));
  const path: Identity[] = [];
  for (const run of runs) {
    const { samples, stacks } = run.tables;
    const { start, list } = framesOf(run.tables);
    const weights = new Float64Array(stacks.length);
    const weightOf = weightsOf(samples, run.weights);
    const { stack } = samples.columns;
    new SampleIndex(run.tables).forEach(run.filter, (row) => {
      if (stack[row] !== NONE) weights[stack[row]!]! += weightOf(row);
    });
    const { prefix, frame } = stacks.columns;
    for (let leaf = 0; leaf < stacks.length; leaf++) {
      if (!(weights[leaf]! > 0)) continue;
      path.length = 0;
      for (let at = leaf; at !== NONE; at = prefix[at]! < at ? prefix[at]! : NONE) {
        for (let index = start[frame[at]! + 1]! - 1; index >= start[frame[at]!]!; index--) path.push(list[index]!);
      }
      // The innermost first: the caller stands behind.
      path.forEach((identity, at) => {
        const neighbours = found.get(identity);
        if (!neighbours) return;
        const add = (key: number): unknown => neighbours.set(key, (neighbours.get(key) ?? 0) + weights[leaf]!);
        const [caller, callee] = [path[at + 1], path[at - 1]];
        if (caller !== undefined && !gone.has(caller)) add(caller);
        // That it worked itself is a neighbour, too.
        if (callee === undefined) add(calleeKey(NONE));
        else if (!gone.has(callee)) add(calleeKey(callee));
      });
    }
  }
  return found;
}
