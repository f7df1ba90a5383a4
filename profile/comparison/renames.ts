// SPDX-License-Identifier: Apache-2.0
/**
 * Functions that may have been renamed: one surely vanished and one is surely new, in the same module, with much the same weight and much
 * the same callers and callees. A suggestion for a person to judge; no figure counts the two as one.
 */
import { NONE } from '../units.ts';
import type { Comparison, FunctionDifference, Verdict } from './comparison.ts';
import type { Identities, Identity } from './identities.ts';
import type { SampledRun } from './sampled-stacks.ts';

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
  { a, b }: Comparison['sampled'],
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
  const before = neighboursOf(a, new Set(vanished.map(({ identity }) => identity)), gone);
  const after = neighboursOf(b, new Set(appeared.map(({ identity }) => identity)), gone);
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

function neighboursOf(runs: readonly SampledRun[], wanted: ReadonlySet<Identity>, gone: ReadonlySet<Identity>): Map<Identity, Neighbours> {
  const found = new Map<Identity, Neighbours>([...wanted].map((identity) => [identity, new Map()]));
  const path: Identity[] = [];
  for (const run of runs) {
    const { frame, first, last, caller, leavesBefore, length } = run.chains;
    const { start, list } = run.frames;
    const weights = leafWeights(run);
    const isOnWay = chainsWith(run, wanted);
    for (let chain = 0; chain < length; chain++) {
      const leaf = leavesBefore[chain]!;
      if (isOnWay[chain] === 0 || leavesBefore[chain + 1] === leaf || !(weights[leaf]! > 0)) continue;
      path.length = 0;
      for (let at = chain; at !== NONE; at = caller[at]!) {
        for (let row = last[at]!; row >= first[at]!; row--) {
          for (let index = start[frame[row]! + 1]! - 1; index >= start[frame[row]!]!; index--) path.push(list[index]!);
        }
      }
      // The innermost first: the caller stands behind.
      path.forEach((identity, at) => {
        const neighbours = found.get(identity);
        if (!neighbours) return;
        const add = (key: number): unknown => neighbours.set(key, (neighbours.get(key) ?? 0) + weights[leaf]!);
        const [outer, inner] = [path[at + 1], path[at - 1]];
        if (outer !== undefined && !gone.has(outer)) add(outer);
        // That it worked itself is a neighbour, too.
        if (inner === undefined) add(calleeKey(NONE));
        else if (!gone.has(inner)) add(calleeKey(inner));
      });
    }
  }
  return found;
}

/** Of all processes together. */
function leafWeights({ chains, processes }: SampledRun): Float64Array {
  const sums = new Float64Array(chains.leavesBefore[chains.length]!);
  for (const { leaves, weights } of processes) for (let at = 0; at < weights.length; at++) sums[leaves?.[at] ?? at]! += weights[at]!;
  return sums;
}

/** By chain: 1: one of the functions is in it or leads to it. */
function chainsWith({ chains, frames: { start, list } }: SampledRun, wanted: ReadonlySet<Identity>): Uint8Array {
  const { frame, first, last, caller, length } = chains;
  const isWanted = new Uint8Array(Math.max(...wanted) + 1);
  for (const identity of wanted) isWanted[identity] = 1;
  const isOnWay = new Uint8Array(length);
  for (let chain = 0; chain < length; chain++) {
    let found = caller[chain] !== NONE && isOnWay[caller[chain]!] === 1;
    for (let row = first[chain]!; !found && row <= last[chain]!; row++) {
      for (let index = start[frame[row]!]!; index < start[frame[row]! + 1]!; index++) found ||= isWanted[list[index]!] === 1;
    }
    isOnWay[chain] = found ? 1 : 0;
  }
  return isOnWay;
}
