// SPDX-License-Identifier: Apache-2.0
/** Searching for exactly one function: its name as a regular expression. */
export function searchPatternFor(name: string): string {
  return `^${escaped(name)}$`;
}

/** The same of a name that a comparison folded: in the recording a compiler's number may follow, "parse_line.constprop.0". */
export function foldedPatternFor(name: string): string {
  return `^${escaped(name)}(?:$|\\W)`;
}

const escaped = (name: string): string => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
