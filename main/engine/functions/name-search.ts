// SPDX-License-Identifier: Apache-2.0
/** Which of some hundred thousand names a person means: part of a name or a pattern with * and ?, the best first. */

/** Longer ones match nothing that exists. */
const MAX_PATTERN = 1024;

export interface NamePattern {
  /** It has * or ?. */
  readonly wild: boolean;
  test(name: string): boolean;
  /** The lower the better; of a name that matches. */
  rank(name: string): number;
}

const EXACT = 0;
const PREFIX = 1_000;
const WORD = 2_000;
const INSIDE = 3_000;
const CASE = 500;

/** Upper case in it is taken as it is; without, case does not matter. */
export function namePattern(text: string): NamePattern {
  const source = text.slice(0, MAX_PATTERN);
  const asIs = /[A-Z]/.test(source);
  const fold = (name: string): string => (asIs ? name : name.toLowerCase());
  if (/[*?]/.test(source)) {
    // Most names do not even have the longest part that is certain.
    const certain = source.split(/[*?]+/).reduce((longest, part) => (part.length > longest.length ? part : longest), '');
    const test = (name: string): boolean => {
      const folded = fold(name);
      return folded.includes(certain) && wildcard(source, folded);
    };
    return { wild: true, test, rank: (name) => name.length };
  }
  return {
    wild: false,
    test: (name) => fold(name).includes(source),
    rank(name) {
      if (name === source) return EXACT;
      const at = fold(name).indexOf(source);
      if (at === 0) return (name.length === source.length ? CASE : PREFIX) + name.length;
      return (/[A-Za-z0-9]/.test(name[at - 1]!) ? INSIDE : WORD) + name.length;
    },
  };
}

/** Whether a name matches a pattern of * and ? as a whole. Linear for all that people write: one star is open at a time. */
export function wildcard(pattern: string, name: string): boolean {
  let at = 0;
  let inPattern = 0;
  let star = -1;
  let restart = 0;
  while (at < name.length) {
    const wanted = pattern[inPattern];
    if (wanted === '*') {
      star = inPattern++;
      restart = at;
    } else if (wanted !== undefined && (wanted === '?' || wanted === name[at])) {
      inPattern++;
      at++;
    } else if (star >= 0) {
      inPattern = star + 1;
      at = ++restart;
    } else {
      return false;
    }
  }
  while (pattern[inPattern] === '*') inPattern++;
  return inPattern === pattern.length;
}

/** The best of what was found, without sorting all of it. */
export class Best<T> {
  readonly #most: number;
  readonly #found: { rank: number; name: string; value: T }[] = [];
  #worst = Infinity;
  matched = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(rank: number, name: string, value: T): void {
    this.matched++;
    if (rank > this.#worst) return;
    this.#found.push({ rank, name, value });
    if (this.#found.length >= this.#most * 4 + 64) this.#cut();
  }

  /** Best first. */
  take(): readonly { rank: number; name: string; value: T }[] {
    this.#cut();
    return this.#found;
  }

  #cut(): void {
    this.#found.sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1));
    this.#found.length = Math.min(this.#found.length, this.#most);
    if (this.#found.length === this.#most) this.#worst = this.#found.at(-1)?.rank ?? Infinity;
  }
}

/** Names that are at most so many letters away. */
const FAR = 3;
const NEAREST = 3;

/** Those that somebody who typed `name` may have meant, at most three. */
export function nearestNames(name: string, names: Iterable<string>): string[] {
  if (name.length < 3 || name.length > 128) return [];
  const limit = Math.min(FAR, Math.floor(name.length / 3));
  const found: { distance: number; name: string }[] = [];
  for (const other of names) {
    if (Math.abs(other.length - name.length) > limit) continue;
    const distance = editDistance(name, other, limit);
    if (distance <= limit) found.push({ distance, name: other });
  }
  found.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return found.slice(0, NEAREST).map((near) => near.name);
}

/** Letters to insert, to take out, to change or to swap with their neighbour; `limit` + 1: more than that. */
export function editDistance(a: string, b: string, limit: number): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      let steps = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) steps = Math.min(steps, before[j - 2]! + 1);
      row.push(steps);
      least = Math.min(least, steps);
    }
    if (least > limit) return limit + 1;
    before = last;
    last = row;
  }
  return last[b.length]!;
}
