// SPDX-License-Identifier: Apache-2.0
/** Some lines of a picture, in red, green and blue. */
import { eachPixel } from './png-text.ts';

type Rgb = readonly [red: number, green: number, blue: number];

const rgb = (colour: string): Rgb => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) as unknown as Rgb;

export class Band {
  readonly #width: number;
  readonly #height: number;
  readonly #pixels: Uint8Array;

  /** @param ground "#rrggbb", as all colours here */
  constructor(width: number, height: number, ground: string) {
    this.#width = width;
    this.#height = height;
    this.#pixels = new Uint8Array(width * height * 3);
    const colour = rgb(ground);
    for (let at = 0; at < this.#pixels.length; at++) this.#pixels[at] = colour[at % 3]!;
  }

  /** Edges within a pixel are mixed with what is there. */
  rectangle(x: number, y: number, width: number, height: number, fill: string): void {
    const colour = rgb(fill);
    const end = Math.min(this.#width, x + width);
    for (let column = Math.floor(x); column < end; column++) {
      const share = Math.min(end, column + 1) - Math.max(x, column);
      for (let row = y; row < y + height; row++) this.#mix(column, row, colour, share);
    }
  }

  /** From its upper left corner; what does not fit is cut. */
  text(x: number, y: number, text: string, fill: string): void {
    const colour = rgb(fill);
    eachPixel(text, (column, row, opacity) => this.#mix(x + column, y + row, colour, opacity));
  }

  /** As they stand in a PNG: each with a filter byte (none) before it. */
  scanlines(): Uint8Array<ArrayBuffer> {
    const line = this.#width * 3;
    const lines = new Uint8Array((line + 1) * this.#height);
    for (let row = 0; row < this.#height; row++) lines.set(this.#pixels.subarray(row * line, (row + 1) * line), row * (line + 1) + 1);
    return lines;
  }

  #mix(x: number, y: number, colour: Rgb, share: number): void {
    if (x < 0 || x >= this.#width || y < 0 || y >= this.#height) return;
    const at = (y * this.#width + x) * 3;
    for (let channel = 0; channel < 3; channel++) {
      const before = this.#pixels[at + channel]!;
      this.#pixels[at + channel] = Math.round(before + (colour[channel]! - before) * share);
    }
  }
}
