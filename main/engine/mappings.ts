// SPDX-License-Identifier: Apache-2.0
/** Which file or memory lies where, per process and generation of its mappings (wire.h, struct wire_generation). */

export interface MappingRange {
  readonly start: bigint;
  /** Exclusive. */
  readonly end: bigint;
  /** Bytes: where `start` lies in the file; for anonymous memory 0. */
  readonly fileOffset: number;
}

/** A part of a mapping that another one left over: addresses still count from the whole. */
interface Piece<M> {
  start: bigint;
  end: bigint;
  mapping: M;
}

/** The mappings of one generation, sorted and without overlaps. Copies share their ranges until one changes. */
export class MappingSet<M extends MappingRange> {
  #pieces: Piece<M>[];
  #shared: boolean;

  private constructor(pieces: Piece<M>[], shared: boolean) {
    this.#pieces = pieces;
    this.#shared = shared;
  }

  static empty<M extends MappingRange>(): MappingSet<M> {
    return new MappingSet<M>([], false);
  }

  copy(): MappingSet<M> {
    this.#shared = true;
    return new MappingSet(this.#pieces, true);
  }

  get size(): number {
    return this.#pieces.length;
  }

  /** Adds a mapping; what it covers of others is no longer theirs. */
  add(mapping: M): void {
    if (this.#shared) {
      this.#pieces = this.#pieces.slice();
      this.#shared = false;
    }
    const { start, end } = mapping;
    const from = this.#firstEndingAfter(start);
    let to = from;
    const replacement: Piece<M>[] = [];
    const first = this.#pieces[from];
    if (first && first.start < start) replacement.push({ start: first.start, end: start, mapping: first.mapping });
    replacement.push({ start, end, mapping });
    for (; to < this.#pieces.length && this.#pieces[to]!.start < end; to++) {
      const piece = this.#pieces[to]!;
      if (piece.end > end) replacement.push({ start: end, end: piece.end, mapping: piece.mapping });
    }
    this.#pieces.splice(from, to - from, ...replacement);
  }

  /** O(log n). */
  find(address: bigint): M | null {
    const piece = this.#pieces[this.#firstEndingAfter(address)];
    return piece && piece.start <= address ? piece.mapping : null;
  }

  #firstEndingAfter(address: bigint): number {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#pieces[middle]!.end > address) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Stacks name a generation that was current a drain or two ago; older ones are forgotten. */
const GENERATIONS_KEPT = 16;

export class Mappings<M extends MappingRange> {
  readonly #processes = new Map<number, Map<number, MappingSet<M>>>();

  /** @param fromTgid 0: begins empty. A generation that is not known (any more) counts as empty, too. */
  begin(tgid: number, generation: number, fromTgid: number, fromGeneration: number): void {
    const source = fromTgid === 0 ? null : this.find(fromTgid, fromGeneration);
    let generations = this.#processes.get(tgid);
    if (!generations) this.#processes.set(tgid, (generations = new Map()));
    generations.delete(generation);
    generations.set(generation, source ? source.copy() : MappingSet.empty());
    if (generations.size > GENERATIONS_KEPT) generations.delete(generations.keys().next().value!);
  }

  add(tgid: number, generation: number, mapping: M): void {
    if (!this.find(tgid, generation)) this.begin(tgid, generation, 0, 0);
    this.find(tgid, generation)!.add(mapping);
  }

  find(tgid: number, generation: number): MappingSet<M> | null {
    return this.#processes.get(tgid)?.get(generation) ?? null;
  }

  /** The process ended, and nothing of it will come any more. */
  forget(tgid: number): void {
    this.#processes.delete(tgid);
  }
}
