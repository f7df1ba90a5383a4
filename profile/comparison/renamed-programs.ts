// SPDX-License-Identifier: Apache-2.0
/**
 * One program under two names: "server" and "server-new", "before.py" and "after.py". What was recorded before a change and
 * after it often is called another, and all that it consists of would have vanished and be new.
 */
import { ModuleKind } from '../schema.ts';
import type { Tables } from '../tables.ts';
import { NONE } from '../units.ts';
import { modulesOf } from './identities.ts';
import { matchedName } from './matching.ts';

/** Names in A and in B, as `modulesOf` gives them. */
export interface RenamedProgram {
  a: string;
  b: string;
}

type Kind = typeof ModuleKind.executable | typeof ModuleKind.source;

/** The executable and the script whose busiest of each side is none of the other's. */
export function renamedPrograms(a: readonly Tables[], b: readonly Tables[]): RenamedProgram[] {
  return [ModuleKind.executable, ModuleKind.source].flatMap((kind) => renamed(kind, a, b) ?? []);
}

function renamed(kind: Kind, a: readonly Tables[], b: readonly Tables[]): RenamedProgram | null {
  const [namesA, namesB] = [namesOf(kind, a), namesOf(kind, b)];
  const isIn = (names: ReadonlySet<string>) => (name: string): boolean => names.has(name);
  // Weighing them takes a look at every sample.
  if ([...namesA].every(isIn(namesB)) || [...namesB].every(isIn(namesA))) return null;
  const [nameA, nameB] = [busiest(weightsOf(kind, a)), busiest(weightsOf(kind, b))];
  if (nameA === undefined || nameB === undefined || namesB.has(nameA) || namesA.has(nameB)) return null;
  return areOthers(functionsOf(nameA, a), functionsOf(nameB, b)) ? null : { a: nameA, b: nameB };
}

/** Every program has these. */
const COMMON = new Set(['_start', 'main', '<module>']);
/** So many functions of each, and none of them in both: these are two programs. Of fewer it is not known. */
const ENOUGH = 5;

function areOthers(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size >= ENOUGH && b.size >= ENOUGH && ![...a].some((name) => b.has(name));
}

/** Matched names of the functions that a program has of its own. */
function functionsOf(program: string, profiles: readonly Tables[]): Set<string> {
  const found = new Set<string>();
  for (const tables of profiles) {
    const modules = modulesOf(tables);
    const { functions, strings } = tables;
    for (let row = 0; row < functions.length; row++) {
      const module = functions.columns.module[row]!;
      const name = matchedName(strings.columns.text[functions.columns.name[row]!] ?? '');
      if (module !== NONE && modules[module] === program && !COMMON.has(name)) found.add(name);
    }
  }
  return found;
}

/** Of modules in which there is code. */
function namesOf(kind: Kind, profiles: readonly Tables[]): Set<string> {
  const found = new Set<string>();
  for (const tables of profiles) {
    const { modules, frames } = tables;
    const used = new Set(frames.columns.module.subarray(0, frames.length));
    modulesOf(tables).forEach((name, module) => modules.columns.kind[module] === kind && used.has(module) && found.add(name));
  }
  return found;
}

function busiest(weights: ReadonlyMap<string, number>): string | undefined {
  return [...weights].sort((one, other) => other[1] - one[1])[0]?.[0];
}

/** Executables by the samples in whose stacks they come; source files by those in which they come first: what a script imports
 * is no program of its own. */
function weightsOf(kind: Kind, profiles: readonly Tables[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const tables of profiles) {
    const names = modulesOf(tables);
    const { samples, stacks, frames, modules } = tables;
    const weights = new Float64Array(stacks.length);
    for (let row = 0; row < samples.length; row++) {
      const stack = samples.columns.stack[row]!;
      if (stack !== NONE) weights[stack]! += Math.abs(samples.columns.weight[row]!);
    }
    const { prefix, frame } = stacks.columns;
    const callerOf = (row: number): number => (prefix[row]! < row ? prefix[row]! : NONE);
    const moduleAt = (row: number): number => (row === NONE ? NONE : frames.columns.module[frame[row]!]!);
    const isOfKind = (module: number): boolean => module !== NONE && modules.columns.kind[module] === kind;
    const isBelow = new Uint8Array(stacks.length);
    if (kind === ModuleKind.source) {
      for (let row = 0; row < stacks.length; row++) {
        const caller = callerOf(row);
        if (caller !== NONE && (isBelow[caller] === 1 || isOfKind(moduleAt(caller)))) isBelow[row] = 1;
      }
    }
    // What calls has a lower row than what it calls.
    for (let row = stacks.length - 1; row >= 0; row--) {
      const caller = callerOf(row);
      if (caller !== NONE) weights[caller]! += weights[row]!;
      const module = moduleAt(row);
      if (isBelow[row] === 1 || !isOfKind(module) || module === moduleAt(caller)) continue;
      found.set(names[module]!, (found.get(names[module]!) ?? 0) + weights[row]!);
    }
  }
  return found;
}
