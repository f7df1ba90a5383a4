// SPDX-License-Identifier: Apache-2.0
/** Searching for exactly one function: its name as a regular expression. */
export function searchPatternFor(name: string): string {
  return `^${name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`;
}
