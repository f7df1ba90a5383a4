// SPDX-License-Identifier: Apache-2.0
/** How two answers about one address differ. */
import type { Chain } from './symbolizers.ts';

/** docs/accuracy.md explains each. */
export const classes = {
  same: 'same functions, files and lines',
  neither: 'neither knows anything',
  onlyOurs: 'a function by us alone',
  onlyTheirs: 'a function by the tool alone',
  alias: 'another name of the same address',
  suffix: "the symbol's suffix (.cold, .part) against the function in DWARF",
  spelling: 'the same function, its template arguments spelled otherwise or left out',
  innerName: 'the same number of functions, an inlined one named otherwise',
  fewerInlined: 'we know fewer inlined functions',
  moreInlined: 'we know more inlined functions',
  otherFunction: 'another function',
  fileOfSymbol: 'the same functions and no lines, but the tool names the file by the symbol table',
  lineUnknown: 'the same functions, but one of us knows no line',
  otherLine: 'the same functions, another line',
} as const;
export type NameClass = keyof typeof classes;

/** Suffixes that compilers give to parts and copies of a function, and the version of a symbol. */
const SUFFIX = /(\.(cold|part|constprop|isra|lto_priv|localalias|llvm|[0-9]+)(\.[0-9]+)*|@.*| \[clone [^\]]*\])+$/;

const plain = (name: string): string => name.replace(SUFFIX, '');

/** Without parameters, template arguments, namespaces, return types and spaces: DWARF's short names have none. */
function bare(name: string): string {
  let depth = 0;
  let kept = '';
  const text = plain(name).replace(/\b(operator)\s*(<<=?|>>=?|<=>|<=?|>=?|->\*?|\(\))/g, '$1');
  for (const letter of text) {
    if (letter === '<' || letter === '(' || letter === '{') depth++;
    if (depth === 0) kept += letter;
    if (letter === '>' || letter === ')' || letter === '}') depth--;
  }
  return kept.replace(/\s*(const|volatile|&+|\[abi:[^\]]*\])*\s*$/, '').split(/::|\s/).filter(Boolean).at(-1) ?? '';
}

/** @param sameAddress whether two names are symbols of one address */
export function classOf(ours: Chain, theirs: Chain, sameAddress: (a: string, b: string) => boolean): NameClass {
  const [our, their] = [ours[0]?.name ?? '', theirs[0]?.name ?? ''];
  if (our === '' && their === '') return 'neither';
  if (their === '') return 'onlyOurs';
  if (our === '') return 'onlyTheirs';
  if (ours.length !== theirs.length) {
    if (!isSameFunction(our, their, sameAddress)) return 'otherFunction';
    return ours.length < theirs.length ? 'fewerInlined' : 'moreInlined';
  }
  if (our !== their) {
    if (plain(our) === plain(their)) return 'suffix';
    if (sameAddress(our, their)) return 'alias';
    return bare(our) === bare(their) ? 'spelling' : 'otherFunction';
  }
  for (let i = 1; i < ours.length; i++) {
    const [a, b] = [ours[i]!.name, theirs[i]!.name];
    if (a !== b) return bare(a) === bare(b) ? 'spelling' : 'innerName';
  }
  if (ours.every(({ file, line }, i) => file === theirs[i]!.file && line === theirs[i]!.line)) return 'same';
  if (ours.every(({ line }, i) => line === 0 && theirs[i]!.line === 0)) return 'fileOfSymbol';
  const unknown = ours.some(({ line }, i) => (line === 0) !== (theirs[i]!.line === 0));
  return unknown ? 'lineUnknown' : 'otherLine';
}

function isSameFunction(a: string, b: string, sameAddress: (a: string, b: string) => boolean): boolean {
  return plain(a) === plain(b) || bare(a) === bare(b) || sameAddress(a, b);
}
