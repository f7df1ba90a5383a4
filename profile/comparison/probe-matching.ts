// SPDX-License-Identifier: Apache-2.0
/**
 * Which probe of one recording is which of another: by what was asked of which function, not by how it was attached. What
 * else differs between the two is said and keeps nobody from comparing.
 */
import { matchedModule, matchedName } from './matching.ts';

/** What a probe was asked: `ProbeInfo` of the engine is one. */
export interface AskedProbe {
  /** Row of `probes`. */
  readonly probe: number;
  /** As people write it: "vfs_read", "vfs_* (41 functions)". */
  readonly title: string;
  /** "fentry", "uprobe"…; empty: it was not attached. */
  readonly mechanism: string;
  readonly unit: 'nanoseconds' | 'bytes' | 'count' | 'value';
  readonly request: {
    readonly kind: string;
    readonly name: string;
    /** Path; of functions of the kernel empty. */
    readonly module: string;
    readonly measure: { readonly kind: string; readonly argument?: number };
    /** Nanoseconds: what took less was left out. */
    readonly leastNs: number;
    readonly filter: { readonly argument: number; readonly test: string; readonly value: string } | null;
    readonly cgroup?: string;
  };
}

/** One probe as it is told of. */
export interface ProbeName {
  title: string;
  /** What it is found by: "sys_clone", "run-queue". */
  name: string;
  /** "kernel", "user", "tracepoint", "usdt", "ready" */
  kind: string;
  /** Matched name of the file; of the kernel and of ready questions empty. */
  module: string;
  /** "latency", "count", "argument 3", "returned" */
  measure: string;
  unit: AskedProbe['unit'];
}

export function probeName(probe: AskedProbe): ProbeName {
  const { title, unit, request } = probe;
  return { title, name: targetName(probe), kind: request.kind, module: moduleOf(probe), measure: measureWords(request.measure), unit };
}

function measureWords({ kind, argument }: AskedProbe['request']['measure']): string {
  return kind === 'argument' ? `argument ${argument ?? '?'}` : kind;
}

/** "__x64_sys_clone", "__arm64_sys_clone" -> "sys_clone". */
function targetName({ request: { kind, name } }: AskedProbe): string {
  return kind === 'kernel' ? name.replace(/^__(?:x64|ia32|x32|arm64|riscv|s390x?)_(?=(?:compat_)?sys_)/, '') : matchedName(name);
}

const keyOf = (probe: AskedProbe, module: string): string => JSON.stringify([probe.request.kind, targetName(probe), module, measureWords(probe.request.measure), probe.unit]);
const settingsOf = (probe: AskedProbe): string => JSON.stringify([leastWords(probe), filterWords(probe), probe.request.cgroup ?? '']);

/** The probe of each run that has it: one at least on both sides. */
export interface MatchedProbe<P extends AskedProbe> {
  a: P[];
  b: P[];
  /** What to know before comparing them, in sentences. */
  notes: string[];
}

export interface MatchedProbes<P extends AskedProbe> {
  both: MatchedProbe<P>[];
  onlyA: P[];
  onlyB: P[];
}

/** @param a of all runs of the side; runs that asked the same twice have it twice */
export function matchProbes<P extends AskedProbe>(a: readonly (readonly P[])[], b: readonly (readonly P[])[]): MatchedProbes<P> {
  const [inA, inB] = [groupsOf(a), groupsOf(b)];
  const both: MatchedProbe<P>[] = [];
  for (const [key, probes] of inA) {
    const others = inB.get(key);
    if (!others) continue;
    both.push({ a: probes, b: others, notes: notesOf(probes, others) });
    inA.delete(key);
    inB.delete(key);
  }
  // The same program under another name.
  const [leftA, leftB] = [byTarget([...inA.values()]), byTarget([...inB.values()])];
  for (const [target, groups] of leftA) {
    const others = leftB.get(target);
    if (groups.length !== 1 || others?.length !== 1) continue;
    const [[probes], [other]] = [groups, others] as [[P[]], [P[]]];
    both.push({ a: probes, b: other, notes: [`Its file is called ${moduleOf(probes[0]!)} in A and ${moduleOf(other[0]!)} in B; it is taken for the same.`, ...notesOf(probes, other)] });
    for (const [key, each] of inA) if (each === probes) inA.delete(key);
    for (const [key, each] of inB) if (each === other) inB.delete(key);
  }
  return { both, onlyA: [...inA.values()].map(([first]) => first!), onlyB: [...inB.values()].map(([first]) => first!) };
}

const moduleOf = ({ request: { module } }: AskedProbe): string => (module === '' ? '' : matchedModule(module));

/** By what they ask; of one run what was asked twice is told apart by its settings, or else by its order. */
function groupsOf<P extends AskedProbe>(runs: readonly (readonly P[])[]): Map<string, P[]> {
  const groups = new Map<string, P[]>();
  for (const probes of runs) {
    const seen = new Map<string, P[]>();
    for (const probe of probes) {
      if (probe.mechanism === '') continue;
      const key = keyOf(probe, moduleOf(probe));
      seen.set(key, [...(seen.get(key) ?? []), probe]);
    }
    for (const [key, same] of seen) {
      // What asks for everything first, so that it meets what asks for everything.
      const sorted = same.length === 1 ? same : [...same].sort((one, other) => settingsOf(one).length - settingsOf(other).length || (settingsOf(one) < settingsOf(other) ? -1 : 1));
      sorted.forEach((probe, at) => groups.set(`${key} ${at}`, [...(groups.get(`${key} ${at}`) ?? []), probe]));
    }
  }
  return groups;
}

/** Functions of files alone: whatever has no file has its own name. */
function byTarget<P extends AskedProbe>(groups: readonly P[][]): Map<string, P[][]> {
  const found = new Map<string, P[][]>();
  for (const group of groups) {
    if (group[0]!.request.module === '') continue;
    const target = keyOf(group[0]!, '');
    found.set(target, [...(found.get(target) ?? []), group]);
  }
  return found;
}

const tests: Readonly<Record<string, string>> = { equal: '=', other: '≠', above: '>', below: '<' };

function filterWords({ request: { filter } }: AskedProbe): string {
  if (filter === null) return '';
  return `${filter.argument === 0 ? 'what it returned' : `argument ${filter.argument}`} ${tests[filter.test] ?? filter.test} ${filter.value}`;
}

function leastWords({ request: { leastNs } }: AskedProbe): string {
  return leastNs > 0 ? `${leastNs.toLocaleString('en')} ns and more` : '';
}

function notesOf(a: readonly AskedProbe[], b: readonly AskedProbe[]): string[] {
  const notes: string[] = [];
  const differs = (what: string, of: (probe: AskedProbe) => string, otherwise: string, so = ''): void => {
    const words = (probes: readonly AskedProbe[]): string => [...new Set(probes.map((probe) => of(probe) || otherwise))].join(', ');
    const [inA, inB] = [words(a), words(b)];
    if (inA !== inB || inA.includes(', ')) notes.push(`${what}: ${inA} in A, ${inB} in B.${so}`);
  };
  differs('Which calls count', filterWords, 'all', ' The two sides are of different calls.');
  differs('How long calls count', leastWords, 'all', ' The two sides are of different calls.');
  differs('Which cgroup', ({ request: { cgroup } }) => cgroup ?? '', 'all', ' The two sides are of different programs.');
  differs('Attached', ({ mechanism }) => `by ${mechanism}`, '', ' What the probe itself costs is in what it measures.');
  if (a[0]!.request.name.includes('*')) differs('What the pattern means', ({ title }) => title, '');
  return notes;
}
