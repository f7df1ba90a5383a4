// SPDX-License-Identifier: Apache-2.0
/**
 * A perf map, /tmp/perf-PID.map: "start size name" a line, numbers hexadecimal with or without 0x, names with whatever
 * they hold up to the end of the line. It is a log: a later line wins over earlier ones where they overlap.
 * Format: linux tools/perf/Documentation/jit-interface.txt
 */
import type { ToldCode } from './code-name.ts';
import { CodeRanges, MAX_ADDRESS } from './code-ranges.ts';

export const MAX_MAP_LINES = 1_000_000;
/** Bytes of a name; a longer one is cut. */
const MAX_NAME = 4096;
/** Bytes of a line; a longer one is passed over. */
const MAX_LINE = 65_536;
/** Above all lengths of a piece. */
const PIECE_SIZE = 2 ** 24;
const NEWLINE = 10;
const SPACE = 32;

const decoder = new TextDecoder();

export class PerfMap {
  /** The file in pieces of whole lines: names are taken from them when somebody asks. */
  readonly #pieces: Uint8Array[] = [];
  /** The beginning of a line whose end has not come yet. */
  #rest: Uint8Array = new Uint8Array(0);
  /** The line that is coming is too long, and left out. */
  #passing = false;
  /** Per line, where its name begins: piece x PIECE_SIZE + bytes. */
  readonly #names: number[] = [];
  readonly #ranges = new CodeRanges();
  #bad = 0;

  /** Lines that say what lies where. */
  get entries(): number {
    return this.#names.length;
  }

  /** Lines that are none of this format. */
  get badLines(): number {
    return this.#bad;
  }

  get isFull(): boolean {
    return this.#names.length >= MAX_MAP_LINES;
  }

  /** What was appended to the file, at most 1 MiB; lines may be cut anywhere. Takes some milliseconds per 256 KiB. */
  push(bytes: Uint8Array): void {
    if (this.isFull) return;
    let from = 0;
    if (this.#passing) {
      from = bytes.indexOf(NEWLINE) + 1;
      if (from === 0) return;
      this.#passing = false;
    }
    const whole = bytes.lastIndexOf(NEWLINE) + 1;
    if (whole > from) {
      const piece = new Uint8Array(this.#rest.length + whole - from);
      piece.set(this.#rest);
      piece.set(bytes.subarray(from, whole), this.#rest.length);
      // A copy, since the bytes are the caller's.
      this.#rest = new Uint8Array(bytes.subarray(whole));
      this.#lines(piece);
    } else {
      this.#rest = Buffer.concat([this.#rest, bytes.subarray(from)]);
    }
    if (this.#rest.length > MAX_LINE) {
      this.#rest = new Uint8Array(0);
      this.#passing = true;
      this.#bad++;
    }
  }

  /** The name as it stands in the file (it knows no lines of the source); null: nothing lies there. */
  find(address: number): ToldCode | null {
    const line = this.#ranges.find(address);
    if (line < 0) return null;
    const piece = this.#pieces[Math.floor(this.#names[line]! / PIECE_SIZE)]!;
    const from = this.#names[line]! % PIECE_SIZE;
    const to = Math.min(piece.indexOf(NEWLINE, from), from + MAX_NAME);
    const name = decoder.decode(piece.subarray(from, to)).trim();
    return name === '' ? null : { name, file: '', line: 0 };
  }

  #lines(piece: Uint8Array): void {
    const before = this.#names.length;
    for (let at = 0; at < piece.length && !this.isFull; ) {
      const end = piece.indexOf(NEWLINE, at);
      if (!this.#line(piece, at, end)) this.#bad++;
      at = end + 1;
    }
    if (this.#names.length > before) this.#pieces.push(piece);
  }

  #line(bytes: Uint8Array, from: number, end: number): boolean {
    let at = from;
    let start = 0;
    for (let number = 0; number < 2; number++) {
      if (bytes[at] === 48 && (bytes[at + 1]! | 32) === 120) at += 2;
      const first = at;
      let value = 0;
      for (let digit = hexDigit(bytes[at]!); digit >= 0; digit = hexDigit(bytes[++at]!)) value = value * 16 + digit;
      if (at === first || at >= end || bytes[at] !== SPACE) return false;
      while (bytes[at] === SPACE) at++;
      if (number === 0) {
        start = value;
        continue;
      }
      if (value === 0 || start + value > MAX_ADDRESS || at >= end) return false;
      this.#ranges.add(start, start + value, this.#names.length);
      this.#names.push(this.#pieces.length * PIECE_SIZE + at);
    }
    return true;
  }
}

function hexDigit(character: number): number {
  if (character >= 48 && character <= 57) return character - 48;
  const letter = character | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
