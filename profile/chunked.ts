// SPDX-License-Identifier: Apache-2.0
/**
 * Numbers kept in chunks of 32,768: growing allocates a chunk and copies nothing, so that no update
 * stalls (one array of a million doubles costs 5 ms each time it is copied, and a tree has eight of
 * them). A read costs about a third more than from one flat array; resizable buffers cost twice as much.
 */
const SHIFT = 15;
const CHUNK = 1 << SHIFT;
const MASK = CHUNK - 1;

/** 32-bit integers, 0 until set. Reading or writing at or above `reserve`d length is a caller's error. */
export class Int32Chunks {
  readonly #chunks: Int32Array[] = [];

  /** Makes rows 0 to `length` readable and writable. */
  reserve(length: number): void {
    while (this.#chunks.length * CHUNK < length) this.#chunks.push(new Int32Array(CHUNK));
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
}

/** Doubles, 0 until set. */
export class Float64Chunks {
  readonly #chunks: Float64Array[] = [];

  reserve(length: number): void {
    while (this.#chunks.length * CHUNK < length) this.#chunks.push(new Float64Array(CHUNK));
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
      if (this.#chunks[index]) this.#chunks[index].set(chunk);
      else this.#chunks.push(chunk.slice());
    });
  }
}
