// SPDX-License-Identifier: Apache-2.0
/** The symbols of the kernel or of one kernel module: ascending offsets from its base, and names. */

/** kallsyms has no sizes, so a symbol reaches to the next; one further away than this is not its function. */
export const MAX_FUNCTION_BYTES = 1 << 20;

export class KernelSymbols {
  #offsets = new Uint32Array(0);
  #names: string[] = [];

  get size(): number {
    return this.#offsets.length;
  }

  /** Adds a piece. Offsets that were there before get the new name. @throws RangeError when it is not sorted or lacks names. */
  add(offsets: Uint32Array, names: readonly string[]): void {
    if (offsets.length !== names.length) throw new RangeError(`${offsets.length} kernel symbols with ${names.length} names`);
    for (let i = 1; i < offsets.length; i++) {
      if (offsets[i]! < offsets[i - 1]!) throw new RangeError('kernel symbols that are not sorted by offset');
    }
    const known = this.#offsets;
    const first = offsets[0];
    if (first === undefined) return;
    const last = offsets[offsets.length - 1]!;
    if (known.length === 0 || (first <= known[0]! && last >= known[known.length - 1]!)) {
      // The whole table, once more.
      this.#offsets = offsets.slice();
      this.#names = names.slice();
    } else if (first > known[known.length - 1]!) {
      this.#join(known, this.#names, offsets, names);
    } else {
      this.#merge(offsets, names);
    }
  }

  /** The function at an offset, '' where there is none. Of aliases the one with fewer underscores, then the shorter. */
  find(offset: number): string {
    const offsets = this.#offsets;
    let low = 0;
    let high = offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (offsets[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return '';
    const start = offsets[low - 1]!;
    if (offset - start >= MAX_FUNCTION_BYTES) return '';
    let best = this.#names[low - 1]!;
    for (let i = low - 2; i >= 0 && offsets[i] === start; i--) {
      if (isPlainer(this.#names[i]!, best)) best = this.#names[i]!;
    }
    return best;
  }

  #join(before: Uint32Array, namesBefore: readonly string[], after: Uint32Array, namesAfter: readonly string[]): void {
    this.#offsets = new Uint32Array(before.length + after.length);
    this.#offsets.set(before);
    this.#offsets.set(after, before.length);
    this.#names = namesBefore.concat(namesAfter);
  }

  #merge(offsets: Uint32Array, names: readonly string[]): void {
    const replaced = new Set(offsets);
    const kept: number[] = [];
    this.#offsets.forEach((offset, i) => {
      if (!replaced.has(offset)) kept.push(i);
    });
    const all = [...kept.map((i) => [this.#offsets[i]!, this.#names[i]!] as const), ...names.map((name, i) => [offsets[i]!, name] as const)];
    all.sort(([a], [b]) => a - b);
    this.#offsets = Uint32Array.from(all, ([offset]) => offset);
    this.#names = all.map(([, name]) => name);
  }
}

function isPlainer(name: string, than: string): boolean {
  const underscores = /^_*/.exec(name)![0].length - /^_*/.exec(than)![0].length;
  if (underscores !== 0) return underscores < 0;
  return name.length !== than.length ? name.length < than.length : name < than;
}
