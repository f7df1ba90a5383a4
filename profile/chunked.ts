// SPDX-License-Identifier: Apache-2.0
/**
 * Numbers kept in chunks of 32,768: growing allocates a chunk and copies nothing, so that no update
 * stalls (one array of a million doubles costs 5 ms each time it is copied, and a tree has eight of
 * them). A read costs about a third more than from one flat array; resizable buffers cost twice as much. The first
 * chunk begins small: of the trees of a library's recordings most have some hundred nodes.
 */
const SHIFT = 15;
const CHUNK = 1 << SHIFT;
const MASK = CHUNK - 1;
const FIRST = 1 << 10;

/** Makes room for `length` numbers. @param make a chunk of zeros */
function reserveChunks<T extends Int32Array | Float64Array>(chunks: T[], length: number, make: (size: number) => T): void {
  const first = chunks[0];
  if (length > 0 && (first === undefined || first.length < Math.min(length, CHUNK))) {
    let size = first?.length ?? FIRST;
    while (size < Math.min(length, CHUNK)) size *= 2;
    const grown = make(size);
    if (first !== undefined) grown.set(first);
    chunks[0] = grown;
  }
  while (chunks.length * CHUNK < length) chunks.push(make(CHUNK));
}

/** 32-bit integers, 0 until set. Reading or writing at or above `reserve`d length is a caller's error. */
export class Int32Chunks {
  readonly #chunks: Int32Array[] = [];

  /** Makes rows 0 to `length` readable and writable. */
  reserve(length: number): void {
    reserveChunks(this.#chunks, length, (size) => new Int32Array(size));
  }

  get(index: number): number {
    return this.#chunks[index >>> SHIFT]![index & MASK]!;
  }

  set(index: number, value: number): void {
    this.#chunks[index >>> SHIFT]![index & MASK] = value;
  }

  /** Sets every row that is reserved. */
  fill(value: number): void {
    for (const chunk of this.#chunks) chunk.fill(value);
  }

  /** Gives back the memory of whole chunks before a row; what was in them must not be read any more. */
  forget(before: number): void {
    for (let chunk = (before >>> SHIFT) - 1; chunk >= 0 && this.#chunks[chunk]!.length > 0; chunk--) this.#chunks[chunk] = new Int32Array(0);
  }
}

/** Doubles, 0 until set. */
export class Float64Chunks {
  readonly #chunks: Float64Array[] = [];

  reserve(length: number): void {
    reserveChunks(this.#chunks, length, (size) => new Float64Array(size));
  }

  get(index: number): number {
    return this.#chunks[index >>> SHIFT]![index & MASK]!;
  }

  set(index: number, value: number): void {
    this.#chunks[index >>> SHIFT]![index & MASK] = value;
  }

  add(index: number, value: number): void {
    this.#chunks[index >>> SHIFT]![index & MASK]! += value;
  }

  /** Sets every row to 0. */
  clear(): void {
    for (const chunk of this.#chunks) chunk.fill(0);
  }

  /** Copies all rows of another column. */
  copy(source: Float64Chunks): void {
    source.#chunks.forEach((chunk, index) => {
      const own = this.#chunks[index];
      if (own !== undefined && own.length === chunk.length) own.set(chunk);
      else this.#chunks[index] = chunk.slice();
    });
  }
}
