// SPDX-License-Identifier: Apache-2.0
/** Makes the bytes of a jitdump, for tests. */
const HEADER_SIZE = 40;

export class DumpBuilder {
  readonly #little: boolean;
  readonly #parts: Uint8Array[] = [];
  #index = 0;

  constructor(little: boolean) {
    this.#little = little;
    const view = new DataView(new ArrayBuffer(HEADER_SIZE));
    view.setUint32(0, 0x4a69_5444, little);
    view.setUint32(4, 1, little);
    view.setUint32(8, HEADER_SIZE, little);
    this.#parts.push(new Uint8Array(view.buffer));
  }

  load(name: string, start: number, size: number, { index = ++this.#index, code = size }: { index?: number; code?: number } = {}): this {
    const fixed = this.#numbers([0, 0, start, start, size, index], [4, 4, 8, 8, 8, 8]);
    return this.record(0, fixed, latin(`${name}\0`), new Uint8Array(code).fill(0x90));
  }

  move(from: number, to: number, size: number, index: number): this {
    return this.record(1, this.#numbers([0, 0, to, from, to, size, index], [4, 4, 8, 8, 8, 8, 8]));
  }

  /** @param rows address, file ("\xff": the one before), line */
  lines(start: number, rows: [number, string, number][], { count = rows.length }: { count?: number } = {}): this {
    const entries = rows.flatMap(([address, file, line]) => [this.#numbers([address, line, 0], [8, 4, 4]), latin(`${file}\0`)]);
    return this.record(2, this.#numbers([start, count], [8, 8]), ...entries);
  }

  record(id: number, ...parts: Uint8Array[]): this {
    const size = 16 + parts.reduce((sum, part) => sum + part.length, 0);
    this.#parts.push(this.#numbers([id, size, 0], [4, 4, 8]), ...parts);
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }

  #numbers(values: number[], sizes: number[]): Uint8Array {
    const view = new DataView(new ArrayBuffer(sizes.reduce((sum, size) => sum + size, 0)));
    let at = 0;
    values.forEach((value, i) => {
      if (sizes[i] === 4) view.setUint32(at, value, this.#little);
      else view.setBigUint64(at, BigInt(value), this.#little);
      at += sizes[i]!;
    });
    return new Uint8Array(view.buffer);
  }
}

const latin = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
